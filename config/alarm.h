/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarm records: what is worth calling somebody for, as data (config/alarms/NAME.yaml), and the
 * alarms that a plant gets from them: one a system, device or element of a role's array. Plain data,
 * fixed after plant_load. What an alarm's state is, the alarms room says.
 */
#ifndef ISOTHERM_CONFIG_ALARM_H
#define ISOTHERM_CONFIG_ALARM_H

#include <stdbool.h>
#include <stdint.h>

enum alarm_type {
	ALARM_HI,     /* value > limit raises, value < limit - deadband clears */
	ALARM_LO,     /* value < limit raises, value > limit + deadband clears */
	ALARM_BIT,    /* the bit is set */
	ALARM_EQUALS, /* the value is the given state */
	ALARM_NOT,    /* the value is any other than the given state */
	ALARM_STALE   /* the input itself has no usable value */
};

enum alarm_priority { ALARM_CRITICAL = 1, ALARM_HIGH, ALARM_MEDIUM, ALARM_LOW };

struct alarm_record {
	char id[32];   /* "pump_failed" */
	char text[64]; /* "pump {n} of {system} failed"; {n} counts from 1 */
	enum alarm_type type;
	uint32_t role; /* enum role_id of the input */
	uint32_t bit;  /* ALARM_BIT: number of the bit */
	double limit; /* HI, LO: the limit, or what is added to limit_role's value; EQUALS, NOT: the
			  state */
	int32_t limit_role; /* enum role_id of the same system, -1 none */
	double deadband;    /* in the input's unit, >= 0 */
	double on_delay_s, off_delay_s;
	enum alarm_priority priority;
	bool page;
	bool latched; /* once raised, stays until acknowledged and reset by hand */
	double respond_s;
	char cause[160], consequence[160], action[240];
};

struct alarm {
	char key[64];         /* "cs03.pump_failed[0]", unique */
	uint32_t record;      /* index into plant.alarm_records */
	int32_t system;       /* index, or SITE */
	int32_t device;       /* index of the input's device, -1 none */
	uint32_t element;     /* index in the role's array */
	uint32_t point;       /* id of the input */
	uint32_t limit_point; /* id, NO_POINT none */
};

/* What each alarm shows in alm.img, in this order: sample 3 * alarm + field. */
enum alarm_field {
	ALARM_FIELD_STATE,   /* enum alarm_state of the alarms room */
	ALARM_FIELD_VALUE,   /* the input when the state last changed */
	ALARM_FIELD_EPISODE, /* number of the episode, 0 none yet */
	ALARM_FIELDS
};

#endif
