/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/inputs.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/wide.h"

#define NEVER_NS INT64_MIN
#define DEW_HOLD_S 60.0 /* older than this, the dew point is assumed instead */

enum hold { HOLD_PERIODS, HOLD_COOLING, HOLD_DEW /* the site's */, HOLD_FOR_GOOD };

/* More than its values: how good the wafer's temperatures are, that there are new powers, when an authority was read, or
 * what the jobs are and who has how much of their work. */
enum tells { TELLS_VALUES, TELLS_WAFER, TELLS_POWER, TELLS_ENGINE, TELLS_COOLING, TELLS_JOBS };

struct kind {
	enum role_id role;
	uint32_t n;
	size_t offset; /* of the first double in struct view */
	enum hold hold;
	enum tells tells;
};

#define AT(field) offsetof(struct view, field)
static const struct kind KINDS[] = {
	{ROLE_RETICLE_TEMP, RETICLES, AT(temp_c), HOLD_PERIODS, TELLS_WAFER},
	{ROLE_DUTY, RETICLES, AT(duty_frac), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_RETICLE_POWER, RETICLES, AT(power_w), HOLD_PERIODS, TELLS_POWER},
	{ROLE_SHARE, RETICLES, AT(share_frac), HOLD_PERIODS, TELLS_JOBS},
	{ROLE_BALLAST, RETICLES, AT(ballast_w), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_WAFER_POWER, 1, AT(wafer_w), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_ENGINE_TRIP, 1, AT(trip), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_ENGINE_AUTHORITY, 1, AT(engine_authority), HOLD_PERIODS, TELLS_ENGINE},
	{ROLE_ENGINE_FOLDBACK, 1, AT(foldback_frac), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_ENGINE_STATUS, 1, AT(engine_status), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_ENGINE_SEQ, 1, AT(engine_seq), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_ENGINE_SEQ_CMD, 1, AT(engine_seq_cmd), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_ENGINE_CEILING_CMD, 1, AT(ceiling_w), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_ENGINE_CEILING_FOR_CMD, 1, AT(ceiling_for_s), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_LINK_SERIAL, 1, AT(engine_serial), HOLD_FOR_GOOD, TELLS_VALUES},
	{ROLE_JOB_MODE, 1, AT(job_mode), HOLD_PERIODS, TELLS_JOBS},
	{ROLE_JOB_RATE, 1, AT(job_rate_frac), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_JOB_TOKENS, 1, AT(tokens_per_s), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_RETICLE_JOB, RETICLES, AT(job_of), HOLD_PERIODS, TELLS_JOBS},
	{ROLE_JOB_SLOT_ID, JOBS_MAX, AT(slot_id), HOLD_PERIODS, TELLS_JOBS},
	{ROLE_JOB_SLOT_MODE, JOBS_MAX, AT(slot_mode), HOLD_PERIODS, TELLS_JOBS},
	{ROLE_JOB_SLOT_RATE, JOBS_MAX, AT(slot_rate_frac), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_JOB_SLOT_TOKENS, JOBS_MAX, AT(slot_tokens_per_s), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_JOB_SLOT_WAIT, JOBS_MAX, AT(slot_wait_frac), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_JOB_SLOT_BATCH, JOBS_MAX, AT(slot_batch_frac), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_LOOP_FLOW, 1, AT(flow_lpm), HOLD_COOLING, TELLS_VALUES},
	{ROLE_LOOP_SUPPLY, 1, AT(supply_c), HOLD_COOLING, TELLS_VALUES},
	{ROLE_LOOP_RETURN, 1, AT(return_c), HOLD_COOLING, TELLS_VALUES},
	{ROLE_HX_FACILITY_IN, 1, AT(facility_in_c), HOLD_COOLING, TELLS_VALUES},
	{ROLE_HX_FACILITY_OUT, 1, AT(facility_out_c), HOLD_COOLING, TELLS_VALUES},
	{ROLE_HX_FACILITY_FLOW, 1, AT(facility_lpm), HOLD_COOLING, TELLS_VALUES},
	{ROLE_HX_AIR_FLOW, 1, AT(air_kg_s), HOLD_COOLING, TELLS_VALUES},
	{ROLE_PUMP_SPEED, 2, AT(pump_pct), HOLD_COOLING, TELLS_VALUES},
	{ROLE_PUMP_STATUS, 2, AT(pump_status), HOLD_COOLING, TELLS_VALUES},
	{ROLE_VALVE, 1, AT(valve_pct), HOLD_COOLING, TELLS_VALUES},
	{ROLE_COOLING_AUTHORITY, 1, AT(cooling_authority), HOLD_PERIODS, TELLS_COOLING},
	{ROLE_COOLING_SEQ, 1, AT(cooling_seq), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_COOLING_SEQ_CMD, 1, AT(cooling_seq_cmd), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_POWER_INPUT, 1, AT(input_w), HOLD_PERIODS, TELLS_VALUES},
	{ROLE_DEW_POINT, 1, AT(dew_c), HOLD_DEW, TELLS_VALUES},
};
#define N_KINDS (sizeof KINDS / sizeof KINDS[0])

