/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/line.h"

#include <string.h>

#include "core/clock.h"

#define OPEN_AGAIN_NS (250 * NS_PER_MS) /* a port that is not there is tried that often */
#define NOISE_NS NS_PER_S /* a line that is never silent for so long is opened again, if … */
#define NOISE_FRAMES 2    /* … the longest frame would have been over so often */
#define PATIENCE 4        /* first words wait for so many times what the last vain ones took */

void
line_init(struct line *l, const struct line_config *config, uint32_t index, int64_t now_ns)
{
	*l = (struct line){.config = config,
			   .index = index,
			   .timing = rtu_timing(config->baud, config->parity != PARITY_NONE,
						config->stop_bits),
			   .open_ns = now_ns,
			   .free_ns = now_ns,
			   .first_words_ns = now_ns,
			   .noise_ns = INT64_MAX};
}

static double
read_s(const struct line *l, const struct plan_read *r)
{
	bool bits = r->fc == 1 || r->fc == 2;
	int64_t data = bits ? (r->count + 7) / 8 : 2 * r->count;
	/* request and answer, Modbus over Serial Line 1.02, 2.5.1 */
	return (double)((8 + 5 + data) * l->timing.char_ns + 2 * l->timing.gap_ns) * 1e-9;
}

double
line_load(const struct line *l)
{
	double load = 0;
	for (uint32_t i = 0; i < l->n; i++)
		for (int k = 0; k < SCAN_CLASSES; k++) {
			const struct scan_round *r = &l->links[i]->scan.round[k];
			for (uint32_t n = 0; n < r->n; n++)
				load += read_s(l, &r->reads[n]) / ((double)r->period_ns * 1e-9);
		}
	return load;
}

/* --- answers --- */

static void
release(struct line *l)
{
	l->talker = NULL;
	l->len = 0;
	l->whole = false;
}

/* Bytes that are nobody's answer, as far as is known: they may be one that comes late. */
static void
heard_late(struct line *l, int64_t now_ns)
{
	for (uint32_t i = 0; i < l->n; i++)
		link_heard_late(l->links[i], now_ns);
}

/* The silence after an answer has lasted. */
static void
believe(struct line *l, int64_t now_ns)
{
	struct link *k = l->talker;
	struct gate_answer answer;
	enum gate_verdict v = gate_check_rtu(&k->flight.request, l->buffer, l->len, &answer);
	l->noise_ns = INT64_MAX;
	l->whole = false;
	link_answered(k, v, &answer, now_ns); /* answer points into the buffer */
	release(l);
}

static void
refuse(struct line *l, enum gate_reason reason, int64_t now_ns)
{
	heard_late(l, now_ns);
	link_refuse(l->talker, gate_reason_text(reason), now_ns);
	release(l);
}

void
line_bytes(struct line *l, const uint8_t *bytes, size_t len, int64_t now_ns)
{
	struct gate_answer answer;
	if (!l->open || len == 0)
		return;
	l->heard_ns = now_ns;
	l->free_ns = now_ns + l->timing.gap_ns;
	if (l->noise_ns == INT64_MAX)
		l->noise_ns = now_ns;
	if (l->talker == NULL) { /* nobody speaks before it is silent */
		heard_late(l, now_ns);
		return;
	}
	if (!l->whole) {
		link_expire(l->talker, now_ns - 1);
		if (!l->talker->flight.waiting) {
			release(l);
			return;
		}
	}
	if (len > sizeof l->buffer - l->len) {
		refuse(l, GATE_TRAILING, now_ns);
		return;
	}
	memcpy(l->buffer + l->len, bytes, len);
	l->len += len;
	enum gate_verdict v =
		gate_check_rtu(&l->talker->flight.request, l->buffer, l->len, &answer);
	if (v == GATE_REJECT) {
		refuse(l, answer.reason, now_ns);
	} else if (v != GATE_INCOMPLETE) {
		l->whole = true;
		l->talker->flight.deadline_ns = INT64_MAX; /* it came in time */
	}
}

/* --- the port --- */

void
line_opened(struct line *l, int64_t now_ns)
{
	l->open = true;
	l->opening = false;
	l->free_ns = now_ns + l->timing.gap_ns;
	l->first_words_ns = now_ns;
	l->noise_ns = INT64_MAX;
	release(l);
	for (uint32_t i = 0; i < l->n; i++)
		if (l->links[i]->phase == PHASE_CONNECTING)
			link_connected(l->links[i], now_ns);
		else if (l->links[i]->phase == PHASE_CLOSED)
			l->links[i]->at_ns = now_ns;
}

void
line_broken(struct line *l, int64_t now_ns, const char *why)
{
	l->open = l->opening = false;
	l->open_ns = now_ns + OPEN_AGAIN_NS;
	release(l);
	for (uint32_t i = 0; i < l->n; i++)
		if (l->links[i]->phase != PHASE_CLOSED)
			link_broken(l->links[i], now_ns, why);
}

