/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sample.h"

/* NEVER is 0 so that zeroed memory holds no value, but it is the worst verdict. */
static int
rank(enum quality q)
{
	return q == QUALITY_NEVER ? QUALITIES : (int)q;
}

enum quality
quality_worse(enum quality a, enum quality b)
{
	return rank(a) >= rank(b) ? a : b;
}

const char *
quality_name(enum quality q)
{
	switch (q) {
	case QUALITY_NEVER:
		return "never";
	case QUALITY_GOOD:
		return "good";
	case QUALITY_UNCERTAIN:
		return "uncertain";
	case QUALITY_STALE:
		return "stale";
	case QUALITY_COMM:
		return "comm";
	case QUALITY_RANGE:
		return "range";
	case QUALITY_BAD:
		return "bad";
	case QUALITIES:
		break;
	}
	return "?";
}

struct sample
sample_judge(struct sample s, int64_t now_ns, int64_t max_age_ns)
{
	s.quality = quality_aged(s.quality, s.time_ns, now_ns, max_age_ns);
	return s;
}
