/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power caps: input power that a system, or all of them together, must not pass. Pure, as the holds
 * are: requests, time and readings in; what each system may draw, results and lines out.
 *
 *	{"cmd": "cap", "watts": W, "at_s": N, "for_s": N, "why": TEXT}	met from at_s on, for for_s
 *	{"cmd": "uncap", "why": TEXT}
 *	{"cmd": "caps"}							which caps stand
 *
 * With "system": of that one; without: of all together, shared so that little work is lost
 * (power_share.h). "frac" instead of "watts": a part of the input power of now. "at_s" (0 if absent) counts from now, "for_s" from
 * the deadline. "seq": one that is not greater than the last of that cap is refused, so that an old
 * message can't replace a newer one. {"ok": true, "said"} and {"cap": {…}}, or {"ok": false,
 * "error"}; for "caps" {"ok": true, "caps": […]} with, where there is such, "shares_w": {SYSTEM: W, …},
 * what each that is held may draw now, "shed": [SYSTEM, …], "site_budget_w" and "cap_default_w".
 *
 * Up to its deadline a cap comes down by a ramp that ends cap_lead_s before it. When its time is
 * over it is gone, and the site's own (cap_default_w) stands, if there is one; site_budget_w stands
 * beside all of them. What is in force when another is asked for stays so until the other's
 * deadline: the lesser of both counts. What was allowed grows by a ramp, too: when a cap is lifted,
 * is over, or another one allows more.
 */
#ifndef ISOTHERM_CONTROLLERS_CAPS_H
#define ISOTHERM_CONTROLLERS_CAPS_H

#include "config/job.h"
#include "controllers/holds.h"

#define CAP_SYSTEM_MAX_W 30000 /* the engine block's register takes no more */

struct cap {
	bool stands;
	double watts;
	int64_t since_ns, at_ns, until_ns; /* plant time: asked, to be met from, over */
	int64_t since_wall_ns;
	int64_t seq; /* of the one who asked; the last one stays when the cap is gone */
	uint32_t uid;
	enum access_level access;
	char why[PEOPLE_WHY_SIZE];
};

/* What each system draws now, for sharing. */
struct cap_draw {
	double input_w;    /* NAN: not known */
	double full_w;     /* what it would draw unthrottled, an estimate; NAN: not known */
	bool held_by_cap;  /* its cap is what holds it back */
	bool controllable; /* its duty is ours, and its engine answers */
	double idle_w;     /* what it would draw without work, an estimate; 0 or NAN: not known */
	double kept_w;     /* what its device is known to keep it to by itself; 0 or NAN: nothing */
	/* of each slot: number of its job in the plant's list, from 1, 0 none; and what that would
	   make unthrottled, NAN not known */
	uint16_t job[JOBS_MAX];
	double tokens_per_s[JOBS_MAX];
};

/* What a system may draw. */
struct cap_allowance {
	double watts; /* in force now, on its ramp; NAN: as much as it likes */

	double judged_w;  /* what the meter is held against; NAN: no deadline has passed */
	bool due;         /* one has */
	bool down;        /* its ramp is at its end */
	bool lifting;     /* no cap stands any more: what was left of it grows by a ramp */
	bool shed;        /* no work at all, for the sake of others: see power_share.h */
	bool growing;     /* on its ramp up: after that, or to what another cap allows */
	double left_s;    /* of its ramp down, while that is not at its end */
	int64_t until_ns; /* plant time; INT64_MAX: no end */
};

struct caps;

int caps_open(struct caps **out, const struct plant *plant); /* 0, -ENOMEM */
void caps_close(struct caps *c);                             /* NULL is allowed */

/* The last cap of a system, or of all together (SITE). */
const struct cap *caps_of(const struct caps *c, int32_t system);

/* Its watts once its deadline has passed, the site's own included; NAN: none. */
double caps_due_w(const struct caps *c, int32_t system, int64_t now_ns);

/* What it draws; of a silent one the most that it could, as far as is known. NAN: nothing is. */
double caps_draws_w(const struct caps *c, const struct cap_draw *draw, uint32_t system);

/* Is it about caps? Then as holds_ask; else nothing is done. draw: [n_systems]. */
bool caps_ask(struct caps *c, const struct hold_request *req, const struct cap_draw *draw,
	      const struct hold_keeper *keeper, char *result);

/* Once a period: what has had its time ends, and power is shared. */
void caps_step(struct caps *c, const struct cap_draw *draw, int64_t now_ns);
const struct cap_allowance *caps_allowance(const struct caps *c, uint32_t system);

/* Says which cap stands, if one does: what was told before a restart may not have been heard. */
void caps_tell_standing(struct caps *c, int32_t system, int64_t now_ns, int64_t wall_ns);
/* Lines for people, as holds_line; system: SITE for one of all. */
bool caps_line(struct caps *c, struct image_event *out, int32_t *system);

bool caps_unkept(const struct caps *c);
int caps_keep(struct caps *c, const struct hold_keeper *keeper);
/* As holds_recall. Of a damaged text what can be read stands: a cap that is lost would be worse. */
int caps_recall(struct caps *c, const char *text, size_t len, int64_t now_ns, int64_t wall_ns,
		struct errtext *err);

#endif
