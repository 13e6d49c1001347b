/* SPDX-License-Identifier: Apache-2.0 */
/* The scenarios that have a bound, as stages of bound_solve.h. */
#ifndef ISOTHERM_TESTS_BENCH_BOUND_CASES_H
#define ISOTHERM_TESTS_BENCH_BOUND_CASES_H

#include "tests/bench/bound_solve.h"

enum bound_kind {
	BOUND_STEADY,    /* the steady optimum of the plant as it is in the end */
	BOUND_CAP,       /* full rate until a cap is due, then the steady optimum under it */
	BOUND_PUMP_LOSS, /* from the failure on for `window_s`, then steady */
	BOUND_STREAM     /* periods of computing and streaming, at a facility that has settled */
};

struct bound_case {
	enum bound_kind kind;
	enum job_mode mode; /* SYNC: fixed shares; IND also says SYNC with free ones */
	bool wait_heats;    /* bound_solve.h */
	uint32_t n_jobs;
	double density[JOBS_MAX];
	uint8_t job_of[RETICLES];
	double s_lim_k, t_lim_c;
	double zone_g[ZONES], ua_mul;
	double facility_c; /* in the end */
	bool one_pump;     /* BOUND_STEADY: one is left, at full speed */
	double cap_w;      /* BOUND_STEADY: of the input power; 0: none */
	/* BOUND_CAP */
	double cap_frac; /* of the input power at full load */
	double before_cap_s, scored_s;
	/* BOUND_PUMP_LOSS */
	double start_facility_c, facility_at_s, facility_over_s; /* from the failure on */
	double window_s;
	/* BOUND_STREAM */
	double period_s, stream_frac, stream_activity;
};

/* One job at full load on a clean plant with water at 20 C. */
void bound_case_defaults(struct bound_case *c);
/* s1 s2 s2r s3 s4 s5 s6 s6h; -EINVAL: none of them. */
int bound_case_named(struct bound_case *c, const char *name);

struct bound_answer {
	double throughput_pct, tmax_c, spread_k, tc_c, pump_speed, excess_k;
	double window_pct, rest_pct; /* BOUND_PUMP_LOSS: of the window, and at rest after it */
};
/* Input power at full load, pumps at .8, supply at 24 C. 0 or -EDOM. */
int bound_nominal_w(struct process *p, double *input_w);
/* p: grid and variation. 0; -ENOMEM; -EDOM: no solution. */
int bound_case_solve(const struct bound_case *c, struct process *p, struct bound_answer *out);

#endif
