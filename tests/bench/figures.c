/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of the page of figures (make figures): the plant's kernel beside exact and fine
 * solutions. Writes NAME.dat into the folder that is named; figures.gp draws them.
 */
#include "tests/unit/column_fixture.h"
#include "tests/unit/slab_exact.h"

#include "engine_sim/channel.h"
#include "engine_sim/steady.h"

#define STEP_S 0.01
#define SEED 3

static const int folds[] = {4, 8}; /* 48x28 and 96x56 */

static FILE *
open_data(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.dat", dir, name);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void
at_rest(struct bench_wafer *b, const double power_w[RETICLES], double out_c[RETICLES])
{
	struct column_flows f;

	assert_int_equal(column_steady(b->column, power_w, CASE_START_C, &f), 0);
	column_face(b->column, power_w, out_c);
}

/* Zone, row, temperature, errors of both grids: the slab at rest under a random map. */
static void
w1_map(const char *dir)
{
	double power[RETICLES], exact[RETICLES], got[2][RETICLES];
	FILE *to = open_data(dir, "w1_map");
	struct bench_wafer b;

	bench_map(power, MAP_RANDOM, SEED);
	slab_exact(exact, &plate_w1, power, CASE_START_C, (double)INFINITY);
	for (int k = 0; k < 2; k++) {
		bench_open(&b, &plate_w1, folds[k], 0.0, false);
		at_rest(&b, power, got[k]);
		column_close(b.column);
	}
	for (int i = 0; i < RETICLES; i++)
		fprintf(to, "%d %d %.4f %.5f %.5f\n", i % ZONES, i / ZONES, exact[i],
			1e3 * (got[0][i] - exact[i]), 1e3 * (got[1][i] - exact[i]));
	fclose(to);
}

/* Time; hottest reticle exact and by both grids; largest error over the reticles of both: the slab
 * after a step of power. */
static void
w1_step(const char *dir)
{
	double power[RETICLES], exact[RETICLES], got[2][RETICLES];
	FILE *to = open_data(dir, "w1_step");
	struct bench_wafer b[2];
	struct column_flows f;
	long done = 0, next = 1;
	int hot = 0;

	bench_map(power, MAP_RANDOM, SEED);
	for (int i = 0; i < RETICLES; i++)
		if (power[i] > power[hot])
			hot = i;
	for (int k = 0; k < 2; k++)
		bench_open(&b[k], &plate_w1, folds[k], 0.0, false);
	for (; next <= 500; next = next < 8 ? next + 1 : next * 5 / 4) {
		struct deviation d[2];

		for (; done < next; done++)
			for (int k = 0; k < 2; k++)
				column_step(b[k].column, power, CASE_START_C, &f);
		slab_exact(exact, &plate_w1, power, CASE_START_C, (double)done * STEP_S);
		for (int k = 0; k < 2; k++) {
			column_face(b[k].column, power, got[k]);
			d[k] = deviation_of(got[k], exact);
		}
		fprintf(to, "%.2f %.4f %.4f %.4f %.5f %.5f %.5f %.5f\n", (double)done * STEP_S,
			exact[hot], got[0][hot], got[1][hot], d[0].mean, d[1].mean, d[0].max,
			d[1].max);
	}
	for (int k = 0; k < 2; k++)
		column_close(b[k].column);
	fclose(to);
}

/* The fine solution (tests/thermal/channels.c) of a flow at a time, INFINITY at rest. */
static void
read_fine(const char *name, double lpm, double time_s, double out_c[RETICLES],
	  double power_w[RETICLES])
{
	char path[64], line[200];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "tests/thermal/w2_%s.csv", name);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		double flow, storing, at_s, w, c;
		int row, col;
		bool same;

		if (sscanf(line, "%lf,%lf,%lf,r%2dc%2d,%lf,%lf", &flow, &storing, &at_s, &row, &col,
			   &w, &c) != 7)
			continue;
		same = isfinite(time_s) ? fabs(at_s - time_s) < 1e-6 : !isfinite(at_s);
		if (fabs(flow - lpm) > 0.01 || storing < 0.5 || !same)
			continue;
		out_c[ZONES * row + col] = c;
		power_w[ZONES * row + col] = w;
		found++;
	}
	fclose(f);
	assert_int_equal(found, RETICLES);
}

/* Row; of zones 3 (full) and 8 (30 %): fine and kernel, at 40 and at 15 L/min; three maps behind
 * each other: half at rest. */
static void
w2_profiles(const char *dir)
{
	static const double flows[] = {40.0, 15.0};
	static const int zones[] = {3, 8};
	double power[RETICLES], fine[2][RETICLES], got[2][RETICLES];
	FILE *to = open_data(dir, "w2_profiles");

	for (int k = 0; k < 2; k++) {
		struct bench_wafer b;

		read_fine("half", flows[k], (double)INFINITY, fine[k], power);
		bench_open(&b, &plate_w2, 4, flows[k], true);
		at_rest(&b, power, got[k]);
		column_close(b.column);
	}
	for (int y = 0; y < ROWS; y++) {
		fprintf(to, "%d", y);
		for (int k = 0; k < 2; k++)
			for (int z = 0; z < 2; z++) {
				int i = ZONES * y + zones[z];

				fprintf(to, " %.4f %.4f", fine[k][i], got[k][i]);
			}
		fputc('\n', to);
	}
	fclose(to);
}

/* Time; errors of the mean over reticles and the largest, W2 after a step of power, for each flow:
 * even, half, random. */
