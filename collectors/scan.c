/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/scan.h"

#include <stddef.h>
#include <string.h>

void
scan_init(struct scan *s, int64_t start_ns)
{
	memset(s, 0, sizeof *s);
	s->start_ns = start_ns;
}

void
scan_class_init(struct scan *s, enum scan_class scan, const struct plan_read *reads, uint32_t n,
		int64_t period_ns)
{
	s->round[scan] = (struct scan_round){
		.reads = reads, .n = n, .period_ns = period_ns, .next_ns = INT64_MAX};
}

/* The first of start, start + period, … that is at or after `from_ns`. */
static int64_t
deadline(const struct scan *s, int64_t period_ns, int64_t from_ns)
{
	if (from_ns <= s->start_ns)
		return s->start_ns;
	return s->start_ns + (from_ns - s->start_ns + period_ns - 1) / period_ns * period_ns;
}

static void
begin(const struct scan *s, struct scan_round *r, int64_t due_ns, int64_t now_ns)
{
	if (r->active) {
		r->skipped++;
	} else {
		r->active = true;
		r->next = 0;
		r->since_ns = due_ns;
	}
	r->next_ns = deadline(s, r->period_ns, now_ns + 1);
}

void
scan_start(struct scan *s, int64_t now_ns)
{
	scan_stop(s);
	for (int k = 0; k < SCAN_CLASSES; k++)
		if (s->round[k].n != 0)
			begin(s, &s->round[k], now_ns, now_ns);
}

void
scan_stop(struct scan *s)
{
	for (int k = 0; k < SCAN_CLASSES; k++) {
		s->round[k].active = false;
		s->round[k].next_ns = INT64_MAX;
	}
	s->urgent_done = false;
}

void
scan_tick(struct scan *s, int64_t now_ns)
{
	for (int k = 0; k < SCAN_CLASSES; k++)
		if (now_ns >= s->round[k].next_ns)
			begin(s, &s->round[k], s->round[k].next_ns, now_ns);
}

bool
scan_active(const struct scan *s)
{
	for (int k = 0; k < SCAN_CLASSES; k++)
		if (s->round[k].active)
			return true;
	return false;
}

const struct plan_read *
scan_pick(struct scan *s, int64_t now_ns, enum scan_class *scan)
{
	int pick = -1;
	for (int k = SCAN_CLASSES - 1; k >= 0; k--)
		if (s->round[k].active)
			pick = k;
	if (pick < 0)
		return NULL;
	bool urgent = false;
	for (int k = pick + 1; k < SCAN_CLASSES && !urgent && !s->urgent_done; k++)
		if (s->round[k].active && now_ns - s->round[k].since_ns > s->round[k].period_ns) {
			pick = k;
			urgent = true;
		}
	s->urgent_done = urgent;
	*scan = (enum scan_class)pick;
	return &s->round[pick].reads[s->round[pick].next];
}

bool
scan_done(struct scan *s, enum scan_class scan)
{
	struct scan_round *r = &s->round[scan];
	r->next++;
	r->active = r->next < r->n;
	return !r->active;
}

int64_t
scan_next_ns(const struct scan *s)
{
	int64_t next_ns = INT64_MAX;
	for (int k = 0; k < SCAN_CLASSES; k++)
		if (s->round[k].next_ns < next_ns)
			next_ns = s->round[k].next_ns;
	return next_ns;
}

int64_t
scan_fast_ns(const struct scan *s, int64_t from_ns)
{
	return deadline(s, s->round[SCAN_FAST].period_ns, from_ns);
}