static bool
act(const struct line *l, enum collect_verb verb, struct collect_action *out)
{
	*out = (struct collect_action){
		.verb = verb, .device = l->links[0]->index, .line = (int32_t)l->index};
	return true;
}

static void
keep_up(struct line *l, struct link *k, int64_t now_ns)
{
	struct collect_action a;
	bool waited = k->flight.waiting, words = k->phase < PHASE_POLLING;
	while (link_upkeep(k, now_ns, &a)) /* its closing is our waiting for silence */
		if (a.verb == COLLECT_CONNECT && l->open)
			link_connected(k, now_ns);
		else if (a.verb == COLLECT_CONNECT && !l->opening)
			link_broken(k, now_ns, "its line is not there");
	if (!waited || k->flight.waiting)
		return;
	if (words)
		l->first_words_ns = now_ns + PATIENCE * (now_ns - k->flight.sent_ns);
	release(l);
}

/* --- turns --- */

struct turn {
	uint32_t link;
	struct link_wish wish;
};

static bool
before(const struct line *l, const struct turn *a, const struct turn *b)
{
	if (a->wish.rank != b->wish.rank)
		return a->wish.rank < b->wish.rank;
	if (a->wish.since_ns != b->wish.since_ns)
		return a->wish.since_ns < b->wish.since_ns;
	return l->served[a->link] < l->served[b->link];
}

/* Whose turn it is: false if nobody wants it. */
static bool
choose(struct line *l, int64_t now_ns, struct turn *out)
{
	struct link_wish wish[LINK_WISHES];
	struct turn first = {0}, late = {0};
	bool any = false, any_late = false;
	for (uint32_t i = 0; i < l->n; i++) {
		size_t n = link_wishes(l->links[i], now_ns, wish);
		for (size_t k = 0; k < n; k++) {
			const struct turn t = {i, wish[k]};
			if (wish[k].kind == WISH_WORD && now_ns < l->first_words_ns)
				continue;
			if (!any || before(l, &t, &first))
				first = t;
			any = true;
			if (wish[k].late && (!any_late || wish[k].since_ns < late.wish.since_ns)) {
				late = t;
				any_late = true;
			}
		}
	}
	l->late_served = any_late && !l->late_served && late.wish.rank > first.wish.rank;
	*out = l->late_served ? late : first;
	return any;
}

static bool
speak(struct line *l, int64_t now_ns, struct collect_action *out)
{
	struct turn t;
	while (choose(l, now_ns, &t)) {
		struct link *k = l->links[t.link];
		l->served[t.link] = ++l->turn;
		if (!link_grant(k, &t.wish, now_ns, out))
			continue; /* a write that was none */
		l->talker = k;
		l->len = 0;
		l->free_ns = now_ns + (int64_t)out->len * l->timing.char_ns;
		return true;
	}
	return false;
}

/* At 1200 baud the rest of a frame that was refused goes on for two seconds. */
static int64_t
noise_ns(const struct line *l)
{
	int64_t frames_ns = NOISE_FRAMES * (int64_t)RTU_FRAME_MAX * l->timing.char_ns;
	return frames_ns > NOISE_NS ? frames_ns : NOISE_NS;
}

bool
line_step(struct line *l, int64_t now_ns, struct collect_action *out)
{
	if (l->n == 0)
		return false;
	if (!l->open && !l->opening && now_ns >= l->open_ns) {
		l->opening = true;
		return act(l, COLLECT_CONNECT, out);
	}
	if (l->whole && now_ns >= l->heard_ns + l->timing.gap_ns)
		believe(l, now_ns);
	for (uint32_t i = 0; i < l->n; i++)
		keep_up(l, l->links[i], now_ns);
	if (!l->open || l->talker != NULL)
		return false;
	if (l->noise_ns != INT64_MAX && now_ns - l->noise_ns > noise_ns(l) && now_ns < l->free_ns) {
		line_broken(l, now_ns, "its line is never silent");
		return act(l, COLLECT_CLOSE, out);
	}
	if (now_ns < l->free_ns)
		return false;
	l->noise_ns = INT64_MAX;
	return speak(l, now_ns, out);
}

int64_t
line_next_ns(const struct line *l, int64_t now_ns)
{
	int64_t next_ns = l->n != 0 && !l->open && !l->opening ? l->open_ns : INT64_MAX;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct link *k = l->links[i];
		int64_t at_ns = link_upkeep_ns(k, now_ns), talk_ns = link_talk_ns(k, now_ns);
		if (at_ns < next_ns)
			next_ns = at_ns;
		if (!l->open || l->talker != NULL || talk_ns == INT64_MAX)
			continue;
		if (k->phase < PHASE_POLLING && talk_ns < l->first_words_ns)
			talk_ns = l->first_words_ns;
		if (talk_ns < l->free_ns)
			talk_ns = l->free_ns;
		if (talk_ns < next_ns)
			next_ns = talk_ns;
	}
	if (l->whole && l->heard_ns + l->timing.gap_ns < next_ns)
		next_ns = l->heard_ns + l->timing.gap_ns;
	return next_ns;
}
