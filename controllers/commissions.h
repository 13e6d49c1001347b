/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The soaks of all systems, and what soaks have found of engine blocks so far. What is known goes by the serial number
 * that the collectors read from the block: another block begins with nothing, one that comes back with what is its own.
 * Pure: requests, readings and time in; estimates, results and lines out.
 *
 *	{"cmd": "commission", "system": NAME, "why": TEXT}
 *
 * of a system that is in automatic control, or that a person has stopped: measured is what is so, and the other stage
 * once a person has stopped it, or started it and it works. Nothing but a person's own stop takes work away.
 * {"ok": true, "system", "said"}, or {"ok": false, "error"}.
 */
#ifndef ISOTHERM_CONTROLLERS_COMMISSIONS_H
#define ISOTHERM_CONTROLLERS_COMMISSIONS_H

#include "controllers/commission.h"
#include "controllers/holds.h"
#include "controllers/supervisor_state.h"

struct commissions;

/* use_limit: the spread limit that a soak found replaces the plant file's. 0, -ENOMEM. */
int commissions_open(struct commissions **out, const struct plant *plant, bool use_limit);
void commissions_close(struct commissions *c); /* NULL is allowed */

/* Has the system an engine block that was not looked up yet? Several systems may be asked at a time. */
bool commissions_awaits(const struct commissions *c, uint32_t system, const struct view *v);
/* Then, before its supervisor steps: what is known of the block goes into its estimate. */
void commissions_before(struct commissions *c, uint32_t system, struct supervisor *s,
			const struct view *v, int64_t now_ns);
/* After it: a soak that runs takes the readings. */
void commissions_after(struct commissions *c, uint32_t system, const struct supervisor *s,
		       const struct view *v, int64_t now_ns);

/* Has the soak that runs done that stage? */
bool commissions_did(const struct commissions *c, uint32_t system, enum soak_stage stage);

/* False: the request is another's. */
bool commissions_ask(struct commissions *c, const struct hold_request *req, char *result);
bool commissions_line(struct commissions *c, struct image_event *out, int32_t *system);

/* What a keeper was given, or another program found. 0; -ENOSPC. */
int commissions_put(struct commissions *c, const struct commissioned *known);
/* NULL: nothing is known of that block. */
const struct commissioned *commissions_of(const struct commissions *c, uint32_t serial);
/* The next one that nobody has kept yet; it counts as kept from then on. NULL: none. */
const struct commissioned *commissions_unkept(struct commissions *c);
/* It could not be kept: commissions_unkept gives it again. */
void commissions_not_kept(struct commissions *c, uint32_t serial);

#endif
