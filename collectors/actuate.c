/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/actuate.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "collectors/decode.h"

#define NEVER INT64_MAX

void
actuator_init(struct actuator *a, const struct point *point, int64_t read_period_ns)
{
	*a = (struct actuator){.point = point,
			       .demand = (double)NAN,
			       .encoded = -EINVAL,
			       .read_period_ns = read_period_ns,
			       .last = point->role == ROLE_ENGINE_SEQ_CMD ||
				       point->role == ROLE_COOLING_SEQ_CMD,
			       .differs_ns = NEVER};
}

/* Integers to the last step; floats to what single precision arithmetic in a device may lose. */
static bool
same(const struct point *p, uint64_t a, uint64_t b)
{
	double va = 0, vb = 0;
	if (a == b || (p->type != REG_F32 && p->type != REG_F64))
		return a == b;
	if (decode_value(p, a, &va) == QUALITY_BAD || decode_value(p, b, &vb) == QUALITY_BAD)
		return false;
	return fabs(va - vb) <= 1e-6 * fmax(fabs(va), fabs(vb));
}

/* When an actuator that need not be written may have to be, though nothing happens. */
static int64_t
may_write_ns(const struct actuate *all, const struct actuator *a, int64_t now_ns)
{
	int64_t confirm_ns = a->asked_ns + ACTUATE_CONFIRM_NS;
	int64_t chances_ns = a->asked_ns + 2 * a->read_period_ns;
	if (!a->wanted || all->shadow)
		return NEVER;
	if (now_ns < confirm_ns)
		return confirm_ns;
	return a->has_read ? NEVER : chances_ns;
}

static bool
must_write(const struct actuate *all, const struct actuator *a, int64_t now_ns)
{
	if (!a->has_asked || a->asked != a->want)
		return true;
	int64_t age_ns = now_ns - a->asked_ns;
	if (all->shadow || age_ns < ACTUATE_CONFIRM_NS)
		return false;
	if (a->refused)
		return true;
	if (a->has_read)
		return !same(a->point, a->read, a->want);
	/* nothing read back: wait at least until its class has had two chances */
	return age_ns >= 2 * a->read_period_ns;
}

/* What the device holds is not known (any more): whatever is wanted next will be written. */
static void
forget(struct actuator *a)
{
	a->pending = a->has_asked = a->refused = a->has_read = false;
	a->differs_ns = NEVER;
}

/* Most demands are what they were: only a new one is encoded. */
static int
encode(struct actuator *a, double demand)
{
	if (memcmp(&demand, &a->demand, sizeof demand) != 0) {
		a->demand = demand;
		a->encoded = encode_raw(a->point, demand, &a->want);
	}
	return a->encoded;
}

static bool
same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

/* Something happened to it: what was taken last says nothing about it any more. */
static void
look_again(struct actuate *all, uint32_t i)
{
	const uint64_t no_demand = UINT64_C(0x7ff8000000000001); /* a NaN that no other is */
	if (all->taken != NULL)
		memcpy(&all->taken[i], &no_demand, sizeof no_demand);
}

/* Is it the number that was taken last? Most are. */
static bool
as_taken(const struct sample *s, double taken)
{
	return same_bits(s->value, taken) && !isnan(taken) &&
	       (s->quality == QUALITY_GOOD || s->quality == QUALITY_UNCERTAIN);
}

/* Returns whether it has become impossible to write. */
static bool
take(struct actuate *all, uint32_t i, double demand, int64_t now_ns)
{
	struct actuator *a = &all->actuator[i];
	bool usable = !isnan(demand), was_out = a->out_of_range;
	all->n_pending -= a->pending;
	a->wanted = usable && encode(a, demand) == 0;
	a->out_of_range = usable && !a->wanted;
	if (a->wanted)
		a->pending = must_write(all, a, now_ns);
	else
		forget(a);
	all->n_pending += a->pending;
	int64_t again_ns = may_write_ns(all, a, now_ns);
	all->until_ns = again_ns < all->until_ns ? again_ns : all->until_ns;
	if (all->taken != NULL)
		all->taken[i] = demand;
	return a->out_of_range && !was_out;
}

uint32_t
actuate_take(struct actuate *all, const struct sample *demands, int64_t now_ns)
{
	bool every = all->taken == NULL || now_ns >= all->until_ns;
	uint32_t errors = 0;
	if (every)
		all->until_ns = NEVER;
	for (uint32_t i = 0; i < all->n; i++) {
		if (!every && as_taken(&demands[i], all->taken[i]))
			continue;
		double demand = sample_usable(&demands[i]) ? demands[i].value : (double)NAN;
		if (every || !same_bits(demand, all->taken[i]))
			errors += take(all, i, demand, now_ns);
	}
	return errors;
}

