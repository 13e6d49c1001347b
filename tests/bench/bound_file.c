/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bound_file.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/job.h"
#include "engine_sim/state.h"

#define NOMINAL_MARGIN_K 0.46 /* of the spread limit over the wafer's nominal spread */
#define WINDOW_S 90.0
#define CHANGES_MAX 256
#define PERIOD_MIN_S 2.0
#define PERIOD_MAX_S 20.0

enum what { ZONE, UA, FACILITY, ACTIVITY, DENSITY, PUMP, CAP_FRAC, CAP_W, UNCAP };

struct happening {
	enum what what;
	unsigned index;
	double at_s, over_s, value;
};

struct timeline {
	const struct scenario *sc;
	struct process *process;
	const struct system_config *system;
	struct happening list[CHANGES_MAX];
	uint32_t n;
	struct bound_case now; /* the plant as it is at the time at hand */
	double density[JOBS_MAX], activity[JOBS_MAX];
	double sum_pct_s, upto_s;
	struct bound_of_file *out;
};

static bool
without(struct timeline *t, const char *what)
{
	snprintf(t->out->why, sizeof(t->out->why), "no bound is known for %s", what);
	return false;
}

static bool
add(struct timeline *t, struct happening h)
{
	uint32_t at = t->n;

	if (t->n == CHANGES_MAX)
		return without(t, "so many events");
	for (; at > 0 && t->list[at - 1].at_s > h.at_s; at--)
		t->list[at] = t->list[at - 1];
	t->list[at] = h;
	t->n++;
	return true;
}

/* --- events --- */

/* What a path of this system, or of the site, is for the wafer; other systems' and what only sensors
 * see is nothing. */
static bool
add_set(struct timeline *t, double at_s, const struct change *change)
{
	static const struct {
		const char *of, *what;
		enum what is;
	} known[] = {{"zone", "g", ZONE},
		     {"pump", "failed", PUMP},
		     {"job", "activity", ACTIVITY},
		     {"job", "density", DENSITY}};
	static const char *const nothing[] = {"sensor[", "psu[", "loop.flow_meter_mul",
					      "facility.dew_point_c", "facility.pressure_kpa"};
	const char *path = change->path;
	size_t n = strlen(t->system->name);
	char of[16], what[16];
	int fields;
	struct happening h = {.at_s = at_s, .over_s = change->over_s, .value = change->value};

	if (strncmp(path, t->system->name, n) == 0 && path[n] == '.')
		path += n + 1;
	else if (strncmp(path, "facility.", 9) != 0)
		return true;
	fields = sscanf(path, "%15[a-z][%u].%15[a-z_]", of, &h.index, what);
	for (size_t k = 0; fields == 3 && k < sizeof(known) / sizeof(known[0]); k++)
		if (strcmp(of, known[k].of) == 0 && strcmp(what, known[k].what) == 0) {
			h.what = known[k].is;
			return add(t, h);
		}
	for (size_t k = 0; k < sizeof(nothing) / sizeof(nothing[0]); k++)
		if (strncmp(path, nothing[k], strlen(nothing[k])) == 0)
			return true;
	h.what = strcmp(path, "hx.ua_mul") == 0 ? UA : FACILITY;
	if (h.what == FACILITY && strcmp(path, "facility.supply_c") != 0)
		return without(t, change->path);
	return add(t, h);
}

static bool
add_command(struct timeline *t, const struct scenario_event *e)
{
	json_t *root = json_loads(e->request, 0, NULL);
	const char *cmd = json_string_value(json_object_get(root, "cmd"));
	const char *system = json_string_value(json_object_get(root, "system"));
	const json_t *frac = json_object_get(root, "frac");
	double for_s = json_number_value(json_object_get(root, "for_s"));
	struct happening h = {.at_s = e->at_s + json_number_value(json_object_get(root, "at_s")),
			      .what = frac ? CAP_FRAC : CAP_W};
	bool good = true, cap = cmd && strcmp(cmd, "cap") == 0;

	h.value = json_number_value(frac ? frac : json_object_get(root, "watts"));
	if (!system)
		h.value /= frac ? 1.0 : t->sc->plant->n_systems;
	if (system && strcmp(system, t->system->name) != 0)
		good = true; /* another's */
	else if (cmd && (strcmp(cmd, "stop") == 0 || strcmp(cmd, "maintenance") == 0))
		good = without(t, "a system that people stop");
	else if (cap || (cmd && strcmp(cmd, "uncap") == 0)) {
		h.what = cap ? h.what : UNCAP;
		good = add(t, h);
		if (good && cap && for_s > 0.0)
			good = add(t, (struct happening){.what = UNCAP, .at_s = e->at_s + for_s});
	}
	json_decref(root);
	return good;
}

