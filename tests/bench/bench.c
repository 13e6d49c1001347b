/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one piece of work costs, in nanoseconds and as a ratio to an anchor measured in the same run: a copy of 4 KiB
 * for what moves bytes, 1,000 dependent multiply-adds for what computes. Median of rounds. Reports, never asserts.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/decode.h"
#include "collectors/gate.h"
#include "config/plant.h"
#include "controllers/control.h"
#include "core/clock.h"
#include "core/image.h"
#include "engine_sim/sim.h"

#define ROUNDS 31
#define FAST_REGISTERS 102

struct bench {
	struct plant *plant;
	struct image *in, *ctl;
	struct sim *sim;
	struct control *control;
	struct sample *group; /* a snapshot of the fast group of the first device */
	uint32_t fast_group;
	struct gate_request request;
	uint8_t answer[GATE_FRAME_MAX];
	int answer_len;
	int64_t now_ns;
	unsigned char from[4096], to[4096];
	volatile double sink;
};

static void
copy_4k(struct bench *b)
{
	b->from[0]++;
	memcpy(b->to, b->from, sizeof b->to);
	b->sink += b->to[0];
}

static void
multiply_adds(struct bench *b)
{
	double x = b->sink;

	for (int i = 0; i < 1000; i++)
		x = x * 0.999999 + 1e-6;
	b->sink = x;
}

static void
publish(struct bench *b)
{
	image_publish(b->in, b->fast_group, b->group);
}

static void
snapshot(struct bench *b)
{
	image_read(b->in, b->fast_group, b->now_ns, b->group);
}

static void
answer(struct bench *b)
{
	b->answer_len = sim_answer(b->sim, 0, b->request.bytes, b->request.len, b->answer);
}

static void
check_and_decode(struct bench *b)
{
	struct gate_answer a;
	const struct device *d = &b->plant->devices[0];

	if (gate_check(&b->request, b->answer, (size_t)b->answer_len, &a) != GATE_GOOD)
		return;
	for (uint32_t i = d->first_point; i < d->first_point + d->n_points; i++) {
		const struct point *p = &b->plant->points[i];
		double value = 0.0;

		if (p->fc != 4 || p->reg + p->count > FAST_REGISTERS)
			continue;
		decode_value(p, decode_raw(p, a.data, 0), &value);
		b->sink += value;
	}
}

static void
plant_tick(struct bench *b)
{
	for (int k = 0; k < 10; k++)
		sim_step(b->sim);
}

static void
control(struct bench *b)
{
	b->now_ns += 100 * NS_PER_MS;
	control_step(b->control, b->now_ns, 0);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median_ns(struct bench *b, void (*work)(struct bench *), int times)
{
	double rounds[ROUNDS];

	for (int r = 0; r < ROUNDS; r++) {
		int64_t start = clock_mono_ns();

		for (int k = 0; k < times; k++)
			work(b);
		rounds[r] = (double)(clock_mono_ns() - start) / times;
	}
	qsort(rounds, ROUNDS, sizeof rounds[0], by_value);
	return rounds[ROUNDS / 2];
}

static int
open_all(struct bench *b)
{
	struct config_report report = {0};
	struct control_options options = {.kind = CONTROLLER_SPI, .start_in_charge = true};
	char why[256];
	int rc = plant_load(&b->plant, "config/plants/single.yaml", &report);

	if (rc < 0) {
		config_report_print(&report, stderr);
		return rc;
	}
	const struct plant *p = b->plant;
	struct image_layout in = {.name = p->in.name,
				  .n_groups = p->in.n_groups,
				  .first = p->in.first,
				  .period_ns = p->in.period_ns,
				  .table_hash = p->hash,
				  .beat_ns = 100 * NS_PER_MS};
	struct image_layout ctl = {.name = p->ctl.name,
				   .n_groups = p->ctl.n_groups,
				   .first = p->ctl.first,
				   .period_ns = p->ctl.period_ns,
				   .table_hash = p->hash,
				   .beat_ns = 100 * NS_PER_MS};
	b->fast_group = (uint32_t)plant_in_group(p, 0, SCAN_FAST);
	b->group = calloc(p->n_points, sizeof *b->group);
	if (b->group == NULL || image_memory(&b->in, &in) < 0 || image_memory(&b->ctl, &ctl) < 0)
		return -1;
	if (sim_open(&b->sim, p, NULL, why, sizeof why) < 0) {
		fprintf(stderr, "%s\n", why);
		return -1;
	}
	if (control_open(&b->control, p, &options, b->in, b->ctl, 0) < 0)
		return -1;
	return gate_read(&b->request, 1, p->devices[0].unit, 4, 0, FAST_REGISTERS);
}

int
main(void)
{
	static struct bench b;
	static const struct {
		const char *what;
		void (*work)(struct bench *);
		int times;
		int anchor; /* 0 the copy, 1 the multiply-adds */
	} rows[] = {
		{"publish a group (fast class of an engine block)", publish, 2000, 0},
		{"snapshot of that group", snapshot, 2000, 0},
		{"simulator answers a read of 102 registers", answer, 500, 0},
		{"gate and decode that answer", check_and_decode, 500, 0},
		{"100 ms of plant time, one system", plant_tick, 50, 1},
		{"one control step, one system", control, 200, 1},
	};

	if (open_all(&b) < 0)
		return 1;
	answer(&b);
	double anchor[2] = {median_ns(&b, copy_4k, 2000), median_ns(&b, multiply_adds, 200)};
	printf("%-50s %10.0f ns\n%-50s %10.0f ns\n", "anchor: copy of 4 KiB", anchor[0],
	       "anchor: 1,000 dependent multiply-adds", anchor[1]);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		double ns = median_ns(&b, rows[i].work, rows[i].times);

		printf("%-50s %10.0f ns %8.2f x %s\n", rows[i].what, ns,
		       ns / anchor[rows[i].anchor], rows[i].anchor == 0 ? "copy" : "multiply-adds");
	}
	control_close(b.control);
	sim_close(b.sim);
	image_close(b.in);
	image_close(b.ctl);
	plant_free(b.plant);
	free(b.group);
	return 0;
}
