/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live side of the model: finds the run folder, reads its plant and run.json, maps the images
 * and fills snapshots from them. Only reads; a writer that dies or comes back is no error.
 */
#ifndef ISOTHERM_TUI_ATTACH_H
#define ISOTHERM_TUI_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/plant.h"
#include "core/errtext.h"
#include "core/image.h"
#include "shell/images.h"
#include "tui/model.h"

struct attach {
	char *run_dir;
	struct plant *plant;
	struct follower region[REGIONS];
	struct sample *samples[REGIONS]; /* of a region that is there */
	int64_t *not_good_ns;
	struct model_input input;
	uint64_t event_seq;
	int64_t run_json_ns; /* its modification, so that it is read only when it changed */
	ino_t run_json_inode;
	struct model model;
};

/*
 * 0; -ENOENT isotherm is not running (`err` says how one can tell); -EPROTO it runs, but this
 * program can't read it; -ENOMEM.
 */
int attach_open(struct attach *a, struct errtext *err);
void attach_close(struct attach *a); /* also one that is all zero */

/*
 * A new snapshot in a->model. 0, or -EPROTO: what runs now is another run or plant (attach again).
 * `deadband`: for screens, where a digit that dances costs more than it tells.
 */
int attach_update(struct attach *a, int64_t now_ns, int64_t wall_ns, bool deadband,
		  struct errtext *err);

/* The samples alone, in a->samples, for model_sample(&a->input, …). */
int attach_read(struct attach *a, int64_t now_ns, int64_t wall_ns, struct errtext *err);

/* The alarms of a->model alone; the rest of the picture stays as it is. */
void attach_alarms(struct attach *a, int64_t now_ns, int64_t wall_ns);

/* The fields of run.json, from its text. 0 or -EINVAL: `out` is then as if there was none. */
int run_info_parse(const char *json, struct run_info *out);

#endif
