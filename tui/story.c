/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/story.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

static void
copy(char *out, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	snprintf(out, size, "%s", text ? text : "");
}

/* Days since 1970 in the Gregorian calendar; a year begins with March, so that a leap day is its last. */
static int64_t
days_since_1970(int y, int m, int d)
{
	y -= m <= 2;
	int64_t era_years = y - y / 400 * 400;
	int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return y / 400 * 146097 + era_years * 365 + era_years / 4 - era_years / 100 + day_of_year -
	       719468;
}

int64_t
story_time(const char *utc)
{
	int y, m, d, h, min;
	double s;
	if (!utc || sscanf(utc, "%4d-%2d-%2dT%2d:%2d:%lfZ", &y, &m, &d, &h, &min, &s) != 6)
		return 0;
	if (y < 1970 || y > 2200 || m < 1 || m > 12 || d < 1 || d > 31 || h < 0 || h > 23 ||
	    min < 0 || min > 59 || !(s >= 0 && s < 61))
		return 0;
	int64_t minutes = (days_since_1970(y, m, d) * 24 + h) * 60 + min;
	return minutes * 60 * NS_PER_S + (int64_t)(s * 1e9);
}

static int64_t
time_of(const json_t *object, const char *key)
{
	return story_time(json_string_value(json_object_get(object, key)));
}

static enum alarm_state
state_of(const json_t *root)
{
	const char *name = json_string_value(json_object_get(root, "state"));
	for (int i = 0; name && i < ALARM_STATES; i++)
		if (strcmp(name, model_alarm_state_name((enum alarm_state)i)) == 0)
			return (enum alarm_state)i;
	return ALARM_STATES;
}

static void
read_comments(struct model_story *out, const json_t *comments)
{
	size_t i;
	json_t *from;
	json_array_foreach(comments, i, from)
	{
		if (out->n_comments == MODEL_COMMENTS)
			return;
		struct model_comment *c = &out->comments[out->n_comments++];
		c->wall_ns = time_of(from, "time");
		copy(c->user, sizeof(c->user), from, "user");
		copy(c->text, sizeof(c->text), from, "text");
	}
}

void
story_read(struct model_story *out, uint32_t alarm, const char *json)
{
	json_t *root = json_loads(json, 0, NULL);
	*out = (struct model_story){.alarm = alarm, .state = ALARM_STATES};
	if (!json_is_true(json_object_get(root, "ok"))) {
		copy(out->problem, sizeof(out->problem), root, "error");
		if (!out->problem[0])
			snprintf(out->problem, sizeof(out->problem), "the answer can't be read");
		json_decref(root);
		return;
	}
	out->there = true;
	out->episode = (uint64_t)json_integer_value(json_object_get(root, "episode"));
	out->state = state_of(root);
	out->since_wall_ns = time_of(root, "since");
	out->until_wall_ns = time_of(root, "until");
	copy(out->user, sizeof(out->user), root, "user");
	copy(out->why, sizeof(out->why), root, "why");
	copy(out->page, sizeof(out->page), root, "page");
	read_comments(out, json_object_get(root, "comments"));
	json_decref(root);
}

bool
story_done(const char *json, char *why, size_t size)
{
	json_t *root = json_loads(json, 0, NULL);
	bool done = json_is_true(json_object_get(root, "ok"));
	copy(why, size, root, "error");
	if (!done && !why[0])
		snprintf(why, size, "the answer can't be read");
	json_decref(root);
	return done;
}
