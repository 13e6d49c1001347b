/* SPDX-License-Identifier: Apache-2.0 */
/* run.json, as the runner writes it. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "tui/attach.h"

static void
copy_text(char *out, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	if (text)
		snprintf(out, size, "%s", text);
}

static int64_t
whole(const json_t *object, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(object, key));
}

static void
read_rooms(struct run_info *out, const json_t *rooms, bool up)
{
	size_t i;
	json_t *from;
	json_array_foreach(rooms, i, from)
	{
		if (out->n_rooms == MODEL_ROOMS)
			return;
		struct model_room *r = &out->rooms[out->n_rooms++];
		copy_text(r->name, sizeof(r->name), from, "room");
		copy_text(r->why, sizeof(r->why), from, "why");
		r->pid = (int32_t)whole(from, "pid");
		r->restarts = (uint32_t)whole(from, "restarts");
		r->last_restart_ns = whole(from, "last_restart_mono_ns");
		r->up = up;
	}
}

int
run_info_parse(const char *json, struct run_info *out)
{
	*out = (struct run_info){0};
	json_t *run = json_loads(json, 0, NULL);
	if (!json_is_object(run)) {
		json_decref(run);
		return -EINVAL;
	}
	out->there = true;
	copy_text(out->site, sizeof(out->site), run, "site");
	copy_text(out->state_dir, sizeof(out->state_dir), run, "state_dir");
	out->pid = (int32_t)whole(run, "pid");
	out->private_broker =
		json_is_true(json_object_get(json_object_get(run, "broker"), "private"));
	read_rooms(out, json_object_get(run, "pids"), true);
	read_rooms(out, json_object_get(run, "down"), false);
	json_decref(run);
	return 0;
}
