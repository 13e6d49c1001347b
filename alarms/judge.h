/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the condition of one alarm holds: limit with deadband, bit, state or lost input, and for
 * how long. Pure: samples and `now` in.
 *
 * An input without a usable value says nothing about the plant: the last verdict stands, and a
 * delay that had begun waits for the next value. That the input is lost is another alarm's matter
 * (ALARM_STALE).
 */
#ifndef ISOTHERM_ALARMS_JUDGE_H
#define ISOTHERM_ALARMS_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/alarm.h"
#include "core/sample.h"

struct judge {
	bool active;      /* the verdict */
	bool seen;        /* the condition as the last usable value shows it, deadband included */
	bool blind;       /* the last input was not usable */
	int64_t since_ns; /* when `seen` began to differ from `active` */
};

/* Where it rests: a value from `from` to `to`, of that quality, changes nothing. None: from > to. */
struct judge_rest {
	double from, to;
	uint32_t quality;
	uint32_t input; /* which one that is; the caller's */
};

enum judge_change { JUDGE_SAME, JUDGE_RAISED, JUDGE_CLEARED };

/* As a journal remembers it. */
void judge_init(struct judge *j, bool active);

/* The limit in force: the record's, or that much above the point of its limit_role; NaN if that
 * point has no usable value or the alarm has no limit. `base` is NULL where there is no such point. */
double judge_limit(const struct alarm_record *r, const struct sample *base);

/* A look at time now_ns, gap_ns (never negative) after the one before. The two samples are judged at now_ns. */
enum judge_change judge_step(struct judge *j, const struct alarm_record *r,
			     const struct sample *input, const struct sample *base, int64_t gap_ns,
			     int64_t now_ns);

/* Where it rests after a look at those. */
void judge_rest(struct judge_rest *rest, const struct judge *j, const struct alarm_record *r,
		const struct sample *input, const struct sample *base);

/* Would a look at that input, at whatever time, leave everything as it is? Most would. A NaN never rests. */
static inline bool
judge_rests(const struct judge_rest *rest, const struct sample *input)
{
	return rest->quality == input->quality && input->value >= rest->from &&
	       input->value <= rest->to;
}

#endif
