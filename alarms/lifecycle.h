/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life cycle of one alarm, after ISA-18.2-2016 (states A to G) with a latch: one table, no
 * clock, no memory but the alarm's own. What an action means for a pager, the engine says.
 */
#ifndef ISOTHERM_ALARMS_LIFECYCLE_H
#define ISOTHERM_ALARMS_LIFECYCLE_H

#include <stdbool.h>

#include "config/alarm.h"

enum alarm_event {
	EVENT_RAISE, /* the condition has held for the on-delay */
	EVENT_CLEAR, /* and has not for the off-delay */
	EVENT_ACK,
	EVENT_AGAIN, /* worth calling again: its priority has risen */
	EVENT_SHELVE,
	EVENT_UNSHELVE,   /* by a person */
	EVENT_SHELF_ENDS, /* by time */
	EVENT_SUPPRESS,
	EVENT_RELEASE,
	EVENT_TAKE_OUT, /* of service */
	EVENT_PUT_BACK,
	EVENT_RESET, /* of a latched one, by a person */
	ALARM_EVENTS
};

enum alarm_action {
	ACTION_BEGIN = 1,        /* a new episode */
	ACTION_TRIGGER = 2,      /* call somebody */
	ACTION_TRIGGER_LATE = 4, /* … unless the last call of this episode is young */
	ACTION_TRIGGER_ONCE = 8, /* … unless there was one in this episode */
	ACTION_ACKNOWLEDGE = 16, /* tell whoever was called that somebody has it */
	ACTION_END = 32          /* the episode is over: tell whoever was called */
};

/* An episode goes from the first notice of a condition to its end: one key for the pager. */
struct alarm_life {
	enum alarm_state state;
	bool latched; /* class; fixed */
	bool active;  /* the condition, as last judged from real values, in whatever state */
	bool held;    /* active, or latched and not reset since it was */
	bool open;    /* an episode is going on */
};

/* -EPERM: nothing of the kind is possible now, and nothing has changed. Else the actions, or'ed;
 * only those that are due: no BEGIN while an episode is open, no END while none is. */
int lifecycle_apply(struct alarm_life *life, enum alarm_event event);

/* What a journal says may have been written by another version, or by nobody: the nearest life that
 * the table could have led to. */
void lifecycle_mend(struct alarm_life *life);

const char *alarm_state_name(enum alarm_state state); /* "normal", "unacked" … */
const char *alarm_event_name(enum alarm_event event); /* "raise", "clear" … */
int alarm_state_by_name(const char *name);            /* or -1 */

#endif
