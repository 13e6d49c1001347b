/* SPDX-License-Identifier: Apache-2.0 */
/* The controllers' core between two images in memory. */
#ifndef ISOTHERM_TESTS_CONTROL_BENCH_H
#define ISOTHERM_TESTS_CONTROL_BENCH_H

#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "config/plant.h"
#include "controllers/control.h"
#include "controllers/holds.h"
#include "core/clock.h"
#include "core/image.h"

#define PERIOD_NS (100 * NS_PER_MS)

static const char TWO_SYSTEMS[] = "site: bench\n"
				  "seed: 7\n"
				  "limits: {temp_c: 50, spread_k: 8}\n"
				  "job: {mode: sync, tokens_per_s: 2000}\n"
				  "systems:\n"
				  "  - {name: cs%02d, count: 2, type: water}\n"
				  "facility:\n"
				  "  - {name: water, profile: facility_water}\n";

struct bench {
	struct plant *plant;
	struct image *in, *ctl;
	struct control *control;
	struct sample *samples, *demands; /* as published, as read */
	int64_t now_ns;
	bool silent; /* the collectors stand still */
	bool deaf;   /* devices do not do what is asked */
	uint64_t events_seen;
};

static inline struct image_layout
layout_of(const struct bench *b, const struct plant_layout *l)
{
	return (struct image_layout){.name = l->name,
				     .n_groups = l->n_groups,
				     .first = l->first,
				     .period_ns = l->period_ns,
				     .table_hash = b->plant->hash,
				     .beat_ns = PERIOD_NS};
}

static inline double
healthy_value(const struct point *p)
{
	switch ((int)p->role) {
	case ROLE_RETICLE_TEMP:
		return 41.0 + 2.0 * sin(0.7 * p->role_index);
	case ROLE_RETICLE_POWER:
		return 208.0;
	case ROLE_DUTY:
	case ROLE_SHARE:
	case ROLE_ENGINE_FOLDBACK:
	case ROLE_JOB_RATE:
	case ROLE_PUMP_STATUS:
		return 1.0;
	case ROLE_WAFER_POWER:
		return 17400.0;
	case ROLE_ENGINE_AUTHORITY:
	case ROLE_COOLING_AUTHORITY:
		return AUTHORITY_SUPERVISOR;
	case ROLE_JOB_MODE:
		return JOB_MODE_SYNC;
	case ROLE_JOB_TOKENS:
		return 2000.0;
	case ROLE_LOOP_FLOW:
		return 60.0;
	case ROLE_LOOP_SUPPLY:
		return 24.0;
	case ROLE_PUMP_SPEED:
		return 80.0;
	case ROLE_VALVE:
		return 50.0;
	case ROLE_POWER_INPUT:
		return 21300.0;
	case ROLE_DEW_POINT:
		return 10.0;
	default:
		return 0.0;
	}
}

static inline void
begin(struct bench *b, const char *yaml, bool in_charge)
{
	memset(b, 0, sizeof *b);
	struct config_report report = {0};
	int rc = plant_parse(&b->plant, yaml, strlen(yaml), "test", "config", &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(rc, 0);
	struct image_layout in = layout_of(b, &b->plant->in), ctl = layout_of(b, &b->plant->ctl);
	assert_int_equal(image_memory(&b->in, &in), 0);
	assert_int_equal(image_memory(&b->ctl, &ctl), 0);
	b->samples = calloc(in.first[in.n_groups], sizeof *b->samples);
	b->demands = calloc(ctl.first[ctl.n_groups], sizeof *b->demands);
	assert_non_null(b->samples);
	assert_non_null(b->demands);
	for (uint32_t i = 0; i < b->plant->n_in; i++)
		b->samples[i] = (struct sample){.value = healthy_value(&b->plant->points[i]),
						.quality = QUALITY_GOOD,
						.flags = SAMPLE_SIMULATED};
	struct control_options opt = {.kind = CONTROLLER_SPI, .start_in_charge = in_charge};
	assert_int_equal(control_open(&b->control, b->plant, &opt, b->in, b->ctl, 0), 0);
}

static inline void
end(struct bench *b)
{
	control_close(b->control);
	image_close(b->in);
	image_close(b->ctl);
	free(b->samples);
	free(b->demands);
	plant_free(b->plant);
}

static inline struct sample *
input(struct bench *b, const char *name)
{
	uint32_t id = plant_point(b->plant, name);
	assert_true(id < b->plant->n_in);
	return &b->samples[id];
}

static inline const struct sample *
demand(const struct bench *b, const char *name)
{
	uint32_t id = plant_point(b->plant, name);
	assert_int_not_equal(id, NO_POINT);
	assert_int_not_equal(b->plant->points[id].demand, NO_POINT);
	return &b->demands[b->plant->points[id].demand];
}

static inline const struct sample *
ctl(const struct bench *b, uint32_t system, enum role_id role)
{
	uint32_t id = plant_role(b->plant, (int32_t)system, role, 0);
	assert_int_not_equal(id, NO_POINT);
	return &b->demands[id - b->plant->n_in];
}

/* Devices that do what is asked: duty, pumps and valve. */
static inline void
obey(struct bench *b)
{
	static const enum role_id PAIRS[][2] = {{ROLE_DUTY_CMD, ROLE_DUTY},
						{ROLE_PUMP_SPEED_CMD, ROLE_PUMP_SPEED},
						{ROLE_VALVE_CMD, ROLE_VALVE}};
	for (size_t k = 0; k < 3; k++)
		for (uint32_t s = 0; s < b->plant->n_systems; s++)
			for (uint32_t i = 0; i < role_table[PAIRS[k][0]].n; i++) {
				uint32_t cmd = plant_role(b->plant, (int32_t)s, PAIRS[k][0], i);
				uint32_t is = plant_role(b->plant, (int32_t)s, PAIRS[k][1], i);
				const struct sample *d = &b->demands[b->plant->points[cmd].demand];
				if (d->quality == QUALITY_GOOD)
					b->samples[is].value = d->value;
			}
}

static inline void
step(struct bench *b)
{
	b->now_ns += PERIOD_NS;
	if (!b->silent) {
		for (uint32_t i = 0; i < b->plant->n_in; i++)
			if (b->samples[i].quality == QUALITY_GOOD)
				sample_date(&b->samples[i], b->now_ns);
		for (uint32_t g = 0; g < b->plant->in.n_groups; g++)
			image_publish(b->in, g, &b->samples[b->plant->in.first[g]]);
	}
	control_step(b->control, b->now_ns, 3);
	image_read_all(b->ctl, b->now_ns, b->demands);
	if (!b->deaf)
		obey(b);
}

static inline void
steps(struct bench *b, int n)
{
	while (n-- > 0)
		step(b);
}

static inline int
mode(const struct bench *b, uint32_t system)
{
	return (int)ctl(b, system, ROLE_CTL_MODE)->value;
}

static inline void
lose_device(struct bench *b, const char *name)
{
	const struct device *d = &b->plant->devices[plant_device(b->plant, name)];
	for (uint32_t i = 0; i < d->n_points; i++)
		b->samples[d->first_point + i].quality = QUALITY_COMM;
}

static inline void
ask(struct bench *b, const char *json)
{
	char result[COMMAND_MAX + 1];
	struct hold_request req = {.uid = 1000,
				   .access = ACCESS_OPERATE,
				   .json = json,
				   .len = strlen(json),
				   .now_ns = b->now_ns,
				   .wall_ns = NS_PER_S};
	control_ask(b->control, &req, NULL, result);
	assert_non_null(strstr(result, "\"ok\":true"));
}

#endif