/* --- jobs --- */

static bool
take_phases(struct timeline *t, const struct job_config *job)
{
	double compute_s = 0.0, stream_s = 0.0, streamed_s = 0.0, period_s;

	for (uint32_t k = 0; k < job->n_layers; k++) {
		const struct job_layer *l = &job->layers[k];

		if (l->sigma_s > l->tau_s) {
			stream_s += l->count * l->sigma_s;
			streamed_s += l->count * l->tau_s;
		} else {
			compute_s += l->count * l->tau_s;
		}
	}
	period_s = compute_s + stream_s;
	if (!(stream_s > 0.0))
		return true;
	if (t->now.n_jobs > 1 || period_s < PERIOD_MIN_S || period_s > PERIOD_MAX_S)
		return without(t, "these layers");
	t->now.kind = BOUND_STREAM;
	t->now.period_s = period_s;
	t->now.stream_frac = stream_s / period_s;
	t->now.stream_activity = streamed_s / stream_s;
	return true;
}

static bool
take_jobs(struct timeline *t, uint32_t system)
{
	const struct plant *plant = t->sc->plant;
	uint32_t on = 0;
	unsigned placed = 0;

	t->now.mode = plant->job_mode == JOB_MODE_IND ? JOB_MODE_IND : JOB_MODE_SYNC;
	for (uint32_t j = 0; j < plant->n_jobs; j++) {
		const struct job_config *job = &plant->jobs[j];

		if (!job->on[system])
			continue;
		if (on == JOBS_MAX || (job->mode != JOB_MODE_SYNC && job->mode != JOB_MODE_IND) ||
		    (on > 0 && job->mode != t->now.mode))
			return without(t, "these jobs: SYNC or IND, all alike");
		if (job->start_s > t->sc->scored_s[0] || job->end_s < t->sc->scored_s[1] ||
		    job->work_tokens > 0.0)
			return without(t, "a job that begins or ends");
		t->now.mode = job->mode;
		t->density[on] = job->density * job_sparse_power(job);
		t->activity[on] = job->activity;
		for (int i = 0; i < RETICLES; i++)
			if (job->reticle[i]) {
				t->now.job_of[i] = (uint8_t)on;
				placed++;
			}
		on++;
		t->now.n_jobs = on;
		if (job->n_layers > 0 && !take_phases(t, job))
			return false;
	}
	if (on == 0)
		placed = RETICLES;
	if (placed < RETICLES)
		return without(t, "reticles without a job");
	if (t->sc->shares_free)
		t->now.mode = JOB_MODE_IND;
	if (t->sc->start_activity > 0.0)
		t->activity[0] = t->sc->start_activity;
	return true;
}

/* --- time --- */

static int
apply(struct timeline *t, const struct happening *h)
{
	double nominal_w = 0.0;
	int rc = 0;

	switch (h->what) {
	case ZONE:
		t->now.zone_g[h->index % ZONES] = h->value;
		break;
	case UA:
		t->now.ua_mul = h->value;
		break;
	case FACILITY:
		t->now.facility_c = h->value;
		break;
	case ACTIVITY:
		t->activity[h->index % JOBS_MAX] = h->value;
		break;
	case DENSITY:
		t->density[h->index % JOBS_MAX] = h->value;
		break;
	case CAP_FRAC:
		rc = bound_nominal_w(t->process, &nominal_w);
		t->now.cap_w = h->value * nominal_w;
		break;
	case CAP_W:
		t->now.cap_w = h->value;
		break;
	case UNCAP:
		t->now.cap_w = 0.0;
		break;
	case PUMP:
		t->now.one_pump = h->value > 0.5;
		break;
	}
	return rc;
}

/* Up to that time as the plant is now. */
static int
part(struct timeline *t, double to_s)
{
	struct bound_answer a;
	int rc;

	if (to_s <= t->upto_s)
		return 0;
	/* at activity A a job draws A of its power at its full rate, for a bound the same as density */
	for (int j = 0; j < JOBS_MAX; j++)
		t->now.density[j] = t->density[j] * t->activity[j];
	rc = bound_case_solve(&t->now, t->process, &a);
	t->sum_pct_s += (to_s - t->upto_s) * a.throughput_pct;
	t->upto_s = to_s;
	return rc;
}

