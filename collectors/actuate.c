/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/actuate.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/decode.h"

#define NEVER INT64_MAX

int
actuate_init(struct actuate *all, uint32_t n)
{
	size_t room = n != 0 ? n : 1;
	*all = (struct actuate){.n = n};
	all->actuator = calloc(room, sizeof *all->actuator);
	all->marks = calloc(room, sizeof *all->marks);
	all->taken = calloc(room, sizeof *all->taken);
	all->again_ns = calloc(room, sizeof *all->again_ns);
	all->has_read = calloc(room, sizeof *all->has_read);
	all->read = calloc(room, sizeof *all->read);
	return all->actuator == NULL || all->marks == NULL || all->taken == NULL ||
			       all->again_ns == NULL || all->has_read == NULL || all->read == NULL
		       ? -ENOMEM
		       : 0;
}

void
actuate_fini(struct actuate *all)
{
	free(all->actuator);
	free(all->marks);
	free(all->taken);
	free(all->again_ns);
	free(all->has_read);
	free(all->read);
}

struct actuate
actuate_part(const struct actuate *all, uint32_t first, uint32_t n, bool shadow)
{
	return (struct actuate){.actuator = all->actuator + first,
				.marks = all->marks + first,
				.taken = all->taken + first,
				.again_ns = all->again_ns + first,
				.has_read = all->has_read + first,
				.read = all->read + first,
				.n = n,
				.shadow = shadow};
}

