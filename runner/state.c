/* SPDX-License-Identifier: Apache-2.0 */
/* run.json: what runs, for every client of the run folder. */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "runner/supervise.h"

static void
add_room(json_t *pids, json_t *down, const struct room *r)
{
	if (r->pid > 0)
		(void)json_array_append_new(
			pids, json_pack("{s:s, s:i, s:i, s:I, s:I}", "room", r->kind->name, "pid",
					(int)r->pid, "restarts", (int)r->restarts,
					"started_mono_ns", (json_int_t)r->started_ns,
					"last_restart_mono_ns", (json_int_t)r->last_restart_ns));
	else if (r->state == ROOM_PAUSED || r->state == ROOM_GIVEN_UP)
		(void)json_array_append_new(down,
					    json_pack("{s:s, s:i, s:s}", "room", r->kind->name,
						      "restarts", (int)r->restarts, "why", r->why));
}

/* null: there is none. */
static json_t *
broker_of(const struct supervisor *s)
{
	const struct plant_broker *b = &s->plant->broker;

	if (b->host[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:i, s:b}", "host", b->host, "port", (int)b->port, "private",
			 s->broker.port != 0);
}

void
supervisor_write_state(const struct supervisor *s)
{
	json_t *pids = json_array(), *down = json_array();
	struct errtext err;
	char *text = NULL;
	json_t *run;

	for (uint32_t i = 0; i < s->n_rooms; i++)
		add_room(pids, down, &s->rooms[i]);
	run = json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:s, s:s, s:s}", "site", s->plant->site,
			"plant", s->plant_path, "pid", (int)getpid(), "pids", pids, "down", down,
			"broker", broker_of(s), "state_dir", s->state_dir, "run_dir",
			s->folder->dir, "started", s->started_utc);
	if (run != NULL)
		text = json_dumps(run, JSON_INDENT(1));
	json_decref(run);
	if (text == NULL)
		log_warning("run.json: a name in it is no UTF-8");
	else if (folder_write(s->folder, "run.json", text, &err) != 0)
		log_warning("%s", err.text);
	free(text);
}
