/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/held.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/command.h"
#include "tui/request.h"

char *
held_user(int64_t uid, char *out, size_t size)
{
	const struct passwd *pw = uid < 0 ? NULL : getpwuid((uid_t)uid);
	if (pw)
		snprintf(out, size, "%s", pw->pw_name);
	else if (uid >= 0)
		snprintf(out, size, "uid %lld", (long long)uid);
	else
		snprintf(out, size, "somebody");
	return out;
}

json_t *
held_list(const char *run_dir, const char *system)
{
	struct request r = {.cmd = "holds", .system = system};
	json_t *all = json_array();
	char result[COMMAND_MAX + 1];
	bool more = true;
	while (more) {
		char *text = request_text(&r);
		int rc =
			text ? command_call(run_dir, "control", text, HELD_TIMEOUT_MS, result, NULL)
			     : -1;
		free(text);
		json_t *answer = rc ? NULL : json_loads(result, 0, NULL);
		if (!json_is_true(json_object_get(answer, "ok"))) {
			json_decref(answer);
			json_decref(all);
			return NULL;
		}
		json_array_extend(all, json_object_get(answer, "holds"));
		const json_t *next = json_object_get(answer, "next");
		more = next != NULL;
		r.from = (uint64_t)json_integer_value(next);
		json_decref(answer);
	}
	return all;
}

json_t *
held_json(const json_t *list, const struct model_system *s)
{
	char user[48], time[40];
	int64_t uid, until_ns;
	json_t *h, *o = NULL;
	size_t i;
	if (!model_held_by(s, &uid, &until_ns))
		return json_null();
	json_array_foreach(list, i, h)
	{
		const char *name = json_string_value(json_object_get(h, "system"));
		if (name && strcmp(name, s->name) == 0)
			o = json_deep_copy(h);
	}
	if (!o) {
		o = json_pack("{sn}", "why");
		if (uid >= 0)
			json_object_set_new(o, "uid", json_integer(uid));
		json_object_set_new(
			o, "until",
			until_ns ? json_string(clock_utc_text(until_ns, time, sizeof time))
				 : json_null());
	}
	json_object_set_new(o, "user", json_string(held_user(uid, user, sizeof user)));
	return o;
}

void
held_read(struct model_held *out, uint32_t system, const char *json)
{
	json_t *root = json_loads(json, 0, NULL);
	const json_t *one = json_array_get(json_object_get(root, "holds"), 0);
	const char *why = json_string_value(json_object_get(one, "why"));
	out->system = system;
	snprintf(out->why, sizeof out->why, "%s", why ? why : "");
	json_decref(root);
}
