/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/dial.h"

#include "core/keyed.h"

struct step {
	enum dial_state next;
	enum dial_step step;
	bool taken; /* an empty cell is an event that means nothing there */
};

static const struct step table[DIAL_STATES][DIAL_EVENTS] = {
	[DIAL_OFFLINE] = {[DIAL_DUE] = {DIAL_CONNECTING, DIAL_CONNECT, true}},
	[DIAL_CONNECTING] = {[DIAL_DUE] = {DIAL_OFFLINE, DIAL_CLOSE, true},
			     [DIAL_CONNACK] = {DIAL_CONNECTED, DIAL_SUBSCRIBE, true},
			     [DIAL_BROKEN] = {DIAL_OFFLINE, DIAL_NOTHING, true}},
	[DIAL_CONNECTED] = {[DIAL_DUE] = {DIAL_OFFLINE, DIAL_CLOSE, true},
			    [DIAL_SUBACK] = {DIAL_UP, DIAL_BEGIN, true},
			    [DIAL_BROKEN] = {DIAL_OFFLINE, DIAL_NOTHING, true}},
	[DIAL_UP] = {[DIAL_BROKEN] = {DIAL_OFFLINE, DIAL_NOTHING, true}},
};

void
dial_init(struct dial *d, uint64_t seed, const char *name)
{
	*d = (struct dial){.due_ns = INT64_MAX, .seed = seed, .signal = keyed_signal(name)};
}

void
dial_at(struct dial *d, int64_t due_ns)
{
	if (d->state == DIAL_OFFLINE && d->due_ns == INT64_MAX)
		d->due_ns = due_ns;
}

void
dial_stop(struct dial *d)
{
	d->state = DIAL_OFFLINE;
	d->due_ns = INT64_MAX;
}

/* 1, 2, 4 … 30 s, and up to half of it again; never more than 30 s. */
static int64_t
wait_ns(struct dial *d)
{
	int64_t base_ns = DIAL_BACKOFF_MIN_NS << d->backoff;

	if (base_ns < DIAL_BACKOFF_MAX_NS)
		d->backoff++;
	double jitter = 1 + keyed_uniform(d->seed, d->signal, d->tries) / 2;
	double ns = (double)base_ns * jitter;
	return ns < (double)DIAL_BACKOFF_MAX_NS ? (int64_t)ns : DIAL_BACKOFF_MAX_NS;
}

enum dial_step
dial_event(struct dial *d, enum dial_event event, int64_t now_ns)
{
	const struct step *s = &table[d->state][event];

	if (!s->taken)
		return DIAL_NOTHING;
	if (d->state == DIAL_UP && now_ns - d->up_ns >= DIAL_STEADY_NS)
		d->backoff = 0;
	d->state = s->next;
	switch (d->state) {
	case DIAL_OFFLINE:
		d->due_ns = now_ns + wait_ns(d);
		break;
	case DIAL_CONNECTING:
		d->tries++;
		d->due_ns = now_ns + DIAL_DEADLINE_NS;
		break;
	case DIAL_CONNECTED:
		d->due_ns = now_ns + DIAL_DEADLINE_NS;
		break;
	case DIAL_UP:
	case DIAL_STATES:
		d->up_ns = now_ns;
		d->due_ns = INT64_MAX;
		break;
	}
	return s->step;
}

enum dial_step
dial_poll(struct dial *d, int64_t now_ns)
{
	return now_ns >= d->due_ns ? dial_event(d, DIAL_DUE, now_ns) : DIAL_NOTHING;
}
