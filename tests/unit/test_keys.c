/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "tests/unit/tui_fixture.h"
#include "tui/keys.h"
#include "tui/view.h"

struct desk { /* a person before a screen */
	struct model m;
	struct ui ui;
	struct layout l;
	int w, h;
};

static void
desk_open(struct desk *d, uint32_t n, int w, int h)
{
	*d = (struct desk){.w = w, .h = h};
	fixture_open(&d->m, n);
}

static enum command
press(struct desk *d, int key)
{
	enum command c = key_command(key, d->ui.screen);
	layout_make(&d->l, d->ui.screen, d->w, d->h, d->m.n_systems);
	ui_do(&d->ui, c, &d->m, &d->l);
	return c;
}

static void
no_key_means_two_things(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMANDS - 1; i++)
		for (size_t j = 0; j < COMMANDS - 1; j++)
			for (int a = 0; a < 3; a++)
				for (int b = 0; b < 3; b++)
					if ((i != j || a != b) && key_table[i].press[a])
						assert_int_not_equal(key_table[i].press[a],
								     key_table[j].press[b]);
}

/* Every word on the bar names a key that does something on that screen; every row has its help. */
static void
the_bar_shows_only_keys_that_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMANDS - 1; i++) {
		const struct key_row *k = &key_table[i];
		assert_true(k->label[0] && k->what[0] && k->press[0] && k->screens);
		for (int s = 0; s < SCREENS; s++)
			if (k->screens & 1u << s)
				assert_int_equal(key_command(k->press[0], (enum screen)s),
						 k->command);
	}
}

/* Does the text stand somewhere in the grid, whole? */
static bool
stands(const struct cell_grid *g, const char *text)
{
	for (int y = 0; y < g->h; y++)
		for (int x = 0; x < g->w; x++) {
			int k = 0;
			while (text[k] && x + k < g->w &&
			       grid_at(g, x + k, y)->code == (uint32_t)text[k])
				k++;
			if (!text[k])
				return true;
		}
	return false;
}

static void
the_help_screen_lists_every_key_at_80x24(void **state)
{
	struct desk d;
	struct cell_grid g = {0};
	(void)state;
	desk_open(&d, 2, 80, 24);
	d.ui.screen = SCREEN_HELP;
	assert_int_equal(grid_resize(&g, 80, 24), 0);
	view_draw(&g, &d.m, &d.ui);
	for (size_t i = 0; i < COMMANDS - 1; i++) {
		char line[80];
		snprintf(line, sizeof(line), "%-9s%s", key_table[i].label, key_table[i].what);
		assert_true(stands(&g, line));
	}
	assert_true(stands(&g, "No key changes the plant;"));
	grid_free(&g);
	model_fini(&d.m);
}

static void
the_worst_is_selected_until_one_chooses(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 16, 80, 24);
	fixture_hold(&d.m, 7);
	model_summarise(&d.m);
	assert_int_equal(ui_system(&d.ui, &d.m), 7);
	press(&d, 'l');
	assert_int_equal(ui_system(&d.ui, &d.m), 8);
	press(&d, PRESS_ESC); /* and back to the worst */
	assert_int_equal(ui_system(&d.ui, &d.m), 7);
	model_fini(&d.m);
}

static void
arrows_move_over_the_tiles_and_stop_at_the_edge(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 16, 80, 24);
	press(&d, 'g');
	assert_int_equal(ui_system(&d.ui, &d.m), 0);
	press(&d, PRESS_UP);
	press(&d, PRESS_LEFT);
	assert_int_equal(ui_system(&d.ui, &d.m), 0);
	press(&d, 'j');
	press(&d, PRESS_RIGHT);
	assert_int_equal(ui_system(&d.ui, &d.m), 5); /* four columns */
	press(&d, 'G');
	press(&d, PRESS_DOWN);
	press(&d, PRESS_RIGHT);
	assert_int_equal(ui_system(&d.ui, &d.m), 15);
	model_fini(&d.m);
}

static void
in_the_list_form_one_moves_along_the_list(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 16, 40, 12);
	fixture_hold(&d.m, 7);
	model_summarise(&d.m);
	press(&d, 'j');
	assert_int_equal(ui_system(&d.ui, &d.m), d.m.order[1]);
	press(&d, 'k');
	press(&d, 'k');
	assert_int_equal(ui_system(&d.ui, &d.m), 7);
	model_fini(&d.m);
}

static void
one_key_opens_the_worst_and_it_stays_open(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 16, 80, 24);
	fixture_hold(&d.m, 7);
	model_summarise(&d.m);
	assert_int_equal(press(&d, PRESS_ENTER), COMMAND_OPEN);
	assert_int_equal(d.ui.screen, SCREEN_SYSTEM);
	fixture_lose(&d.m, 2, 0); /* worse */
	model_summarise(&d.m);
	assert_int_equal(d.m.order[0], 2);
	assert_int_equal(ui_system(&d.ui, &d.m), 7);
	press(&d, PRESS_PAGE_DOWN);
	assert_int_equal(ui_system(&d.ui, &d.m), 8);
	model_fini(&d.m);
}

