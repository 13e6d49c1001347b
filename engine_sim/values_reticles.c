/* SPDX-License-Identifier: Apache-2.0 */
/* What each reticle reads: made for several at once, as they stand in the plant. */
#include <string.h>

#include "engine_sim/limits.h"
#include "engine_sim/values.h"

static void
temps(const struct asked *a, uint32_t n, double *out)
{
	memcpy(out, a->sys->sensors.temp_c + a->i, n * sizeof(*out));
}

/* All reticles' at once: whoever asks for one asks for all. */
WIDE static void
make_powers(struct sim_system *sys, uint64_t tick)
{
	const struct process *p = &sys->process;
	UNCLEARED double noise[RETICLES];
	double *w = sys->reticle_w;

	wafer_power(w, &p->md, &p->variation, p->wafer.si_c, p->load_w, p->powered);
	sensors_noise(&sys->sensors, SENSE_RETICLE_POWER, tick, noise);
	for (int i = 0; i < RETICLES; i++)
		w[i] = most(0.0, w[i] + p->md.power_noise_frac * w[i] * noise[i]);
}

static void
powers(const struct asked *a, uint32_t n, double *out)
{
	if (a->sys->reticle_w_step != a->sim->step) {
		make_powers(a->sys, a->tick);
		a->sys->reticle_w_step = a->sim->step;
	}
	memcpy(out, a->sys->reticle_w + a->i, n * sizeof(*out));
}

static void
jobs(const struct asked *a, uint32_t n, double *out)
{
	const uint8_t *slot = a->sys->process.jobs.of + a->i;

	for (uint32_t k = 0; k < n; k++)
		out[k] = slot[k] < JOBS_MAX ? slot[k] + 1.0 : 0.0;
}

static void
duties(const struct asked *a, uint32_t n, double *out)
{
	memcpy(out, a->sys->process.duty + a->i, n * sizeof(*out));
}

static void
shares(const struct asked *a, uint32_t n, double *out)
{
	memcpy(out, a->sys->process.share + a->i, n * sizeof(*out));
}

static void
ballasts(const struct asked *a, uint32_t n, double *out)
{
	memcpy(out, a->sys->process.jobs.ballast_w + a->i, n * sizeof(*out));
}

static values_fn *const several[ROLES] = {
	[ROLE_RETICLE_TEMP] = temps, [ROLE_RETICLE_POWER] = powers, [ROLE_RETICLE_JOB] = jobs,
	[ROLE_DUTY] = duties,        [ROLE_SHARE] = shares,         [ROLE_BALLAST] = ballasts,
};

values_fn *
values_of_several(enum role_id role, bool of_system)
{
	return of_system ? several[role] : NULL;
}
