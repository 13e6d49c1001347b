/* SPDX-License-Identifier: Apache-2.0 */
/* What a link says: identity first, then demands and reads as they come due. */
#include <assert.h>
#include <string.h>

#include "collectors/link.h"
#include "config/identity.h"
#include "core/clock.h"

#define WORD_LATE_NS NS_PER_S /* first words that wait for longer get a turn on a busy line */

static void
put_request(struct link *l, enum job job, int64_t now_ns, struct collect_action *out)
{
	const struct gate_request *q = &l->flight.request;
	l->flight.job = job;
	l->flight.waiting = true;
	l->flight.sent_ns = now_ns;
	l->flight.patience_ns = l->device->timeout_ms * NS_PER_MS;
	l->flight.deadline_ns = now_ns + l->flight.patience_ns;
	l->len = 0;
	out->verb = COLLECT_SEND;
	out->device = l->index;
	out->line = l->device->line;
	if (out->line == COLLECT_NO_LINE) {
		out->len = q->len;
		memcpy(out->bytes, q->bytes, q->len);
		return;
	}
	/* a device's time begins when its request has come, and its answer takes some, too */
	out->len = gate_rtu_frame(q, out->bytes);
	l->flight.patience_ns +=
		(int64_t)(out->len + gate_rtu_answer_length(q)) * l->timing.char_ns +
		2 * l->timing.gap_ns;
	l->flight.deadline_ns = now_ns + l->flight.patience_ns;
}

static bool
send_read(struct link *l, enum job job, uint8_t fc, uint16_t reg, uint16_t count, int64_t now_ns,
	  struct collect_action *out)
{
	int rc = gate_read(&l->flight.request, l->transaction++, l->device->unit, fc, reg, count);
	assert(rc == 0); /* the plan keeps the limits */
	(void)rc;
	put_request(l, job, now_ns, out);
	return true;
}

static void
take_demands(struct link *l, int64_t now_ns)
{
	int32_t group = plant_demand_group(l->shared->plant, l->index);
	if (group < 0)
		return;
	/* what can't be read is what it was, and ages */
	const struct sample *demands =
		image_look(l->shared->ctl, (uint32_t)group, now_ns, l->demands);
	if (demands == l->demands)
		l->demands_seen = 0;
	else if (!image_has_moved(l->shared->ctl, (uint32_t)group, &l->demands_seen) &&
		 !actuate_must_look(&l->actuate, now_ns))
		return;
	l->report.errors += actuate_take(&l->actuate, demands, now_ns);
}

/* Writes may not starve the reads. */
static bool
may_begin(const struct link *l)
{
	return l->demands_due && (l->read_since_write || !scan_active(&l->scan));
}

static bool
send_write(struct link *l, int64_t now_ns, struct collect_action *out)
{
	struct actuate *a = &l->actuate;
	struct actuate_run *run = &l->flight.run;
	bool begin = may_begin(l) && !actuate_pending(a);
	if (begin)
		l->demands_due = false;
	if (!begin && !actuate_pending(a))
		return false;
	if (!l->shared->ctl_alive) {
		actuate_forget(a);
		return false;
	}
	if (begin)
		take_demands(l, now_ns);
	while (actuate_next(a, run)) {
		actuate_sent(a, run, now_ns);
		if (a->shadow) {
			l->report.would_write++;
			continue;
		}
		int rc = gate_write(&l->flight.request, l->transaction++, l->device->unit, run->fc,
				    run->reg, run->count, run->words);
		assert(rc == 0);
		(void)rc;
		l->read_since_write = false;
		put_request(l, JOB_WRITE, now_ns, out);
		return true;
	}
	return false;
}

static bool
send_poll(struct link *l, const struct plan_read *r, enum scan_class scan, int64_t now_ns,
	  struct collect_action *out)
{
	l->flight.read = r;
	l->flight.scan = scan;
	l->read_since_write = true;
	return send_read(l, JOB_READ, r->fc, r->reg, r->count, now_ns, out);
}

