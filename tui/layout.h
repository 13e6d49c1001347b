/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pure geometry: a size and what there is to show become rectangles that never overlap. Four kinds,
 * by size, so that a screen of any size shows the most important thing it has room for.
 */
#ifndef ISOTHERM_TUI_LAYOUT_H
#define ISOTHERM_TUI_LAYOUT_H

#include <stdint.h>

#include "tui/grid.h"

enum screen {
	SCREEN_OVERVIEW,
	SCREEN_SYSTEM,
	SCREEN_ALARMS,
	SCREEN_JOBS,
	SCREEN_ALARM, /* one of them, with the whole of its texts */
	SCREEN_HELP,
	SCREENS
};

enum layout_kind {
	LAYOUT_LINE, /* one line, the worst thing */
	LAYOUT_LIST, /* from 30 x 5: header, one line a system */
	LAYOUT_FULL, /* from 80 x 24 */
	LAYOUT_WIDE /* from 160 x 48: the overview with a system beside it; the system with large cells */
};

enum area {
	AREA_HEADER,
	AREA_BANNER, /* the alarm to be told first; else what is wrong and what it costs */
	AREA_KPI,
	AREA_TILES_RULE,
	AREA_TILES,
	AREA_LIST, /* worst first: rule, heading, rows; in LAYOUT_LIST the only part of any screen */
	AREA_GAP,  /* between overview and system in LAYOUT_WIDE */
	AREA_SYSTEM_RULE,
	AREA_MAP,      /* title, column numbers, rows A..G, legend */
	AREA_ZONES,    /* right of the map */
	AREA_MIMIC,    /* facility, heat exchanger, pumps, engine block */
	AREA_FACTS,    /* power, control, set-points, load, devices: a line each */
	AREA_SUPPLIES, /* LAYOUT_WIDE: power of each supply */
	AREA_EVENTS,   /* the controllers' newest decisions */
	AREA_LINKS,    /* one line a device: bus and state */
	AREA_ALARMS,   /* what the list shows, heading, rows */
	AREA_ALARM,    /* the selected one: rule, facts, texts, comments */
	AREA_JOBS,     /* rule, heading, a row a job */
	AREA_JOB,      /* the selected one on a wafer */
	AREA_HELP,
	AREA_STATUS,
	AREA_KEYS,
	AREAS
};

struct layout {
	enum layout_kind kind;
	struct rect at[AREAS]; /* empty: not on this screen */
	int tile_cols, tile_w, tile_h;
	int tile_rows;      /* that fit; the rest is reached by scrolling */
	int cell_w, cell_h; /* of the heat map */
};

#define MAP_LABEL_W 2
#define MIMIC_H 5
#define FACTS_H 5
#define ALARMS_HEAD_H 2 /* of AREA_ALARMS */

void layout_make(struct layout *l, enum screen screen, int w, int h, uint32_t n_systems);

#endif
