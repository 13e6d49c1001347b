/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/inputs.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/clock.h"

#define DEW_HOLD_S 60.0 /* older than this, the dew point is assumed instead */

enum hold { HOLD_PERIODS, HOLD_COOLING, HOLD_DEW, HOLD_FOR_GOOD };

struct kind {
	enum role_id role;
	uint32_t n;
	size_t offset; /* of the first double in struct view */
	enum hold hold;
	bool site;
};

#define AT(field) offsetof(struct view, field)
static const struct kind KINDS[] = {
	{ROLE_RETICLE_TEMP, RETICLES, AT(temp_c), HOLD_PERIODS, false},
	{ROLE_DUTY, RETICLES, AT(duty_frac), HOLD_PERIODS, false},
	{ROLE_RETICLE_POWER, RETICLES, AT(power_w), HOLD_PERIODS, false},
	{ROLE_SHARE, RETICLES, AT(share_frac), HOLD_PERIODS, false},
	{ROLE_WAFER_POWER, 1, AT(wafer_w), HOLD_PERIODS, false},
	{ROLE_ENGINE_TRIP, 1, AT(trip), HOLD_PERIODS, false},
	{ROLE_ENGINE_AUTHORITY, 1, AT(engine_authority), HOLD_PERIODS, false},
	{ROLE_ENGINE_FOLDBACK, 1, AT(foldback_frac), HOLD_PERIODS, false},
	{ROLE_ENGINE_STATUS, 1, AT(engine_status), HOLD_PERIODS, false},
	{ROLE_ENGINE_SEQ, 1, AT(engine_seq), HOLD_PERIODS, false},
	{ROLE_ENGINE_SEQ_CMD, 1, AT(engine_seq_cmd), HOLD_PERIODS, false},
	{ROLE_LINK_SERIAL, 1, AT(engine_serial), HOLD_FOR_GOOD, false},
	{ROLE_JOB_MODE, 1, AT(job_mode), HOLD_PERIODS, false},
	{ROLE_JOB_RATE, 1, AT(job_rate_frac), HOLD_PERIODS, false},
	{ROLE_JOB_TOKENS, 1, AT(tokens_per_s), HOLD_PERIODS, false},
	{ROLE_RETICLE_JOB, RETICLES, AT(job_of), HOLD_PERIODS, false},
	{ROLE_JOB_SLOT_ID, JOBS_MAX, AT(slot_id), HOLD_PERIODS, false},
	{ROLE_JOB_SLOT_MODE, JOBS_MAX, AT(slot_mode), HOLD_PERIODS, false},
	{ROLE_JOB_SLOT_RATE, JOBS_MAX, AT(slot_rate_frac), HOLD_PERIODS, false},
	{ROLE_JOB_SLOT_TOKENS, JOBS_MAX, AT(slot_tokens_per_s), HOLD_PERIODS, false},
	{ROLE_JOB_SLOT_WAIT, JOBS_MAX, AT(slot_wait_frac), HOLD_PERIODS, false},
	{ROLE_JOB_SLOT_BATCH, JOBS_MAX, AT(slot_batch_frac), HOLD_PERIODS, false},
	{ROLE_LOOP_FLOW, 1, AT(flow_lpm), HOLD_COOLING, false},
	{ROLE_LOOP_SUPPLY, 1, AT(supply_c), HOLD_COOLING, false},
	{ROLE_LOOP_RETURN, 1, AT(return_c), HOLD_COOLING, false},
	{ROLE_HX_FACILITY_IN, 1, AT(facility_in_c), HOLD_COOLING, false},
	{ROLE_HX_FACILITY_OUT, 1, AT(facility_out_c), HOLD_COOLING, false},
	{ROLE_HX_FACILITY_FLOW, 1, AT(facility_lpm), HOLD_COOLING, false},
	{ROLE_HX_AIR_FLOW, 1, AT(air_kg_s), HOLD_COOLING, false},
	{ROLE_PUMP_SPEED, 2, AT(pump_pct), HOLD_COOLING, false},
	{ROLE_PUMP_STATUS, 2, AT(pump_status), HOLD_COOLING, false},
	{ROLE_VALVE, 1, AT(valve_pct), HOLD_COOLING, false},
	{ROLE_COOLING_AUTHORITY, 1, AT(cooling_authority), HOLD_PERIODS, false},
	{ROLE_COOLING_SEQ, 1, AT(cooling_seq), HOLD_PERIODS, false},
	{ROLE_COOLING_SEQ_CMD, 1, AT(cooling_seq_cmd), HOLD_PERIODS, false},
	{ROLE_POWER_INPUT, 1, AT(input_w), HOLD_PERIODS, false},
	{ROLE_DEW_POINT, 1, AT(dew_c), HOLD_DEW, true},
};
#define N_KINDS (sizeof KINDS / sizeof KINDS[0])

struct input {
	uint32_t point; /* NO_POINT: this plant has none */
	bool ever;      /* there was a usable value; the last one: */
	double value;
	int64_t time_ns;
	int64_t hold_ns;
};

struct inputs {
	uint32_t n_systems, n_inputs; /* inputs of one system */
	struct input *inputs;         /* [n_systems * n_inputs], in the order of KINDS */
	uint32_t n_groups;
	bool *needed;            /* [n_groups] */
	struct image_seen *seen; /* [n_groups] */
	const uint32_t *first;
	struct sample *samples; /* the image as last copied; index = point id */
};