static void
q_and_escape_go_back_and_never_quit(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 4, 80, 24);
	press(&d, '2');
	press(&d, '?');
	assert_int_equal(d.ui.screen, SCREEN_HELP);
	press(&d, '?');
	assert_int_equal(press(&d, 'q'), COMMAND_BACK);
	assert_int_equal(d.ui.screen, SCREEN_SYSTEM);
	press(&d, PRESS_ESC);
	assert_int_equal(d.ui.screen, SCREEN_OVERVIEW);
	assert_int_equal(press(&d, 'q'), COMMAND_BACK);
	assert_string_equal(d.ui.message, "Q or F10 quits");
	press(&d, 'j');
	assert_string_equal(d.ui.message, "");
	assert_int_equal(key_command('Q', SCREEN_OVERVIEW), COMMAND_QUIT);
	assert_int_equal(key_command(PRESS_F10, SCREEN_HELP), COMMAND_QUIT);
	model_fini(&d.m);
}

static void
on_the_wafer_arrows_move_over_reticles(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 4, 80, 24);
	press(&d, '2');
	for (int i = 0; i < 20; i++)
		press(&d, PRESS_RIGHT);
	for (int i = 0; i < 20; i++)
		press(&d, PRESS_DOWN);
	assert_int_equal(d.ui.reticle, RETICLES - 1);
	press(&d, 'h');
	press(&d, 'k');
	assert_int_equal(d.ui.reticle, RETICLES - 1 - ZONES - 1);
	model_fini(&d.m);
}

static void
open_alarming(struct desk *d, uint32_t *first, uint32_t *second)
{
	desk_open(d, 4, 80, 24);
	fixture_watch(&d->m);
	*first = fixture_raise(&d->m, 2, FIXTURE_PUMP1, ALARM_UNACKED, 2, 60);
	*second = fixture_raise(&d->m, 1, FIXTURE_FLOW, ALARM_ACKED, 30, 30);
	model_summarise(&d->m);
}

static void
the_alarm_key_leads_to_the_alarm_of_the_banner_and_back(void **state)
{
	struct desk d;
	uint32_t pump, flow;
	(void)state;
	open_alarming(&d, &pump, &flow);
	press(&d, '2');
	assert_int_equal(press(&d, PRESS_F7), COMMAND_ALARMS);
	assert_int_equal(d.ui.screen, SCREEN_ALARMS);
	assert_int_equal(ui_alarm(&d.ui, &d.m), pump);
	press(&d, 'j');
	assert_int_equal(ui_alarm(&d.ui, &d.m), flow);
	press(&d, 'j');
	assert_int_equal(ui_alarm(&d.ui, &d.m), flow);
	press(&d, 'i');
	assert_int_equal(d.ui.screen, SCREEN_ALARM);
	press(&d, 'k');
	assert_int_equal(ui_alarm(&d.ui, &d.m), pump);
	press(&d, '?');
	press(&d, '3'); /* from the help page it must not lead back there */
	press(&d, PRESS_ESC);
	assert_int_equal(d.ui.screen, SCREEN_SYSTEM);
	press(&d, '3');
	press(&d, 'G');
	press(&d, '2'); /* the system that the alarm is about */
	assert_int_equal(d.ui.screen, SCREEN_SYSTEM);
	assert_int_equal(ui_system(&d.ui, &d.m), 1);
	model_fini(&d.m);
}

/* A key must not hit an alarm that nobody read. */
static void
the_selected_alarm_stays_selected_whatever_comes_or_goes(void **state)
{
	struct desk d;
	uint32_t pump, flow;
	(void)state;
	open_alarming(&d, &pump, &flow);
	press(&d, '3');
	fixture_raise(&d.m, 0, FIXTURE_TMAX, ALARM_UNACKED, 56, 1); /* worse, and newer */
	model_summarise(&d.m);
	ui_settle(&d.ui, &d.m);
	assert_int_equal(ui_alarm(&d.ui, &d.m), pump);
	d.m.alarms.all[pump].state = ALARM_NORMAL;
	model_summarise(&d.m);
	ui_settle(&d.ui, &d.m);
	assert_int_equal(ui_alarm(&d.ui, &d.m), pump); /* it has left the list */
	press(&d, 'j');
	assert_int_equal(ui_alarm(&d.ui, &d.m), 0 * FIXTURE_ALARMS + FIXTURE_TMAX);
	/* one that comes to an empty list is selected when it is shown, and stays so */
	d.ui = (struct ui){.screen = SCREEN_ALARMS};
	ui_settle(&d.ui, &d.m);
	assert_true(d.ui.alarm_pinned);
	model_fini(&d.m);
}

static void
acknowledging_is_a_key_on_alarm_screens_alone(void **state)
{
	(void)state;
	assert_int_equal(key_command('a', SCREEN_ALARMS), COMMAND_ACK);
	assert_int_equal(key_command('a', SCREEN_ALARM), COMMAND_ACK);
	assert_int_equal(key_command('A', SCREEN_ALARMS), COMMAND_ACK_PAGE);
	assert_int_equal(key_command('A', SCREEN_ALARM), COMMAND_NONE);
	assert_int_equal(key_command('a', SCREEN_OVERVIEW), COMMAND_NONE);
	assert_int_equal(key_command('a', SCREEN_SYSTEM), COMMAND_NONE);
	assert_int_equal(key_command('a', SCREEN_HELP), COMMAND_NONE);
}

