/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that asks the operating system for the time. Only shells (main.c files, core/loop)
 * call it; cores are given `now_ns`. Three kinds of time: monotonic (deadlines, plant time when
 * live), wall (labels for people), and the scenario's, which is counted by the runner and never
 * read here.
 */
#ifndef ISOTHERM_CORE_CLOCK_H
#define ISOTHERM_CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

int64_t clock_mono_ns(void); /* CLOCK_MONOTONIC */
int64_t clock_wall_ns(void); /* CLOCK_REALTIME, ns since 1970 */
int64_t clock_cpu_ns(void);  /* what this thread used of its processor: for measurements */

/* "2026-11-26T14:31:58.114Z" / local "14:31:58 CET"; both return `out`. */
char *clock_utc_text(int64_t wall_ns, char *out, size_t size);
char *clock_local_text(int64_t wall_ns, char *out, size_t size);

/*
 * A periodic duty with absolute deadlines. A late caller skips the periods it missed and counts
 * them: never a burst of catch-up steps.
 */
struct cadence {
	int64_t period_ns;
	int64_t next_ns;   /* deadline of the next step */
	uint64_t ticks;    /* steps done */
	uint64_t overruns; /* periods skipped */
};

/* The first deadline is now_ns. */
void cadence_start(struct cadence *c, int64_t period_ns, int64_t now_ns);
/* Is a step due? If so the deadline moves on past now_ns, skipped periods are counted, 1 is
 * returned. */
int cadence_due(struct cadence *c, int64_t now_ns);

#endif
