/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/keys.h"

#include <stdio.h>

#define ON_OVERVIEW (1u << SCREEN_OVERVIEW)
#define ON_SYSTEM (1u << SCREEN_SYSTEM)
#define ON_ALARMS (1u << SCREEN_ALARMS)
#define ON_ALARM (ON_ALARMS | 1u << SCREEN_ALARM)
#define ON_JOBS (1u << SCREEN_JOBS)
#define ON_HELP (1u << SCREEN_HELP)
#define ON_PLANT (ON_OVERVIEW | ON_SYSTEM)
#define ON_LISTS (ON_PLANT | ON_ALARMS)
#define ON_BODY (ON_PLANT | ON_JOBS | ON_ALARM)
#define ON_ALL (ON_BODY | ON_HELP)
#define OVERVIEW_PAGE_ROWS 4

const struct key_row key_table[COMMANDS - 1] = {
#define KEY(id, a, b, c, label, bar, screens, what)                                                \
	{COMMAND_##id, {a, b, c}, label, bar, screens, what},
#include "tui/keys.def"
#undef KEY
};

enum command
key_command(int press, enum screen screen)
{
	for (size_t i = 0; i < COMMANDS - 1; i++)
		for (int k = 0; k < 3 && press > 0; k++)
			if (key_table[i].press[k] == press)
				return key_table[i].screens & 1u << screen ? key_table[i].command
									   : COMMAND_NONE;
	return COMMAND_NONE;
}

uint32_t
ui_system(const struct ui *ui, const struct model *m)
{
	if (m->n_systems == 0)
		return 0;
	if (!ui->pinned)
		return m->order[0];
	return ui->selected < m->n_systems ? ui->selected : m->n_systems - 1;
}

static uint32_t
clamp(int64_t i, uint32_t n)
{
	if (i < 0 || n == 0)
		return 0;
	return i < (int64_t)n ? (uint32_t)i : n - 1;
}

/* --- alarms --- */

const uint32_t *
ui_alarms(const struct ui *ui, const struct model *m, uint32_t *n)
{
	*n = ui->aside ? m->alarms.n_aside : m->alarms.n_standing;
	return ui->aside ? m->alarms.aside : m->alarms.standing;
}

uint32_t
ui_alarm(const struct ui *ui, const struct model *m)
{
	uint32_t n;
	const uint32_t *list = ui_alarms(ui, m, &n);
	if (ui->alarm_pinned && ui->alarm < m->alarms.n)
		return ui->alarm;
	return n ? list[0] : m->alarms.n;
}

/* Its place in the list; n: it is not there (any more). */
static uint32_t
alarm_place(const struct ui *ui, const struct model *m)
{
	uint32_t n, place = 0, alarm = ui_alarm(ui, m);
	const uint32_t *list = ui_alarms(ui, m, &n);
	while (place < n && list[place] != alarm)
		place++;
	return place;
}

uint32_t
ui_alarms_top(const struct ui *ui, const struct model *m, uint32_t rows)
{
	uint32_t n, place = alarm_place(ui, m);
	ui_alarms(ui, m, &n);
	return place < n && place >= rows ? place - rows + 1 : 0;
}

static void
select_alarm(struct ui *ui, uint32_t alarm, const struct model *m)
{
	ui->alarm = alarm;
	ui->alarm_pinned = alarm < m->alarms.n;
}

void
ui_settle(struct ui *ui, const struct model *m)
{
	if (ui->screen == SCREEN_ALARMS || ui->screen == SCREEN_ALARM)
		select_alarm(ui, ui_alarm(ui, m), m);
}

/* The one that the banner tells, so that the key that people press when it flashes leads to it. */
static void
open_alarms(struct ui *ui, const struct model *m)
{
	enum screen from = ui->screen == SCREEN_HELP ? ui->before_help : ui->screen;
	if (from != SCREEN_ALARMS && from != SCREEN_ALARM)
		ui->before_alarms = from;
	ui->screen = SCREEN_ALARMS;
	ui->aside = false;
	ui->alarm_pinned = false;
	if (m->alarms.banner < m->alarms.n)
		select_alarm(ui, m->alarms.banner, m);
	ui_settle(ui, m);
}

uint32_t
ui_job(const struct ui *ui, const struct model *m)
{
	return clamp(ui->job, m->jobs.n);
}

/* --- moving --- */

static void
move_alarm(struct ui *ui, const struct model *m, int64_t by)
{
	uint32_t n, place = alarm_place(ui, m);
	const uint32_t *list = ui_alarms(ui, m, &n);
	if (n) /* one that has left the list: at its head again */
		select_alarm(ui, list[place < n ? clamp(place + by, n) : 0], m);
}

/* On the overview one moves over the tiles; where there are none, along the list as it stands. */
static void
move_system(struct ui *ui, const struct model *m, const struct layout *l, int dx, int dy)
{
	uint32_t at = ui_system(ui, m);
	bool tiles = l->at[AREA_TILES].w > 0;
	if (tiles) {
		int64_t to = (int64_t)at + dx + (int64_t)dy * l->tile_cols;
		if (to >= 0 && to < (int64_t)m->n_systems)
			at = (uint32_t)to;
	} else {
		uint32_t place = 0;
		while (place + 1 < m->n_systems && m->order[place] != at)
			place++;
		at = m->n_systems ? m->order[clamp((int64_t)place + dx + dy, m->n_systems)] : 0;
	}
	ui->selected = at;
	ui->pinned = true;
}

static void
move_reticle(struct ui *ui, int dx, int dy)
{
	uint32_t x = clamp((int64_t)(ui->reticle % ZONES) + dx, ZONES);
	uint32_t y = clamp((int64_t)(ui->reticle / ZONES) + dy, ROWS);
	ui->reticle = y * ZONES + x;
}

static void
step_system(struct ui *ui, const struct model *m, int by)
{
	ui->selected = clamp((int64_t)ui_system(ui, m) + by, m->n_systems);
	ui->pinned = true;
}

static void
move(struct ui *ui, const struct model *m, const struct layout *l, int dx, int dy)
{
	switch (ui->screen) {
	case SCREEN_OVERVIEW:
		move_system(ui, m, l, dx, dy);
		break;
	case SCREEN_SYSTEM:
		move_reticle(ui, dx, dy);
		break;
	case SCREEN_JOBS:
		ui->job = clamp((int64_t)ui_job(ui, m) + dy, m->jobs.n);
		break;
	case SCREEN_ALARMS:
	case SCREEN_ALARM:
		move_alarm(ui, m, dy);
		break;
	case SCREEN_HELP:
	case SCREENS:
		ui->help_top = (int)clamp((int64_t)ui->help_top + dy, COMMANDS);
		break;
	}
}

static void
page(struct ui *ui, const struct model *m, const struct layout *l, int by)
{
	int rows = l->at[AREA_ALARMS].h - ALARMS_HEAD_H;
	if (ui->screen == SCREEN_SYSTEM)
		step_system(ui, m, by);
	else if (ui->screen == SCREEN_ALARMS && rows > 1)
		move_alarm(ui, m, (int64_t)by * (rows - 1));
	else
		for (int i = 0; i < OVERVIEW_PAGE_ROWS; i++)
			move(ui, m, l, 0, by);
}

static void
ends(struct ui *ui, const struct model *m, bool last)
{
	if (ui->screen == SCREEN_SYSTEM) {
		ui->reticle = last ? RETICLES - 1 : 0;
	} else if (ui->screen == SCREEN_OVERVIEW) {
		ui->selected = last && m->n_systems ? m->n_systems - 1 : 0;
		ui->pinned = true;
	} else if (ui->screen == SCREEN_JOBS) {
		ui->job = last ? PLANT_JOBS_MAX : 0;
	} else if (ui->screen == SCREEN_HELP) {
		ui->help_top = last ? COMMANDS : 0;
	} else {
		move_alarm(ui, m, last ? (int64_t)m->alarms.n : -(int64_t)m->alarms.n);
	}
}

static void
back(struct ui *ui)
{
	switch (ui->screen) {
	case SCREEN_OVERVIEW:
		ui->pinned = false;
		snprintf(ui->message, sizeof(ui->message), "Q or F10 quits");
		break;
	case SCREEN_SYSTEM:
	case SCREEN_JOBS:
		ui->screen = SCREEN_OVERVIEW;
		break;
	case SCREEN_ALARMS:
		ui->screen = ui->before_alarms;
		break;
	case SCREEN_ALARM:
		ui->screen = SCREEN_ALARMS;
		break;
	case SCREEN_HELP:
	case SCREENS:
		ui->screen = ui->before_help;
		break;
	}
}

/* From an alarm, the system that it is about. */
static void
open_system(struct ui *ui, const struct model *m)
{
	uint32_t alarm = ui_alarm(ui, m);
	bool from_alarm = ui->screen == SCREEN_ALARMS || ui->screen == SCREEN_ALARM;
	int32_t system =
		from_alarm && alarm < m->alarms.n ? m->alarms.plant->alarms[alarm].system : SITE;
	if (from_alarm && system == SITE) {
		snprintf(ui->message, sizeof(ui->message), "no system is selected");
		return;
	}
	/* a system that is looked at must not turn into another one while one reads */
	ui->selected = from_alarm ? (uint32_t)system : ui_system(ui, m);
	ui->pinned = true;
	ui->screen = SCREEN_SYSTEM;
}

/* From a job, the system that holds it up, else its first. */
static void
open_job(struct ui *ui, const struct model *m)
{
	const struct model_job *j = &m->jobs.job[ui_job(ui, m)];
	if (m->jobs.n == 0)
		return;
	ui->selected = j->straggler < m->n_systems ? j->straggler : j->first_system;
	ui->pinned = true;
	ui->screen = SCREEN_SYSTEM;
}

static void
open_selected(struct ui *ui, const struct model *m)
{
	if (ui->screen == SCREEN_JOBS)
		open_job(ui, m);
	else if (ui->screen == SCREEN_OVERVIEW)
		open_system(ui, m);
	else if (ui->screen == SCREEN_ALARMS && ui_alarm(ui, m) < m->alarms.n)
		ui->screen = SCREEN_ALARM;
}

static void
metric(struct ui *ui, const struct model *m)
{
	if (ui->screen == SCREEN_SYSTEM) {
		ui->map = (enum map_mode)((ui->map + 1) % MAP_MODES);
	} else if (ui->screen == SCREEN_ALARMS) {
		ui->aside = !ui->aside;
		ui->alarm_pinned = false;
		ui_settle(ui, m);
	} else {
		ui->metric = (enum metric)((ui->metric + 1) % METRICS);
	}
}

static void
do_move(struct ui *ui, enum command command, const struct model *m, const struct layout *l)
{
	if (command == COMMAND_UP || command == COMMAND_DOWN)
		move(ui, m, l, 0, command == COMMAND_UP ? -1 : 1);
	else if (command == COMMAND_LEFT || command == COMMAND_RIGHT)
		move(ui, m, l, command == COMMAND_LEFT ? -1 : 1, 0);
	else if (command == COMMAND_FIRST || command == COMMAND_LAST)
		ends(ui, m, command == COMMAND_LAST);
	else
		page(ui, m, l, command == COMMAND_PAGE_UP ? -1 : 1);
}

void
ui_do(struct ui *ui, enum command command, const struct model *m, const struct layout *l)
{
	ui->message[0] = '\0';
	switch (command) {
	case COMMAND_OVERVIEW:
		ui->screen = SCREEN_OVERVIEW;
		break;
	case COMMAND_SYSTEM:
		open_system(ui, m);
		break;
	case COMMAND_ALARMS:
		open_alarms(ui, m);
		break;
	case COMMAND_JOBS:
		ui->screen = SCREEN_JOBS;
		break;
	case COMMAND_OPEN:
		open_selected(ui, m);
		break;
	case COMMAND_METRIC:
		metric(ui, m);
		break;
	case COMMAND_DEVIATION:
		ui->map = ui->map == MAP_DEVIATION ? MAP_ABSOLUTE : MAP_DEVIATION;
		break;
	case COMMAND_FREEZE:
		ui->frozen = !ui->frozen;
		break;
	case COMMAND_HELP:
		if (ui->screen != SCREEN_HELP)
			ui->before_help = ui->screen;
		ui->screen = SCREEN_HELP;
		ui->help_top = 0;
		break;
	case COMMAND_BACK:
		back(ui);
		break;
	case COMMAND_UP:
	case COMMAND_DOWN:
	case COMMAND_LEFT:
	case COMMAND_RIGHT:
	case COMMAND_FIRST:
	case COMMAND_LAST:
	case COMMAND_PAGE_UP:
	case COMMAND_PAGE_DOWN:
		do_move(ui, command, m, l);
		break;
	case COMMAND_NONE:
	case COMMAND_ACK:
	case COMMAND_ACK_PAGE:
	case COMMAND_REDRAW:
	case COMMAND_QUIT:
	case COMMANDS:
		break;
	}
}
