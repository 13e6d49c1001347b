/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value never travels alone: it goes with the time it was measured, how far it can be trusted,
 * and where it comes from. None of the three gets lost on the way to a screen, an alarm or a
 * decision.
 */
#ifndef ISOTHERM_CORE_SAMPLE_H
#define ISOTHERM_CORE_SAMPLE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Ordered by how bad it is, but for NEVER (0, so that zeroed memory holds no value): see
 * quality_worse(). */
enum quality {
	QUALITY_NEVER, /* nothing was ever measured */
	QUALITY_GOOD,
	QUALITY_UNCERTAIN, /* usable with care: an estimate, a substituted value */
	QUALITY_STALE,     /* the reader's verdict: the writer has not spoken for three periods */
	QUALITY_COMM,  /* the collector's verdict: the device does not answer, or answers wrongly */
	QUALITY_RANGE, /* outside what the point can be */
	QUALITY_BAD, /* the device says so itself, or its identity contradicts the configuration */
	QUALITIES
};

enum sample_flag {
	SAMPLE_SIMULATED = 1u, /* a simulator answered, not hardware */
	SAMPLE_SUBSTITUTED = 2u,
	SAMPLE_MANUAL = 4u,
	SAMPLE_FLAGS = 7u /* all of them */
};

#define SAMPLE_TIME_BITS 58
struct sample {
	/* in the point's unit; unless GOOD or UNCERTAIN it is the last known value, or nothing */
	double value;
	/*
	 * Plant time at which `value` was true: monotonic when live, counted in a scenario. It shares a word with what it is worth,
	 * since samples by the thousand pass between rooms: its bits hold four and a half years since the machine was started.
	 */
	uint64_t quality : 3; /* enum quality */
	uint64_t flags : 3;   /* enum sample_flag, or'ed */
	int64_t time_ns : SAMPLE_TIME_BITS;
};
#define SAMPLE_STAMP_QUALITY UINT64_C(7) /* in sample_stamp() */
#define SAMPLE_STAMP_WORTH UINT64_C(63)  /* quality and flags */
_Static_assert(QUALITIES <= SAMPLE_STAMP_QUALITY + 1 &&
		       (unsigned)SAMPLE_FLAGS << 3 ==
			       (SAMPLE_STAMP_WORTH & ~SAMPLE_STAMP_QUALITY) &&
		       6 + SAMPLE_TIME_BITS == 64,
	       "quality, flags and time share a word");

static inline struct sample
sample_at(double value, int64_t time_ns, enum quality quality, uint32_t flags)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
	return (struct sample){
		.value = value, .quality = quality, .flags = flags, .time_ns = time_ns};
#pragma GCC diagnostic pop
}

/* A value by its bits: a NaN equals itself, and -0 is not 0. */
static inline uint64_t
sample_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* n samples that differ in their values alone. */
static inline void
sample_fill(struct sample *out, const double *value, uint32_t n, struct sample like)
{
#pragma GCC unroll 4 /* it is all stores */
	for (uint32_t i = 0; i < n; i++) {
		like.value = value[i];
		out[i] = like;
	}
}

/* All but the time stays. */
static inline void
sample_date(struct sample *s, int64_t time_ns)
{
	*s = sample_at(s->value, time_ns, (enum quality)s->quality, s->flags);
}

/* Time, quality and flags in one: what is the same in two samples is so in all three. Its lowest bits are the quality, and next to
 * them the flags. */
static inline uint64_t
sample_stamp(const struct sample *s)
{
	uint64_t stamp;

	memcpy(&stamp, (const char *)s + sizeof(s->value), sizeof(stamp));
	return stamp;
}

/* The worse of two verdicts; NEVER is worse than all. */
enum quality quality_worse(enum quality a, enum quality b);

/* "never", "good", … ; borrowed, constant. */
const char *quality_name(enum quality q);

/* What becomes of a verdict given at time_ns: GOOD and UNCERTAIN turn STALE once older than
 * max_age_ns, or if stamped further than that in the future. */
static inline enum quality
quality_aged(enum quality q, int64_t time_ns, int64_t now_ns, int64_t max_age_ns)
{
	/*
	 * A stamp far in the future is no better than an old one: it is what a file on disk holds
	 * after a reboot has set the monotonic clock back.
	 */
	bool old = time_ns < now_ns - max_age_ns || time_ns > now_ns + max_age_ns;

	return old && (q == QUALITY_GOOD || q == QUALITY_UNCERTAIN) ? QUALITY_STALE : q;
}

/* The sample as a reader must take it at now_ns: its quality aged. */
struct sample sample_judge(struct sample s, int64_t now_ns, int64_t max_age_ns);

/* GOOD or UNCERTAIN, and finite: a number one may compute with. */
static inline bool
sample_usable(const struct sample *s)
{
	return (s->quality == QUALITY_GOOD || s->quality == QUALITY_UNCERTAIN) &&
	       isfinite(s->value);
}

#endif
