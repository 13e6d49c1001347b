/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/keys.h"

#include <stdio.h>

#define ON_OVERVIEW (1u << SCREEN_OVERVIEW)
#define ON_SYSTEM (1u << SCREEN_SYSTEM)
#define ON_HELP (1u << SCREEN_HELP)
#define ON_BODY (ON_OVERVIEW | ON_SYSTEM)
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
	case SCREEN_HELP:
	case SCREENS:
		ui->help_top = (int)clamp((int64_t)ui->help_top + dy, COMMANDS);
		break;
	}
}

static void
page(struct ui *ui, const struct model *m, const struct layout *l, int by)
{
	if (ui->screen == SCREEN_SYSTEM)
		step_system(ui, m, by);
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
	} else {
		ui->help_top = last ? COMMANDS : 0;
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
		ui->screen = SCREEN_OVERVIEW;
		break;
	case SCREEN_HELP:
	case SCREENS:
		ui->screen = ui->before_help;
		break;
	}
}

static void
open_system(struct ui *ui, const struct model *m)
{
	/* a system that is looked at must not turn into another one while one reads */
	ui->selected = ui_system(ui, m);
	ui->pinned = true;
	ui->screen = SCREEN_SYSTEM;
}

static void
metric(struct ui *ui)
{
	if (ui->screen == SCREEN_SYSTEM)
		ui->map = (enum map_mode)((ui->map + 1) % MAP_MODES);
	else
		ui->metric = (enum metric)((ui->metric + 1) % METRICS);
}

void
ui_do(struct ui *ui, enum command command, const struct model *m, const struct layout *l)
{
	ui->message[0] = '\0';
	switch (command) {
	case COMMAND_OVERVIEW:
		ui->screen = SCREEN_OVERVIEW;
		break;
	case COMMAND_OPEN:
		open_system(ui, m);
		break;
	case COMMAND_UP:
		move(ui, m, l, 0, -1);
		break;
	case COMMAND_DOWN:
		move(ui, m, l, 0, 1);
		break;
	case COMMAND_LEFT:
		move(ui, m, l, -1, 0);
		break;
	case COMMAND_RIGHT:
		move(ui, m, l, 1, 0);
		break;
	case COMMAND_FIRST:
		ends(ui, m, false);
		break;
	case COMMAND_LAST:
		ends(ui, m, true);
		break;
	case COMMAND_PAGE_UP:
		page(ui, m, l, -1);
		break;
	case COMMAND_PAGE_DOWN:
		page(ui, m, l, 1);
		break;
	case COMMAND_METRIC:
		metric(ui);
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
	case COMMAND_NONE:
	case COMMAND_REDRAW:
	case COMMAND_QUIT:
	case COMMANDS:
		break;
	}
}
