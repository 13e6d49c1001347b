/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static int64_t
read_ns(clockid_t id)
{
	struct timespec t;

	/* Fails only for a clock that does not exist or a bad pointer: neither is input. */
	int rc = clock_gettime(id, &t);
	assert(rc == 0);
	(void)rc;
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t
clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t
clock_wall_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

int64_t
clock_cpu_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* Whole seconds, rounded down also before 1970, so that the rest is 0 .. NS_PER_S - 1. */
static time_t
floor_s(int64_t wall_ns)
{
	return (time_t)(wall_ns / NS_PER_S - (wall_ns % NS_PER_S < 0));
}

char *
clock_utc_text(int64_t wall_ns, char *out, size_t size)
{
	time_t s = floor_s(wall_ns);
	int ms = (int)((wall_ns - (int64_t)s * NS_PER_S) / NS_PER_MS);
	struct tm tm;

	gmtime_r(&s, &tm); /* 64-bit ns stay within the years 1677 to 2262: it can't fail */
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
	return out;
}

char *
clock_local_text(int64_t wall_ns, char *out, size_t size)
{
	time_t s = floor_s(wall_ns);
	struct tm tm;

	localtime_r(&s, &tm);
	snprintf(out, size, "%02d:%02d:%02d %s", tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_zone);
	return out;
}

void
cadence_start(struct cadence *c, int64_t period_ns, int64_t now_ns)
{
	assert(period_ns > 0);
	*c = (struct cadence){.period_ns = period_ns, .next_ns = now_ns};
}

int
cadence_due(struct cadence *c, int64_t now_ns)
{
	if (now_ns < c->next_ns)
		return 0;
	int64_t skipped = (now_ns - c->next_ns) / c->period_ns;
	c->ticks++;
	c->overruns += (uint64_t)skipped;
	c->next_ns += (skipped + 1) * c->period_ns;
	return 1;
}
