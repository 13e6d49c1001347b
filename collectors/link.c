/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/link.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "collectors/decode.h"
#include "config/identity.h"
#include "core/clock.h"
#include "core/keyed.h"

#define CONNECT_NS (1500 * NS_PER_MS) /* a lost SYN is sent again after 1 s: RFC 6298, 2.1 */
#define BACKOFF_MIN_NS (100 * NS_PER_MS)
#define BACKOFF_MAX_NS (5 * NS_PER_S)
#define SETTLE_NS (100 * NS_PER_MS) /* least time between two attempts on one device */
#define TELL_NS NS_PER_S            /* LINK points are published at least that often */
#define BUSY 6                      /* "server device busy": the one exception that time heals */

enum event { EV_CONNECTED, EV_GOOD, EV_EXCEPTION, EV_SILENT, EV_REJECT, EV_BROKEN, EVENTS };

struct news {
	int64_t now_ns;
	const char *why;                  /* EV_SILENT, EV_REJECT, EV_BROKEN */
	bool gone;                        /* the connection is closed already */
	const struct gate_answer *answer; /* EV_GOOD, EV_EXCEPTION */
};

static int64_t
later(int64_t a_ns, int64_t b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

static uint32_t
flags_of(const struct link *l)
{
	return l->block_seen || l->device->simulated ? SAMPLE_SIMULATED : 0;
}

/* --- what the image is told: as long as a device is not OK, so are all its points --- */

static void
tell(struct link *l, int64_t now_ns)
{
	struct publisher *p = &l->shared->publisher;
	l->told_ns = now_ns + TELL_NS;
	l->report.mismatch = actuate_mismatches(&l->actuate, now_ns);
	publish_link(p, l->index, &l->report, flags_of(l), now_ns);
	/* said again while it lasts, so that "when was this last not good" stays true */
	if (l->report.state == LINK_COMM)
		publish_device_verdict(p, l->index, QUALITY_COMM, flags_of(l));
	else if (l->report.state == LINK_IDENTITY)
		publish_device_verdict(p, l->index, QUALITY_BAD, flags_of(l));
}

static void
emit(struct link *l, int64_t now_ns, const char *why)
{
	if (l->shared->silent)
		return;
	struct image_event e = {.time_ns = now_ns,
				.code = COLLECT_EVENT_LINK,
				.point = plant_link(l->shared->plant, l->index, ROLE_LINK_STATE),
				.value = (double)l->report.state};
	if (l->report.state == LINK_OK)
		snprintf(e.text, sizeof e.text, "%s: answers again after %.1f s", l->device->name,
			 (double)(now_ns - l->down_ns) / (double)NS_PER_S);
	else
		snprintf(e.text, sizeof e.text, "%s: %s", l->device->name, why);
	image_emit(l->shared->publisher.in, &e);
}

static void
judge(struct link *l, enum link_state state, int64_t now_ns, const char *why)
{
	enum link_state old = l->report.state;
	if (old == state)
		return;
	l->report.state = state;
	if (old != LINK_INIT || state != LINK_OK)
		emit(l, now_ns, why);
	if (old == LINK_OK || old == LINK_INIT)
		l->down_ns = now_ns;
	tell(l, now_ns);
}

/* --- ways out of a connection --- */

/* On a line there is no new connection that an old answer could not come by, and nothing in an answer
 * says what it was asked. So a unit that owes one is not asked for as long again, and what comes
 * then is thrown away. */
static void
wait_for_late(struct link *l, int64_t now_ns)
{
	if (l->device->line != COLLECT_NO_LINE && l->flight.waiting)
		l->quiet_ns = now_ns + l->flight.patience_ns;
}

void
link_heard_late(struct link *l, int64_t now_ns)
{
	if (now_ns < l->quiet_ns)
		l->quiet_ns = now_ns + l->flight.patience_ns;
}

/* Rounds that will not be whole: what came of them is known nevertheless. */
static void
break_rounds(struct link *l)
{
	for (int k = 0; k < SCAN_CLASSES; k++) {
		if (!l->scan.round[k].active)
			continue;
		/* answers come in LINK_OK alone: so a verdict on the device follows */
		assert(l->scan.round[k].next == 0 || l->report.state == LINK_OK);
		publish_part(&l->shared->publisher, l->index, (enum scan_class)k, l->answers[k],
			     l->scan.round[k].next, flags_of(l));
	}
	scan_stop(&l->scan);
}

static void
end(struct link *l, const struct news *n)
{
	wait_for_late(l, n->now_ns);
	l->phase = PHASE_CLOSED;
	l->must_close = !n->gone;
	l->flight.waiting = false;
	l->len = 0;
	break_rounds(l);
	actuate_forget(&l->actuate);
}

/* 0.1 s, doubled up to 5 s; of that something between half and all, so that a rack that comes back
 * is not called by all its clients at once. */
static void
back_off(struct link *l, int64_t now_ns)
{
	int64_t wait_ns = BACKOFF_MIN_NS;
	for (uint32_t k = 0; k < l->failures && wait_ns < BACKOFF_MAX_NS; k++)
		wait_ns *= 2;
	if (wait_ns > BACKOFF_MAX_NS)
		wait_ns = BACKOFF_MAX_NS;
	double u = keyed_uniform(l->shared->seed, keyed_signal(l->device->name), l->tries);
	l->failures++;
	l->at_ns = now_ns + later(BACKOFF_MIN_NS, (int64_t)((0.5 + 0.5 * u) * (double)wait_ns));
	l->hold_ns = now_ns;
}

static void
connect_failed(struct link *l, const struct news *n)
{
	l->report.errors++;
	end(l, n);
	back_off(l, n->now_ns);
	judge(l, LINK_COMM, n->now_ns, n->why);
}

/* A connection that was there: a new one at once, and the next words at the next fast deadline. */
static void
lost(struct link *l, const struct news *n)
{
	l->report.errors++;
	end(l, n);
	l->at_ns = later(n->now_ns, l->tried_ns + SETTLE_NS);
	l->hold_ns = scan_fast_ns(&l->scan, n->now_ns + SETTLE_NS);
	judge(l, LINK_COMM, n->now_ns, n->why);
}

static void
contradicted(struct link *l, const struct news *n, const char *why)
{
	l->report.errors++;
	end(l, n);
	back_off(l, n->now_ns);
	judge(l, LINK_IDENTITY, n->now_ns, why);
}

/* --- identity --- */

static void
begin_polling(struct link *l, int64_t now_ns)
{
	l->phase = PHASE_POLLING;
	l->demands_due = true;
	scan_start(&l->scan, now_ns);
	if (!scan_active(
		    &l->scan)) /* nothing to ask: that it is who it should be is all there is */
		judge(l, LINK_OK, now_ns, "");
}

static void
begin_profile(struct link *l, int64_t now_ns)
{
	if (l->device->identity_fc > 0)
		l->phase = PHASE_PROFILE;
	else
		begin_polling(l, now_ns);
}

static void
begin_talk(struct link *l, const struct news *n)
{
	l->phase = PHASE_BLOCK;
	if (l->skip_block)
		begin_profile(l, n->now_ns);
	l->skip_block = false;
}

static unsigned
word_at(const struct gate_answer *a, unsigned k)
{
	return (unsigned)a->data[2 * k] << 8 | a->data[2 * k + 1];
}

/* Why the block contradicts the configuration, NULL if it does not. */
static const char *
block_contradiction(const struct link *l, const struct gate_answer *a)
{
	const struct device *d = l->device;
	uint32_t serial = word_at(a, IDENTITY_SERIAL_HI) << 16 | word_at(a, IDENTITY_SERIAL_LO);
	if (!l->block_seen)
		return d->simulated ? "configured as simulated, but no simulator answers" : NULL;
	if (!d->simulated)
		return "configured as real, but a simulator answers";
	if (word_at(a, IDENTITY_REVISION) != 1)
		return "a simulator of another revision answers";
	if (word_at(a, IDENTITY_PROFILE) != identity_profile_word(d->profile))
		return "a simulated device of another profile answers";
	if (serial != 0 && d->system >= 0 && serial != l->shared->plant->systems[d->system].serial)
		return "a simulated device of another system answers";
	return NULL;
}

static void
block_read(struct link *l, const struct news *n)
{
	l->block_seen = word_at(n->answer, IDENTITY_MAGIC_0) == IDENTITY_MAGIC_WORD_0 &&
			word_at(n->answer, IDENTITY_MAGIC_1) == IDENTITY_MAGIC_WORD_1;
	const char *why = block_contradiction(l, n->answer);
	if (why != NULL) {
		contradicted(l, n, why);
		return;
	}
	if (l->block_seen)
		l->report.serial = word_at(n->answer, IDENTITY_SERIAL_HI) << 16 |
				   word_at(n->answer, IDENTITY_SERIAL_LO);
	begin_profile(l, n->now_ns);
}

static void
block_refused(struct link *l, const struct news *n)
{
	if (n->answer->exception == BUSY) {
		lost(l, &(struct news){.now_ns = n->now_ns, .why = "busy (exception 6)"});
		return;
	}
	l->block_seen = false;
	if (l->device->simulated)
		contradicted(l, n, "configured as simulated, but no simulator answers");
	else
		begin_profile(l, n->now_ns);
}

/* Real devices may be silent about registers they don't have. An answer that comes late would be
 * taken for a wrong one, so the rest is asked on a new connection; on a line, after a quiet time. */
static void
block_silent(struct link *l, const struct news *n)
{
	if (l->device->simulated) {
		lost(l, n);
		return;
	}
	end(l, n);
	l->block_seen = false;
	l->skip_block = true;
	l->at_ns = later(n->now_ns, l->tried_ns + SETTLE_NS);
}

static void
profile_read(struct link *l, const struct news *n)
{
	const struct gate_answer *a = n->answer;
	unsigned found = a->data_len > 1 ? word_at(a, 0) : a->data[0]; /* a coil is one byte */
	char why[96];
	snprintf(why, sizeof why, "identity register %u holds 0x%04X, its profile says 0x%04X",
		 (unsigned)l->device->identity_reg, found, (unsigned)l->device->identity_value);
	if (found != l->device->identity_value)
		contradicted(l, n, why);
	else if (l->device->serial_reg >= 0 && !l->device->simulated)
		l->phase = PHASE_SERIAL; /* a simulated one told it in its block */
	else
		begin_polling(l, n->now_ns);
}

/* Two devices of a kind look alike in everything but this. */
static void
serial_read(struct link *l, const struct news *n)
{
	uint32_t expected = l->device->serial != 0 ? l->device->serial : l->serial;
	uint32_t found = word_at(n->answer, 0) << 16 | word_at(n->answer, 1);
	char why[96];
	snprintf(why, sizeof why, "another device answers: serial number %lu, not %lu",
		 (unsigned long)found, (unsigned long)expected);
	if (expected != 0 && found != expected) {
		contradicted(l, n, why);
		return;
	}
	l->serial = l->report.serial = found;
	begin_polling(l, n->now_ns);
}

/* One that tells none is what it is, unless somebody counts on it. */
static void
serial_refused(struct link *l, const struct news *n)
{
	if (n->answer->exception == BUSY)
		lost(l, &(struct news){.now_ns = n->now_ns, .why = "busy (exception 6)"});
	else if (l->device->serial != 0 || l->serial != 0)
		contradicted(l, n, "another device answers: it tells no serial number");
	else
		begin_polling(l, n->now_ns);
}

static void
profile_refused(struct link *l, const struct news *n)
{
	char why[96];
	snprintf(why, sizeof why, "identity register %u: exception %u",
		 (unsigned)l->device->identity_reg, (unsigned)n->answer->exception);
	if (n->answer->exception == BUSY)
		lost(l, &(struct news){.now_ns = n->now_ns, .why = why});
	else
		contradicted(l, n, why);
}

/* --- polling --- */

static void
on_air(struct link *l, int64_t now_ns)
{
	l->failures = 0;
	judge(l, LINK_OK, now_ns, "");
}

/* What a read brought of what was demanded. */
static void
read_back(struct link *l, const struct plan_read *r, const uint8_t *data, int64_t now_ns)
{
	const struct publisher *p = &l->shared->publisher;
	const struct plant *plant = l->shared->plant;
	uint32_t first = publish_first(p, l->index, l->flight.scan),
		 demands = plant->ctl.first[plant_demand_group(plant, l->index)];
	for (uint32_t i = r->first, n; i < r->first + r->n; i += n) {
		const struct point *point = publish_map(p, l->index, first + i);
		n = publish_together(p, l->index, first + i, r->first + r->n - i);
		uint32_t at = plant->points[first + i].demand - demands;
		if (point->writable && n > 1)
			actuate_read_words(&l->actuate, at, n,
					   data + (size_t)2 * (point->reg - r->reg), now_ns);
		else if (point->writable)
			actuate_read_back(&l->actuate, at, decode_raw(point, data, r->reg), now_ns);
	}
}

/* `data` NULL: the device refused the read, and `verdict` is on its points. */
static void
read_done(struct link *l, const uint8_t *data, size_t len, enum quality verdict, int64_t now_ns)
{
	enum scan_class scan = l->flight.scan;
	const struct scan_round *round = &l->scan.round[scan];
	struct answer *a = &l->answers[scan][round->next];
	a->verdict = verdict;
	a->time_ns = now_ns;
	if (data != NULL)
		memcpy(a->data, data, len);
	if (data != NULL && a->read->writable)
		read_back(l, a->read, data, now_ns);
	if (scan_done(&l->scan, scan))
		publish_class(&l->shared->publisher, l->index, scan, l->answers[scan], round->n,
			      flags_of(l));
}

static void
polled(struct link *l, const struct news *n)
{
	on_air(l, n->now_ns);
	if (l->flight.job == JOB_WRITE)
		actuate_answered(&l->actuate, &l->flight.run, false);
	else
		read_done(l, n->answer->data, n->answer->data_len, QUALITY_GOOD, n->now_ns);
}

static void
poll_refused(struct link *l, const struct news *n)
{
	l->report.errors++;
	on_air(l, n->now_ns);
	if (l->flight.job == JOB_WRITE)
		actuate_answered(&l->actuate, &l->flight.run, true);
	else
		read_done(l, NULL, 0, n->answer->exception == BUSY ? QUALITY_COMM : QUALITY_BAD,
			  n->now_ns);
}

/* An empty cell is a decision: what can't concern a link in that phase is ignored. */
static void (*const STEP[PHASES][EVENTS])(struct link *, const struct news *) = {
	[PHASE_CONNECTING] = {[EV_CONNECTED] = begin_talk,
			      [EV_SILENT] = connect_failed,
			      [EV_BROKEN] = connect_failed},
	[PHASE_BLOCK] = {[EV_GOOD] = block_read,
			 [EV_EXCEPTION] = block_refused,
			 [EV_SILENT] = block_silent,
			 [EV_REJECT] = lost,
			 [EV_BROKEN] = lost},
	[PHASE_PROFILE] = {[EV_GOOD] = profile_read,
			   [EV_EXCEPTION] = profile_refused,
			   [EV_SILENT] = lost,
			   [EV_REJECT] = lost,
			   [EV_BROKEN] = lost},
	[PHASE_SERIAL] = {[EV_GOOD] = serial_read,
			  [EV_EXCEPTION] = serial_refused,
			  [EV_SILENT] = lost,
			  [EV_REJECT] = lost,
			  [EV_BROKEN] = lost},
	[PHASE_POLLING] = {[EV_GOOD] = polled,
			   [EV_EXCEPTION] = poll_refused,
			   [EV_SILENT] = lost,
			   [EV_REJECT] = lost,
			   [EV_BROKEN] = lost},
};

static void
happen(struct link *l, enum event event, const struct news *n)
{
	if (STEP[l->phase][event] != NULL)
		STEP[l->phase][event](l, n);
}

/* --- the room's side --- */

void
link_init(struct link *l, struct link_shared *shared, uint32_t device, int64_t now_ns)
{
	const struct device *d = &shared->plant->devices[device];
	*l = (struct link){.shared = shared,
			   .device = d,
			   .index = device,
			   .at_ns = now_ns,
			   .hold_ns = now_ns,
			   .tried_ns = now_ns - SETTLE_NS,
			   .read_since_write = true,
			   .down_ns = now_ns,
			   .told_ns = now_ns};
	l->report.rtt_ms = (double)NAN;
	l->transaction = (uint16_t)keyed_u64(shared->seed, keyed_signal(d->name), 0);
	scan_init(&l->scan, now_ns);
}

void
link_expire(struct link *l, int64_t now_ns)
{
	bool late = l->flight.waiting && now_ns >= l->flight.deadline_ns;
	if (!late && (l->phase != PHASE_CONNECTING || now_ns < l->at_ns))
		return;
	char why[64] = "no connection within 1.5 s";
	if (late)
		snprintf(why, sizeof why, "no whole answer within %d ms",
			 (int)((l->flight.deadline_ns - l->flight.sent_ns) / NS_PER_MS));
	happen(l, EV_SILENT, &(struct news){.now_ns = now_ns, .why = why});
}

bool
link_upkeep(struct link *l, int64_t now_ns, struct collect_action *out)
{
	link_expire(l, now_ns);
	if (now_ns >= l->told_ns)
		tell(l, now_ns);
	if (l->must_close) {
		l->must_close = false;
		*out = (struct collect_action){
			.verb = COLLECT_CLOSE, .device = l->index, .line = COLLECT_NO_LINE};
		return true;
	}
	if (l->phase != PHASE_CLOSED || now_ns < l->at_ns)
		return false;
	l->phase = PHASE_CONNECTING;
	l->tries++;
	l->tried_ns = now_ns;
	l->at_ns = now_ns + CONNECT_NS;
	*out = (struct collect_action){
		.verb = COLLECT_CONNECT, .device = l->index, .line = COLLECT_NO_LINE};
	return true;
}

int64_t
link_upkeep_ns(const struct link *l, int64_t now_ns)
{
	int64_t next_ns = l->told_ns;
	if (l->must_close)
		return now_ns;
	if (l->phase < PHASE_BLOCK && l->at_ns < next_ns)
		next_ns = l->at_ns;
	if (l->flight.waiting && l->flight.deadline_ns < next_ns)
		next_ns = l->flight.deadline_ns;
	return next_ns;
}

bool
link_step(struct link *l, int64_t now_ns, struct collect_action *out)
{
	return link_upkeep(l, now_ns, out) || link_talk(l, now_ns, out);
}

int64_t
link_next_ns(const struct link *l, int64_t now_ns)
{
	int64_t a_ns = link_upkeep_ns(l, now_ns), b_ns = link_talk_ns(l, now_ns);
	return a_ns < b_ns ? a_ns : b_ns;
}

void
link_connected(struct link *l, int64_t now_ns)
{
	happen(l, EV_CONNECTED, &(struct news){.now_ns = now_ns});
}

void
link_broken(struct link *l, int64_t now_ns, const char *why)
{
	happen(l, EV_BROKEN, &(struct news){.now_ns = now_ns, .why = why, .gone = true});
}

void
link_refuse(struct link *l, const char *reason, int64_t now_ns)
{
	char why[80];
	snprintf(why, sizeof why, "wrong answer: %s", reason);
	happen(l, EV_REJECT, &(struct news){.now_ns = now_ns, .why = why});
}

void
link_answered(struct link *l, enum gate_verdict v, const struct gate_answer *answer, int64_t now_ns)
{
	l->flight.waiting = false;
	l->report.rtt_ms = (double)(now_ns - l->flight.sent_ns) / (double)NS_PER_MS;
	if (v == GATE_GOOD) {
		l->report.transactions++;
		l->shared->transactions++;
	}
	happen(l, v == GATE_GOOD ? EV_GOOD : EV_EXCEPTION,
	       &(struct news){.now_ns = now_ns, .answer = answer});
}

void
link_bytes(struct link *l, const uint8_t *bytes, size_t len, int64_t now_ns)
{
	struct gate_answer answer;
	if (l->phase < PHASE_BLOCK || len == 0)
		return; /* of a connection that is closed by now */
	if (!l->flight.waiting) {
		link_refuse(l, "bytes that nobody asked for", now_ns);
		return;
	}
	link_expire(l,
		    now_ns - 1); /* later than the deadline is too late; at the deadline is not */
	if (!l->flight.waiting)
		return;
	if (len > sizeof l->buffer - l->len) {
		link_refuse(l, gate_reason_text(GATE_TRAILING), now_ns);
		return;
	}
	const uint8_t *frame = bytes; /* mostly whole, and need not be kept */
	if (l->len > 0) {
		memcpy(l->buffer + l->len, bytes, len);
		frame = l->buffer;
	}
	l->len += len;
	enum gate_verdict v = gate_check(&l->flight.request, frame, l->len, &answer);
	if (v == GATE_REJECT)
		link_refuse(l, gate_reason_text(answer.reason), now_ns);
	else if (v != GATE_INCOMPLETE)
		link_answered(l, v, &answer, now_ns);
	else if (frame == bytes)
		memcpy(l->buffer, bytes, len);
}