static void
w2_step(const char *dir)
{
	static const double times_s[] = {0.1, 0.2, 0.5, 1.0, 2.0}, flows[] = {40.0, 15.0};
	static const char *const maps[] = {"even", "half", "random"};
	FILE *to = open_data(dir, "w2_step");

	for (int k = 0; k < 2; k++) {
		fprintf(to, "%s\"%.0f L/min\"\n", k ? "\n\n" : "", flows[k]);
		for (int n = 0; n < 5; n++) {
			fprintf(to, "%g", times_s[n]);
			for (int m = 0; m < 3; m++) {
				double power[RETICLES], fine[RETICLES], got[RETICLES];
				struct bench_wafer b;
				struct column_flows f;
				struct deviation d;

				read_fine(maps[m], flows[k], times_s[n], fine, power);
				bench_open(&b, &plate_w2, 4, flows[k], true);
				for (long done = 0; done < lround(times_s[n] / STEP_S); done++)
					column_step(b.column, power, CASE_START_C, &f);
				column_face(b.column, power, got);
				d = deviation_of(got, fine);
				fprintf(to, " %.5f %.5f", d.mean, d.max);
				column_close(b.column);
			}
			fputc('\n', to);
		}
	}
	fclose(to);
}

#define GRIDS 3

/* A plant at rest with the reference wafer, the valve where it holds 24 C at full load. */
static void
plant_open(struct process *p, enum grid grid, double activity)
{
	struct config_report report = {0};

	process_init(p);
	assert_int_equal(process_grid(p, grid, NULL), 0);
	assert_int_equal(wafer_csv_read("config/wafers/reference.csv", &p->variation, &report), 0);
	config_report_free(&report);
	p->stale = true;
	assert_int_equal(steady_solve(p, 24.0, false), 0);
	p->jobs.job[0].activity = activity;
	p->stale = true;
	assert_int_equal(steady_solve(p, (double)NAN, false), 0);
}

static void
demand(struct process_demand *d, const struct process *p)
{
	*d = (struct process_demand){
		.duty_cap = 1.0, .pump = {0.8, 0.8}, .valve = p->valve, .powered = true};
	for (int i = 0; i < RETICLES; i++)
		d->duty[i] = 1.0;
}

/* Time; hottest and coldest reticle of each grid: the plant from next to no load to full load. */
static void
plant_step(const char *dir)
{
	static struct process p[GRIDS];
	FILE *to = open_data(dir, "plant_step");
	struct process_demand d[GRIDS];
	long done = 0, next = 1;

	for (int g = 0; g < GRIDS; g++) {
		plant_open(&p[g], (enum grid)g, 0.02);
		demand(&d[g], &p[g]);
		p[g].jobs.job[0].activity = 1.0;
		p[g].stale = true;
	}
	for (; next <= 12000; next = next < 10 ? next + 1 : next * 9 / 8) {
		fprintf(to, "%.2f", (double)next * STEP_S);
		for (; done < next; done++)
			for (int g = 0; g < GRIDS; g++)
				process_step(&p[g], &d[g]);
		for (int g = 0; g < GRIDS; g++) {
			struct wafer_extremes ex;

			wafer_extremes(&ex, p[g].wafer.si_c);
			fprintf(to, " %.4f %.4f", ex.tmax_c, ex.tmin_c);
		}
		fputc('\n', to);
	}
	for (int g = 0; g < GRIDS; g++)
		process_close(&p[g]);
	fclose(to);
}

static void
happens(struct process *p, struct process_demand *d, long step)
{
	switch (step) {
	case 2000: /* a groove zone clogs */
		p->faults.zone_g[5] = 0.379;
		break;
	case 4000: /* a pump is lost */
		p->faults.pump_failed[0] = 1.0;
		d->pump[1] = 1.0;
		break;
	case 6000: /* warm facility water */
		p->faults.supply_c = 26.0;
		break;
	case 8000: /* load comes and goes */
		p->jobs.job[0].activity = 0.1;
		p->stale = true;
		break;
	case 10000:
		p->jobs.job[0].activity = 1.0;
		p->stale = true;
		p->faults.leak_kg_s = 0.01;
		break;
	default:
		break;
	}
}

/* Time; greatest relative energy error of a step within a second, for each grid: two minutes in
 * which much happens. */
static void
energy(const char *dir)
{
	static struct process p[2];
	FILE *to = open_data(dir, "energy");
	struct process_demand d[2];

	for (int g = 0; g < 2; g++) {
		plant_open(&p[g], (enum grid)g, 1.0);
		demand(&d[g], &p[g]);
	}
	for (long n = 1; n <= 12000; n++) {
		for (int g = 0; g < 2; g++) {
			happens(&p[g], &d[g], n);
			process_step(&p[g], &d[g]);
		}
		if (n % 100)
			continue;
		fprintf(to, "%.0f", (double)n * STEP_S);
		for (int g = 0; g < 2; g++) {
			struct wafer_extremes ex;

			wafer_extremes(&ex, p[g].wafer.si_c);
			fprintf(to, " %.3e %.3f", p[g].energy_error_rel, ex.tmax_c);
			p[g].energy_error_rel = 0.0;
		}
		fputc('\n', to);
	}
	for (int g = 0; g < 2; g++)
		process_close(&p[g]);
	fclose(to);
}

static void
channels(const char *dir)
{
	FILE *to = open_data(dir, "channel");

	for (int n = 1; n <= 100; n++)
		fprintf(to, "%.2f %.5f %.5f\n", n / 100.0, channel_friction_re(n / 100.0, 1.0),
			channel_nusselt(n / 100.0, 1.0));
	fclose(to);
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 64;
	}
	w1_map(argv[1]);
	w1_step(argv[1]);
	w2_profiles(argv[1]);
	w2_step(argv[1]);
	plant_step(argv[1]);
	energy(argv[1]);
	channels(argv[1]);
	return 0;
}
