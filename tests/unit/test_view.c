/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screens as grids, from snapshots made by hand: against the files in tests/golden (text in ASCII, then
 * the look of each cell as a letter of tui/looks.def). ISOTHERM_GOLDEN=write writes them anew.
 */
#include "tests/unit/support.h"

#include <math.h>

#include "tests/unit/tui_fixture.h"
#include "tui/term.h"
#include "tui/view.h"

static const char look_letters[LOOKS] = {
#define LOOK(id, letter, fg256, bg256, fg8, bg8, colour, mono) letter,
#include "tui/looks.def"
#undef LOOK
};

static void
write_looks(const struct cell_grid *g, FILE *to)
{
	fputs("--- looks\n", to);
	for (int y = 0; y < g->h; y++) {
		int last = g->w - 1;
		while (last >= 0 && grid_at(g, last, y)->look == LOOK_TEXT)
			last--;
		for (int x = 0; x <= last; x++)
			fputc(look_letters[grid_at(g, x, y)->look], to);
		fputc('\n', to);
	}
}

static char *
grid_text(const struct cell_grid *g)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	assert_non_null(f);
	plain_print(g, false, f);
	write_looks(g, f);
	fclose(f);
	return text;
}

static char *
file_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 100000);
	if (f && text) {
		size_t n = fread(text, 1, 99999, f);
		text[n] = '\0';
		fclose(f);
	}
	return text;
}

static void
compare(const char *name, const struct cell_grid *g)
{
	char path[128];
	const char *how = getenv("ISOTHERM_GOLDEN");
	char *is = grid_text(g);
	snprintf(path, sizeof(path), "tests/golden/%s.txt", name);
	if (how && strcmp(how, "write") == 0) {
		FILE *f = fopen(path, "we");
		assert_non_null(f);
		fputs(is, f);
		fclose(f);
	}
	char *golden = file_text(path);
	if (strcmp(is, golden) != 0) {
		print_error("--- %s is\n%s", path, is);
		fail_msg("%s differs (ISOTHERM_GOLDEN=write if that is meant)", path);
	}
	free(golden);
	free(is);
}

static void
golden(const char *name, const struct model *m, const struct ui *ui, int w, int h)
{
	struct cell_grid g = {0};
	setenv("TZ", "UTC", 1);
	assert_int_equal(grid_resize(&g, w, h), 0);
	view_draw(&g, m, ui);
	compare(name, &g);
	grid_free(&g);
}

static void
busy_cluster(struct model *m, uint32_t n)
{
	struct image_event e = {.text = "cs03 held back by spread: G6 7.6 K above A1 (limit 8.0), "
					"duty 0.93, costs 140 tokens/s"};
	fixture_open(m, n);
	fixture_hold(m, 3);
	fixture_lose(m, 2, 0);
	model_event(m, &e, FIXTURE_WALL_NS);
	model_summarise(m);
}

static void
overview_of_sixteen_with_one_held_back_and_one_lost(void **state)
{
	struct model m;
	struct ui ui = {0};
	(void)state;
	busy_cluster(&m, 16);
	golden("overview-16-80x24", &m, &ui, 80, 24);
	golden("overview-16-160x48", &m, &ui, 160, 48);
	golden("overview-16-40x12", &m, &ui, 40, 12);
	golden("overview-16-20x1", &m, &ui, 20, 1);
	model_fini(&m);
}