static bool
send_word(struct link *l, int64_t now_ns, struct collect_action *out)
{
	const struct device *d = l->device;
	if (l->phase == PHASE_BLOCK)
		return send_read(l, JOB_BLOCK, 3, IDENTITY_REG, IDENTITY_COUNT, now_ns, out);
	if (l->phase == PHASE_SERIAL)
		return send_read(l, JOB_SERIAL, (uint8_t)d->identity_fc, (uint16_t)d->serial_reg, 2,
				 now_ns, out);
	return send_read(l, JOB_PROFILE, (uint8_t)d->identity_fc, d->identity_reg, 1, now_ns, out);
}

static int64_t
held_until_ns(const struct link *l)
{
	return l->quiet_ns > l->hold_ns ? l->quiet_ns : l->hold_ns;
}

static bool
may_talk(const struct link *l, int64_t now_ns)
{
	return l->phase >= PHASE_BLOCK && !l->flight.waiting && now_ns >= held_until_ns(l);
}

/* --- a connection of its own: says what is next --- */

bool
link_talk(struct link *l, int64_t now_ns, struct collect_action *out)
{
	enum scan_class scan = SCAN_FAST;
	if (!may_talk(l, now_ns))
		return false;
	if (l->phase < PHASE_POLLING)
		return send_word(l, now_ns, out);
	scan_tick(&l->scan, now_ns);
	if (send_write(l, now_ns, out))
		return true;
	const struct plan_read *r = scan_pick(&l->scan, now_ns, &scan);
	return r != NULL && send_poll(l, r, scan, now_ns, out);
}

int64_t
link_talk_ns(const struct link *l, int64_t now_ns)
{
	if (l->phase < PHASE_BLOCK || l->flight.waiting)
		return INT64_MAX;
	if (now_ns < held_until_ns(l))
		return held_until_ns(l);
	if (l->phase < PHASE_POLLING || scan_active(&l->scan) || actuate_pending(&l->actuate) ||
	    (l->demands_due && l->actuate.n != 0))
		return now_ns;
	return scan_next_ns(&l->scan);
}

/* --- a line that it shares: says what it would, and waits for its turn --- */

size_t
link_wishes(struct link *l, int64_t now_ns, struct link_wish out[LINK_WISHES])
{
	size_t n = 0;
	if (!may_talk(l, now_ns))
		return 0;
	if (l->phase < PHASE_POLLING) {
		out[n++] = (struct link_wish){.kind = WISH_WORD,
					      .rank = SCAN_CLASSES,
					      .since_ns = held_until_ns(l),
					      .late = now_ns - held_until_ns(l) > WORD_LATE_NS};
		return n;
	}
	scan_tick(&l->scan, now_ns);
	if (actuate_pending(&l->actuate) || may_begin(l))
		out[n++] = (struct link_wish){
			.kind = WISH_WRITE, .rank = SCAN_FAST, .since_ns = l->demands_ns};
	for (int k = 0; k < SCAN_CLASSES; k++) {
		const struct scan_round *r = &l->scan.round[k];
		if (r->active)
			out[n++] = (struct link_wish){.kind = WISH_READ,
						      .scan = (enum scan_class)k,
						      .rank = k,
						      .since_ns = r->since_ns,
						      .late = now_ns - r->since_ns > r->period_ns};
	}
	return n;
}

bool
link_grant(struct link *l, const struct link_wish *w, int64_t now_ns, struct collect_action *out)
{
	const struct scan_round *r = &l->scan.round[w->scan];
	if (w->kind == WISH_WORD)
		return send_word(l, now_ns, out);
	if (w->kind == WISH_WRITE)
		return send_write(l, now_ns, out);
	return send_poll(l, &r->reads[r->next], w->scan, now_ns, out);
}
