/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files in the run folder in which what people asked for outlives the program: control.holds and
 * control.caps. Part of the shell.
 * It lasts as long as the run folder does.
 */
#ifndef ISOTHERM_CONTROLLERS_HOLDS_FILE_H
#define ISOTHERM_CONTROLLERS_HOLDS_FILE_H

#include <limits.h>
#include <stddef.h>

#include "core/errtext.h"

struct holds_file {
	char path[PATH_MAX],
		fresh[PATH_MAX]; /* the file, and the new one until it takes its place */
};

int holds_file_name(struct holds_file *f, const char *run_dir, const char *name,
		    struct errtext *err);
/* struct hold_keeper's; context: the struct holds_file. */
int holds_file_keep(void *context, const char *text, size_t len);
/* The whole of it, to be freed. -ENOENT: there is none. */
int holds_file_read(const struct holds_file *f, char **text, size_t *len, struct errtext *err);

#endif