static void
overview_of_sixty_four(void **state)
{
	struct model m;
	struct ui ui = {.metric = METRIC_TMAX, .pinned = true, .selected = 63};
	(void)state;
	busy_cluster(&m, 64);
	golden("overview-64-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

static void
overview_when_all_is_well(void **state)
{
	struct model m;
	struct ui ui = {0};
	(void)state;
	fixture_open(&m, 4);
	golden("overview-4-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

static void
system_held_back(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_SYSTEM, .pinned = true, .selected = 3, .reticle = 29};
	(void)state;
	busy_cluster(&m, 16);
	golden("system-held-80x24", &m, &ui, 80, 24);
	golden("system-held-160x48", &m, &ui, 160, 48);
	ui.map = MAP_DEVIATION;
	golden("system-held-deviation-80x24", &m, &ui, 80, 24);
	ui.map = MAP_DUTY;
	golden("system-held-duty-80x24", &m, &ui, 80, 24);
	golden("system-held-40x12", &m, &ui, 40, 12);
	model_fini(&m);
}

static void
system_whose_engine_does_not_answer(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_SYSTEM, .pinned = true, .selected = 2};
	(void)state;
	busy_cluster(&m, 16);
	golden("system-lost-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

static void
help_screen(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_HELP};
	(void)state;
	fixture_open(&m, 4);
	golden("help-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

/* Whatever the size, no old value without its mark: the digits of a COMM reticle are never plain. */
static void
an_old_value_is_never_drawn_as_live(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_SYSTEM, .pinned = true, .selected = 2, .reticle = 83};
	struct cell_grid g = {0};
	(void)state;
	busy_cluster(&m, 4);
	for (int map = 0; map < MAP_MODES; map++) {
		struct layout l;
		ui.map = (enum map_mode)map;
		assert_int_equal(grid_resize(&g, 80, 24), 0);
		view_draw(&g, &m, &ui);
		layout_make(&l, SCREEN_SYSTEM, 80, 24, 4);
		for (int i = 0; i < RETICLES - 1; i++) {
			int x = l.at[AREA_MAP].x + MAP_LABEL_W + i % ZONES * l.cell_w;
			int y = l.at[AREA_MAP].y + 2 + i / ZONES;
			assert_int_equal(grid_at(&g, x + 4, y)->code, '?');
			for (int k = 0; k < 5; k++)
				assert_int_equal(grid_at(&g, x + k, y)->look, LOOK_STALE);
		}
	}
	grid_free(&g);
	model_fini(&m);
}

static void
marks_tell_where_a_value_comes_from(void **state)
{
	struct model m;
	struct sample s = fixture_sample(1);
	(void)state;
	fixture_open(&m, 1);
	assert_int_equal(view_mark(&m, &s), ' '); /* all is simulated: the header says so */
	m.points++;
	assert_int_equal(view_mark(&m, &s), 'S');
	s.flags = SAMPLE_MANUAL;
	assert_int_equal(view_mark(&m, &s), 'M');
	s.flags = SAMPLE_SUBSTITUTED;
	assert_int_equal(view_mark(&m, &s), 'e');
	s.quality = QUALITY_UNCERTAIN;
	assert_int_equal(view_mark(&m, &s), 'e');
	s.quality = QUALITY_STALE;
	assert_int_equal(view_mark(&m, &s), '?');
	s.quality = QUALITY_COMM;
	assert_int_equal(view_mark(&m, &s), '?');
	s.quality = QUALITY_RANGE;
	assert_int_equal(view_mark(&m, &s), 'x');
	s.quality = QUALITY_BAD;
	assert_int_equal(view_mark(&m, &s), 'x');
	s = fixture_sample((double)NAN);
	assert_int_equal(view_mark(&m, &s), 'x');
	model_fini(&m);
}

static void
every_size_and_every_odd_value_can_be_drawn(void **state)
{
	struct model m;
	struct cell_grid g = {0};
	const double odd[] = {(double)NAN, (double)INFINITY, -(double)INFINITY,
			      1e300,       -1e300,           -0.04};
	(void)state;
	busy_cluster(&m, 5);
	for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++) {
		for (int r = 0; r < ROLES; r++)
			m.systems[k % 5].one[r].value = odd[k];
		for (int i = 0; i < RETICLES; i++)
			m.systems[k % 5].temp_c[i].value = odd[(size_t)i % 6];
		model_summarise(&m);
		for (int w = 1; w < 200; w += 19)
			for (int h = 1; h < 60; h += 11)
				for (int screen = 0; screen < SCREENS; screen++)
					for (int map = 0; map < MAP_MODES; map++) {
						struct ui ui = {.screen = (enum screen)screen,
								.map = (enum map_mode)map,
								.pinned = true,
								.selected = (uint32_t)(k % 5)};
						assert_int_equal(grid_resize(&g, w, h), 0);
						view_draw(&g, &m, &ui);
					}
	}
	grid_free(&g);
	model_fini(&m);
}

static void
names_cannot_steer_the_terminal(void **state)
{
	struct model m;
	struct ui ui = {0};
	struct cell_grid g = {0};
	(void)state;
	fixture_open(&m, 1);
	snprintf(m.site, sizeof(m.site), "\x1b[2J\xc3\xa9\n");
	assert_int_equal(grid_resize(&g, 80, 24), 0);
	view_draw(&g, &m, &ui);
	for (int y = 0; y < 24; y++)
		for (int x = 0; x < 80; x++)
			assert_true(grid_ascii(grid_at(&g, x, y)->code) >= 0x20);
	assert_int_equal(grid_at(&g, 9, 0)->code, '?');
	grid_free(&g);
	model_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overview_of_sixteen_with_one_held_back_and_one_lost),
		cmocka_unit_test(overview_of_sixty_four),
		cmocka_unit_test(overview_when_all_is_well),
		cmocka_unit_test(system_held_back),
		cmocka_unit_test(system_whose_engine_does_not_answer),
		cmocka_unit_test(help_screen),
		cmocka_unit_test(an_old_value_is_never_drawn_as_live),
		cmocka_unit_test(marks_tell_where_a_value_comes_from),
		cmocka_unit_test(every_size_and_every_odd_value_can_be_drawn),
		cmocka_unit_test(names_cannot_steer_the_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