static void
a_long_list_scrolls_and_m_shows_what_is_put_aside(void **state)
{
	struct desk d;
	uint32_t n, aside;
	(void)state;
	desk_open(&d, 40, 80, 24);
	fixture_watch(&d.m);
	for (uint32_t k = 0; k < 30; k++)
		fixture_raise(&d.m, k, FIXTURE_PUMP1, ALARM_UNACKED, 2, 1000 + (int)k);
	aside = fixture_raise(&d.m, 33, FIXTURE_LEVEL, ALARM_SHELVED, 30, 30);
	model_summarise(&d.m);
	press(&d, '3');
	layout_make(&d.l, SCREEN_ALARMS, 80, 24, 40);
	uint32_t rows = (uint32_t)(d.l.at[AREA_ALARMS].h - ALARMS_HEAD_H);
	assert_int_equal(ui_alarms_top(&d.ui, &d.m, rows), 0);
	press(&d, PRESS_PAGE_DOWN);
	press(&d, PRESS_PAGE_DOWN);
	assert_int_equal(ui_alarm(&d.ui, &d.m), ui_alarms(&d.ui, &d.m, &n)[2 * (rows - 1)]);
	assert_int_equal(ui_alarms_top(&d.ui, &d.m, rows), rows - 1);
	press(&d, 'G');
	assert_int_equal(ui_alarms_top(&d.ui, &d.m, rows), 30 - rows);
	press(&d, 'm');
	assert_int_equal(ui_alarm(&d.ui, &d.m), aside);
	press(&d, 'm');
	assert_int_equal(ui_alarm(&d.ui, &d.m), ui_alarms(&d.ui, &d.m, &n)[0]);
	assert_int_equal(n, 30);
	model_fini(&d.m);
}

static void
metric_and_deviation_change_what_is_shown(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 4, 80, 24);
	for (int i = 0; i < METRICS; i++)
		press(&d, 'm');
	assert_int_equal(d.ui.metric, METRIC_SPREAD);
	press(&d, '2');
	press(&d, 'd');
	assert_int_equal(d.ui.map, MAP_DEVIATION);
	press(&d, 'd');
	assert_int_equal(d.ui.map, MAP_ABSOLUTE);
	press(&d, 'm');
	assert_int_equal(d.ui.map, MAP_DEVIATION);
	press(&d, 'z');
	assert_true(d.ui.frozen);
	press(&d, 'z');
	assert_false(d.ui.frozen);
	model_fini(&d.m);
}

static void
keys_nobody_knows_do_nothing(void **state)
{
	struct desk d;
	(void)state;
	desk_open(&d, 4, 80, 24);
	for (int key = -2; key < 300; key++) {
		bool known = false;
		for (size_t i = 0; i < COMMANDS - 1; i++)
			for (int k = 0; k < 3; k++)
				known = known || (key > 0 && key_table[i].press[k] == key);
		if (!known)
			assert_int_equal(key_command(key, SCREEN_OVERVIEW), COMMAND_NONE);
	}
	assert_int_equal(key_command('m', SCREEN_HELP), COMMAND_NONE);
	model_fini(&d.m);
}

static void
a_plant_without_systems_can_be_looked_at(void **state)
{
	struct desk d;
	struct cell_grid g = {0};
	(void)state;
	desk_open(&d, 0, 80, 24);
	for (size_t i = 0; i < COMMANDS - 1; i++) {
		press(&d, key_table[i].press[0]);
		assert_int_equal(grid_resize(&g, 80, 24), 0);
		view_draw(&g, &d.m, &d.ui);
	}
	grid_free(&g);
	model_fini(&d.m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_means_two_things),
		cmocka_unit_test(the_bar_shows_only_keys_that_work),
		cmocka_unit_test(the_help_screen_lists_every_key_at_80x24),
		cmocka_unit_test(the_worst_is_selected_until_one_chooses),
		cmocka_unit_test(arrows_move_over_the_tiles_and_stop_at_the_edge),
		cmocka_unit_test(in_the_list_form_one_moves_along_the_list),
		cmocka_unit_test(one_key_opens_the_worst_and_it_stays_open),
		cmocka_unit_test(q_and_escape_go_back_and_never_quit),
		cmocka_unit_test(on_the_wafer_arrows_move_over_reticles),
		cmocka_unit_test(the_alarm_key_leads_to_the_alarm_of_the_banner_and_back),
		cmocka_unit_test(the_selected_alarm_stays_selected_whatever_comes_or_goes),
		cmocka_unit_test(acknowledging_is_a_key_on_alarm_screens_alone),
		cmocka_unit_test(a_long_list_scrolls_and_m_shows_what_is_put_aside),
		cmocka_unit_test(metric_and_deviation_change_what_is_shown),
		cmocka_unit_test(keys_nobody_knows_do_nothing),
		cmocka_unit_test(a_plant_without_systems_can_be_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
