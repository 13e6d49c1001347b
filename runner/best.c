/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/best.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/job.h"

#define PROGRAM "isotherm-bound"
#define ARGS_MAX 48
#define TEXT_MAX 1024

extern char **environ;

struct question {
	char text[ARGS_MAX][TEXT_MAX];
	char *argv[ARGS_MAX + 1];
	int n;
};

static bool
program_path(char out[PATH_MAX])
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

	while (n > 0 && own[n - 1] != '/')
		n--;
	return n > 0 && snprintf(out, PATH_MAX, "%.*s%s", (int)n, own, PROGRAM) < PATH_MAX &&
	       access(out, X_OK) == 0;
}

static enum job_mode
mode_of(const struct scenario *s)
{
	return s->plant->n_jobs > 0 ? s->plant->jobs[0].mode : s->plant->job_mode;
}

int
best_check(const struct scenario *s, struct errtext *err)
{
	char path[PATH_MAX];
	enum job_mode mode = mode_of(s);

	if (!program_path(path))
		return errtext_set(err, -ENOENT,
				   "--bound: %s is not beside this program (make bound)", PROGRAM);
	if (mode != JOB_MODE_SYNC && mode != JOB_MODE_IND)
		return errtext_set(err, -ENOTSUP,
				   "--bound: nothing is known of the best in mode %s (allowed: "
				   "sync, ind)",
				   scenario_mode_name(mode));
	return 0;
}

/* --- the question --- */

static void ask(struct question *q, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
ask(struct question *q, const char *format, ...)
{
	va_list args;

	if (q->n == ARGS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(q->text[q->n], TEXT_MAX, format, args);
	va_end(args);
	q->argv[q->n] = q->text[q->n];
	q->n++;
}

/* "zone[5].g" of "cs03.zone[5].g" or of all systems; NULL: it is another system's. */
static const char *
own_path(const struct scenario *s, uint32_t system, const char *path)
{
	const char *dot = strchr(path, '.');
	size_t n = dot != NULL ? (size_t)(dot - path) : 0;

	for (uint32_t k = 0; k < s->plant->n_systems; k++)
		if (strlen(s->plant->systems[k].name) == n &&
		    strncmp(s->plant->systems[k].name, path, n) == 0)
			return k == system ? dot + 1 : NULL;
	return path;
}

static void
ask_change(struct question *q, const char *path, double value)
{
	unsigned zone;
	int n = 0;

	if (sscanf(path, "zone[%2u].g%n", &zone, &n) == 1 && n > 0 && path[n] == '\0')
		ask(q, "--zone=%u=%.10g", zone, value);
	else if (strcmp(path, "facility.supply_c") == 0)
		ask(q, "--facility=%.10g", value);
	else if (strcmp(path, "hx.ua_mul") == 0)
		ask(q, "--ua-mul=%.10g", value);
}

static void
ask_events(struct question *q, const struct scenario *s, uint32_t system)
{
	for (uint32_t i = 0; i < s->n_events; i++) {
		const struct scenario_event *e = &s->events[i];
		const char *path =
			e->kind == SCENARIO_SET ? own_path(s, system, e->change.path) : NULL;

		if (path != NULL)
			ask_change(q, path, e->change.value);
		if (e->kind == SCENARIO_COMMAND) {
			json_t *request = json_loads(e->request, 0, NULL);
			json_t *frac = json_object_get(request, "frac");

			if (frac != NULL)
				ask(q, "--cap=%.10g", json_number_value(frac));
			json_decref(request);
		}
	}
}

static void
make_question(struct question *q, const struct scenario *s, uint32_t system)
{
	static const char *const grids[] = {
		[GRID_REFERENCE] = "reference", [GRID_48X28] = "48x28", [GRID_96X56] = "96x56"};
	const struct system_config *c = &s->plant->systems[system];
	const struct job_config *job = s->plant->n_jobs > 0 ? &s->plant->jobs[0] : NULL;

	q->n = 0;
	ask(q, "%s", PROGRAM);
	ask(q, "%s", s->bound[0] != '\0' ? s->bound : s->path);
	ask(q, "--mode=%s", scenario_mode_name(mode_of(s)));
	ask(q, "--shares=%s", s->shares_free ? "free" : "fixed");
	ask(q, "--grid=%s", grids[s->plant->grid]);
	ask(q, "--s-lim=%.10g", c->spread_limit_k);
	if (s->bound[0] == '\0') {
		ask(q, "--seed=%" PRIu64, s->plant->seed);
		ask(q, "--system=%s", c->name);
		return;
	}
	if (c->wafer_csv[0] != '\0')
		ask(q, "--wafer=%s", c->wafer_csv);
	else
		ask(q, "--seed=%" PRIu64, c->wafer_seed);
	ask(q, "--t-lim=%.10g", c->temp_limit_c);
	if (job != NULL && job->n_layers > 0)
		ask(q, "--period=%.10g", job_pass_s(job, 1.0));
	ask_events(q, s, system);
}

/* --- the answer --- */

/* Standard output of the program, as text; its standard error is ours. 0 or -errno. */
static int
run(const char *path, char *const argv[], char *out, size_t size)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status = 0, rc;
	size_t used = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) != 0)
		return -errno;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	(void)posix_spawn_file_actions_addclose(&actions, ends[0]);
	(void)posix_spawn_file_actions_addclose(&actions, ends[1]);
	rc = -posix_spawn(&pid, path, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	while (rc == 0 && used + 1 < size &&
	       (n = read(ends[0], out + used, size - 1 - used)) != 0) {
		if (n < 0 && errno != EINTR)
			rc = -errno;
		used += n > 0 ? (size_t)n : 0;
	}
	out[used] = '\0';
	(void)close(ends[0]);
	if (rc == 0 && waitpid(pid, &status, 0) != pid)
		rc = -errno;
	return rc == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0) ? -EIO : rc;
}

int
best_throughput(const struct scenario *s, uint32_t system, double *pct, struct errtext *err)
{
	const char *name = s->plant->systems[system].name;
	char path[PATH_MAX], text[1024];
	struct question q;
	json_t *root, *value;
	int rc = best_check(s, err);

	if (rc != 0 || !program_path(path))
		return rc;
	make_question(&q, s, system);
	ask(&q, "--json");
	q.argv[q.n < ARGS_MAX ? q.n : ARGS_MAX] = NULL;
	rc = run(path, q.argv, text, sizeof text);
	if (rc != 0)
		return errtext_set(err, rc, "%s of %s: %s", PROGRAM, name,
				   rc == -EIO ? "found none" : strerror(-rc));
	root = json_loads(text, 0, NULL);
	value = json_object_get(root, "bound_pct");
	*pct = json_is_number(value) ? json_number_value(value) : (double)NAN;
	if (!json_is_null(value) && !(*pct > 0.0))
		rc = errtext_set(err, -EPROTO, "%s of %s: no answer", PROGRAM, name);
	json_decref(root);
	return rc;
}
