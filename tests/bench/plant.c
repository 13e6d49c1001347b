/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the plant runs: wafers with coolant, loop and power chain on one core, at each grid, for
 * one wafer and for many. Beside it a roofline of the same run: what the columns' arithmetic would
 * take at the rate of a loop that only multiplies and adds, and what their state would take at the
 * rate of a triad over as many bytes; the larger of the two is the limit. Times are of the processor
 * (what other programs take meanwhile is not counted) and of the median step. Reports, never asserts.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "engine_sim/limits.h"
#include "engine_sim/process.h"
#include "engine_sim/steady.h"

#define MANY 64
#define ROUND_NS (400 * NS_PER_MS) /* length of a measurement */
#define ROUNDS 3
#define SWEEP_STEPS 50 /* pump and valve turn round before they arrive */
/* Of a column and step, counted in column_step.c: additions and multiplications; and doubles that are
 * read and written once each: three nodes and what flowed into them sideways. */
#define COLUMN_FLOPS 63.0
#define COLUMN_BYTES (2.0 * 6.0 * sizeof(double))

struct grid_info {
	const char *name;
	enum grid grid;
	int cells;
};

static const struct grid_info grids[] = {{"reference", GRID_REFERENCE, RETICLES},
					 {"48x28", GRID_48X28, 48 * 28},
					 {"96x56", GRID_96X56, 96 * 56}};

struct wafers {
	int n;
	struct process *p;
	struct process_demand demand;
};

struct speed {
	double step_ns, rare_ns,
		worst_ns; /* of all wafers: median, one in a thousand, the longest */
};

static volatile double sink;

typedef double four __attribute__((vector_size(32)));
#define TEN(do)                                                                                    \
	do                                                                                         \
	(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9)
#define BEGIN(k) four a##k = {1.0 + k, 2.0, 3.0, 4.0};
#define WORK(k) a##k = a##k * by + plus;
#define SUM(k) sink += a##k[0] + a##k[1] + a##k[2] + a##k[3];

/* Multiplications and additions a nanosecond, ten vectors in registers, nothing else to do. */
WIDE static double
flops_a_ns(void)
{
	const four by = {0.999999, 0.999998, 0.999997, 0.999996}, plus = {1e-6, 2e-6, 3e-6, 4e-6};
	const int times = 20000;
	double best = 0.0;

	for (int round = 0; round < 40; round++) {
		int64_t start = clock_cpu_ns();

		TEN(BEGIN)
		for (int n = 0; n < times; n++) {
			TEN(WORK)
		}
		best = most(best, 2.0 * 4 * 10 * times / (double)(clock_cpu_ns() - start));
		TEN(SUM)
	}
	return best;
}

/* Bytes a nanosecond of a triad over that many bytes. */
WIDE static double
triad(double *restrict a, const double *restrict b, const double *restrict c, size_t n)
{
	int64_t start = clock_cpu_ns();

	for (size_t i = 0; i < n / 4 * 4; i++)
		a[i] = b[i] + 0.5 * c[i];
	return (double)(3 * n * sizeof(double)) / (double)(clock_cpu_ns() - start);
}

static double
bytes_a_ns(size_t bytes)
{
	size_t n = bytes / (3 * sizeof(double)) + 64;
	double *block = calloc(3 * n, sizeof(double)), best = 0.0;

	if (!block)
		return (double)NAN;
	for (int round = 0; round < 60; round++)
		best = most(best, triad(block, block + n, block + 2 * n, n));
	sink += block[n / 2];
	free(block);
	return best;
}

static int
open_wafers(struct wafers *w, int n, enum grid grid)
{
	w->n = n;
	w->p = calloc((size_t)n, sizeof(*w->p));
	w->demand = (struct process_demand){.duty_cap = 1.0,
					    .duty_same = true,
					    .pump = {0.8, 0.8},
					    .valve = 0.5,
					    .powered = true};
	for (int i = 0; i < RETICLES; i++)
		w->demand.duty[i] = 0.9;
	for (int k = 0; w->p && k < n; k++) {
		process_init(&w->p[k]);
		wafer_variation_seed(&w->p[k].variation, 100 + (uint64_t)k);
		if (process_grid(&w->p[k], grid, k ? &w->p[0] : NULL) < 0)
			return -1;
		w->p[k].stale = true;
	}
	return w->p ? 0 : -1;
}

