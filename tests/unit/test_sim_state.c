/* SPDX-License-Identifier: Apache-2.0 */
/* A plant that is given a saved state goes on bit by bit like the one it was taken from. */
#include "tests/unit/sim_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/keyed.h"
#include "engine_sim/registers.h"
#include "engine_sim/state_file.h"

#define SEED 20260611

static const char grid48[] = PLANT_TWO "# grid";

static struct plant *
plant_on(const char *grid)
{
	char yaml[sizeof(PLANT_TWO) + 32];
	const char *at = strstr(grid48, "grid: reference");

	snprintf(yaml, sizeof(yaml), "%.*sgrid: %s%s", (int)(at - grid48), grid48, grid,
		 at + strlen("grid: reference"));
	return plant_of(yaml);
}

static uint64_t
draw(uint64_t signal, uint64_t n)
{
	return keyed_u64(SEED, signal, n);
}

/* --- every register of every device, and the truth, in bytes --- */

struct trace {
	size_t n, room;
	uint8_t *bytes;
};

static void
note(struct trace *t, const void *bytes, size_t n)
{
	if (t->n + n > t->room) {
		t->room = 2 * (t->n + n);
		t->bytes = realloc(t->bytes, t->room);
		assert_non_null(t->bytes);
	}
	memcpy(t->bytes + t->n, bytes, n);
	t->n += n;
}

static void
note_registers(struct trace *t, struct sim *sim, const struct plant *p)
{
	for (uint32_t d = 0; d < p->n_devices; d++)
		for (uint32_t k = 0; k < p->devices[d].n_points; k++) {
			const struct point *pt = &p->points[p->devices[d].first_point + k];
			const uint8_t pdu[5] = {pt->fc, (uint8_t)(pt->reg >> 8), (uint8_t)pt->reg,
						0, (uint8_t)pt->count};
			uint8_t request[260], answer[260];
			size_t len = frame(request, p->devices[d].unit, pdu, sizeof(pdu));
			int n = sim_answer(sim, d, request, len, answer);

			note(t, &n, sizeof(n));
			note(t, answer, n > 0 ? (size_t)n : 0);
		}
}

static void
note_truth(struct trace *t, const struct sim *sim, const struct plant *p)
{
	for (uint32_t k = 0; k < p->n_systems; k++) {
		struct sim_truth truth = truth_of(sim, k);

		note(t, truth.temp_c, sizeof(truth.temp_c));
		note(t, truth.duty, sizeof(truth.duty));
		note(t, &truth.tokens_per_s, sizeof(double));
		note(t, &truth.wafer_w, sizeof(double));
		note(t, &truth.input_w, sizeof(double));
		note(t, &truth.flow_kg_s, sizeof(double));
		note(t, &truth.supply_c, sizeof(double));
		note(t, &truth.return_c, sizeof(double));
		note(t, truth.pump_speed, sizeof(truth.pump_speed));
		note(t, &truth.valve, sizeof(double));
		note(t, &truth.trip, sizeof(truth.trip));
		note(t, &truth.authority, sizeof(truth.authority));
		note(t, &truth.energy_error_rel, sizeof(double));
	}
}

/* What a run is disturbed by from step to step: the same for the same step. Every path of the
 * table is used sooner or later, ramps too, and registers are written. */
static char paths[400][128];
static size_t n_paths;

static void
take_path(void *arg, const char *text)
{
	(void)arg;
	assert_true(n_paths < sizeof(paths) / sizeof(paths[0]));
	snprintf(paths[n_paths++], sizeof(paths[0]), "%s", text);
}

static const char *const readings[8] = {"cs00.loop.flow_lpm",     "cs00.loop.supply_temp_c",
					"cs01.wafer.C6.temp_c",   "cs00.job.tokens_per_s",
					"cs01.pump[1].speed_pct", "cs00.wafer.cores_active",
					"cs01.hx.valve_pct",      "cs00.plate.inlet_temp_c"};
static const char *const commands[4] = {"cs00.pump[1].speed_cmd_pct", "cs00.hx.valve_cmd_pct",
					"cs01.wafer.A1.duty_cmd_frac", "cs01.engine.seq_cmd"};

