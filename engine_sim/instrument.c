/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/instrument.h"

#include <math.h>
#include <string.h>

#include "core/keyed.h"
#include "engine_sim/limits.h"
#include "engine_sim/paths.h"

#define SAMPLE_S 0.1
#define SETTLED 3 /* samples: a ramp that has just begun is still at its beginning */
#define SAME 1e-12

static const struct field {
	const char *name;
	size_t offset;
	bool sensor;
	double none, lo, hi;
	const char *text;
} fields[] = {
#define INSTRUMENT(field, sensor, none, lo, hi, text)                                              \
	{#field, offsetof(struct instrument, field), sensor, none, lo, hi, text},
#include "engine_sim/instrument.def"
#undef INSTRUMENT
};
#define N_FIELDS ((int)(sizeof(fields) / sizeof(fields[0])))

static double *
at(struct instrument *f, int field)
{
	return (double *)(void *)((char *)f + fields[field].offset);
}

struct instrument *
instrument_find(struct instrument *pool, size_t n, uint32_t of)
{
	for (size_t k = 0; k < n; k++)
		if (pool[k].of == of + 1)
			return &pool[k];
	return NULL;
}

struct instrument *
instrument_slot(struct instrument *pool, size_t n, uint32_t of)
{
	struct instrument *f = instrument_find(pool, n, of);

	for (size_t k = 0; !f && k < n; k++) {
		if (pool[k].of != 0)
			continue;
		f = &pool[k];
		memset(f, 0, sizeof(*f));
		f->of = of + 1;
		f->fresh = true;
		for (int i = 0; i < N_FIELDS; i++)
			*at(f, i) = fields[i].none;
	}
	if (f)
		f->settled = 0;
	return f;
}

bool
instrument_plain(const struct instrument *f)
{
	for (int i = 0; i < N_FIELDS; i++) {
		const double *x =
			(const double *)(const void *)((const char *)f + fields[i].offset);

		if (fabs(*x - fields[i].none) > SAME)
			return false;
	}
	return true;
}

int
instrument_field(const char *name, bool sensor)
{
	for (int i = 0; i < N_FIELDS; i++)
		if ((fields[i].sensor || !sensor) && strcmp(fields[i].name, name) == 0)
			return i;
	return -1;
}

void
instrument_target(struct instrument *f, int field, struct path_target *out)
{
	*out = (struct path_target){.first = at(f, field),
				    .n = 1,
				    .stride = sizeof(double),
				    .lo = fields[field].lo,
				    .hi = fields[field].hi,
				    .unit = "",
				    .text = fields[field].text};
}

void
instrument_manual(bool sensor,
		  void (*row)(void *arg, const char *name, double lo, double hi, const char *text),
		  void *arg)
{
	for (int i = 0; i < N_FIELDS; i++)
		if (fields[i].sensor || !sensor)
			row(arg, fields[i].name, fields[i].lo, fields[i].hi, fields[i].text);
}

/* Of what the instrument sees: old, lagging, drifting, wrong. */
static double
distorted(struct instrument *f, double value)
{
	uint32_t old = (uint32_t)lround(f->delay_s / SAMPLE_S);

	if (f->fresh) {
		for (uint32_t k = 0; k < INSTRUMENT_PAST; k++)
			f->past[k] = value;
		f->lagged = value;
		f->shown = value;
	}
	f->at = (f->at + 1) % INSTRUMENT_PAST;
	f->past[f->at] = value;
	value = f->past[(f->at + INSTRUMENT_PAST - old % INSTRUMENT_PAST) % INSTRUMENT_PAST];
	if (!isfinite(f->lagged) || f->slow_s <= 0.0)
		f->lagged = value;
	else
		f->lagged += (value - f->lagged) * -expm1(-SAMPLE_S / f->slow_s);
	f->drift += f->drift_per_min * SAMPLE_S / 60.0;
	return f->lagged + f->drift + f->offset;
}

double
instrument_sample(struct instrument *f, double value, double lo, double hi, uint64_t seed,
		  uint64_t tick)
{
	uint64_t signal = UINT64_C(0x696e7374) << 32 | f->of;
	double was = f->shown;

	f->settled = instrument_plain(f) ? f->settled + 1 : 0;
	if (f->settled >= SETTLED) {
		f->of = 0;
		return value;
	}
	value = distorted(f, value);
	if (f->fresh)
		was = value;
	f->fresh = false;
	if (f->garbage > 0.5)
		value = lo + (hi - lo) * keyed_uniform(seed, signal, tick);
	if (f->stuck > 0.5)
		value = was;
	f->shown = value;
	if (f->off > 0.5 ||
	    keyed_uniform(seed, signal + (UINT64_C(1) << 31), tick) < f->intermittent)
		return (double)NAN;
	return value;
}
