/* SPDX-License-Identifier: Apache-2.0 */
/* A supervisor on the bench: views by hand, devices that obey, a clock that is counted. */
#ifndef ISOTHERM_TESTS_SUPERVISOR_BENCH_H
#define ISOTHERM_TESTS_SUPERVISOR_BENCH_H

#include "tests/unit/support.h"

#include <math.h>

#include "controllers/supervisor.h"
#include "core/clock.h"

static const struct control_params PARAMS = {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) .key = value,
#include "config/control_params.def"
#undef CONTROL_PARAM
};

struct bench {
	struct supervisor s;
	struct view v;
	int64_t now_ns;
	int tick;
	bool obey; /* the devices do what is asked, one step later */
};

static inline void
good_view(struct view *v)
{
	memset(v, 0, sizeof *v);
	for (int i = 0; i < RETICLES; i++) {
		v->temp_c[i] = 41.0 + 2.0 * sin(0.7 * i);
		v->duty_frac[i] = 1.0;
		v->power_w[i] = 208.0;
	}
	v->wafer_w = 17400.0;
	v->engine_authority = v->cooling_authority = AUTHORITY_SUPERVISOR;
	v->foldback_frac = 1.0;
	v->engine_seq = v->engine_seq_cmd = 700.0;
	v->cooling_seq = v->cooling_seq_cmd = 90.0;
	v->job_mode = JOB_MODE_SYNC;
	v->job_rate_frac = 1.0;
	v->tokens_per_s = 2000.0;
	v->flow_lpm = 60.0;
	v->supply_c = 24.0;
	v->pump_pct[0] = v->pump_pct[1] = 80.0;
	v->pump_status[0] = v->pump_status[1] = 1.0;
	v->valve_pct = 50.0;
	v->input_w = 21300.0;
	v->dew_c = 12.0;
	v->quality = QUALITY_GOOD;
}

static inline void
lose_engine(struct view *v)
{
	for (int i = 0; i < RETICLES; i++)
		v->temp_c[i] = v->duty_frac[i] = v->power_w[i] = (double)NAN;
	v->wafer_w = v->trip = v->engine_authority = v->foldback_frac = (double)NAN;
	v->engine_seq = v->engine_seq_cmd = v->job_mode = v->job_rate_frac = (double)NAN;
}

static inline void
lose_cooling(struct view *v)
{
	v->flow_lpm = v->supply_c = v->valve_pct = v->pump_pct[0] = v->pump_pct[1] = (double)NAN;
	v->pump_status[0] = v->pump_status[1] = v->cooling_authority = (double)NAN;
	v->cooling_seq = v->cooling_seq_cmd = (double)NAN;
}

static inline struct supervisor_setup
setup(void)
{
	return (struct supervisor_setup){.law = law_of(CONTROLLER_SPI),
					 .has_cooling = true,
					 .temp_limit_c = 50.0,
					 .spread_limit_k = 8.0};
}

static inline void
begin(struct bench *b, struct supervisor_setup with)
{
	memset(b, 0, sizeof *b);
	good_view(&b->v);
	b->obey = true;
	supervisor_init(&b->s, &with, 0);
}

static inline void
step(struct bench *b)
{
	b->v.engine_authority_ns = b->v.cooling_authority_ns = b->now_ns;
	supervisor_step(&b->s, &PARAMS, &b->v, b->tick % LAW_STEPS_PER_S == 0, b->now_ns);
	const struct demands *d = &b->s.demands;
	for (int i = 0; b->obey && i < RETICLES; i++)
		if (isfinite(d->duty_frac[i]) && isfinite(b->v.duty_frac[i]))
			b->v.duty_frac[i] = d->duty_frac[i];
	for (int k = 0; b->obey && k < 2; k++)
		if (isfinite(d->pump_frac) && isfinite(b->v.pump_pct[k]))
			b->v.pump_pct[k] = 100.0 * demands_pump(d, k);
	b->tick++;
	b->now_ns += NS_PER_S / LAW_STEPS_PER_S;
}

static inline void
steps(struct bench *b, int n)
{
	while (n-- > 0)
		step(b);
}

static inline void
all_duties(struct view *v, double duty)
{
	for (int i = 0; i < RETICLES; i++)
		v->duty_frac[i] = duty;
}

#endif
