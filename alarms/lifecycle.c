/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/lifecycle.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* What the condition must be for a rule, after the event. */
enum when {
	ACTIVE = 1,
	HELD = 2, /* gone, but latched and not reset */
	GONE = 4,
	ANY = ACTIVE | HELD | GONE
};

struct rule {
	enum alarm_state from;
	enum alarm_event event;
	unsigned when;
	enum alarm_state to;
	int actions;
};

#define CALL (ACTION_BEGIN | ACTION_TRIGGER)

/* No row: ignored, or refused where a person asks. */
static const struct rule rules[] = {
	{ALARM_NORMAL, EVENT_RAISE, ANY, ALARM_UNACKED, CALL},
	{ALARM_NORMAL, EVENT_SHELVE, ANY, ALARM_SHELVED, 0},
	{ALARM_NORMAL, EVENT_SUPPRESS, ANY, ALARM_SUPPRESSED, 0},
	{ALARM_NORMAL, EVENT_TAKE_OUT, ANY, ALARM_OUT_OF_SERVICE, 0},

	{ALARM_UNACKED, EVENT_ACK, ANY, ALARM_ACKED, ACTION_ACKNOWLEDGE},
	{ALARM_UNACKED, EVENT_CLEAR, ANY, ALARM_RETURNED, 0},
	{ALARM_UNACKED, EVENT_AGAIN, ANY, ALARM_UNACKED, ACTION_TRIGGER},
	{ALARM_UNACKED, EVENT_SHELVE, ANY, ALARM_SHELVED, 0},
	{ALARM_UNACKED, EVENT_SUPPRESS, ANY, ALARM_SUPPRESSED, 0},
	{ALARM_UNACKED, EVENT_TAKE_OUT, ANY, ALARM_OUT_OF_SERVICE, 0},

	{ALARM_ACKED, EVENT_CLEAR, HELD, ALARM_ACKED, 0},
	{ALARM_ACKED, EVENT_CLEAR, GONE, ALARM_NORMAL, ACTION_END},
	{ALARM_ACKED, EVENT_RAISE, ANY, ALARM_UNACKED, ACTION_TRIGGER}, /* latched, and once more */
	{ALARM_ACKED, EVENT_AGAIN, ACTIVE, ALARM_UNACKED, ACTION_TRIGGER},
	{ALARM_ACKED, EVENT_RESET, GONE, ALARM_NORMAL, ACTION_END},
	{ALARM_ACKED, EVENT_SHELVE, ANY, ALARM_SHELVED, 0},
	{ALARM_ACKED, EVENT_SUPPRESS, ANY, ALARM_SUPPRESSED, 0},
	{ALARM_ACKED, EVENT_TAKE_OUT, ANY, ALARM_OUT_OF_SERVICE, 0},

	{ALARM_RETURNED, EVENT_RAISE, ANY, ALARM_UNACKED, ACTION_TRIGGER_LATE},
	{ALARM_RETURNED, EVENT_ACK, HELD, ALARM_ACKED, ACTION_ACKNOWLEDGE},
	{ALARM_RETURNED, EVENT_ACK, GONE, ALARM_NORMAL, ACTION_END},
	{ALARM_RETURNED, EVENT_SHELVE, ANY, ALARM_SHELVED, 0},
	{ALARM_RETURNED, EVENT_SUPPRESS, ANY, ALARM_SUPPRESSED, 0},
	{ALARM_RETURNED, EVENT_TAKE_OUT, ANY, ALARM_OUT_OF_SERVICE, 0},

	/* Out of sight the condition is followed all the same. An episode whose condition goes then
	 * is over: the next one calls again. */
	{ALARM_SHELVED, EVENT_RAISE, ANY, ALARM_SHELVED, 0},
	{ALARM_SHELVED, EVENT_CLEAR, HELD, ALARM_SHELVED, 0},
	{ALARM_SHELVED, EVENT_CLEAR, GONE, ALARM_SHELVED, ACTION_END},
	{ALARM_SHELVED, EVENT_RESET, GONE, ALARM_SHELVED, ACTION_END},
	{ALARM_SHELVED, EVENT_SHELVE, ANY, ALARM_SHELVED, 0}, /* until another time */
	{ALARM_SHELVED, EVENT_UNSHELVE, ACTIVE | HELD, ALARM_ACKED, ACTION_BEGIN}, /* he knows */
	{ALARM_SHELVED, EVENT_UNSHELVE, GONE, ALARM_NORMAL, ACTION_END},
	{ALARM_SHELVED, EVENT_SHELF_ENDS, ACTIVE, ALARM_UNACKED, CALL},
	{ALARM_SHELVED, EVENT_SHELF_ENDS, HELD, ALARM_RETURNED, CALL},
	{ALARM_SHELVED, EVENT_SHELF_ENDS, GONE, ALARM_NORMAL, ACTION_END},
	{ALARM_SHELVED, EVENT_TAKE_OUT, ANY, ALARM_OUT_OF_SERVICE, 0},

	{ALARM_SUPPRESSED, EVENT_RAISE, ANY, ALARM_SUPPRESSED, 0},
	{ALARM_SUPPRESSED, EVENT_CLEAR, HELD, ALARM_SUPPRESSED, 0},
	{ALARM_SUPPRESSED, EVENT_CLEAR, GONE, ALARM_SUPPRESSED, ACTION_END},
	{ALARM_SUPPRESSED, EVENT_RESET, GONE, ALARM_SUPPRESSED, ACTION_END},
	{ALARM_SUPPRESSED, EVENT_RELEASE, ACTIVE, ALARM_UNACKED,
	 ACTION_BEGIN | ACTION_TRIGGER_ONCE},
	{ALARM_SUPPRESSED, EVENT_RELEASE, HELD, ALARM_RETURNED, ACTION_BEGIN | ACTION_TRIGGER_ONCE},
	{ALARM_SUPPRESSED, EVENT_RELEASE, GONE, ALARM_NORMAL, ACTION_END},
	{ALARM_SUPPRESSED, EVENT_TAKE_OUT, ANY, ALARM_OUT_OF_SERVICE, 0},

	{ALARM_OUT_OF_SERVICE, EVENT_RAISE, ANY, ALARM_OUT_OF_SERVICE, 0},
	{ALARM_OUT_OF_SERVICE, EVENT_CLEAR, HELD, ALARM_OUT_OF_SERVICE, 0},
	{ALARM_OUT_OF_SERVICE, EVENT_CLEAR, GONE, ALARM_OUT_OF_SERVICE, ACTION_END},
	{ALARM_OUT_OF_SERVICE, EVENT_RESET, GONE, ALARM_OUT_OF_SERVICE, ACTION_END},
	{ALARM_OUT_OF_SERVICE, EVENT_TAKE_OUT, ANY, ALARM_OUT_OF_SERVICE, 0},
	{ALARM_OUT_OF_SERVICE, EVENT_PUT_BACK, ACTIVE, ALARM_UNACKED, CALL},
	{ALARM_OUT_OF_SERVICE, EVENT_PUT_BACK, HELD, ALARM_RETURNED, CALL},
	{ALARM_OUT_OF_SERVICE, EVENT_PUT_BACK, GONE, ALARM_NORMAL, ACTION_END},
};

