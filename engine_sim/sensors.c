/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/sensors.h"

#include <math.h>

#include "core/keyed.h"
#include "engine_sim/hydraulics.h"
#include "engine_sim/lanes.h"

#define STEPS_PER_K 8.0 /* a power of two: its division is a product */
#define PRESSURE_NOISE_KPA 0.2
/* What a reticle sensor can say at all. */
#define SENSOR_LO_C (-55.0)
#define SENSOR_HI_C 150.0

double
sensors_noisy(const struct sensors *s, enum sensor_signal signal, uint32_t index, uint64_t tick,
	      double value, double deviation)
{
	return value + deviation * keyed_normal(s->seed, sensors_key(signal, index), tick);
}

void
sensors_noise(const struct sensors *s, enum sensor_signal signal, uint64_t tick,
	      double out[RETICLES])
{
	keyed_normals(out, RETICLES / 2, s->seed, sensors_key(signal, 0), tick);
}

/* To the nearest step, halves to even. */
INLINED four
quantised(four t)
{
	four steps = four_clamp(t, SENSOR_LO_C, SENSOR_HI_C) * STEPS_PER_K;

	return ((steps + WHOLE) - WHOLE) / STEPS_PER_K;
}

/* Those that lie: the firmware sees what the bus sees. */
static void
sample_odd(struct sensors *s, uint64_t tick)
{
	s->any_odd = false;
	for (uint32_t k = 0; k < SENSORS_ODD; k++) {
		struct instrument *f = &s->odd[k];
		uint32_t i = f->of - 1;
		double t;

		if (f->of == 0)
			continue;
		t = instrument_sample(f, s->temp_c[i], SENSOR_LO_C, SENSOR_HI_C, s->seed, tick);
		s->temp_c[i] = isfinite(t) ? quantised(four_all(t))[0] : (double)NAN;
		s->any_odd = true;
	}
}

WIDE static void
sample_all(struct sensors *s, const struct process *p, const double noise[RETICLES])
{
	const double *si_c = p->wafer.si_c, *stuck = p->faults.sensor_stuck;
	const double offset_k = p->md.sensor_offset_k, noise_k = p->md.sensor_noise_k;

	const bool odd = p->sensor_odd;

	for (int i = 0; i < RETICLES; i += LANES) {
		four t = four_load(si_c + i) + offset_k * four_load(s->offset_c + i);

		if (odd)
			t += four_load(p->faults.sensor_offset_c + i);
		t = quantised(t + noise_k * four_load(noise + i));
		if (odd)
			t = four_choose(four_load(stuck + i) > 0.5, four_load(s->temp_c + i), t);
		four_store(s->temp_c + i, t);
	}
}

WIDE static double
hottest_of(const double t[RETICLES])
{
	four hi = four_all(-(double)INFINITY);

	for (int i = 0; i < RETICLES; i += LANES) {
		four at = four_load(t + i);

		hi = four_choose(at > hi, at, hi);
	}
	return most(most(hi[0], hi[1]), most(hi[2], hi[3]));
}

void
sensors_wafer(struct sensors *s, const struct process *p, uint64_t tick)
{
	UNCLEARED double noise[RETICLES];

	sensors_noise(s, SENSE_TEMP, tick, noise);
	sample_all(s, p, noise);
	if (s->any_odd)
		sample_odd(s, tick);
	s->hottest_c = hottest_of(s->temp_c);
	s->wafer_w = most(0.0, sensors_noisy(s, SENSE_WAFER_POWER, 0, tick, p->power.wafer_w,
					     p->md.power_noise_frac * 0.1 * p->power.wafer_w));
}

void
sensors_loop(struct sensors *s, const struct process *p, uint64_t tick)
{
	double m = p->cool.flow_kg_s * p->faults.flow_meter_mul;

	s->flow_kg_s =
		most(0.0, sensors_noisy(s, SENSE_FLOW, 0, tick, m, p->md.flow_noise_frac * m));
	s->return_kpa = most(0.0, sensors_noisy(s, SENSE_RETURN_PRESSURE, 0, tick,
						process_return_kpa(p), PRESSURE_NOISE_KPA));
}

void
sensors_init(struct sensors *s, uint64_t seed, uint64_t wafer_seed, const struct process *p)
{
	*s = (struct sensors){.seed = seed};
	for (uint32_t i = 0; i < RETICLES; i++)
		s->offset_c[i] =
			keyed_normal(wafer_seed, sensors_key(SENSE_OFFSET, (uint32_t)i), 0);
	sensors_wafer(s, p, 0);
	sensors_loop(s, p, 0);
}