static void
concrete(const char *row, uint64_t r, char *out, size_t size, double *lo, double *hi)
{
	char name[64], *gap;
	unsigned last = 0;

	assert_int_equal(sscanf(row, "%63s %lf .. %lf", name, lo, hi), 3);
	gap = strstr(name, "[0..");
	if (gap)
		last = (unsigned)strtoul(gap + 4, NULL, 10);
	if (gap)
		snprintf(gap, sizeof(name) - (size_t)(gap - name), "[%u]%s",
			 (unsigned)(r % (last + 1)), strchr(row, ']') + 1);
	if (gap)
		*(strchr(name, ' ') ? strchr(name, ' ') : name + strlen(name)) = '\0';
	if (strncmp(name, "SYSTEM.", 7) == 0)
		snprintf(out, size, "cs%02u.%s", (unsigned)(r / 97 % 2), name + 7);
	else if (strncmp(name, "POINT.", 6) == 0)
		snprintf(out, size, "%s.%s",
			 strcmp(name, "POINT.master") == 0 ? commands[r % 4] : readings[r % 8],
			 name + 6);
	else if (strncmp(name, "DEVICE.", 7) == 0)
		snprintf(out, size, "cs%02u.%s.%s", (unsigned)(r / 97 % 2),
			 r & 1 ? "engine" : "cooling", name + 7);
	else
		snprintf(out, size, "%s", name);
}

/* Whether the device answers or not. */
static void
write_any(struct sim *sim, const struct plant *p, const char *name, uint16_t w)
{
	const struct point *pt = point_named(p, name);
	const uint8_t pdu[5] = {6, (uint8_t)(pt->reg >> 8), (uint8_t)pt->reg, (uint8_t)(w >> 8),
				(uint8_t)w};
	uint8_t request[260], answer[260];
	size_t len = frame(request, 1, pdu, sizeof(pdu));

	(void)sim_answer(sim, (uint32_t)pt->device, request, len, answer);
}

static void
disturb(struct sim *sim, const struct plant *p, int64_t step)
{
	uint64_t r = draw(1, (uint64_t)step);
	char path[128], why[1024];
	struct change c = {.over_s = r % 3 == 0 ? (double)(r % 700) / 100.0 : 0.0};
	double lo, hi, part = (double)(r >> 20 & 0xffff) / 65535.0;

	if (r % 40 == 0) { /* a seq now and then, so that the demands count */
		write_any(sim, p, "cs00.engine.seq_cmd", (uint16_t)(step / 40 + 1));
		write_any(sim, p, "cs00.cooling.seq_cmd", (uint16_t)(step / 40 + 1));
		write_any(sim, p, "cs00.pump[1].speed_cmd_pct", (uint16_t)(r >> 8 & 0x1fff));
	}
	if (r % 25 != 1)
		return;
	concrete(paths[r / 25 % n_paths], draw(2, (uint64_t)step), path, sizeof(path), &lo, &hi);
	snprintf(c.path, sizeof(c.path), "%.90s", path);
	c.value = lo + part * (hi - lo);
	if (strstr(c.path, ".model.")) { /* a fine wafer is fitted anew at each step of a ramp */
		c.over_s = 0.0;
		c.value = draw(8, (uint64_t)step) % 8 ? lo - 1.0 : c.value;
	}
	if (strstr(path, ".garbage") || strstr(path, ".swapped") || strstr(path, ".off"))
		c.over_s = 0.0;
	if (hi > 1e5) /* of the order of a reading */
		c.value = 40.0 * part;
	if (strstr(c.path, "offline") && draw(3, (uint64_t)step) % 4)
		c.value = 0.0;
	(void)sim_set(sim, &c, why, sizeof(why)); /* some are refused: the same in every run */
}

static void
play(struct sim *sim, const struct plant *p, long steps, struct trace *t)
{
	for (long k = 0; k < steps; k++) {
		int64_t step = sim_now_ns(sim) / SIM_STEP_NS;

		disturb(sim, p, step);
		sim_step(sim);
		if (step % 100 == 0)
			note_registers(t, sim, p);
		if (step % 10 == 0)
			note_truth(t, sim, p);
	}
}

static void
same(const struct trace *a, const struct trace *b, const char *what)
{
	assert_int_equal(a->n, b->n);
	for (size_t k = 0; k < a->n; k++)
		if (a->bytes[k] != b->bytes[k])
			fail_msg("%s: byte %zu of %zu differs", what, k, a->n);
}

/* Saved after `before` steps of a disturbed run, restored into a plant that has done something else
 * meanwhile, both go on for `after`. */