static const char *const state_names[ALARM_STATES] = {
	[ALARM_NORMAL] = "normal",
	[ALARM_UNACKED] = "unacked",
	[ALARM_ACKED] = "acked",
	[ALARM_RETURNED] = "returned",
	[ALARM_SHELVED] = "shelved",
	[ALARM_SUPPRESSED] = "suppressed",
	[ALARM_OUT_OF_SERVICE] = "out_of_service",
};

static const char *const event_names[ALARM_EVENTS] = {
	[EVENT_RAISE] = "raise",
	[EVENT_CLEAR] = "clear",
	[EVENT_ACK] = "ack",
	[EVENT_AGAIN] = "again",
	[EVENT_SHELVE] = "shelve",
	[EVENT_UNSHELVE] = "unshelve",
	[EVENT_SHELF_ENDS] = "shelf_ends",
	[EVENT_SUPPRESS] = "suppress",
	[EVENT_RELEASE] = "release",
	[EVENT_TAKE_OUT] = "take_out",
	[EVENT_PUT_BACK] = "put_back",
	[EVENT_RESET] = "reset",
};

static const struct rule *
find_rule(const struct alarm_life *life, enum alarm_event event)
{
	unsigned is = life->active ? ACTIVE : life->held ? HELD : GONE;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].from == life->state && rules[i].event == event && rules[i].when & is)
			return &rules[i];
	return NULL;
}

int
lifecycle_apply(struct alarm_life *life, enum alarm_event event)
{
	struct alarm_life next = *life;
	int actions;

	if (event == EVENT_RAISE)
		next.active = next.held = true;
	if (event == EVENT_CLEAR) {
		next.active = false;
		next.held = next.held && next.latched;
	}
	if (event == EVENT_RESET)
		next.held = next.active;
	const struct rule *rule = find_rule(&next, event);
	if (!rule)
		return -EPERM;
	next.state = rule->to;
	actions = rule->actions;
	if (next.open)
		actions &= ~ACTION_BEGIN;
	else
		actions &= ~ACTION_END;
	next.open = (next.open || actions & ACTION_BEGIN) && !(actions & ACTION_END);
	*life = next;
	return actions;
}

void
lifecycle_mend(struct alarm_life *life)
{
	life->held = life->active || (life->held && life->latched);
	switch (life->state) {
	case ALARM_UNACKED:
	case ALARM_RETURNED:
		life->state = life->active ? ALARM_UNACKED : ALARM_RETURNED;
		life->held = life->active || life->latched;
		life->open = true;
		break;
	case ALARM_ACKED:
		life->open = life->held;
		if (!life->held)
			life->state = ALARM_NORMAL;
		break;
	case ALARM_SHELVED:
	case ALARM_SUPPRESSED:
	case ALARM_OUT_OF_SERVICE:
		break;
	case ALARM_NORMAL:
	case ALARM_STATES:
		*life = (struct alarm_life){.state = ALARM_NORMAL, .latched = life->latched};
		break;
	}
}

const char *
alarm_state_name(enum alarm_state state)
{
	return state < ALARM_STATES ? state_names[state] : "";
}

const char *
alarm_event_name(enum alarm_event event)
{
	return event < ALARM_EVENTS ? event_names[event] : "";
}

int
alarm_state_by_name(const char *name)
{
	for (int s = 0; s < ALARM_STATES; s++)
		if (strcmp(state_names[s], name) == 0)
			return s;
	return -1;
}
