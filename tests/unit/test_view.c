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
a_system_with_fans_says_so(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_SYSTEM};
	(void)state;
	fixture_open(&m, 4);
	m.facility[ROLE_FACILITY_SUPPLY] = (struct sample){0};
	m.facility[ROLE_AIR_SUPPLY] = fixture_sample(21.5);
	m.systems[0].facility = FACILITY_AIR;
	m.systems[0].one[ROLE_HX_FACILITY_FLOW] = (struct sample){0};
	m.systems[0].one[ROLE_HX_AIR_FLOW] = fixture_sample(3.76);
	model_summarise(&m);
	golden("system-air-80x24", &m, &ui, 80, 24);
	golden("system-air-40x12", &m, &ui, 40, 12);
	model_fini(&m);
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

/* Two jobs: one on all systems, which cs02 holds up; one beside it on half of two wafers. */
static void
put_job(struct model_system *s, uint32_t slot, double number, double mode, double rate, double wait)
{
	s->slot_id[slot] = fixture_sample(number);
	s->slot_mode[slot] = fixture_sample(mode);
	s->slot_rate_frac[slot] = fixture_sample(rate);
	s->slot_tokens_per_s[slot] = fixture_sample(1500 * rate);
	s->slot_wait_frac[slot] = fixture_sample(wait);
	s->slot_cost[slot] = fixture_sample(1500 * (1 - rate));
}

