/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a new job should run, and what that will be like: which systems, which reticles of each, the
 * power that it adds, how warm it gets and how much of its work it can do there. Pure; asked for by
 *
 *	{"cmd": "job_advise", "job": NAME}			a job of the plant's list, or one that is
 *	{"cmd": "job_advise", "systems": N, "mode": "sync"|"ind", "density": D,
 *	 "columns": N | "reticles": N}				described; absent: 1, sync, 1, all
 *
 * {"ok": true, "said", "rate_pct", "added_w", "systems": [{system, reticles, rate_pct, added_w, input_w,
 * tmax_c, spread_k, supply_c, pump_pct, held_by, note, commissioned}], "passed_over": [{system, why}]}, or {"ok": false,
 * "error"}. "reticles" is what a job file takes. It decides nothing and starts nothing.
 *
 * Systems are taken by their forecast (forecast.h), of which a clogged zone, a fouled exchanger, warm
 * facility water, caps and what others do there are parts; one that has something broken only where
 * no other does as well. A wafer that no soak has measured counts as unevener by commissioned_margin_k. On a wafer that is partly in use each free place is compared; hot jobs go
 * upstream, cool ones downstream, where little else decides.
 */
#ifndef ISOTHERM_CONTROLLERS_ADVICE_H
#define ISOTHERM_CONTROLLERS_ADVICE_H

#include "controllers/forecast.h"
#include "controllers/holds.h"

/* A system that might take it. */
struct advice_system {
	struct forecast_in in; /* but for the job, and for most_w */
	bool taken[RETICLES];  /* another job has it */
	const char *unfit;     /* why no job should start here; NULL: one may */
	const char *broken;    /* what is wrong with it all the same; NULL: nothing */
	bool unknown;          /* no soak has measured its wafer … */
	double unknown_k;      /* … so that its spread may be so much more */
	double input_w, cap_w; /* NAN: not known, none */
	double draws_w;        /* input_w, or where it is silent what it could; NAN: not known */
};

struct advice_source {
	void (*see)(void *context, uint32_t system, struct advice_system *out);
	void *context;
	double site_cap_w; /* NAN: none */
};

struct advice;

int advice_open(struct advice **out, const struct plant *plant); /* 0, -ENOMEM */
void advice_close(struct advice *a);                             /* NULL is allowed */

/* Is it that? Then as holds_ask; else nothing is done. */
bool advice_ask(struct advice *a, const struct hold_request *req,
		const struct advice_source *source, char *result);

#endif
