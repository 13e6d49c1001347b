/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/judge.h"

#include <float.h>
#include <math.h>

#define BITS 52 /* a double holds as many as a whole number */

static int64_t
ns_of(double s)
{
	return (int64_t)(s * 1e9);
}

void
judge_init(struct judge *j, bool active)
{
	*j = (struct judge){.active = active, .seen = active};
}

static bool
has_limit(const struct alarm_record *r)
{
	return r->type == ALARM_HI || r->type == ALARM_LO;
}

double
judge_limit(const struct alarm_record *r, const struct sample *base)
{
	if (!has_limit(r))
		return (double)NAN;
	if (!base)
		return r->limit;
	return sample_usable(base) ? base->value + r->limit : (double)NAN;
}

static bool
has_bit(double value, uint32_t bit)
{
	if (bit >= BITS || value < 0.0 || value >= ldexp(1.0, BITS))
		return false;
	return ((uint64_t)value >> bit & 1u) != 0;
}

static bool
is_state(double value, double state)
{
	return fabs(value - state) < 0.5;
}

/* The condition, given a usable value and limit. */
static bool
condition(const struct alarm_record *r, bool was, double value, double limit)
{
	switch (r->type) {
	case ALARM_HI:
		return was ? value >= limit - r->deadband : value > limit;
	case ALARM_LO:
		return was ? value <= limit + r->deadband : value < limit;
	case ALARM_BIT:
		return has_bit(value, r->bit);
	case ALARM_EQUALS:
		return is_state(value, r->limit);
	case ALARM_NOT:
		return !is_state(value, r->limit);
	case ALARM_STALE:
		break;
	}
	return false;
}

enum judge_change
judge_step(struct judge *j, const struct alarm_record *r, const struct sample *input,
	   const struct sample *base, int64_t gap_ns, int64_t now_ns)
{
	double limit = judge_limit(r, base);
	bool usable = sample_usable(input) && !(has_limit(r) && isnan(limit));
	bool was = j->seen, seen;

	if (r->type == ALARM_STALE) {
		seen = !usable;
	} else if (usable) {
		seen = condition(r, was, input->value, limit);
	} else {
		j->since_ns += gap_ns;
		j->blind = true;
		return JUDGE_SAME;
	}
	j->seen = seen;
	/* The first value after a gap shows what is, not since when. */
	if (j->blind)
		j->since_ns += gap_ns;
	j->blind = false;
	if (j->seen == j->active)
		return JUDGE_SAME;
	if (j->seen != was)
		j->since_ns = now_ns;
	if (now_ns - j->since_ns < ns_of(j->active ? r->off_delay_s : r->on_delay_s))
		return JUDGE_SAME;
	j->active = j->seen;
	return j->active ? JUDGE_RAISED : JUDGE_CLEARED;
}

/* While no delay runs and no limit moves, an input changes nothing that stays on its side of the limit; one that is not
 * usable changes nothing, whatever its value. */
void
judge_rest(struct judge_rest *rest, const struct judge *j, const struct alarm_record *r,
	   const struct sample *input, const struct sample *base)
{
	rest->quality = input->quality;
	rest->from = 1.0;
	rest->to = 0.0;
	if (j->seen != j->active || base || !isfinite(input->value))
		return;
	rest->from = -DBL_MAX;
	rest->to = DBL_MAX;
	if (!sample_usable(input))
		return;
	switch (r->type) {
	case ALARM_HI:
		*(j->seen ? &rest->from : &rest->to) = j->seen ? r->limit - r->deadband : r->limit;
		break;
	case ALARM_LO:
		*(j->seen ? &rest->to : &rest->from) = j->seen ? r->limit + r->deadband : r->limit;
		break;
	case ALARM_BIT:
	case ALARM_EQUALS:
	case ALARM_NOT:
		rest->from = rest->to = input->value;
		break;
	case ALARM_STALE:
		break;
	}
}
