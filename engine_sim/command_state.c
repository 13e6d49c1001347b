/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/command_state.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/command.h"
#include "core/log.h"
#include "core/rundir.h"
#include "engine_sim/command_fault.h"
#include "engine_sim/state_file.h"

#define ANSWER_MS 20000 /* a slow disk is not our doing */

static void
answer(char *out, size_t size, json_t *root)
{
	size_t n = root ? json_dumpb(root, out, size - 1, JSON_COMPACT) : 0;

	if (n == 0 || n >= size)
		n = (size_t)snprintf(out, size, "{\"ok\":false,\"error\":\"no answer\"}");
	out[n] = '\0';
	json_decref(root);
}

static int
act(struct sim *sim, const struct plant *plant, bool restore, const char *file, struct errtext *err)
{
	char why[200];

	if (!file || file[0] != '/')
		return errtext_set(err, -EINVAL, "\"file\" must be an absolute file name");
	if (!restore)
		return state_file_save(sim, file, err);
	if (command_fault_allowed(plant, why, sizeof(why)) < 0)
		return errtext_set(err, -EPERM, "%s", why);
	return state_file_restore(sim, file, err);
}

enum command_state
command_state(struct sim *sim, const struct plant *plant, const char *request, bool engineer,
	      char *out, size_t size)
{
	json_error_t at;
	json_t *root = json_loads(request, 0, &at);
	const char *cmd = json_string_value(json_object_get(root, "cmd"));
	const char *file = json_string_value(json_object_get(root, "file"));
	struct errtext err = {"not allowed for this user"};
	bool restore = cmd && strcmp(cmd, "restore") == 0;
	enum command_state did = COMMAND_STATE_NOT;
	int rc = -EPERM;

	if (restore || (cmd && strcmp(cmd, "save") == 0)) {
		if (engineer)
			rc = act(sim, plant, restore, file, &err);
		if (rc < 0)
			answer(out, size, json_pack("{sb ss}", "ok", 0, "error", err.text));
		else
			answer(out, size,
			       json_pack("{sb sI}", "ok", 1, "step",
					 (json_int_t)(sim_now_ns(sim) / SIM_STEP_NS)));
		did = restore && rc == 0 ? COMMAND_STATE_RESTORED : COMMAND_STATE_DONE;
	}
	json_decref(root);
	return did;
}

/* ---- the client ---- */

static int
absolute(const char *file, char *out, size_t size)
{
	char here[PATH_MAX] = "";
	int n;

	if (file[0] != '/' && !getcwd(here, sizeof(here)))
		return -errno;
	n = snprintf(out, size, "%s%s%s", here, here[0] ? "/" : "", file);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int
say(const char *word, const char *file, const char *result)
{
	json_error_t at;
	json_t *root = json_loads(result, 0, &at);
	const char *error = json_string_value(json_object_get(root, "error"));
	bool ok = json_is_true(json_object_get(root, "ok"));
	double step = json_number_value(json_object_get(root, "step"));

	if (ok)
		printf("%s: %s, plant time %.2f s\n", file,
		       strcmp(word, "save") == 0 ? "saved" : "restored",
		       step * (double)SIM_STEP_NS / 1e9);
	else
		log_error("%s", error ? error : "the answer can't be read");
	json_decref(root);
	return ok ? EX_OK : EX_UNAVAILABLE;
}

int
command_state_ask(int argc, char **argv)
{
	char run_dir[256], file[PATH_MAX], result[COMMAND_MAX + 1], *request;
	struct errtext err = {""};
	json_t *root;
	int rc;

	if (argc != 2 || argv[1][0] == '-' || argv[1][0] == '\0') {
		fprintf(stderr, "usage: isotherm-sim %s FILE\n", argv[0]);
		return EX_USAGE;
	}
	rc = absolute(argv[1], file, sizeof(file));
	root = rc == 0 ? json_pack("{ss ss}", "cmd", argv[0], "file", file) : NULL;
	request = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (!request) {
		log_error("%s: no file name that can be sent", argv[1]);
		return EX_USAGE;
	}
	rc = rundir_find(false, run_dir, sizeof(run_dir), &err);
	if (rc == 0)
		rc = command_call(run_dir, "sim", request, ANSWER_MS, result, &err);
	free(request);
	if (rc < 0) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	return say(argv[0], file, result);
}