/* A kind of one system: its points, the last usable value of each, and where they go. Looked at in most steps: two of them
 * are a cache line. */
struct inputs_of {
	int64_t hold_ns;
	/* The last look found all good and of this time: then their values are those of the view, and are not kept twice.
	 * NEVER_NS: it did not. */
	int64_t alike_ns;
	uint32_t at;    /* its points, and their last values, of struct inputs */
	uint32_t point; /* of a row of points side by side in one group: the first; else NO_POINT */
	uint16_t field; /* of the view: the first of its doubles */
	uint16_t n;
	uint8_t tells; /* enum tells */
};
_Static_assert(sizeof(struct inputs_of) == 32, "two of them are a cache line");
_Static_assert(sizeof(struct view) / sizeof(double) <= UINT16_MAX, "inputs_of.field");

/* What a look makes of one kind or of several. */
struct looked {
	int64_t until_ns;     /* until then they are what they were, unless their group is */
	uint32_t flags;       /* of those with a value */
	uint32_t lost;        /* without one */
	enum quality quality; /* the worst, as they came or too old */
	bool moved;           /* what jobs are told by, from what it was */
};

/* Kinds of one system that come in the same group, and so are looked at together. */
struct inputs_group {
	uint32_t group;   /* NO_POINT: one kind, that several bring */
	uint32_t version; /* of the group, when it was looked at */
	int64_t until_ns; /* of all its kinds; NEVER_NS: none was */
	uint32_t flags;   /* likewise */
	uint8_t first, n; /* of[] */
};

struct system_inputs {
	uint32_t n_groups;
	struct inputs_group groups[N_KINDS];
	struct inputs_of of[N_KINDS]; /* group by group: what is looked at together lies together */
	struct view view;
};

