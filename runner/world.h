/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole house in one process and in simulated time. Each tick of WORLD_TICK_NS: ten steps of the plant, collectors
 * in, controllers, collectors out, alarms; what changed goes to the trace, while the plant steps on if a second thread plays
 * (runner/crew.h). Only where a wire is disturbed, answers also arrive between two ticks. Nothing here asks for the time, nor
 * waits for anything but that thread.
 */
#ifndef ISOTHERM_RUNNER_WORLD_H
#define ISOTHERM_RUNNER_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "controllers/control.h"
#include "core/errtext.h"
#include "runner/desk.h"
#include "runner/scenario_file.h"
#include "runner/score.h"

#define WORLD_TICK_NS INT64_C(100000000)
#define WORLD_LOG_MAX 4096 /* lines of what happened; more are counted */

enum world_line_kind {
	WORLD_CHANGE,
	WORLD_WIRE,
	WORLD_CONTROL,
	WORLD_ALARM,
	WORLD_PAGE,
	WORLD_COMMAND
};

struct world_line {
	double at_s; /* scenario time */
	enum world_line_kind kind;
	char text[160];
};

struct world_options {
	const char *trace_path;   /* NULL: the digest alone */
	const char *truth_path;   /* the true state as CSV; NULL: none */
	const char *restore_path; /* a saved state of the plant to start from; NULL: from rest */
	const char *save_path;    /* where its state goes at save_at_s; NULL: nowhere */
	double save_at_s;
	const char *record_path, *replay_path; /* of what passes on the bus; NULL: none */
	int threads;                           /* that play it: 1, 2; 0: as many as are worth it */
};

struct world_result {
	uint64_t transactions; /* since time 0 */
	uint32_t n_lines, lines_lost;
	uint32_t desk_lost; /* alarms, pages and what was said of them that did not fit */
	bool trace_failed;  /* it could not be written */
	char digest[65];
};

struct world;

/* Would the simulator take every change of the scenario? 0, or -EINVAL with every error in `report`. */
int world_check_changes(struct scenario *scenario, struct config_report *report);

/* 0 or -errno. The scenario's plant gets its limits. Borrowed until
 * world_close. */
int world_open(struct world **out, struct scenario *scenario, const struct world_options *opt,
	       struct errtext *err);
/* To the end. 0, or -errno: a change that the plant refused, a trace that could not be written. */
int world_run(struct world *w, struct world_result *result, struct errtext *err);
void world_close(struct world *w); /* NULL is allowed */

/* A job of the plant: what it did since time 0. */
void world_job(const struct world *w, uint32_t job, struct sim_job_truth *out);
const struct score *world_score(const struct world *w, uint32_t system);
const struct world_line *world_lines(const struct world *w); /* [result.n_lines] */
const struct desk *world_desk(const struct world *w);
double world_time_s(const struct world *w, int64_t plant_ns); /* the scenario's time */
const char *world_line_kind_name(enum world_line_kind kind);

/* Did what was expected of points hold? NULL if so, else one line that says what was found. */
const char *world_probe_failure(const struct world *w, uint32_t probe);

#endif