void
actuate_set(struct actuate *all, uint32_t actuator, const struct point *point,
	    int64_t read_period_ns)
{
	all->actuator[actuator] = (struct actuator){.point = point,
						    .demand = (double)NAN,
						    .encoded = -EINVAL,
						    .read_period_ns = read_period_ns,
						    .differs_ns = NEVER};
	all->marks[actuator].last =
		point->role == ROLE_ENGINE_SEQ_CMD || point->role == ROLE_COOLING_SEQ_CMD;
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
may_write_ns(const struct actuate *all, uint32_t i, int64_t now_ns)
{
	const struct actuator *a = &all->actuator[i];
	int64_t confirm_ns = a->asked_ns + ACTUATE_CONFIRM_NS;
	int64_t chances_ns = a->asked_ns + 2 * a->read_period_ns;
	if (!all->marks[i].wanted || all->shadow)
		return NEVER;
	if (now_ns < confirm_ns)
		return confirm_ns;
	return all->has_read[i] ? NEVER : chances_ns;
}

static bool
must_write(const struct actuate *all, uint32_t i, int64_t now_ns)
{
	const struct actuator *a = &all->actuator[i];
	const struct actuator_marks *m = &all->marks[i];
	if (!m->has_asked || a->asked != a->want)
		return true;
	int64_t age_ns = now_ns - a->asked_ns;
	if (all->shadow || age_ns < ACTUATE_CONFIRM_NS)
		return false;
	if (m->refused)
		return true;
	if (all->has_read[i])
		return !same(a->point, all->read[i], a->want);
	/* nothing read back: wait at least until its class has had two chances */
	return age_ns >= 2 * a->read_period_ns;
}

static void
differs_since(struct actuate *all, uint32_t i, int64_t since_ns)
{
	int64_t *differs_ns = &all->actuator[i].differs_ns;
	all->n_differ -= *differs_ns != NEVER;
	all->n_differ += since_ns != NEVER;
	*differs_ns = since_ns;
}

/* What the device holds is not known (any more): whatever is wanted next will be written. */
static void
forget(struct actuate *all, uint32_t i)
{
	struct actuator_marks *m = &all->marks[i];
	m->pending = m->has_asked = m->refused = all->has_read[i] = false;
	differs_since(all, i, NEVER);
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

/* Something happened to it: what was taken last says nothing about it any more. */
static void
look_again(struct actuate *all, uint32_t i)
{
	const uint64_t overtaken =
		UINT64_C(0x7ff0000000000001); /* a NaN that no arithmetic gives */
	memcpy(&all->taken[i], &overtaken, sizeof overtaken);
	all->overtaken = true;
}

/* Returns whether it has become impossible to write. */
static bool
take(struct actuate *all, uint32_t i, double demand, int64_t now_ns)
{
	struct actuator_marks *m = &all->marks[i];
	bool usable = !isnan(demand), was_out = m->out_of_range;
	all->n_pending -= m->pending;
	m->wanted = usable && encode(&all->actuator[i], demand) == 0;
	m->out_of_range = usable && !m->wanted;
	if (m->wanted)
		m->pending = must_write(all, i, now_ns);
	else
		forget(all, i);
	all->n_pending += m->pending;
	all->again_ns[i] = may_write_ns(all, i, now_ns);
	all->taken[i] = demand;
	return m->out_of_range && !was_out;
}

/* Are n demands good, and the numbers that were taken last? Most are. */
static bool
as_taken(const struct sample *s, const double *taken, uint32_t n)
{
	uint64_t differ = 0, worth = 0;
	for (uint32_t i = 0; i < n; i++) {
		differ |= sample_bits(s[i].value) ^ sample_bits(taken[i]);
		worth |= sample_stamp(&s[i]) ^ QUALITY_GOOD;
	}
	return (differ | (worth & SAMPLE_STAMP_QUALITY)) == 0;
}

/* Those of n from the i-th on that are new, or have their time. */
static uint32_t
take_some(struct actuate *all, uint32_t i, uint32_t n, const struct sample *demands, int64_t now_ns)
{
	uint32_t errors = 0;
	for (uint32_t end = i + n; i < end; i++) {
		double demand = sample_usable(&demands[i]) ? demands[i].value : (double)NAN;
		if (now_ns >= all->again_ns[i] || sample_bits(demand) != sample_bits(all->taken[i]))
			errors += take(all, i, demand, now_ns);
		if (all->again_ns[i] < all->until_ns)
			all->until_ns = all->again_ns[i];
	}
	return errors;
}

bool
actuate_must_look(const struct actuate *all, int64_t now_ns)
{
	return all->overtaken || now_ns >= all->until_ns;
}

uint32_t
actuate_take(struct actuate *all, const struct sample *demands, int64_t now_ns)
{
	enum { AT_ONCE = 32 };
	bool due = now_ns >= all->until_ns;
	uint32_t errors = 0;
	all->overtaken = false;
	if (due)
		all->until_ns = NEVER;
	for (uint32_t i = 0; i < all->n; i += AT_ONCE) {
		uint32_t n = all->n - i < AT_ONCE ? all->n - i : AT_ONCE;
		if (due || !as_taken(&demands[i], &all->taken[i], n))
			errors += take_some(all, i, n, demands, now_ns);
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

/* May the next one be written in the run that ends with the i-th? Unchanged demands in between are sent along,
 * but only inside one array (84 duties): a command word is never repeated for its neighbour's
 * sake. */
static bool
joins(const struct actuate *all, uint32_t i, unsigned count)
{
	const struct point *a = all->actuator[i].point, *b = all->actuator[i + 1].point;
	const struct actuator_marks *m = &all->marks[i];
	return m[1].wanted && m[1].last == m->last && b->fc == a->fc &&
	       b->reg == a->reg + a->count && count + b->count <= GATE_WRITE_REGISTERS_MAX &&
	       (m[1].pending || b->role == a->role);
}

static void
build(const struct actuate *all, uint32_t first, struct actuate_run *run)
{
	const struct actuator *a = all->actuator;
	unsigned count = a[first].point->count;
	uint32_t end = first + 1; /* of what must be written */
	run->count = (uint16_t)count;
	for (uint32_t k = first + 1; k < all->n && joins(all, k - 1, count); k++) {
		count += a[k].point->count;
		if (all->marks[k].pending) {
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
		const struct actuator_marks *m = &all->marks[i];
		refused = refused || (m->refused && m->wanted && !m->last) ||
			  (m->out_of_range && !m->last);
		if (m->pending && !m->last) {
			build(all, i, run);
			return true;
		}
		if (m->pending && last == all->n)
			last = i;
	}
	if (last == all->n)
		return false;
	/* no sign of life from the supervisor until the device can be given its demands */
	if (refused) {
		for (uint32_t i = last; i < all->n; i++) {
			all->marks[i].pending = false;
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
		struct actuator_marks *m = &all->marks[i];
		look_again(all, i);
		all->n_pending -= m->pending;
		m->pending = all->has_read[i] = false;
		m->has_asked = true;
		a->asked = a->want;
		a->asked_ns = now_ns;
	}
}

void
actuate_answered(struct actuate *all, const struct actuate_run *run, bool refused)
{
	for (uint32_t i = run->first; i < run->first + run->n; i++) {
		look_again(all, i);
		all->marks[i].refused = refused;
	}
}

void
actuate_read_back(struct actuate *all, uint32_t actuator, uint64_t raw, int64_t now_ns)
{
	struct actuator *a = &all->actuator[actuator];
	if (all->has_read[actuator] && all->read[actuator] == raw)
		return; /* as before; and it was asked for nothing else since */
	look_again(all, actuator);
	all->has_read[actuator] = true;
	all->read[actuator] = raw;
	if (!all->marks[actuator].has_asked || all->shadow || same(a->point, raw, a->asked))
		differs_since(all, actuator, NEVER);
	else if (a->differs_ns == NEVER)
		differs_since(all, actuator, now_ns);
}

void
actuate_read_words(struct actuate *all, uint32_t first, uint32_t n, const uint8_t *data,
		   int64_t now_ns)
{
	const uint64_t *read = all->read + first;
	const bool *has_read = all->has_read + first;
	uint64_t differ = 0; /* from before: mostly none does */
	for (uint32_t k = 0; k < n; k++)
		differ |= (read[k] ^ decode_word(data, k)) | !has_read[k];
	for (uint32_t k = 0; k < n && differ != 0; k++)
		actuate_read_back(all, first + k, decode_word(data, k), now_ns);
}

void
actuate_forget(struct actuate *all)
{
	all->n_pending = 0;
	for (uint32_t i = 0; i < all->n; i++) {
		forget(all, i);
		look_again(all, i);
		all->marks[i].wanted = false;
	}
}

uint32_t
actuate_mismatches(const struct actuate *all, int64_t now_ns)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < all->n && all->n_differ > 0; i++) {
		int64_t since_ns = all->actuator[i].differs_ns;
		if (since_ns != NEVER && now_ns - since_ns > ACTUATE_MISMATCH_NS)
			n++;
	}
	return n;
}