static void
goes_on_alike(const char *grid, long before, long after)
{
	struct plant *p = plant_on(grid), *q = plant_on(grid);
	struct sim *a = sim_of(p, NULL), *b = sim_of(q, NULL);
	struct trace whole = {0}, rest = {0}, other = {0};
	size_t n = sim_state_size(a);
	uint8_t *state = malloc(n);
	char why[256] = "";

	assert_non_null(state);
	play(a, p, before, &whole);
	sim_state_get(a, state);
	whole.n = 0;
	play(a, p, after, &whole);
	assert_int_equal(change(b, "cs01.pump[0].failed=1"), 0);
	play(b, q, 130, &other);
	if (sim_state_set(b, state, n, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_true(sim_now_ns(b) == before * SIM_STEP_NS);
	play(b, q, after, &rest);
	same(&whole, &rest, grid);
	/* and the states at the end are the same, byte for byte */
	uint8_t *end = malloc(2 * n);

	assert_non_null(end);
	sim_state_get(a, end);
	sim_state_get(b, end + n);
	for (size_t k = 0; k < n; k++)
		if (end[k] != end[n + k])
			fail_msg("%s: byte %zu of the state differs at the end", grid, k);
	free(end);
	free(state);
	free(whole.bytes);
	free(rest.bytes);
	free(other.bytes);
	sim_close(a);
	sim_close(b);
	plant_free(p);
	plant_free(q);
}

static void
a_restored_plant_goes_on_bit_by_bit_at_random_instants_under_random_faults(void **state)
{
	(void)state;
	for (uint64_t k = 0; k < 4; k++)
		goes_on_alike("reference", 200 + (long)(draw(9, k) % 4000), 2000);
	goes_on_alike("reference", 7331, 18000);
}

static void
so_does_one_of_fine_wafers(void **state)
{
	(void)state;
	goes_on_alike("48x28", 333, 1500);
	goes_on_alike("48x28", 1502, 3000);
}

static void
a_state_holds_no_pointer(void **state)
{
	static const char *const grids[] = {"reference", "48x28"};

	(void)state;
	for (int g = 0; g < 2; g++) {
		struct plant *p = plant_on(grids[g]);
		struct sim *sim = sim_of(p, NULL);
		size_t n = sim_state_size(sim);
		uint64_t *words = malloc(n + 8);
		struct trace t = {0};
		uintptr_t heap = (uintptr_t)words, stack = (uintptr_t)&p;

		assert_non_null(words);
		play(sim, p, 500, &t);
		sim_state_get(sim, (uint8_t *)words);
		/* addresses of this process: a number of the plant is nowhere near */
		for (size_t k = 21; k < n / 8 - 4; k++)
			if (words[k] >> 32 &&
			    (words[k] >> 32 == heap >> 32 || words[k] >> 32 == stack >> 32))
				fail_msg("%s: an address at byte %zu", grids[g], 8 * k);
		free(words);
		free(t.bytes);
		sim_close(sim);
		plant_free(p);
	}
}

/* --- what is refused --- */

static struct plant *plant;
static struct sim *sim;
static uint8_t *saved;
static size_t saved_n;
static char folder[] = "/tmp/isotherm-state-XXXXXX";

static int
setup(void **state)
{
	(void)state;
	plant = plant_of(PLANT_TWO);
	sim = sim_of(plant, NULL);
	run_s(sim, 1.0);
	saved_n = sim_state_size(sim);
	saved = malloc(saved_n);
	sim_state_get(sim, saved);
	return saved ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	free(saved);
	sim_close(sim);
	plant_free(plant);
	return 0;
}

static void
refused(const uint8_t *bytes, size_t n, const char *part)
{
	struct sim_truth was = truth_of(sim, 0);
	char why[256] = "";

	assert_int_equal(sim_state_set(sim, bytes, n, why, sizeof(why)), -EINVAL);
	if (!strstr(why, part))
		fail_msg("\"%s\" does not say \"%s\"", why, part);
	assert_memory_equal(was.temp_c, truth_of(sim, 0).temp_c, sizeof(was.temp_c));
}

static void
every_flipped_bit_and_every_cut_is_found(void **state)
{
	(void)state;
	run_s(sim, 1.0);
	for (uint64_t k = 0; k < 300; k++) {
		size_t at = 16 + draw(4, k) % (saved_n - 16);
		char why[256];

		saved[at] ^= (uint8_t)(1u << (draw(5, k) & 7));
		assert_int_equal(sim_state_set(sim, saved, saved_n, why, sizeof(why)), -EINVAL);
		saved[at] ^= (uint8_t)(1u << (draw(5, k) & 7));
	}
	for (uint64_t k = 0; k < 100; k++)
		refused(saved, 16 + draw(6, k) % (saved_n - 16), saved_n ? "" : "damaged");
	refused(saved, saved_n - 1, "damaged");
	saved[saved_n / 2] ^= 1;
	refused(saved, saved_n, "damaged");
	saved[saved_n / 2] ^= 1;
	assert_int_equal(sim_state_set(sim, saved, saved_n, (char[8]){0}, 8), 0);
}

static void
what_is_not_ours_is_named(void **state)
{
	(void)state;
	refused((const uint8_t *)"GIF89a and so on, and on, and on, until it is long enough", 50,
		"no saved state");
	refused(saved, 3, "no saved state");
	saved[16] ^= 2;
	refused(saved, saved_n, "version 3 of the format");
	saved[16] ^= 2;
}

static void
a_state_of_another_plant_is_refused(void **state)
{
	static const char *const others[][2] = {{"seed: 7", "seed: 8"},
						{"count: 2", "count: 3"},
						{"cs%02d", "ab%02d"},
						{"site: test", "site: toast"},
						{"faults: allowed", "faults: refused"},
						{"grid: reference", "grid: 48x28"}};

	(void)state;
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
		char yaml[1024], why[256] = "";
		const char *at = strstr(PLANT_TWO, others[k][0]);
		struct plant *p;
		struct sim *s;

		snprintf(yaml, sizeof(yaml), "%.*s%s%s", (int)(at - PLANT_TWO), PLANT_TWO,
			 others[k][1], at + strlen(others[k][0]));
		p = plant_of(yaml);
		s = sim_of(p, NULL);
		assert_int_equal(sim_state_set(s, saved, saved_n, why, sizeof(why)), -EINVAL);
		if (!strstr(why, "another plant: test, 2 systems of 1x1"))
			fail_msg("%s: \"%s\"", others[k][1], why);
		sim_close(s);
		plant_free(p);
	}
}

static double
shown(const char *name)
{
	const struct point *pt = point_named(plant, name);
	uint16_t words[REGISTER_WORDS_MAX] = {0};

	assert_int_equal(read_words(sim, (uint32_t)pt->device, pt->fc, pt->reg, pt->count, words),
			 0);
	return registers_decode(pt, words);
}

/* Steps that came late are this program's, not the plant's. */
static void
late_steps_are_not_in_it(void **state)
{
	(void)state;
	sim_late(sim, 7);
	assert_int_equal(sim_state_set(sim, saved, saved_n, (char[8]){0}, 8), 0);
	assert_int_equal((int)shown("site.sim.late_ticks"), 7);
	run_s(sim, 200.0);
	assert_int_equal(sim_state_set(sim, saved, saved_n, (char[8]){0}, 8), 0);
	assert_int_equal((int)shown("site.sim.late_ticks"), 7);
	if (!(fabs(shown("site.sim.late_frac") - 7 / 20100.0) < 1e-6)) /* of all that it did */
		fail_msg("%g", shown("site.sim.late_frac"));
}

static void
a_file_is_replaced_as_a_whole(void **state)
{
	char path[64], fresh[80];
	struct errtext err = {""};
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state", folder);
	snprintf(fresh, sizeof(fresh), "%s.tmp", path);
	fd = open(fresh, O_WRONLY | O_CREAT, 0600); /* left by one that was killed */
	close(fd);
	assert_int_equal(state_file_save(sim, path, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true((size_t)st.st_size == saved_n);
	assert_int_equal(stat(fresh, &st), -1);
	run_s(sim, 1.0);
	assert_int_equal(state_file_save(sim, path, &err), 0);
	run_s(sim, 1.0);
	assert_int_equal(state_file_restore(sim, path, &err), 0);
	assert_true(sim_now_ns(sim) == 200 * SIM_STEP_NS);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(state_file_restore(sim, path, &err), -EINVAL);
	assert_non_null(strstr(err.text, path));
	unlink(path);
	assert_int_equal(state_file_restore(sim, path, &err), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(state_file_restore(sim, path, &err), -EINVAL);
	assert_int_equal(state_file_restore(sim, folder, &err), -EINVAL);
	unlink(path);
	assert_int_equal(state_file_save(sim, "/nowhere/at/all", &err), -ENOENT);
	assert_int_equal(rmdir(folder), 0);
}

static void
the_file_of_a_full_disk_is_not_left_half_written(void **state)
{
	struct errtext err = {""};

	(void)state;
	/* nothing can be made there, and /dev/full itself is not touched */
	assert_true(state_file_save(sim, "/dev/full/state", &err) < 0);
	assert_non_null(strstr(err.text, "not saved"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_restored_plant_goes_on_bit_by_bit_at_random_instants_under_random_faults),
		cmocka_unit_test(so_does_one_of_fine_wafers),
		cmocka_unit_test(a_state_holds_no_pointer),
		cmocka_unit_test_setup_teardown(every_flipped_bit_and_every_cut_is_found, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_not_ours_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_state_of_another_plant_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(late_steps_are_not_in_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_is_replaced_as_a_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(the_file_of_a_full_disk_is_not_left_half_written,
						setup, teardown),
	};

	sim_paths(take_path, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
