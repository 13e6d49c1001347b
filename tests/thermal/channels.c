/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reference solutions of case w2, apart from the kernel: Fourier's cosines across the flow, each
 * mode on a grid of 224 cells along it and 22 in depth (silicon 6, interface 3, base 4, fins 8,
 * cover 1), coolant as box cells, in time by an L-stable Runge-Kutta method of second order
 * (gamma = 1 - 1/sqrt 2). Slow and simple. It wrote tests/thermal/w2_{even,half,random}.csv; of the
 * last two the lines with storing 1 are kept:
 *   gcc -O3 -o /tmp/channels tests/thermal/channels.c -lm && /tmp/channels /tmp
 * storing: whether the coolant in the channels has a capacity. time_s inf: at rest. temp_c: mean of
 * the powered face.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define COLS 12
#define ROWS 7
#define NY 224
#define SI 6
#define TIM 3
#define BASE 4
#define FIN 8
#define DEPTH (SI + TIM + BASE + FIN + 1)
#define N (DEPTH + 1) /* and the coolant's temperature where it leaves the cell */
#define BAND N
#define UNKNOWNS (NY * N)
#define MODES 140
#define MODES_STEP 36 /* the narrower ones are at rest within 0.1 s */

static const double width = 0.21504, length = 0.21504, pitch = 0.896e-3, wall = 0.448e-3,
		    channel = 0.448e-3, height = 3e-3, cover = 1e-3, h = 4200.0, k_cu = 390.0,
		    c_cu = 3.45e6, c_water = 4.172e6, inlet_c = 25.0;

/* A of C dT/dt = A T + b for one mode; row i holds columns i - BAND .. i + BAND. */
struct matrix {
	double a[UNKNOWNS][2 * BAND + 1];
};

/* d(stored)/dt as rows too: the coolant's is the mean of two faces. */
static struct matrix heat, store, lu;

static void
add(struct matrix *m, int i, int j, double v)
{
	m->a[i][j - i + BAND] += v;
}

static void
between(int i, int j, double g)
{
	add(&heat, i, i, -g);
	add(&heat, i, j, g);
	add(&heat, j, j, -g);
	add(&heat, j, i, g);
}

static double dz[DEPTH], kz[DEPTH], ky[DEPTH], kx[DEPTH], cz[DEPTH], wet[DEPTH];

/* Of an area of the wafer: thickness, conductivities down, along and across, capacity, wet area. */
static void
layers(void)
{
	for (int n = 0; n < DEPTH; n++) {
		int fin = n - SI - TIM - BASE;

		dz[n] = n < SI ? 0.75e-3 / SI : n < SI + TIM ? 0.1e-3 / TIM : 1e-3 / BASE;
		kz[n] = n < SI ? 130.0 : n < SI + TIM ? 5.0 : k_cu;
		ky[n] = kx[n] = kz[n];
		cz[n] = n < SI ? 1.63e6 : n < SI + TIM ? 2.2e6 : c_cu;
		wet[n] = 0.0;
		if (fin == FIN) {
			dz[n] = cover;
			wet[n] = channel / pitch;
		} else if (fin >= 0) {
			dz[n] = height / FIN;
			kz[n] = ky[n] = k_cu * wall / pitch;
			kx[n] = 0.0;
			cz[n] = c_cu * wall / pitch;
			wet[n] = 2.0 * dz[n] / pitch;
		}
	}
}

static void
wet_wall(int i, int water, double g)
{
	int before = water - N;

	/* the coolant of a cell is at the mean of what comes and what leaves */
	add(&heat, i, i, -g);
	add(&heat, i, water, 0.5 * g);
	add(&heat, water, i, g);
	add(&heat, water, water, -0.5 * g);
	if (before >= 0) {
		add(&heat, i, before, 0.5 * g);
		add(&heat, water, before, -0.5 * g);
	}
}