static void
what_runs_and_where(void **state)
{
	static struct job_config jobs[2] = {{.name = "llm-70b", .tenant = "north"},
					    {.name = "evaluation", .tenant = ""}};
	struct model m;
	struct ui ui = {.screen = SCREEN_JOBS};
	(void)state;
	fixture_open(&m, 4);
	fixture_plant.jobs = jobs;
	fixture_plant.n_jobs = 2;
	for (uint32_t k = 0; k < 4; k++) {
		struct model_system *s = &m.systems[k];
		put_job(s, 0, 1, JOB_MODE_SYNC, k == 2 ? 0.8 : 1, k == 2 ? 0 : 0.2);
		if (k < 2)
			put_job(s, 1, 2, JOB_MODE_IND, 1, 0);
		for (uint32_t i = 0; i < RETICLES; i++)
			s->job_of[i] = fixture_sample(i % ZONES < 6 ? 1 : k < 2 ? 2 : 0);
		s->one[ROLE_JOB_PHASE] = fixture_sample(1);
		s->one[ROLE_MEM_USED] = fixture_sample(31000);
	}
	m.systems[2].one[ROLE_CTL_STRAGGLER] = fixture_sample(1);
	m.systems[2].one[ROLE_CTL_STRAGGLER_COST] = fixture_sample(900);
	model_summarise(&m);
	golden("jobs-80x24", &m, &ui, 80, 24);
	golden("jobs-40x12", &m, &ui, 40, 12);
	ui.job = 1;
	golden("jobs-160x48", &m, &ui, 160, 48);
	ui = (struct ui){.screen = SCREEN_SYSTEM, .pinned = true, .selected = 1, .map = MAP_JOB};
	golden("system-jobs-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

static void
no_job_is_said_so(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_JOBS};
	(void)state;
	fixture_open(&m, 4);
	golden("jobs-none-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

static void
jobs_that_are_not_known_are_not_none(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_JOBS};
	(void)state;
	fixture_open(&m, 4);
	for (uint32_t s = 0; s < 4; s++) {
		m.systems[s].n_slots = JOBS_MAX;
		for (uint32_t k = 0; k < JOBS_MAX; k++) {
			m.systems[s].slot_id[k] = fixture_sample(0);
			m.systems[s].slot_id[k].quality = QUALITY_STALE;
		}
	}
	model_summarise(&m);
	golden("jobs-unknown-80x24", &m, &ui, 80, 24);
	for (uint32_t k = 0; k < JOBS_MAX; k++)
		m.systems[1].slot_id[k].quality = QUALITY_GOOD;
	model_summarise(&m);
	assert_int_equal(m.jobs.n_named, 4);
	assert_int_equal(m.jobs.n_unknown, 3);
	assert_false(model_jobs_unknown(&m.systems[1]));
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
	for (int x = 0; x < ZONES; x++)
		m.systems[3].zone_flow_frac[x] =
			(struct sample){.value = x == 5 ? 0.42 : 1.05,
					.quality = QUALITY_GOOD,
					.time_ns = m.systems[3].temp_c[0].time_ns};
	m.systems[3].one[ROLE_CTL_CLOGGED] = m.systems[3].zone_flow_frac[0];
	m.systems[3].one[ROLE_CTL_CLOGGED].value = 6;
	golden("system-held-80x24", &m, &ui, 80, 24);
	golden("system-held-160x48", &m, &ui, 160, 48);
	ui.map = MAP_DEVIATION;
	golden("system-held-deviation-80x24", &m, &ui, 80, 24);
	ui.map = MAP_DUTY;
	golden("system-held-duty-80x24", &m, &ui, 80, 24);
	golden("system-held-40x12", &m, &ui, 40, 12);
	golden("system-held-60x10", &m, &ui, 60, 10);
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

/* One of each state, and what the alarms' room said about the first. */
static void
alarming_cluster(struct model *m)
{
	busy_cluster(m, 16);
	fixture_watch(m);
	uint32_t tmax = fixture_raise(m, 3, FIXTURE_TMAX, ALARM_UNACKED, 56.25, 42);
	m->alarms.all[tmax].input.value = 57.5;
	fixture_raise(m, 5, FIXTURE_PUMP2, ALARM_ACKED, 2, 895);
	fixture_raise(m, 2, FIXTURE_FLOW, ALARM_UNACKED, 31.5, 8000);
	m->alarms.all[2 * FIXTURE_ALARMS + FIXTURE_FLOW].input.quality = QUALITY_COMM;
	fixture_raise(m, 9, FIXTURE_FLOW, ALARM_RETURNED, 38, 130);
	fixture_raise(m, 7, FIXTURE_LEVEL, ALARM_ACKED, 38, 260000);
	fixture_raise(m, 8, FIXTURE_LEVEL, ALARM_SHELVED, 39, 7200);
	fixture_raise(m, 11, FIXTURE_PUMP1, ALARM_OUT_OF_SERVICE, 0, 0);
	model_summarise(m);
}

static void
tell(struct model *m, uint32_t alarm)
{
	struct model_story *s = &m->alarms.story;
	*s = (struct model_story){.there = true,
				  .alarm = alarm,
				  .episode = m->alarms.all[alarm].episode,
				  .state = m->alarms.all[alarm].state,
				  .since_wall_ns = FIXTURE_WALL_NS - 600000000000,
				  .user = "kim",
				  .page = "delivered",
				  .n_comments = 2};
	s->comments[0].wall_ns = FIXTURE_WALL_NS - 60000000000;
	snprintf(s->comments[0].user, sizeof(s->comments[0].user), "kim");
	snprintf(s->comments[0].text, sizeof(s->comments[0].text), "spare pump is on its way");
	s->comments[1] = s->comments[0];
	snprintf(s->comments[1].text, sizeof(s->comments[1].text), "called facilities");
}

static void
an_alarm_takes_the_banner_of_every_screen(void **state)
{
	struct model m;
	struct ui ui = {0};
	(void)state;
	alarming_cluster(&m);
	golden("overview-alarm-80x24", &m, &ui, 80, 24);
	golden("overview-alarm-160x48", &m, &ui, 160, 48);
	golden("overview-alarm-40x12", &m, &ui, 40, 12);
	golden("overview-alarm-20x1", &m, &ui, 20, 1);
	model_fini(&m);
}

static void
alarms_by_priority_with_the_first_in_detail(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_ALARMS};
	(void)state;
	alarming_cluster(&m);
	golden("alarms-80x24", &m, &ui, 80, 24);
	golden("alarms-160x48", &m, &ui, 160, 48);
	golden("alarms-40x12", &m, &ui, 40, 12);
	ui.aside = true;
	golden("alarms-aside-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

static void
one_alarm_with_the_whole_of_its_texts(void **state)
{
	struct model m;
	uint32_t alarm = 5 * FIXTURE_ALARMS + FIXTURE_PUMP2;
	struct ui ui = {.screen = SCREEN_ALARM, .alarm_pinned = true, .alarm = alarm};
	(void)state;
	alarming_cluster(&m);
	tell(&m, alarm);
	golden("alarm-80x24", &m, &ui, 80, 24);
	golden("alarm-40x12", &m, &ui, 40, 12);
	/* what was told about an alarm is not shown as if it were about another state of it */
	m.alarms.all[alarm].state = ALARM_UNACKED;
	model_summarise(&m);
	struct cell_grid g = {0};
	assert_int_equal(grid_resize(&g, 80, 24), 0);
	view_draw(&g, &m, &ui);
	char *text = grid_text(&g);
	assert_null(strstr(text, "kim"));
	free(text);
	grid_free(&g);
	model_fini(&m);
}

static void
a_flood_is_said_and_shows_the_first_out_on_top(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_ALARMS};
	(void)state;
	alarming_cluster(&m);
	for (uint32_t k = 0; k < 12; k++)
		fixture_raise(&m, k, FIXTURE_TMAX, ALARM_UNACKED, 55.5, 100 - (int)k);
	fixture_raise(&m, 6, FIXTURE_PUMP1, ALARM_UNACKED, 2, 102);
	model_summarise(&m);
	golden("alarms-flood-80x24", &m, &ui, 80, 24);
	model_fini(&m);
}

static void
no_alarm_and_nobody_who_looks_for_them_are_told_apart(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_ALARMS};
	struct cell_grid g = {0};
	char *text;
	(void)state;
	fixture_open(&m, 4);
	assert_int_equal(grid_resize(&g, 80, 24), 0);
	view_draw(&g, &m, &ui);
	text = grid_text(&g);
	assert_non_null(strstr(text, "nothing looks for alarms in this run"));
	free(text);
	fixture_watch(&m);
	model_summarise(&m);
	view_draw(&g, &m, &ui);
	text = grid_text(&g);
	assert_non_null(strstr(text, "no alarm stands"));
	assert_non_null(strstr(text, "P1:0 P2:0 P3:0 P4:0"));
	free(text);
	m.writer[REGION_ALM].status.alive = false;
	model_summarise(&m);
	view_draw(&g, &m, &ui);
	text = grid_text(&g);
	assert_non_null(strstr(text, "ALARMS NOT WATCHED"));
	free(text);
	grid_free(&g);
	model_fini(&m);
}

/* Between the lit and the dark half of the second, only cells of marks differ, and only in look. */
static void
only_the_mark_of_an_unacknowledged_alarm_flashes(void **state)
{
	struct model m;
	struct ui ui = {.screen = SCREEN_ALARMS};
	struct cell_grid lit = {0}, dark = {0};
	uint32_t differ = 0;
	(void)state;
	alarming_cluster(&m);
	assert_int_equal(grid_resize(&lit, 80, 24), 0);
	assert_int_equal(grid_resize(&dark, 80, 24), 0);
	view_draw(&lit, &m, &ui);
	ui.dark = true;
	view_draw(&dark, &m, &ui);
	for (int y = 0; y < 24; y++)
		for (int x = 0; x < 80; x++) {
			const struct cell *a = grid_at(&lit, x, y), *b = grid_at(&dark, x, y);
			assert_int_equal(a->code, b->code);
			differ += a->look != b->look;
		}
	/* the banner, two unacknowledged and one returned in the list, the first in detail */
	assert_int_equal(differ, 5);
	grid_free(&lit);
	grid_free(&dark);
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
	fixture_watch(&m);
	for (uint32_t i = 0; i < m.alarms.n; i++)
		fixture_raise(&m, i / FIXTURE_ALARMS, (enum fixture_alarm)(i % FIXTURE_ALARMS),
			      (enum alarm_state)(i % ALARM_STATES), odd[i % 6], (int)i * 1000);
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
		cmocka_unit_test(a_system_with_fans_says_so),
		cmocka_unit_test(overview_of_sixteen_with_one_held_back_and_one_lost),
		cmocka_unit_test(overview_of_sixty_four),
		cmocka_unit_test(what_runs_and_where),
		cmocka_unit_test(no_job_is_said_so),
		cmocka_unit_test(jobs_that_are_not_known_are_not_none),
		cmocka_unit_test(overview_when_all_is_well),
		cmocka_unit_test(system_held_back),
		cmocka_unit_test(system_whose_engine_does_not_answer),
		cmocka_unit_test(an_alarm_takes_the_banner_of_every_screen),
		cmocka_unit_test(alarms_by_priority_with_the_first_in_detail),
		cmocka_unit_test(one_alarm_with_the_whole_of_its_texts),
		cmocka_unit_test(a_flood_is_said_and_shows_the_first_out_on_top),
		cmocka_unit_test(no_alarm_and_nobody_who_looks_for_them_are_told_apart),
		cmocka_unit_test(only_the_mark_of_an_unacknowledged_alarm_flashes),
		cmocka_unit_test(help_screen),
		cmocka_unit_test(an_old_value_is_never_drawn_as_live),
		cmocka_unit_test(marks_tell_where_a_value_comes_from),
		cmocka_unit_test(every_size_and_every_odd_value_can_be_drawn),
		cmocka_unit_test(names_cannot_steer_the_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
