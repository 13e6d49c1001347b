/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines of a run, from what `isotherm status --json` says: one judge for all, the runner only adds up. */
#ifndef ISOTHERM_RUNNER_VERDICT_H
#define ISOTHERM_RUNNER_VERDICT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/errtext.h"

#define VERDICT_REASONS 8

struct verdict {
	char site[32];
	bool healthy;
	unsigned systems;
	long long points, stale_points, transactions, errors;
	double spread_k, tmax_c; /* of the worst system; NAN: none said */
	double tokens_per_s;
	char overruns[240];          /* "collectors 0, controllers 0" */
	long long steps, late_steps; /* of the simulated plant; -1: none known */
	double late_pct;
	bool valid;                 /* it kept up with the clock */
	long long alarms, unacked;  /* -1: not known, as each of these */
	long long files, updated_s; /* of the history; wall clock of its last update */
	char broker[96];            /* "127.0.0.1:1883", "" none */
	long long messages;
	char reasons[VERDICT_REASONS][160];
	unsigned n_reasons; /* more than VERDICT_REASONS: the rest is not kept */
};

/* 0, or -EINVAL with `err`. */
int verdict_read(struct verdict *v, const char *json, struct errtext *err);
/* wall_s: the time of the status, seconds since 1970. */
void verdict_print(const struct verdict *v, long long wall_s, FILE *to);

#endif