/* Areas of a strip 1 m wide; temperatures are over the inlet's. */
static void
assemble(double mode_per_m, double lpm, int storing)
{
	const double dy = length / NY, w = lpm / 60e3 * c_water / width;
	const double cw = storing ? c_water * channel * height / pitch * dy : 0.0;

	memset(&heat, 0, sizeof(heat));
	memset(&store, 0, sizeof(store));
	for (int y = 0; y < NY; y++) {
		int water = y * N + DEPTH;

		for (int n = 0; n < DEPTH; n++) {
			int i = y * N + n;

			add(&store, i, i, cz[n] * dz[n] * dy);
			add(&heat, i, i, -kx[n] * dz[n] * dy * mode_per_m * mode_per_m);
			if (n + 1 < DEPTH) { /* the cover's own half is left out: it is a sheet */
				double below = n + 1 == DEPTH - 1 ? 0.0 : dz[n + 1] / kz[n + 1];

				between(i, i + 1, 2.0 * dy / (dz[n] / kz[n] + below));
			}
			if (y + 1 < NY)
				between(i, i + N, ky[n] * dz[n] / dy);
			if (wet[n] > 0.0)
				wet_wall(i, water, h * wet[n] * dy);
		}
		/* floor of the channels: the base's last cell through its half */
		wet_wall(y * N + SI + TIM + BASE - 1, water,
			 dy * channel / pitch / (1.0 / h + 0.5 * dz[SI + TIM] / k_cu));
		add(&heat, water, water, -w);
		add(&store, water, water, 0.5 * cw);
		if (y > 0) {
			add(&heat, water, water - N, w);
			add(&store, water, water - N, 0.5 * cw);
		}
	}
}

/* lu = a store - b heat, factored without pivoting: it is dominated by its diagonal. */
static void
factor(double a, double b)
{
	for (int i = 0; i < UNKNOWNS; i++)
		for (int j = 0; j <= 2 * BAND; j++)
			lu.a[i][j] = a * store.a[i][j] - b * heat.a[i][j];
	for (int i = 0; i < UNKNOWNS; i++)
		for (int r = i + 1; r <= i + BAND && r < UNKNOWNS; r++) {
			double f = lu.a[r][i - r + BAND] / lu.a[i][BAND];

			lu.a[r][i - r + BAND] = f;
			if (fabs(f) > 0.0)
				for (int c = i + 1; c <= i + BAND && c < UNKNOWNS; c++)
					lu.a[r][c - r + BAND] -= f * lu.a[i][c - i + BAND];
		}
}

static void
solve(double *x)
{
	for (int i = 0; i < UNKNOWNS; i++)
		for (int j = i > BAND ? i - BAND : 0; j < i; j++)
			x[i] -= lu.a[i][j - i + BAND] * x[j];
	for (int i = UNKNOWNS - 1; i >= 0; i--) {
		for (int j = i + 1; j <= i + BAND && j < UNKNOWNS; j++)
			x[i] -= lu.a[i][j - i + BAND] * x[j];
		x[i] /= lu.a[i][BAND];
	}
}

static void
times(const struct matrix *m, const double *x, double *out)
{
	for (int i = 0; i < UNKNOWNS; i++) {
		out[i] = 0.0;
		for (int j = i > BAND ? i - BAND : 0; j <= i + BAND && j < UNKNOWNS; j++)
			out[i] += m->a[i][j - i + BAND] * x[j];
	}
}

#define OUTPUTS 6
static const double output_s[OUTPUTS] = {0.1, 0.2, 0.5, 1.0, 2.0, INFINITY};
#define STEP_S 0.005

struct task {
	const char *name;
	double lpm;
	int storing;
	double power_w[ROWS][COLS];
	double temp_c[OUTPUTS][ROWS][COLS];
};

static double
mean_of_cosine(int mode, int col)
{
	double k = mode * PI;

	return mode ? COLS / k * (sin(k * (col + 1) / COLS) - sin(k * col / COLS)) : 1.0;
}

/* Adds the mode's part to the means of the powered face. */
static void
add_mode(struct task *t, int output, int mode, const double *x, const double flux[ROWS])
{
	for (int y = 0; y < NY; y++) {
		int row = y * ROWS / NY;
		double face = x[y * N] + flux[row] * dz[0] / (2.0 * kz[0]);

		for (int c = 0; c < COLS; c++)
			t->temp_c[output][row][c] += face * mean_of_cosine(mode, c) * ROWS / NY;
	}
}

