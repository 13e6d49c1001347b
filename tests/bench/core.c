/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 64 wafers in real time: what control_step takes of one core, all rooms around it at work as in a scenario, and a zone of every
 * wafer clogged, so that every law has something to do. Seconds are this thread's on its processor. Allocations are
 * counted from the moment that all is open. With a path, rows for `make bench-control` go there. Reports, never asserts.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "runner/scenario_file.h"
#include "runner/world_private.h"
#include "tests/unit/allocations.h"

#define SYSTEMS 64
#define SETTLE_TICKS 300
#define TICKS 600
#define PHASES 10 /* ticks a second */
#define CLOG_G 0.379

struct tick_cost {
	double ms[TICKS];
	double sum_ms, worst_ms, phase_ms[PHASES];
	unsigned slow_part[PHASES]; /* systems whose valve was moved in that tick of a second */
	uint64_t allocations;
};

static struct scenario *
load(const char *mode, bool free_shares, const char *controller)
{
	struct config_report report = {0};
	struct scenario *sc = NULL;
	char path[] = "/tmp/isotherm-core-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (f == NULL)
		return NULL;
	(void)fprintf(f,
		      "plant:\n  site: core\n  seed: 7\n  systems:\n"
		      "    - {name: cs%%02d, count: %d, type: water}\n"
		      "mode: %s\nshares: %s\ngrid: reference\ncontroller: %s\nduration_s: 300\n",
		      SYSTEMS, mode, free_shares ? "free" : "fixed", controller);
	if (fclose(f) != 0 || scenario_load(&sc, path, "config", &report) != 0 ||
	    world_check_changes(sc, &report) != 0)
		config_report_print(&report, stderr);
	config_report_free(&report);
	(void)remove(path);
	return sc;
}

/* Where the valve's demand of a system stands in its group of ctl.img. */
struct valve {
	uint32_t group, at;
	double value;
};

static void
find_valves(const struct plant *p, struct valve valves[SYSTEMS])
{
	char name[NAME_MAX_LEN];

	for (uint32_t s = 0; s < SYSTEMS; s++) {
		(void)snprintf(name, sizeof name, "%.20s.hx.valve_cmd_pct", p->systems[s].name);
		uint32_t demand = p->points[plant_point(p, name)].demand;
		int32_t device = plant_device_of(p, (int32_t)s, "cooling");

		valves[s].group = (uint32_t)plant_demand_group(p, (uint32_t)device);
		valves[s].at = demand - p->ctl.first[valves[s].group];
	}
}

/* How many moved since the last look: they do in the once-a-second part alone. */
static unsigned
look_at_valves(struct world *w, struct valve valves[SYSTEMS], struct sample *group)
{
	unsigned moved = 0;

	for (uint32_t s = 0; s < SYSTEMS; s++) {
		image_read(w->ctl.image, valves[s].group, sim_now_ns(w->sim), group);
		double now = group[valves[s].at].value;

		if (fabs(now - valves[s].value) > 1e-9)
			moved++;
		valves[s].value = now;
	}
	return moved;
}

static void
clog_all(struct world *w)
{
	char why[200];

	for (uint32_t s = 0; s < SYSTEMS; s++) {
		struct change c = {.value = CLOG_G, .over_s = 1.0};

		(void)snprintf(c.path, sizeof c.path, "%.20s.zone[%u].g",
			       w->sc->plant->systems[s].name, s % ZONES);
		if (sim_set(w->sim, &c, why, sizeof why) != 0)
			fprintf(stderr, "%s\n", why);
	}
}