/* From the loss of a pump on; the facility may change while the window lasts. */
static int
window(struct timeline *t, uint32_t k, uint32_t *next)
{
	struct bound_case c = t->now;
	double at_s = t->list[k].at_s, end_s = fmin(at_s + WINDOW_S, t->sc->scored_s[1]);
	struct bound_answer a;
	int rc;

	c.kind = BOUND_PUMP_LOSS;
	c.start_facility_c = c.facility_c;
	c.window_s = fmax(1.0, floor(end_s - at_s));
	c.scored_s = c.window_s;
	for (*next = k + 1; *next < t->n && t->list[*next].at_s < end_s; ++*next) {
		const struct happening *h = &t->list[*next];

		if (h->what != FACILITY) {
			without(t, "this beside the loss of a pump");
			return 0;
		}
		c.facility_at_s = h->at_s - at_s;
		c.facility_over_s = h->over_s;
		c.facility_c = t->now.facility_c = h->value;
	}
	for (int j = 0; j < JOBS_MAX; j++)
		c.density[j] = t->density[j] * t->activity[j];
	t->now.one_pump = true;
	rc = bound_case_solve(&c, t->process, &a);
	t->sum_pct_s += (end_s - t->upto_s) * a.window_pct;
	t->upto_s = end_s;
	return rc;
}

static int
play(struct timeline *t)
{
	const double *scored_s = t->sc->scored_s;
	int rc = 0;

	t->upto_s = scored_s[0];
	for (uint32_t k = 0, next; rc == 0 && !t->out->why[0] && k < t->n; k = next) {
		const struct happening *h = &t->list[k];

		next = k + 1;
		if (h->at_s >= scored_s[1])
			break;
		if (t->now.kind == BOUND_STREAM && h->at_s > scored_s[0]) {
			without(t, "phases and events at once");
			return 0;
		}
		rc = part(t, h->at_s);
		if (rc < 0)
			return rc;
		if (h->what == PUMP && h->value > 0.5 && h->at_s >= scored_s[0]) {
			if (t->now.one_pump || t->now.kind == BOUND_STREAM)
				without(t, "this beside the loss of a pump");
			else
				rc = window(t, k, &next);
		} else {
			rc = apply(t, h);
		}
	}
	return rc < 0 || t->out->why[0] ? rc : part(t, scored_s[1]);
}

/* The limit before anything has happened to the plant. */
static int
limit(struct timeline *t, const struct sim *sim, uint32_t system, double s_lim_k)
{
	int rc;

	t->now.t_lim_c = t->system->temp_limit_c;
	t->now.s_lim_k = isfinite(s_lim_k) ? s_lim_k : t->sc->s_lim_k;
	if (isfinite(t->now.s_lim_k))
		return 0;
	rc = sim_nominal_spread(sim, system, &t->now.s_lim_k);
	t->now.s_lim_k += NOMINAL_MARGIN_K;
	return rc;
}

int
bound_file_solve(const struct scenario *sc, struct sim *sim, uint32_t system, double s_lim_k,
		 bool wait_heats, struct bound_of_file *out)
{
	struct timeline *t = calloc(1, sizeof(*t));
	bool good = true;
	int rc;

	*out = (struct bound_of_file){.bound_pct = (double)NAN};
	if (!t)
		return -ENOMEM;
	*t = (struct timeline){.sc = sc, .system = &sc->plant->systems[system], .out = out};
	t->process = &sim->systems[system].process;
	bound_case_defaults(&t->now);
	t->now.facility_c = t->process->faults.supply_c;
	t->now.wait_heats = wait_heats;
	t->density[0] = t->activity[0] = 1.0;
	job_set_one(&t->process->jobs, JOB_MODE_SYNC);
	rc = limit(t, sim, system, s_lim_k);
	out->s_lim_k = t->now.s_lim_k;
	good = rc == 0 && take_jobs(t, system);
	for (uint32_t i = 0; good && i < sc->n_events; i++) {
		const struct scenario_event *e = &sc->events[i];

		if (e->kind == SCENARIO_SET)
			good = add_set(t, e->at_s, &e->change);
		else if (e->kind == SCENARIO_COMMAND && e->to_controllers)
			good = add_command(t, e);
	}
	if (good)
		rc = play(t);
	if (rc == 0 && good && !out->why[0])
		out->bound_pct = t->sum_pct_s / (sc->scored_s[1] - sc->scored_s[0]);
	free(t);
	return rc;
}