static void
march(struct task *t, int mode, const double flux[ROWS], const double *b)
{
	static double x[UNKNOWNS], k1[UNKNOWNS], k2[UNKNOWNS], y[UNKNOWNS];
	const double g = 1.0 - sqrt(0.5), dt = STEP_S;
	int steps = 0;

	memset(x, 0, sizeof(x));
	factor(1.0, g * dt);
	for (int output = 0; output + 1 < OUTPUTS; output++) {
		for (; steps < (int)lround(output_s[output] / dt); steps++) {
			times(&heat, x, k1); /* (store - g dt heat) k = heat (x + …) + b */
			for (int i = 0; i < UNKNOWNS; i++)
				k1[i] += b[i];
			solve(k1);
			for (int i = 0; i < UNKNOWNS; i++)
				y[i] = x[i] + (1.0 - g) * dt * k1[i];
			times(&heat, y, k2);
			for (int i = 0; i < UNKNOWNS; i++)
				k2[i] += b[i];
			solve(k2);
			for (int i = 0; i < UNKNOWNS; i++)
				x[i] += dt * ((1.0 - g) * k1[i] + g * k2[i]);
		}
		add_mode(t, output, mode, x, flux);
	}
}

static void
run(struct task *t)
{
	static double x[UNKNOWNS], b[UNKNOWNS];
	const double cell_m2 = width * length / (ROWS * COLS);

	for (int o = 0; o < OUTPUTS; o++)
		for (int i = 0; i < ROWS * COLS; i++)
			t->temp_c[o][i / COLS][i % COLS] = inlet_c;
	for (int mode = 0; mode < MODES; mode++) {
		double flux[ROWS] = {0.0}, any = 0.0;

		for (int r = 0; r < ROWS; r++) {
			for (int c = 0; c < COLS; c++)
				flux[r] += (mode ? 2.0 : 1.0) / COLS * t->power_w[r][c] / cell_m2 *
					   mean_of_cosine(mode, c);
			any = fmax(any, fabs(flux[r]));
		}
		if (any < 1e-6)
			continue;
		assemble(mode * PI / width, t->lpm, t->storing);
		memset(b, 0, sizeof(b));
		for (int y = 0; y < NY; y++)
			b[y * N] = flux[y * ROWS / NY] * length / NY;
		factor(0.0, 1.0);
		memcpy(x, b, sizeof(x));
		solve(x);
		add_mode(t, OUTPUTS - 1, mode, x, flux);
		if (mode < MODES_STEP)
			march(t, mode, flux, b);
		else
			for (int o = 0; o + 1 < OUTPUTS; o++)
				add_mode(t, o, mode, x, flux);
	}
}

static void
fill(struct task *t, int map)
{
	const double full = 17500.0 / (ROWS * COLS);
	unsigned seed = 20261126;

	for (int r = 0; r < ROWS; r++)
		for (int c = 0; c < COLS; c++) {
			seed = seed * 1664525u + 1013904223u;
			t->power_w[r][c] = map == 0   ? full
					   : map == 1 ? full * (c < 6 ? 1.0 : 0.3)
						      : 2.0 * full * (seed >> 8) / 16777216.0;
		}
}

int
main(int argc, char **argv)
{
	static const char *const maps[] = {"even", "half", "random"};
	static const double flows[] = {40.0, 15.0};
	static struct task t;

	layers();
	for (int map = 0; map < 3; map++) {
		char path[256];
		FILE *f;

		snprintf(path, sizeof(path), "%s/w2_%s.csv", argc > 1 ? argv[1] : ".", maps[map]);
		f = fopen(path, "w");
		if (!f)
			return 1;
		fputs("flow_lpm,storing,time_s,reticle,power_w,temp_c\n", f);
		for (int k = 0; k < 4; k++) {
			t.lpm = flows[k / 2];
			t.storing = k % 2;
			fill(&t, map);
			run(&t);
			for (int o = 0; o < OUTPUTS; o++)
				for (int i = 0; i < ROWS * COLS; i++)
					fprintf(f, "%g,%d,%g,r%02dc%02d,%.9g,%.5f\n", t.lpm,
						t.storing, output_s[o], i / COLS, i % COLS,
						t.power_w[i / COLS][i % COLS],
						t.temp_c[o][i / COLS][i % COLS]);
		}
		fclose(f);
	}
	return 0;
}
