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
	ALARM_STALE   /* the input itself has no usable value; the last of them */
};

enum alarm_priority { ALARM_CRITICAL = 1, ALARM_HIGH, ALARM_MEDIUM, ALARM_LOW };

const char *alarm_priority_name(enum alarm_priority priority); /* "critical" … */

/* What happens if nobody responds. */
enum alarm_harm {
	HARM_MINOR,   /* work for somebody later */
	HARM_SERIOUS, /* lost output, or the last protection before damage */
	HARM_MAJOR    /* damage */
};

#define ALARM_SOON_S 300.0
#define ALARM_LATER_S 1800.0
/* What harm and time to respond make; the time counts as until ALARM_SOON_S, until ALARM_LATER_S,
 * or longer. */
enum alarm_priority alarm_priority_of(enum alarm_harm harm, double respond_s);

struct alarm_record {
	char id[32];   /* "pump_failed" */
	char text[64]; /* "pump {n} of {system} failed": see alarm_text */
	enum alarm_type type;
	uint32_t role; /* enum role_id of the input */
	uint32_t bit;  /* ALARM_BIT: number of the bit */
	/* HI, LO: the limit, or what is added to limit_role's value; EQUALS, NOT: the state */
	double limit;
	int32_t limit_role; /* enum role_id of the same system, else of the site; -1 none */
	double deadband;    /* in the input's unit, >= 0 */
	double on_delay_s, off_delay_s;
	enum alarm_priority priority;
	enum alarm_harm harm;
	bool page;
	bool latched;     /* once raised, stays until acknowledged and reset by hand */
	bool enabled;     /* `enabled: no` in the plant file: there are no alarms of it */
	double respond_s; /* time to respond */
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

/* The life cycle (ISA-18.2 states A to G). What leads from one to another: alarms/lifecycle.c. */
enum alarm_state {
	ALARM_NORMAL,
	ALARM_UNACKED,        /* the condition holds, nobody has acknowledged it */
	ALARM_ACKED,          /* somebody has; a latched one stays here until it is reset */
	ALARM_RETURNED,       /* back to normal before anybody acknowledged it */
	ALARM_SHELVED,        /* put aside by a person until a given time */
	ALARM_SUPPRESSED,     /* by design: another alarm explains it */
	ALARM_OUT_OF_SERVICE, /* what it watches is being worked on */
	ALARM_STATES
};

/* What each alarm shows in alm.img, in this order: sample ALARM_FIELDS * alarm + field. A group
 * holds ALARMS_PER_GROUP alarms, the last one of them what is left; the ALARM points are a group
 * behind them, published each control period. */
#define ALARMS_PER_GROUP 32u
#define ALARM_PERIOD_NS INT64_C(1000000000) /* how often a group is published that did not change */
enum alarm_field {
	ALARM_FIELD_STATE,   /* enum alarm_state */
	ALARM_FIELD_VALUE,   /* the input when the state last changed */
	ALARM_FIELD_EPISODE, /* number of the episode, 0 none yet */
	ALARM_FIELD_RAISED,  /* when it began: wall clock, seconds since 1970, 0 none yet */
	ALARM_FIELDS
};

#endif
