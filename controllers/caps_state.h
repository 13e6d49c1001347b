/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the caps share: time (caps.c), shares (caps_share.c), requests (caps_ask.c), the
 * kept text (caps_text.c). */
#ifndef ISOTHERM_CONTROLLERS_CAPS_STATE_H
#define ISOTHERM_CONTROLLERS_CAPS_STATE_H

#include <math.h>

#include "controllers/ask.h"
#include "controllers/caps.h"
#include "controllers/lines.h"
#include "controllers/power_share.h"

#define PRIORITIES 10 /* of jobs: 0..9 */

/* What is remembered of a system's power. */
struct cap_memory {
	double input_w, full_w; /* low-passed; NAN: never known */
	double tokens_per_s;    /* that its jobs would make, each by its worth; low-passed */
	uint16_t job[JOBS_MAX]; /* … and whose these are */
	uint32_t silent_steps;
	bool held;             /* its share is what holds it back … */
	uint32_t unused_steps; /* … until it leaves some of that for so long */
	uint32_t shed_steps;
	double idle_w; /* as metered while it was shed; NAN: never */
};

struct caps {
	const struct plant *plant;
	struct cap *of;                  /* [n_systems + 1]: the last is that of all together */
	struct cap *before;              /* [n_systems + 1]: in force until the other's deadline */
	struct cap_allowance *allowance; /* [n_systems] */
	struct cap_allowance *own;       /* [n_systems]: by its own cap alone */
	double *eased_w;                 /* [n_systems + 1]: of a cap that grows; INFINITY none */
	struct cap_memory *memory;       /* [n_systems] */
	struct power_claim *claim;       /* [n_systems] */
	struct power_claim *later;       /* [n_systems]: as claim, at the end of the ramp down */
	double *shared_w;                /* [n_systems]: what each last got; NAN no share */
	struct power_group *group;       /* [n_systems] */
	uint32_t *order;                 /* [n_systems] scratch */
	bool *told_shed;                 /* [n_systems] */
	double priority_mul[PRIORITIES]; /* what the priority of a job makes of its work */
	bool told_least;                 /* the idle ones alone draw more than there is */
	bool unkept;
	char *text; /* scratch for a keeper */
	size_t text_size;
	struct lines lines;
};

static inline struct cap *
caps_at(struct caps *c, int32_t system)
{
	return &c->of[system == SITE ? c->plant->n_systems : (uint32_t)system];
}

static inline struct cap_allowance
caps_free(void)
{
	return (struct cap_allowance){
		.watts = (double)NAN, .judged_w = (double)NAN, .until_ns = INT64_MAX};
}

/* --- caps_share.c --- */
/* What each draws into memory: once a step, before the shares. */
void caps_remember(struct caps *c, const struct cap_draw *draw);
/* At full duty, all of them together, or one; NAN: not known. */
double caps_full_w(const struct caps *c, const struct cap_draw *draw, int32_t system);
/* How fast power may move, up or down: of a system, or of all together. */
double caps_ramp_w_per_s(const struct caps *c, const struct cap_draw *draw, int32_t system);
/* What each gets of what all may draw, if that is finite, and who is shed; `next`: a cap that is on
 * its way down, if it is finite. */
void caps_share(struct caps *c, const struct cap_draw *draw, const struct cap_allowance *all,
		const struct cap_allowance *next, int64_t now_ns);

/* "cs03 capped at 16.0 kW from …Z until …Z by …: why". Returns out. */
char *caps_describe(const struct caps *c, int32_t system, int64_t now_ns, int64_t wall_ns,
		    char *out, size_t size);
/* --- caps_tell.c --- */
const char *caps_name(const struct caps *c, int32_t system); /* "cs03", "site" */
/* A line, or as many as it takes. */
void caps_tell(struct caps *c, int32_t system, int64_t now_ns, const char *text);

#endif