struct inputs {
	uint32_t n_systems, n_inputs; /* inputs of one system */
	uint32_t at[N_KINDS];         /* of these, where those of a kind begin */
	/* [n_systems * n_inputs], in the order of KINDS */
	uint32_t *point;               /* NO_POINT: this plant has none */
	double *value;                 /* the last usable one */
	int64_t *time_ns;              /* its; NEVER_NS: there was none */
	struct system_inputs *systems; /* [n_systems] */
	uint32_t n_groups;
	bool *needed;            /* [n_groups] */
	struct image_seen *seen; /* [n_groups] */
	uint32_t *seen_here;     /* [n_groups] */
	uint32_t *version;       /* [n_groups]: how often it was another */
	const uint32_t *first;
	struct sample *copy;      /* the image as last copied; index = point id */
	const struct sample *now; /* that, or the image itself */
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

static int64_t
hold_ns(const struct plant *plant, const struct kind *kind, uint32_t group)
{
	switch (kind->hold) {
	case HOLD_COOLING:
		return (int64_t)(plant->control.input_hold_s * 1e9);
	case HOLD_DEW:
		return (int64_t)(DEW_HOLD_S * 1e9);
	case HOLD_FOR_GOOD:
		return INT64_MAX;
	case HOLD_PERIODS:
		break;
	}
	return IMAGE_STALE_PERIODS * plant->in.period_ns[group];
}

INLINED double *
field_of(struct view *v, const struct inputs_of *in)
{
	return (double *)(void *)v + in->field;
}

struct resolved {
	bool any;       /* this plant has some of its points */
	uint32_t group; /* that brings them all; NO_POINT: none, or several */
	struct inputs_of in;
};

static struct resolved
find_points(struct inputs *x, const struct plant *plant, uint32_t system, size_t r)
{
	const struct kind *kind = &KINDS[r];
	struct resolved found = {.group = NO_POINT,
				 .in = {.field = (uint16_t)(kind->offset / sizeof(double)),
					.n = (uint16_t)kind->n,
					.at = system * x->n_inputs + x->at[r],
					.alike_ns = NEVER_NS,
					.tells = (uint8_t)kind->tells}};
	uint32_t *point = x->point + found.in.at;
	for (uint32_t k = 0; k < kind->n; k++) {
		point[k] =
			point_of(plant, kind->hold == HOLD_DEW ? SITE : (int32_t)system, kind, k);
		if (point[k] == NO_POINT)
			continue;
		uint32_t g = group_of(&plant->in, point[k]);
		x->needed[g] = true;
		found.group = found.any && g != found.group ? NO_POINT : g;
		found.in.hold_ns = hold_ns(plant, kind, g);
		found.any = true;
	}
	found.in.point = found.group == NO_POINT ? NO_POINT : point[0];
	for (uint32_t k = 0; k < kind->n; k++)
		if (point[k] != point[0] + k)
			found.in.point = NO_POINT;
	return found;
}

static void
resolve(struct inputs *x, const struct plant *plant, uint32_t system)
{
	struct system_inputs *sys = &x->systems[system];
	struct resolved found[N_KINDS];
	uint8_t n = 0;
	for (size_t r = 0; r < N_KINDS; r++) {
		found[r] = find_points(x, plant, system, r);
		for (uint32_t k = 0; !found[r].any && k < KINDS[r].n; k++)
			field_of(&sys->view, &found[r].in)[k] = (double)NAN; /* and never another */
	}
	for (size_t r = 0; r < N_KINDS; r++) {
		if (!found[r].any)
			continue;
		struct inputs_group *g = &sys->groups[sys->n_groups++];
		uint32_t group = g->group = found[r].group;
		g->until_ns = NEVER_NS;
		g->first = n;
		for (size_t k = r; k < N_KINDS && (k == r || group != NO_POINT); k++) {
			if (!found[k].any || found[k].group != group)
				continue;
			sys->of[n++] = found[k].in;
			found[k].any = false; /* it has its place */
		}
		g->n = n - g->first;
	}
	sys->view.jobs_seen = sys->view.power_seen = 1;
	sys->view.lost = RETICLES;
	sys->view.quality = QUALITY_NEVER;
	sys->view.engine_authority_ns = sys->view.cooling_authority_ns = NEVER_NS;
}

int
inputs_open(struct inputs **out, const struct plant *plant)
{
	struct inputs *x = calloc(1, sizeof *x);
	if (!x)
		return -ENOMEM;
	x->n_systems = plant->n_systems;
	for (size_t r = 0; r < N_KINDS; r++) {
		x->at[r] = x->n_inputs;
		x->n_inputs += KINDS[r].n;
	}
	x->n_groups = plant->in.n_groups;
	x->first = plant->in.first;
	size_t n = (size_t)x->n_systems * x->n_inputs + 1;
	x->point = calloc(n, sizeof *x->point);
	x->value = calloc(n, sizeof *x->value);
	x->time_ns = calloc(n, sizeof *x->time_ns);
	x->systems = calloc((size_t)x->n_systems + 1, sizeof *x->systems);
	x->needed = calloc((size_t)x->n_groups + 1, sizeof *x->needed);
	x->copy = calloc((size_t)x->first[x->n_groups] + 1, sizeof *x->copy);
	x->seen = calloc((size_t)x->n_groups + 1, sizeof *x->seen);
	x->seen_here = calloc((size_t)x->n_groups + 1, sizeof *x->seen_here);
	x->version = calloc((size_t)x->n_groups + 1, sizeof *x->version);
	if (!x->point || !x->value || !x->time_ns || !x->systems || !x->needed || !x->copy ||
	    !x->seen || !x->seen_here || !x->version) {
		inputs_close(x);
		return -ENOMEM;
	}
	x->now = x->copy;
	for (size_t i = 0; i < n; i++)
		x->time_ns[i] = NEVER_NS;
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
	free(x->point);
	free(x->value);
	free(x->time_ns);
	free(x->systems);
	free(x->needed);
	free(x->seen);
	free(x->seen_here);
	free(x->version);
	free(x->copy);
	free(x);
}

void
inputs_let_go(struct inputs *x)
{
	if (x->now != x->copy)
		memcpy(x->copy, x->now, x->first[x->n_groups] * sizeof *x->copy);
	x->now = x->copy;
}

void
inputs_snapshot(struct inputs *x, struct image *in, int64_t now_ns)
{
	if (!in)
		return;
	const struct sample *here = image_here(in);
	if (here)
		image_settle(in, now_ns);
	x->now = here ? here : x->copy;
	/* A group that gives no new value keeps its last one, which ages: nothing else to do. */
	for (uint32_t g = 0; g < x->n_groups; g++) {
		if (!x->needed[g])
			continue;
		if (here ? image_is_new(in, g, &x->seen_here[g])
			 : image_read_new(in, g, now_ns, &x->seen[g], &x->copy[x->first[g]]))
			x->version[g]++;
	}
}

static int64_t
hold_until(const struct inputs_of *in, int64_t time_ns)
{
	return in->hold_ns < INT64_MAX ? time_ns + in->hold_ns : INT64_MAX;
}

/* Is it good, and young enough? */
INLINED bool
is_good(const struct inputs_of *in, const struct sample *s, int64_t now_ns)
{
	return s->quality == QUALITY_GOOD && now_ns < hold_until(in, s->time_ns);
}

INLINED void
note_good(struct inputs_of *in, const struct sample *s, struct looked *out)
{
	in->alike_ns = s->time_ns;
	*out = (struct looked){hold_until(in, s->time_ns), s->flags, 0, QUALITY_GOOD, false};
}

/* Values of s[n]: are they all numbers, and the rest of each sample that of the first? */
INLINED bool
is_alike(const struct sample *s, uint32_t n, double value[])
{
	uint64_t differ = 0, first = sample_stamp(s);
	uint32_t k = 0;
	do {
		differ |= (sample_stamp(&s[k]) ^ first) | (isfinite(s[k].value) ? 0u : 1u);
		value[k] = s[k].value;
	} while (++k < n);
	return differ == 0;
}

WIDE static bool
is_alike_wafer(const struct sample *s, double value[restrict])
{
	return is_alike(s, RETICLES, value);
}

/* The usual case: a row of which each is good, as old as the others, and young enough. */
static bool
look_at_row(struct inputs_of *in, const struct sample *s, int64_t now_ns, double value[],
	    struct looked *out)
{
	if (!is_good(in, s, now_ns) ||
	    !(in->n == RETICLES ? is_alike_wafer(s, value) : is_alike(s, in->n, value)))
		return false;
	note_good(in, s, out);
	return true;
}

/* Values, NAN where there is none to use, and what is told of all of them. */
static void
look_at_each(const struct inputs *x, struct inputs_of *in, const double was[], int64_t now_ns,
	     double value[], struct looked *out)
{
	*out = (struct looked){INT64_MAX, 0, 0, QUALITY_GOOD, false};
	for (uint32_t k = 0; in->alike_ns != NEVER_NS && k < in->n; k++) {
		x->value[in->at + k] = was[k];
		x->time_ns[in->at + k] = in->alike_ns;
	}
	in->alike_ns = NEVER_NS;
	for (uint32_t k = 0, at = in->at; k < in->n; k++, at++) {
		bool there = x->point[at] != NO_POINT;
		const struct sample *s = there ? &x->now[x->point[at]] : NULL;
		enum quality q = there ? (enum quality)s->quality : QUALITY_NEVER;
		if (there && sample_usable(s)) {
			x->value[at] = s->value;
			x->time_ns[at] = s->time_ns;
		}
		int64_t time_ns = x->time_ns[at];
		if (time_ns == NEVER_NS || now_ns - time_ns >= in->hold_ns) {
			value[k] = (double)NAN;
			q = quality_worse(q, QUALITY_STALE); /* too old for us, whatever it says */
			out->lost++;
		} else {
			int64_t until_ns = hold_until(in, time_ns);
			value[k] = x->value[at];
			out->flags |= s->flags;
			out->until_ns = until_ns < out->until_ns ? until_ns : out->until_ns;
		}
		if (q != QUALITY_GOOD)
			out->quality = quality_worse(out->quality, q);
	}
}

/* When the first of them was read, NEVER_NS never. */
static int64_t
read_ns(const struct inputs *x, const struct inputs_of *in)
{
	return in->alike_ns != NEVER_NS ? in->alike_ns : x->time_ns[in->at];
}

/* What a kind tells but its values. */
static void
tell(const struct inputs *x, const struct inputs_of *in, const struct looked *l, struct view *out)
{
	switch ((enum tells)in->tells) {
	case TELLS_WAFER:
		out->lost = l->lost;
		out->quality = l->quality;
		break;
	case TELLS_POWER:
		out->power_seen++;
		break;
	case TELLS_ENGINE:
		out->engine_authority_ns = read_ns(x, in);
		break;
	case TELLS_COOLING:
		out->cooling_authority_ns = read_ns(x, in);
		break;
	case TELLS_JOBS:
		out->jobs_seen += l->moved;
		break;
	case TELLS_VALUES:
		break;
	}
}

static void
look_at_many(const struct inputs *x, struct inputs_of *in, double field[], int64_t now_ns,
	     struct looked *out)
{
	size_t size = in->n * sizeof *field;
	UNCLEARED double value[RETICLES];
	if (in->point == NO_POINT || !look_at_row(in, &x->now[in->point], now_ns, value, out))
		look_at_each(x, in, field, now_ns, value, out);
	out->moved = in->tells == TELLS_JOBS && memcmp(value, field, size) != 0;
	memcpy(field, value, size);
}

/* The same of a single one; false: it is not good. */
INLINED bool
look_at_good(struct inputs_of *in, double *field, const struct sample *s, int64_t now_ns,
	     struct looked *out)
{
	if (!is_good(in, s, now_ns) || !isfinite(s->value))
		return false;
	note_good(in, s, out);
	out->moved = memcmp(field, &s->value, sizeof s->value) != 0;
	*field = s->value;
	return true;
}

static void
look_at_group(struct inputs *x, uint32_t system, struct inputs_group *g, int64_t now_ns)
{
	struct system_inputs *sys = &x->systems[system];
	struct inputs_of *end = sys->of + g->first + g->n;
	g->until_ns = INT64_MAX;
	g->flags = 0;
	for (struct inputs_of *in = sys->of + g->first; in < end; in++) {
		UNCLEARED struct looked l;
		double *field = field_of(&sys->view, in);
		if (in->n > 1 || !look_at_good(in, field, &x->now[in->point], now_ns, &l))
			look_at_many(x, in, field, now_ns, &l);
		tell(x, in, &l, &sys->view);
		g->flags |= l.flags;
		g->until_ns = l.until_ns < g->until_ns ? l.until_ns : g->until_ns;
	}
}

const struct view *
inputs_view(struct inputs *x, uint32_t system, int64_t now_ns)
{
	struct system_inputs *sys = &x->systems[system];
	sys->view.flags = 0;
	for (uint32_t k = 0; k < sys->n_groups; k++) {
		struct inputs_group *g = &sys->groups[k];
		bool several = g->group == NO_POINT;
		if (several || x->version[g->group] != g->version || now_ns >= g->until_ns)
			look_at_group(x, system, g, now_ns);
		g->version = several ? 0 : x->version[g->group];
		sys->view.flags |= g->flags;
	}
	return &sys->view;
}
