/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated plant from text, and a Modbus client without a wire. Run from the repository. */
#ifndef ISOTHERM_TESTS_SIM_FIXTURE_H
#define ISOTHERM_TESTS_SIM_FIXTURE_H

#include "tests/unit/support.h"

#include <math.h>

#include "config/change.h"
#include "config/plant.h"
#include "engine_sim/sim.h"

#define STEPS_PER_S 100

#define PLANT_TWO                                                                                  \
	"site: test\n"                                                                             \
	"grid: reference\n"                                                                        \
	"seed: 7\n"                                                                                \
	"faults: allowed\n"                                                                        \
	"control_period_ms: 100\n"                                                                 \
	"limits: {temp_c: 50, spread_k: 8}\n"                                                      \
	"systems:\n"                                                                               \
	"  - {name: cs%02d, count: 2, type: water}\n"                                              \
	"facility:\n"                                                                              \
	"  - {name: water, profile: facility_water}\n"                                             \
	"  - {name: meter, profile: schneider_iem3000}\n"                                          \
	"  - {name: sim, profile: simulator}\n"

static inline struct plant *
plant_of(const char *yaml)
{
	struct config_report report = {0};
	struct plant *p = NULL;
	int rc = plant_parse(&p, yaml, strlen(yaml), "test.yaml", "config", &report);

	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(rc, 0);
	return p;
}

static inline struct sim *
sim_of(const struct plant *plant, const struct sim_options *opt)
{
	struct sim *sim = NULL;
	char why[256];
	int rc = sim_open(&sim, plant, opt, why, sizeof(why));

	if (rc != 0)
		fprintf(stderr, "%s\n", why);
	assert_int_equal(rc, 0);
	return sim;
}

static inline void
run_s(struct sim *sim, double seconds)
{
	for (long n = lround(seconds * STEPS_PER_S); n > 0; n--)
		sim_step(sim);
}

static inline int
change(struct sim *sim, const char *text)
{
	struct change c;
	char why[512] = "";
	int rc = change_parse(text, &c, why, sizeof(why));

	if (rc == 0)
		rc = sim_set(sim, &c, why, sizeof(why));
	assert_true(rc == 0 || why[0]);
	return rc;
}

static inline struct sim_truth
truth_of(const struct sim *sim, uint32_t system)
{
	struct sim_truth t;

	sim_truth(sim, system, &t);
	return t;
}

/* MBAP and the PDU given; the length of the whole. */
static inline size_t
frame(uint8_t out[260], uint8_t unit, const uint8_t *pdu, size_t len)
{
	const uint8_t head[7] = {0x12, 0x34, 0, 0, (uint8_t)((len + 1) >> 8), (uint8_t)(len + 1),
				 unit};

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), pdu, len);
	return sizeof(head) + len;
}

/* Reads registers into words; 0 or the exception's code. */
static inline int
read_words(struct sim *sim, uint32_t device, uint8_t fc, unsigned reg, unsigned n, uint16_t *words)
{
	const uint8_t pdu[5] = {fc, (uint8_t)(reg >> 8), (uint8_t)reg, (uint8_t)(n >> 8),
				(uint8_t)n};
	uint8_t request[260], answer[260];
	size_t len = frame(request, 1, pdu, sizeof(pdu));
	int got = sim_answer(sim, device, request, len, answer);

	assert_true(got >= 9);
	assert_memory_equal(answer, request, 4);
	assert_int_equal(answer[6], 1);
	if (answer[7] & 0x80)
		return answer[8];
	assert_int_equal(answer[7], fc);
	assert_int_equal(answer[8], 2 * n);
	assert_int_equal(got, 9 + 2 * n);
	for (unsigned k = 0; k < n; k++)
		words[k] = (uint16_t)(answer[9 + 2 * k] << 8 | answer[10 + 2 * k]);
	return 0;
}

/* Writes registers by function 16; 0 or the exception's code. */
static inline int
write_words(struct sim *sim, uint32_t device, unsigned reg, unsigned n, const uint16_t *words)
{
	uint8_t pdu[6 + 2 * 123] = {16, (uint8_t)(reg >> 8), (uint8_t)reg,
				    0,  (uint8_t)n,          (uint8_t)(2 * n)};
	uint8_t request[260], answer[260];
	size_t len;
	int got;

	for (unsigned k = 0; k < n; k++) {
		pdu[6 + 2 * k] = (uint8_t)(words[k] >> 8);
		pdu[7 + 2 * k] = (uint8_t)words[k];
	}
	len = frame(request, 1, pdu, 6 + 2 * n);
	got = sim_answer(sim, device, request, len, answer);
	assert_true(got >= 9);
	return answer[7] & 0x80 ? answer[8] : 0;
}

static inline uint32_t
device_of(const struct plant *p, const char *name)
{
	int32_t d = plant_device(p, name);

	assert_true(d >= 0);
	return (uint32_t)d;
}

static inline const struct point *
point_named(const struct plant *p, const char *name)
{
	uint32_t id = plant_point(p, name);

	assert_true(id != NO_POINT);
	return &p->points[id];
}

/* Raw register of a one-word point, by name. */
static inline uint16_t
word_of(struct sim *sim, const struct plant *p, const char *name)
{
	const struct point *pt = point_named(p, name);
	uint16_t w = 0;

	assert_int_equal(read_words(sim, (uint32_t)pt->device, pt->fc, pt->reg, 1, &w), 0);
	return w;
}

static inline int
write_word(struct sim *sim, const struct plant *p, const char *name, uint16_t w)
{
	const struct point *pt = point_named(p, name);

	return write_words(sim, (uint32_t)pt->device, pt->reg, 1, &w);
}

#endif
