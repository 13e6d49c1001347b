/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/wire.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "core/keyed.h"

enum draw { DRAW_DELAY, DRAW_DROP, DRAW_CORRUPT, DRAW_BIT, DRAW_SPLIT, DRAW_CUT, DRAW_REPEAT };

void
wire_init(struct wire *w, uint64_t seed, const char *name, struct wire_piece *queue)
{
	*w = (struct wire){.seed = seed, .signal = keyed_signal(name), .queue = queue};
}

void
wire_reset(struct wire *w)
{
	w->n = 0;
}

void
wire_fault_add(struct wire_fault *to, const struct wire_fault *other)
{
	to->delay_s = fmax(to->delay_s, other->delay_s);
	to->delay_p = fmax(to->delay_p, other->delay_p);
	to->drop_p = fmax(to->drop_p, other->drop_p);
	to->corrupt_p = fmax(to->corrupt_p, other->corrupt_p);
	to->split_p = fmax(to->split_p, other->split_p);
	to->repeat_p = fmax(to->repeat_p, other->repeat_p);
}

bool
wire_is_disturbed(const struct wire *w)
{
	const struct wire_fault *f = &w->fault;

	return f->delay_p > 0.0 || f->drop_p > 0.0 || f->corrupt_p > 0.0 || f->split_p > 0.0 ||
	       f->repeat_p > 0.0;
}

static bool
hits(const struct wire *w, enum draw draw, double p)
{
	/* uniform in (0, 1): p = 1 always hits, p = 0 never */
	return p > 0.0 && keyed_uniform(w->seed, w->signal + (uint64_t)draw, w->answers) < p;
}

static uint64_t
pick(const struct wire *w, enum draw draw, uint64_t n)
{
	return keyed_u64(w->seed, w->signal + (uint64_t)draw, w->answers) % n;
}

static void
push(struct wire *w, const uint8_t *bytes, size_t len, int64_t due_ns)
{
	struct wire_piece *p;

	if (w->n == WIRE_QUEUE || len == 0)
		return; /* more than a connection with one request in flight ever has under way */
	if (w->n > 0) { /* a stream keeps its order */
		const struct wire_piece *last = &w->queue[(w->first + w->n - 1) % WIRE_QUEUE];

		due_ns = due_ns < last->due_ns ? last->due_ns : due_ns;
	}
	p = &w->queue[(w->first + w->n++) % WIRE_QUEUE];
	p->due_ns = due_ns;
	p->len = len;
	memcpy(p->bytes, bytes, len);
}

bool
wire_passes(struct wire *w)
{
	bool passes = w->n == 0 && !wire_is_disturbed(w);

	w->answers += passes;
	return passes;
}

void
wire_answer(struct wire *w, const uint8_t *bytes, size_t len, int64_t now_ns)
{
	const struct wire_fault *f = &w->fault;
	uint8_t frame[WIRE_FRAME_MAX];
	int64_t due_ns = now_ns;
	size_t cut = 0;

	if (len == 0 || len > sizeof frame)
		return;
	w->answers++;
	if (hits(w, DRAW_DROP, f->drop_p))
		return;
	memcpy(frame, bytes, len);
	if (hits(w, DRAW_CORRUPT, f->corrupt_p)) {
		size_t n = len < WIRE_CORRUPT_BYTES ? len : WIRE_CORRUPT_BYTES;
		uint64_t bit = pick(w, DRAW_BIT, n * 8);

		frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	if (hits(w, DRAW_DELAY, f->delay_p))
		due_ns += (int64_t)(f->delay_s * (double)NS_PER_S);
	if (len > 1 && hits(w, DRAW_SPLIT, f->split_p))
		cut = 1 + pick(w, DRAW_CUT, len - 1);
	push(w, frame, cut, due_ns);
	push(w, frame + cut, len - cut, due_ns);
	if (hits(w, DRAW_REPEAT, f->repeat_p))
		push(w, frame, len, due_ns);
}

size_t
wire_take(struct wire *w, int64_t now_ns, uint8_t out[WIRE_FRAME_MAX])
{
	const struct wire_piece *p = &w->queue[w->first];

	if (w->n == 0 || p->due_ns > now_ns)
		return 0;
	memcpy(out, p->bytes, p->len);
	/* an empty queue begins again at its first place, which is still in the cache */
	w->first = --w->n > 0 ? (w->first + 1) % WIRE_QUEUE : 0;
	return p->len;
}