static void
close_wafers(struct wafers *w)
{
	for (int k = 0; w->p && k < w->n; k++)
		process_close(&w->p[k]);
	free(w->p);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* moving: pump and valve go up and down, so that march, films and exchanger are new at each step. */
static struct speed
run(struct wafers *w, bool moving)
{
	static double took[200000];
	struct speed best = {INFINITY, INFINITY, INFINITY};

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = clock_cpu_ns(), now = start, end = start + ROUND_NS;
		size_t n = 0;

		while (now < end && n < sizeof(took) / sizeof(took[0])) {
			int64_t before = now;

			if (moving && n % SWEEP_STEPS == 0) {
				w->demand.pump[0] = w->demand.pump[0] > 0.7 ? 0.5 : 1.0;
				w->demand.valve = w->demand.valve > 0.5 ? 0.2 : 0.9;
			}
			for (int k = 0; k < w->n; k++)
				process_step(&w->p[k], &w->demand);
			now = clock_cpu_ns();
			took[n++] = (double)(now - before);
		}
		qsort(took, n, sizeof(took[0]), by_value);
		best.step_ns = least(best.step_ns, took[n / 2]);
		best.worst_ns = least(best.worst_ns, took[n - 1]);
		best.rare_ns = least(best.rare_ns, took[n - 1 - n / 1000]);
	}
	return best;
}

static size_t
bytes_of(const struct wafers *w)
{
	size_t columns = w->p[0].fine ? column_bytes(&w->p[0].fine->wafer.model) : 0;

	return (size_t)w->n *
	       (sizeof(struct process) + columns + (w->p[0].fine ? sizeof(struct fine) : 0));
}

static void
report(const struct grid_info *g, int n, double flops)
{
	struct wafers w;
	struct speed s, moving;
	double limit, columns = (double)g->cells * n, bytes;

	if (open_wafers(&w, n, g->grid) < 0) {
		fputs("no memory\n", stderr);
		close_wafers(&w);
		return;
	}
	s = run(&w, false);
	moving = run(&w, true);
	bytes = (double)bytes_of(&w);
	printf("%-10s %3d %9.1f %9.1f %8.2f %9.1f %9.1f %8.2f", g->name, n,
	       PROCESS_STEP_S * 1e9 / s.step_ns, PROCESS_STEP_S * 1e9 / moving.step_ns,
	       s.step_ns / columns, s.rare_ns / 1e3, s.worst_ns / 1e3, bytes / 1048576.0);
	if (w.p[0].fine) {
		double rate = bytes_a_ns((size_t)bytes);
		int passes = w.p[0].fine->wafer.model.substeps;

		limit = most(COLUMN_FLOPS / flops, COLUMN_BYTES / rate) * passes;
		printf(" %8.2f %7.2f %6.1f", limit, s.step_ns / columns / limit, rate);
	}
	putchar('\n');
	close_wafers(&w);
}

int
main(void)
{
	double flops = flops_a_ns();

	printf("steps of %g ms on one core; a multiply-add loop does %.1f GFLOP/s here\n"
	       "real time: simulated over processor time, flow steady and flow new at each step; "
	       "ns: a cell "
	       "and "
	       "step;\nus: a step of all wafers, one in a thousand and the longest; limit: ns by "
	       "the "
	       "roofline, times: ns over it\n",
	       PROCESS_STEP_S * 1e3, flops);
	printf("%-10s %3s %9s %9s %8s %9s %9s %8s %8s %7s %6s\n", "grid", "n", "realtime", "moving",
	       "ns", "us .999", "us worst", "MiB", "limit", "times", "GB/s");
	for (size_t k = 0; k < sizeof(grids) / sizeof(grids[0]); k++) {
		report(&grids[k], 1, flops);
		report(&grids[k], MANY, flops);
	}
	return 0;
}
