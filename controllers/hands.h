/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person has set by hand of one system: a value an output, each with its end. Pure. Which
 * points these are, and within which bounds, follows from the plant:
 *
 *	SYSTEM.wafer.C6.duty_cmd_frac		of a reticle; without C6: of all of them
 *	SYSTEM.pump[0].speed_cmd_pct		of a pump; SYSTEM.pump.speed_cmd_pct: of both
 *	SYSTEM.hx.valve_cmd_pct			facility valve, or fans
 *	SYSTEM.ctl.supply_setpoint_c		of the coolant supply
 *	SYSTEM.wafer.C6.share_cmd_frac		work of a reticle, where work may move (`shares: free`): the
 *						others of its job have equal parts of the rest. Without C6:
 *						1, of all
 */
#ifndef ISOTHERM_CONTROLLERS_HANDS_H
#define ISOTHERM_CONTROLLERS_HANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plant.h"
#include "controllers/people.h"

#define HAND_PUMPS 2
#define HAND_REASONS 12 /* different ones, of one system at a time */

enum hand_output {
	HAND_DUTY = 0, /* of reticle 0; one after the other */
	HAND_PUMP = RETICLES,
	HAND_VALVE = HAND_PUMP + HAND_PUMPS,
	HAND_SETPOINT,
	HAND_SHARE,
	HANDS = HAND_SHARE + RETICLES
};

struct hands {
	double value[HANDS]; /* fractions, the set-point in degrees; NAN: not set */
	unsigned n;          /* of them that are set */
	int64_t until_ns[HANDS];
	uint8_t reason[HANDS]; /* each has its own: index of why[] */
	char why[HAND_REASONS][PEOPLE_WHY_SIZE];
};

/* One output, or all of a kind. */
struct hand_wish {
	uint32_t system, first, n; /* outputs [first, first + n) */
	double value;
	char name[NAME_MAX_LEN]; /* "wafer.C6.duty_cmd_frac" */
	uint8_t reason;          /* of hands_next: index of why[] */
};

void hands_clear(struct hands *h);
unsigned hands_count(const struct hands *h);
int64_t hands_until_ns(const struct hands *h); /* when the last of them ends; 0: none is set */
/* False: nothing is set, for there are HAND_REASONS others already. */
bool hands_set(struct hands *h, const struct hand_wish *w, int64_t until_ns, const char *why);
/* What has had its time is given back; how many outputs that are. */
unsigned hands_expire(struct hands *h, int64_t now_ns);

/* Which outputs does a point's name mean? False: none, and `error` says which there are. */
bool hands_find(const struct plant *plant, const char *name, struct hand_wish *out, char *error,
		size_t size);
/* The point's value into out->value. False: out of range; or its device is in shadow. */
bool hands_value(const struct plant *plant, double value, struct hand_wish *out, char *error,
		 size_t size);

/* The next one that is set, from output *at on: its name without the system's, its value as the
 * point has it; all reticles or both pumps are one if they are alike, reason and all. False: there is none. */
bool hands_next(const struct hands *h, const struct plant *plant, uint32_t system, uint32_t *at,
		struct hand_wish *out, int64_t *until_ns);

#endif
