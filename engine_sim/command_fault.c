/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/command_fault.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
answer(char *out, size_t size, json_t *root)
{
	size_t n = root ? json_dumpb(root, out, size - 1, JSON_COMPACT) : 0;

	if (n == 0 || n >= size)
		n = (size_t)snprintf(out, size, "{\"ok\":false,\"error\":\"no answer\"}");
	out[n] = '\0';
	json_decref(root);
}

static void
refuse(char *out, size_t size, const char *why)
{
	answer(out, size, json_pack("{sb ss}", "ok", 0, "error", why));
}

int
command_fault_allowed(const struct plant *plant, char *why, size_t why_size)
{
	const char *real = NULL;

	if (!plant->faults_allowed) {
		snprintf(why, why_size, "refused: %s does not say \"faults: allowed\"",
			 plant->path);
		return -EPERM;
	}
	if (plant_has_real_device(plant, &real)) {
		snprintf(why, why_size, "refused: %s is a real device", real);
		return -EPERM;
	}
	return 0;
}

/* What a workload manager does: a job runs, or no longer. No fault, so it needs no leave for them. */
static bool
run_job(struct sim *sim, const struct plant *plant, const json_t *root, char *why, size_t size)
{
	const char *name = json_string_value(json_object_get(root, "job"));
	const json_t *run = json_object_get(root, "run");
	char text[64];
	struct change change;

	if (!name || !json_is_boolean(run) || plant_job(plant, name) < 0) {
		snprintf(why, size, "needs \"job\", one of this plant's, and \"run\"");
		return false;
	}
	snprintf(text, sizeof(text), "job.%.23s.run=%d", name, json_is_true(run) ? 1 : 0);
	return change_parse(text, &change, why, size) == 0 && sim_set(sim, &change, why, size) == 0;
}

bool
command_fault(struct sim *sim, const struct plant *plant, const char *request, char *out,
	      size_t size)
{
	json_error_t at;
	json_t *root = json_loads(request, 0, &at);
	const char *cmd = json_string_value(json_object_get(root, "cmd"));
	const char *text = json_string_value(json_object_get(root, "change"));
	const char *path = json_string_value(json_object_get(root, "path"));
	struct change change;
	char why[512] = "";
	double value;
	bool done = false;

	if (!cmd)
		refuse(out, size,
		       "a request is {\"cmd\": \"fault\", \"change\": …} or "
		       "{\"cmd\": \"get\", \"path\": …}");
	else if (strcmp(cmd, "fault") == 0 && text) {
		done = command_fault_allowed(plant, why, sizeof(why)) == 0 &&
		       change_parse(text, &change, why, sizeof(why)) == 0 &&
		       sim_set(sim, &change, why, sizeof(why)) == 0;
		if (done)
			answer(out, size, json_pack("{sb}", "ok", 1));
		else
			refuse(out, size, why);
	} else if (strcmp(cmd, "job") == 0) {
		done = run_job(sim, plant, root, why, sizeof(why));
		if (done)
			answer(out, size, json_pack("{sb}", "ok", 1));
		else
			refuse(out, size, why);
	} else if (strcmp(cmd, "get") == 0 && path) {
		if (sim_get_or_why(sim, path, &value, why, sizeof(why)) == 0)
			answer(out, size, json_pack("{sb sf}", "ok", 1, "value", value));
		else
			refuse(out, size, why);
	} else
		refuse(out, size, "unknown command, or \"change\" or \"path\" missing");
	json_decref(root);
	return done;
}
