/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/hist_feed.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"

#define JUMP_NS (5 * NS_PER_S)
#define STANDS_NS (10 * NS_PER_S)
#define LONG_JUMP_NS (400 * 86400 * NS_PER_S)
#define LONG_STANDS_NS (600 * NS_PER_S)
#define SAME_NS NS_PER_S /* a candidate that moves less is the same one */
#define AHEAD_S 60
#define SPREAD_NS (9 * NS_PER_S / 10) /* files are written over this much of a second */
#define SLICE_NS (50 * NS_PER_MS)

int
hist_feed_open(struct hist_feed *out, const struct hist_plan *plan)
{
	*out = (struct hist_feed){.plan = plan};
	out->value = calloc(plan->n_columns + 1, sizeof(*out->value));
	out->last_s = calloc(plan->n_files + 1, sizeof(*out->last_s));
	out->open = calloc(plan->n_files + 1, sizeof(*out->open));
	if (out->value != NULL && out->last_s != NULL && out->open != NULL)
		return 0;
	hist_feed_close(out);
	return -ENOMEM;
}

void
hist_feed_close(struct hist_feed *feed)
{
	free(feed->value);
	free(feed->last_s);
	free(feed->open);
	*feed = (struct hist_feed){0};
}

void
hist_feed_file(struct hist_feed *feed, uint32_t file, bool open, int64_t last_s)
{
	feed->open[file] = open;
	feed->last_s[file] = last_s;
}

/* --- the clock --- */

static enum hist_clock_state
believe(struct hist_clock *c, int64_t offset_ns)
{
	c->anchored = true;
	c->offset_ns = offset_ns;
	c->since_ns = 0;
	return HIST_CLOCK_GOOD;
}

/* It is ahead of what it should be; how long must it stand before it is believed? */
static enum hist_clock_state
wait_for_it(struct hist_clock *c, int64_t mono_ns, int64_t offset_ns, int64_t jump_ns)
{
	int64_t stands_ns = jump_ns > LONG_JUMP_NS ? LONG_STANDS_NS : STANDS_NS;

	if (c->since_ns == 0 || llabs(offset_ns - c->candidate_ns) > SAME_NS) {
		c->since_ns = mono_ns;
		c->candidate_ns = offset_ns;
	}
	return mono_ns - c->since_ns >= stands_ns ? believe(c, offset_ns) : HIST_CLOCK_JUMPED;
}

/* The first look at the clock: what do the files say? */
static enum hist_clock_state
judge_first(struct hist_feed *feed, int64_t mono_ns, int64_t wall_ns)
{
	int64_t newest_s = 0, wall_s = wall_ns / NS_PER_S;
	uint32_t open = 0, ahead = 0;

	for (uint32_t i = 0; i < feed->plan->n_files; i++) {
		if (!feed->open[i])
			continue;
		open++;
		if (feed->last_s[i] > wall_s)
			ahead++;
		else if (feed->last_s[i] > newest_s)
			newest_s = feed->last_s[i];
	}
	if (ahead > 0 && 2 * ahead >= open)
		return HIST_CLOCK_BEHIND;
	int64_t jump_ns = newest_s != 0 ? wall_ns - newest_s * NS_PER_S : 0;
	if (jump_ns > LONG_JUMP_NS)
		return wait_for_it(&feed->clock, mono_ns, wall_ns - mono_ns, jump_ns);
	return believe(&feed->clock, wall_ns - mono_ns);
}

static enum hist_clock_state
judge_clock(struct hist_feed *feed, int64_t mono_ns, int64_t wall_ns)
{
	struct hist_clock *c = &feed->clock;
	int64_t offset_ns = wall_ns - mono_ns, jump_ns = offset_ns - c->offset_ns;

	if (wall_ns < HIST_CLOCK_FLOOR_S * NS_PER_S) {
		c->since_ns = 0;
		return HIST_CLOCK_UNSET;
	}
	if (!c->anchored)
		return judge_first(feed, mono_ns, wall_ns);
	if (jump_ns > JUMP_NS)
		return wait_for_it(c, mono_ns, offset_ns, jump_ns);
	/* Back: what was believed is kept until the last row is passed, for a clock that returns. */
	if (jump_ns < -JUMP_NS && wall_ns / NS_PER_S <= feed->newest_s) {
		c->since_ns = 0;
		return HIST_CLOCK_BEHIND;
	}
	return believe(c, offset_ns);
}

/* --- seconds --- */

bool
hist_feed_begin(struct hist_feed *feed, int64_t mono_ns, int64_t wall_ns)
{
	int64_t s = wall_ns / NS_PER_S;

	feed->clock.state = judge_clock(feed, mono_ns, wall_ns);
	if (feed->clock.state != HIST_CLOCK_GOOD) {
		feed->second = 0;
		return false;
	}
	if (s <= feed->newest_s)
		return false;
	if (feed->second != 0)
		feed->late += feed->plan->n_files - feed->cursor;
	feed->second = s;
	feed->newest_s = s;
	feed->cursor = 0;
	for (uint32_t i = 0; i < feed->plan->n_columns; i++)
		feed->value[i] = (double)NAN;
	return true;
}

void
hist_feed_take(struct hist_feed *feed, enum plant_region region, const struct sample *samples)
{
	const struct hist_plan *plan = feed->plan;

	for (uint32_t i = 0; i < plan->n_columns && samples != NULL; i++) {
		const struct hist_column *c = &plan->columns[i];
		if (c->region == region && sample_usable(&samples[c->index]))
			feed->value[i] = samples[c->index].value;
	}
}

static int64_t
turn_ns(const struct hist_feed *feed, uint32_t file)
{
	int64_t at_ns = SPREAD_NS / (feed->plan->n_files + 1) * file;

	return at_ns - at_ns % SLICE_NS;
}

bool
hist_feed_next(struct hist_feed *feed, int64_t wall_ns, uint32_t *file)
{
	if (feed->second == 0)
		return false;
	int64_t in_ns = wall_ns - feed->second * NS_PER_S;
	while (feed->cursor < feed->plan->n_files && in_ns >= turn_ns(feed, feed->cursor)) {
		*file = feed->cursor++;
		if (feed->open[*file] && feed->last_s[*file] < feed->second)
			return true;
	}
	return false;
}

size_t
hist_feed_row(const struct hist_feed *feed, uint32_t file, char *out, size_t size)
{
	const struct hist_file *f = &feed->plan->files[file];
	size_t len = (size_t)snprintf(out, size, "%" PRId64, feed->second);

	for (uint32_t i = f->first; i < f->first + f->n && len < size; i++) {
		double v = feed->value[i];
		len += (size_t)(isfinite(v) ? snprintf(out + len, size - len, ":%.15g", v)
					    : snprintf(out + len, size - len, ":U"));
	}
	return len;
}

void
hist_feed_written(struct hist_feed *feed, uint32_t file)
{
	feed->last_s[file] = feed->second;
}

int32_t
hist_feed_ahead(const struct hist_feed *feed)
{
	uint32_t open = 0, ahead = 0;
	int32_t found = -1;

	for (uint32_t i = 0; i < feed->plan->n_files; i++) {
		if (!feed->open[i])
			continue;
		open++;
		if (feed->last_s[i] > feed->newest_s + AHEAD_S) {
			ahead++;
			found = (int32_t)i;
		}
	}
	return 2 * ahead < open ? found : -1;
}
