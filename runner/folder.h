/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run folder as its owner sees it: one runner a folder (a lock says so, not a pid in a file),
 * what a dead one left is removed, and at the end nothing stays. Only names that programs of ours
 * make are ever deleted; a folder that holds anything else is refused.
 */
#ifndef ISOTHERM_RUNNER_FOLDER_H
#define ISOTHERM_RUNNER_FOLDER_H

#include <limits.h>
#include <stdbool.h>

#include "core/errtext.h"

struct folder {
	char dir[PATH_MAX - 64]; /* room for a file's name */
	int lock_fd;             /* -1: not ours */
	bool on_tmpfs;
	bool was_stale; /* something of a dead runner was removed */
};

/* 0; -EBUSY a living runner or room has it; -ENOTEMPTY it holds something else; -errno. */
int folder_take(struct folder *f, const char *dir, struct errtext *err);
/* Remove what is in it and the folder itself. */
void folder_leave(struct folder *f);

/* out = dir/name. 0 or -ENAMETOOLONG. */
int folder_path(const struct folder *f, const char *name, char out[PATH_MAX]);
/* Replace dir/name by `text` in one step, as readers see it. */
int folder_write(const struct folder *f, const char *name, const char *text, struct errtext *err);

/* mkdir -p. */
int folder_make_tree(const char *dir, struct errtext *err);

#endif