static uint32_t
group_of(const struct plant_layout *layout, uint32_t point)
{
	uint32_t g = 0;
	while (g + 1 < layout->n_groups && layout->first[g + 1] <= point)
		g++;
	return g;
}

/* A link's book-keeping is that of the engine block's link. */
static uint32_t
point_of(const struct plant *plant, int32_t of, const struct kind *kind, uint32_t k)
{
	if (role_table[kind->role].owner != OWNER_LINK)
		return plant_role(plant, of, kind->role, k);
	int32_t engine = plant_device_of(plant, of, "engine");
	return engine < 0 ? NO_POINT : plant_link(plant, (uint32_t)engine, kind->role);
}

static void
resolve(struct inputs *x, const struct plant *plant, uint32_t system)
{
	struct input *in = x->inputs + (size_t)system * x->n_inputs;
	for (size_t r = 0; r < N_KINDS; r++) {
		const struct kind *kind = &KINDS[r];
		for (uint32_t k = 0; k < kind->n; k++, in++) {
			int32_t of = kind->site ? SITE : (int32_t)system;
			in->point = point_of(plant, of, kind, k);
			if (in->point == NO_POINT)
				continue;
			uint32_t g = group_of(&plant->in, in->point);
			x->needed[g] = true;
			in->hold_ns = IMAGE_STALE_PERIODS * plant->in.period_ns[g];
			if (kind->hold == HOLD_COOLING)
				in->hold_ns = (int64_t)(plant->control.input_hold_s * 1e9);
			if (kind->hold == HOLD_FOR_GOOD)
				in->hold_ns = INT64_MAX;
			if (kind->hold == HOLD_DEW)
				in->hold_ns = (int64_t)(DEW_HOLD_S * 1e9);
		}
	}
}

int
inputs_open(struct inputs **out, const struct plant *plant)
{
	struct inputs *x = calloc(1, sizeof *x);
	if (!x)
		return -ENOMEM;
	x->n_systems = plant->n_systems;
	for (size_t r = 0; r < N_KINDS; r++)
		x->n_inputs += KINDS[r].n;
	x->n_groups = plant->in.n_groups;
	x->first = plant->in.first;
	x->inputs = calloc((size_t)x->n_systems * x->n_inputs + 1, sizeof *x->inputs);
	x->needed = calloc((size_t)x->n_groups + 1, sizeof *x->needed);
	x->samples = calloc((size_t)x->first[x->n_groups] + 1, sizeof *x->samples);
	x->seen = calloc((size_t)x->n_groups + 1, sizeof *x->seen);
	if (!x->inputs || !x->needed || !x->samples || !x->seen) {
		inputs_close(x);
		return -ENOMEM;
	}
	for (uint32_t s = 0; s < x->n_systems; s++)
		resolve(x, plant, s);
	*out = x;
	return 0;
}

void
inputs_close(struct inputs *x)
{
	if (!x)
		return;
	free(x->inputs);
	free(x->needed);
	free(x->seen);
	free(x->samples);
	free(x);
}

void
inputs_snapshot(struct inputs *x, const struct image *in, int64_t now_ns)
{
	/* A group that gives no new value keeps its last one, which ages: nothing else to do. */
	for (uint32_t g = 0; in && g < x->n_groups; g++)
		if (x->needed[g])
			(void)image_read_new(in, g, now_ns, &x->seen[g], &x->samples[x->first[g]]);
}

/* The value to use now, or NAN. */
static double
input_value(struct input *in, const struct sample *s, int64_t now_ns)
{
	if (sample_usable(s)) {
		in->value = s->value;
		in->time_ns = s->time_ns;
		in->ever = true;
	}
	if (!in->ever || now_ns - in->time_ns >= in->hold_ns)
		return (double)NAN;
	return in->value;
}

static void
note_temperature(struct view *v, const struct sample *s, double value)
{
	enum quality q = s ? (enum quality)s->quality : QUALITY_NEVER;
	if (!isfinite(value)) {
		q = quality_worse(q, QUALITY_STALE); /* too old for us, whatever it says */
		v->lost++;
	}
	v->quality = quality_worse(v->quality, q);
}

void
inputs_view(struct inputs *x, uint32_t system, int64_t now_ns, struct view *out)
{
	struct input *in = x->inputs + (size_t)system * x->n_inputs;
	out->lost = 0;
	out->flags = 0;
	out->quality = QUALITY_GOOD;
	out->engine_authority_ns = out->cooling_authority_ns = INT64_MIN;
	for (size_t r = 0; r < N_KINDS; r++) {
		const struct kind *kind = &KINDS[r];
		double *field = (double *)(void *)((char *)out + kind->offset);
		for (uint32_t k = 0; k < kind->n; k++, in++) {
			const struct sample *s =
				in->point == NO_POINT ? NULL : &x->samples[in->point];
			field[k] = s ? input_value(in, s, now_ns) : (double)NAN;
			if (isfinite(field[k]))
				out->flags |= s->flags;
			if (kind->role == ROLE_RETICLE_TEMP)
				note_temperature(out, s, field[k]);
		}
		if (kind->role == ROLE_ENGINE_AUTHORITY && in[-1].ever)
			out->engine_authority_ns = in[-1].time_ns;
		if (kind->role == ROLE_COOLING_AUTHORITY && in[-1].ever)
			out->cooling_authority_ns = in[-1].time_ns;
	}
}
