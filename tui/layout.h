/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pure geometry: a size and what there is to show become rectangles that never overlap. Four kinds,
 * by size, so that a screen of any size shows the most important thing it has room for.
 */
#ifndef ISOTHERM_TUI_LAYOUT_H
#define ISOTHERM_TUI_LAYOUT_H

#include <stdint.h>

#include "tui/grid.h"

enum screen { SCREEN_OVERVIEW, SCREEN_SYSTEM, SCREEN_HELP, SCREENS };

enum layout_kind {
	LAYOUT_LINE, /* one line, the worst thing */
	LAYOUT_LIST, /* from 30 x 5: header, one line a system */
	LAYOUT_FULL, /* from 80 x 24 */
	LAYOUT_WIDE /* from 160 x 48: the overview with a system beside it; the system with large cells */
};

enum region {
	REGION_HEADER,
	REGION_BANNER, /* what is wrong and what it costs; later the alarm line */
	REGION_KPI,
	REGION_TILES_RULE,
	REGION_TILES,
	REGION_LIST, /* worst first: rule, heading, rows; in LAYOUT_LIST the only part of any screen */
	REGION_GAP, /* between overview and system in LAYOUT_WIDE */
	REGION_SYSTEM_RULE,
	REGION_MAP,      /* title, column numbers, rows A..G, legend */
	REGION_ZONES,    /* right of the map */
	REGION_MIMIC,    /* facility, heat exchanger, pumps, engine block */
	REGION_FACTS,    /* power, control, set-points, load, devices: a line each */
	REGION_SUPPLIES, /* LAYOUT_WIDE: power of each supply */
	REGION_EVENTS,   /* the controllers' newest decisions */
	REGION_LINKS,    /* one line a device: bus and state */
	REGION_HELP,
	REGION_STATUS,
	REGION_KEYS,
	REGIONS
};

struct layout {
	enum layout_kind kind;
	struct rect at[REGIONS]; /* empty: not on this screen */
	int tile_cols, tile_w, tile_h;
	int tile_rows;      /* that fit; the rest is reached by scrolling */
	int cell_w, cell_h; /* of the heat map */
};

#define MAP_LABEL_W 2
#define MIMIC_H 5
#define FACTS_H 5

void layout_make(struct layout *l, enum screen screen, int w, int h, uint32_t n_systems);

#endif