bool
actuate_pending(const struct actuate *all)
{
	return all->n_pending != 0;
}

static uint8_t
write_fc(const struct point *p, bool many)
{
	if (p->fc == 1)
		return many ? 15 : 5;
	return many ? 16 : 6;
}

/* May `b` be written in the run that ends with `a`? Unchanged demands in between are sent along,
 * but only inside one array (84 duties): a command word is never repeated for its neighbour's
 * sake. */
static bool
joins(const struct actuator *a, const struct actuator *b, unsigned count)
{
	return b->wanted && b->last == a->last && b->point->fc == a->point->fc &&
	       b->point->reg == a->point->reg + a->point->count &&
	       count + b->point->count <= GATE_WRITE_REGISTERS_MAX &&
	       (b->pending || b->point->role == a->point->role);
}

static void
build(const struct actuate *all, uint32_t first, struct actuate_run *run)
{
	const struct actuator *a = all->actuator;
	unsigned count = a[first].point->count;
	uint32_t end = first + 1; /* of what must be written */
	run->count = (uint16_t)count;
	for (uint32_t k = first + 1; k < all->n && joins(&a[k - 1], &a[k], count); k++) {
		count += a[k].point->count;
		if (a[k].pending) {
			end = k + 1;
			run->count = (uint16_t)count;
		}
	}
	run->first = first;
	run->n = end - first;
	run->reg = a[first].point->reg;
	run->fc = write_fc(a[first].point, run->count > 1);
	uint16_t *words = run->words;
	for (uint32_t k = first; k < end; k++) {
		uint16_t w[DECODE_REGISTERS_MAX];
		encode_words(a[k].point, a[k].want, w);
		memcpy(words, w, a[k].point->count * sizeof *w);
		words += a[k].point->count;
	}
}

bool
actuate_next(struct actuate *all, struct actuate_run *run)
{
	bool refused = false;
	uint32_t last = all->n;
	if (all->n_pending == 0)
		return false;
	for (uint32_t i = 0; i < all->n; i++) {
		struct actuator *a = &all->actuator[i];
		refused = refused || (a->refused && a->wanted && !a->last) ||
			  (a->out_of_range && !a->last);
		if (a->pending && !a->last) {
			build(all, i, run);
			return true;
		}
		if (a->pending && last == all->n)
			last = i;
	}
	if (last == all->n)
		return false;
	/* no sign of life from the supervisor until the device can be given its demands */
	if (refused) {
		for (uint32_t i = last; i < all->n; i++) {
			all->actuator[i].pending = false;
			look_again(all, i);
		}
		all->n_pending = 0;
		return false;
	}
	build(all, last, run);
	return true;
}

void
actuate_sent(struct actuate *all, const struct actuate_run *run, int64_t now_ns)
{
	for (uint32_t i = run->first; i < run->first + run->n; i++) {
		struct actuator *a = &all->actuator[i];
		look_again(all, i);
		all->n_pending -= a->pending;
		a->pending = false;
		a->has_asked = true;
		a->asked = a->want;
		a->asked_ns = now_ns;
		a->has_read = false;
	}
}

void
actuate_answered(struct actuate *all, const struct actuate_run *run, bool refused)
{
	for (uint32_t i = run->first; i < run->first + run->n; i++) {
		look_again(all, i);
		all->actuator[i].refused = refused;
	}
}

void
actuate_read_back(struct actuate *all, uint32_t actuator, uint64_t raw, int64_t now_ns)
{
	struct actuator *a = &all->actuator[actuator];
	if (!a->has_read || a->read != raw)
		look_again(all, actuator);
	a->has_read = true;
	a->read = raw;
	if (!a->has_asked || all->shadow || same(a->point, raw, a->asked))
		a->differs_ns = NEVER;
	else if (a->differs_ns == NEVER)
		a->differs_ns = now_ns;
}

void
actuate_forget(struct actuate *all)
{
	all->n_pending = 0;
	all->until_ns = INT64_MIN;
	for (uint32_t i = 0; i < all->n; i++) {
		forget(&all->actuator[i]);
		all->actuator[i].wanted = false;
	}
}

uint32_t
actuate_mismatches(const struct actuate *all, int64_t now_ns)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < all->n; i++) {
		int64_t since_ns = all->actuator[i].differs_ns;
		if (since_ns != NEVER && now_ns - since_ns > ACTUATE_MISMATCH_NS)
			n++;
	}
	return n;
}