static void
run(struct world *w, struct tick_cost *cost)
{
	static struct valve valves[SYSTEMS];
	struct sample *group = calloc(w->sc->plant->n_points + 1u, sizeof *group);

	find_valves(w->sc->plant, valves);
	*cost = (struct tick_cost){0};
	for (int tick = -SETTLE_TICKS; tick < TICKS && group != NULL; tick++) {
		int phase = (tick + SETTLE_TICKS) % PHASES;

		if (tick == 0)
			clog_all(w);
		for (int i = 0; i < 10; i++)
			sim_step(w->sim);
		bus_turn(&w->bus, sim_now_ns(w->sim));
		uint64_t allocated = allocations;
		int64_t began_ns = clock_cpu_ns();

		control_step(w->control, sim_now_ns(w->sim), 0);
		double ms = (double)(clock_cpu_ns() - began_ns) / (double)NS_PER_MS;

		allocated = allocations - allocated;
		bus_turn(&w->bus, sim_now_ns(w->sim));
		unsigned moved = look_at_valves(w, valves, group);

		if (tick < 0)
			continue;
		cost->slow_part[phase] += moved;
		cost->ms[tick] = ms;
		cost->sum_ms += ms;
		cost->worst_ms = fmax(cost->worst_ms, ms);
		cost->phase_ms[phase] += ms;
		cost->allocations += allocated;
	}
	free(group);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const char *controller, const char *mode, struct tick_cost *c)
{
	double least = (double)INFINITY, most = 0.0;

	qsort(c->ms, TICKS, sizeof c->ms[0], by_value);
	for (int k = 0; k < PHASES; k++) {
		least = fmin(least, c->phase_ms[k]);
		most = fmax(most, c->phase_ms[k]);
	}
	printf("%d wafers, %s, %s: %.2f %% of one core, a tick %.2f ms (99 %%: %.2f, worst %.2f), "
	       "%llu allocations\n",
	       SYSTEMS, controller, mode, c->sum_ms / TICKS, c->ms[TICKS / 2],
	       c->ms[TICKS * 99 / 100], c->worst_ms, (unsigned long long)c->allocations);
	printf("  systems whose valve was moved, by tick of the second:");
	for (int k = 0; k < PHASES; k++)
		printf(" %.1f", (double)c->slow_part[k] * PHASES / TICKS);
	printf("; the dearest of the ten takes %.2f of the cheapest\n", most / least);
}

/* Of all that was measured the greatest: rows of goals.txt. */
static int
write_rows(const char *path, const struct tick_cost *most)
{
	static const char *const names[] = {"64 wafers: part of one core", "64 wafers: worst tick",
					    "64 wafers: allocations in the loop"};
	const double figures[] = {most->sum_ms / TICKS, most->worst_ms, (double)most->allocations};
	static const double targets[] = {30.0, 50.0, 0.0};
	static const char *const units[] = {"%", "ms", ""};
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return -errno;
	for (int i = 0; i < 3; i++)
		(void)fprintf(
			f,
			"%s{\"goal\": \"%s\", \"unit\": \"%s\", \"target\": %g, \"gate\": %g, "
			"\"at_most\": true, \"worst\": %.4f, \"median\": null, \"of\": "
			"\"make bench-core\", \"wafers\": %d, \"excess_k\": null, "
			"\"verdict\": \"%s\"}",
			i == 0 ? "[" : ",\n ", names[i], units[i], targets[i], targets[i],
			figures[i], SYSTEMS, figures[i] <= targets[i] ? "ok" : "red");
	(void)fputs("]\n", f);
	return fclose(f) == 0 ? 0 : -errno;
}

static int
measure(const char *controller, const char *mode, bool free_shares, struct tick_cost *most)
{
	static const struct world_options options;
	static struct tick_cost cost;
	struct errtext err = {""};
	struct world *w = NULL;
	struct scenario *sc = load(mode, free_shares, controller);
	int rc = sc != NULL ? world_open(&w, sc, &options, &err) : -EINVAL;

	if (rc == 0) {
		run(w, &cost);
		report(controller, free_shares ? "sync with free shares" : mode, &cost);
		most->sum_ms = fmax(most->sum_ms, cost.sum_ms);
		most->worst_ms = fmax(most->worst_ms, cost.worst_ms);
		most->allocations += cost.allocations;
	} else {
		fprintf(stderr, "%s, %s: %s\n", controller, mode, err.text);
	}
	world_close(w);
	scenario_free(sc);
	return rc;
}

int
main(int argc, char **argv)
{
	static const char *const product[] = {"spi", "mpc"};
	static const char *const modes[] = {"sync", "ind"};
	static struct tick_cost most;
	int rc = 0;

	for (int k = 0; k < 2; k++)
		for (int m = 0; m < 2 && controller_by_name(product[k]) >= 0; m++)
			rc |= measure(product[k], modes[m], false, &most);
	if (controller_by_name("mpc") >= 0)
		rc |= measure("mpc", "sync", true, &most);
	if (argc > 1 && rc == 0)
		rc = write_rows(argv[1], &most);
	return rc == 0 ? 0 : 1;
}
