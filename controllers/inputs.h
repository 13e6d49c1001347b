/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the controllers read: roles resolved to point ids once, groups copied once a step, and one
 * plain view a system in which NAN means "not known now". A reading that stays away is used a
 * little longer: three periods of its group for the engine block (fast, and the wafer is faster),
 * input_hold_s for the cooling.
 */
#ifndef ISOTHERM_CONTROLLERS_INPUTS_H
#define ISOTHERM_CONTROLLERS_INPUTS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/job.h"
#include "config/plant.h"
#include "core/image.h"

#define KG_S_PER_LPM (1.0 / 60.0) /* of water: what a flow meter reads, as the models want it */

struct view {
	/* engine block */
	double temp_c[RETICLES], duty_frac[RETICLES], power_w[RETICLES], share_frac[RETICLES];
	double wafer_w, trip, engine_authority, foldback_frac, engine_status;
	double engine_seq, engine_seq_cmd;
	double ceiling_w, ceiling_for_s; /* as the block was last told */
	double engine_serial; /* number that the block told, as last read; 0 none told, NAN not yet */
	double ballast_w[RETICLES];
	double job_mode, job_rate_frac, tokens_per_s;
	double job_of[RETICLES]; /* slot + 1, 0 none */
	double slot_id[JOBS_MAX], slot_mode[JOBS_MAX], slot_rate_frac[JOBS_MAX],
		slot_tokens_per_s[JOBS_MAX], slot_wait_frac[JOBS_MAX], slot_batch_frac[JOBS_MAX];
	/* cooling unit */
	double flow_lpm, supply_c, pump_pct[2], pump_status[2], valve_pct;
	double return_c, facility_in_c, facility_out_c, facility_lpm, air_kg_s;
	double cooling_authority, cooling_seq, cooling_seq_cmd;
	/* power shelf, facility */
	double input_w, dew_c;

	uint32_t lost;        /* reticles without a temperature */
	enum quality quality; /* the worst of the temperatures as they came */
	uint32_t flags;       /* enum sample_flag of what is used */
	/* another one once anything of the jobs may be another, or of power_w; 0: not counted */
	uint32_t jobs_seen, power_seen;
	int64_t engine_authority_ns, cooling_authority_ns; /* when these were read */
};

/* Dummy work of a reticle, 0 where nothing is known of any. */
static inline double
inputs_ballast_w(const struct view *v, int i)
{
	return isfinite(v->ballast_w[i]) ? v->ballast_w[i] : 0.0;
}

struct inputs;

int inputs_open(struct inputs **out, const struct plant *plant); /* 0 or -errno */
void inputs_close(struct inputs *x);

/* Copy every group that some system needs, unless it is written in this thread; NULL: there is nothing to copy. */
void inputs_snapshot(struct inputs *x, struct image *in, int64_t now_ns);
/* The image is going to be another one, or none: keeps what was seen of it last. */
void inputs_let_go(struct inputs *x);
/* As of the last snapshot; until the next view of that system. Only what can have changed since is looked at. */
const struct view *inputs_view(struct inputs *x, uint32_t system, int64_t now_ns);

#endif
