/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where soaks outlive the program: control/block-SERIAL.soak in the state folder, a file an engine block. Part of the
 * shell. A result is written by a child of its own, since the control loop must not wait for a disk: under a new name,
 * to the disk, and then in the place of the old one. That child holds nothing of its parent's and ends with it.
 */
#ifndef ISOTHERM_CONTROLLERS_COMMISSION_FILE_H
#define ISOTHERM_CONTROLLERS_COMMISSION_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "controllers/commission.h"

struct commission_files {
	char dir[PATH_MAX - 64];
	pid_t child; /* that writes; 0 none */
	uint32_t serial;
};

/* Makes the folder. 0 or -errno. */
int commission_files_open(struct commission_files *f, const char *state_dir, struct errtext *err);
/* Each whole file to `put`; one that is damaged, or that `put` answers with -ERANGE, is set aside as NAME.damaged, and `say`
 * gets one line about it. */
void commission_files_load(const struct commission_files *f,
			   int (*put)(void *arg, const struct commissioned *c, struct errtext *err),
			   void (*say)(void *arg, const char *line), void *arg);
/* Begins to write. 0; -EBUSY: one is written still; -errno. */
int commission_files_keep(struct commission_files *f, const struct commissioned *c);
/* 1: what was begun is kept, or nothing was; 0: not yet; -EIO: it could not be written. Never waits. */
int commission_files_poll(struct commission_files *f);

#endif
