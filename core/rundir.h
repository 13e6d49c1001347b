/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the programs of one plant meet. Run folder: $ISOTHERM_RUN, else /run/isotherm where this
 * user may write it (a client: where it exists), else $XDG_RUNTIME_DIR/isotherm, else
 * /tmp/isotherm-UID. State folder: $ISOTHERM_STATE, else /var/lib/isotherm.
 */
#ifndef ISOTHERM_CORE_RUNDIR_H
#define ISOTHERM_CORE_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/errtext.h"

/* 0, or -ENAMETOOLONG. */
int rundir_find(bool server, char *out, size_t size, struct errtext *err);
/* Make it if it is missing: 0755 by root, so that operators reach what is asked there, 0700 by others.
 * Refuses (-EPERM) one that belongs to or may be written by others. *on_tmpfs (may be NULL) tells
 * whether it is on tmpfs. */
int rundir_make(const char *dir, bool *on_tmpfs, struct errtext *err);
int statedir_find(char *out, size_t size, struct errtext *err);

#endif
