/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/layout.h"

#include "config/plant.h"

#define FULL_W 80
#define FULL_H 24
#define WIDE_W 160
#define WIDE_H 48
#define LIST_W 30
#define LIST_H 5
#define KPI_H 3
#define TILES_H 8    /* of 24 rows */
#define TILE_W_MIN 9 /* "07 12.3!A" */
#define TILE_W_MAX 38
#define SYSTEM_W 80 /* 2 + 12 cells of 5 + 18 for the zones */
#define SYSTEM_H 20
#define BIG_CELL_W 10
#define BIG_CELL_H 3
#define ALARM_H 9 /* rule, two of facts, cause, consequence, two of action, two comments */
#define ALARM_WIDE_H 16
#define JOB_H 9 /* rule, column numbers, rows A..G */

static int
at_most(int a, int b)
{
	return a < b ? a : b;
}

static int
at_least(int a, int b)
{
	return a > b ? a : b;
}

/* Cut `h` rows from the top of *r; less if there are not as many. */
static struct rect
cut_top(struct rect *r, int h)
{
	h = at_most(h, r->h);
	struct rect top = {r->x, r->y, r->w, h};
	r->y += h;
	r->h -= h;
	return h > 0 ? top : (struct rect){0};
}

static struct rect
cut_left(struct rect *r, int w)
{
	w = at_most(w, r->w);
	struct rect left = {r->x, r->y, w, r->h};
	r->x += w;
	r->w -= w;
	return w > 0 ? left : (struct rect){0};
}

static struct rect
not_empty(struct rect r)
{
	return r.w > 0 && r.h > 0 ? r : (struct rect){0};
}

static int
rows_of(uint32_t n, int cols)
{
	return (int)((n + (uint32_t)cols - 1) / (uint32_t)cols);
}

/* Columns of tiles: 4 wide ones for up to 16 systems, 8 for more, more columns where that saves
 * scrolling. */
static void
tiles(struct layout *l, int w, int budget, uint32_t n)
{
	int most = at_least(w / TILE_W_MIN, 1);
	int cols = n <= 4 ? at_least((int)n, 1) : n <= 16 ? 4 : 8;
	cols = at_most(cols, most);
	while (rows_of(n, cols) > budget && cols < most)
		cols++;
	int rows = at_least(rows_of(n, cols), 1);
	l->tile_cols = cols;
	l->tile_w = at_most(w / cols, TILE_W_MAX);
	l->tile_h = rows * 2 <= budget ? 2 : 1;
	l->tile_rows = at_most(rows, budget / l->tile_h);
}

static void
overview_body(struct layout *l, struct rect r, uint32_t n, bool events)
{
	int spare = at_least(r.h - SYSTEM_H, 0);
	l->at[AREA_KPI] = cut_top(&r, KPI_H);
	l->at[AREA_TILES_RULE] = cut_top(&r, 1);
	tiles(l, r.w, TILES_H + spare / 2, n);
	l->at[AREA_TILES] = cut_top(&r, l->tile_rows * l->tile_h);
	int events_h = events && r.h >= 14 ? r.h / 3 : 0;
	/* no longer than there are systems, and then the events get the rest */
	int list_h = r.h - events_h;
	if (events_h)
		list_h = at_most(list_h, 2 + (int)at_most((int)n, 1000));
	l->at[AREA_LIST] = cut_top(&r, list_h);
	if (events_h)
		l->at[AREA_EVENTS] = not_empty(r);
}

/* Map and zones above, mimic and facts below them, then what is left for decisions and devices. */
static void
system_body(struct layout *l, struct rect r, bool big, uint32_t link_rows)
{
	l->cell_w = big ? BIG_CELL_W : 5;
	l->cell_h = big ? BIG_CELL_H : 1;
	int map_w = MAP_LABEL_W + ZONES * l->cell_w;
	struct rect top = cut_top(&r, 2 + ROWS * l->cell_h + 1);
	l->at[AREA_MAP] = cut_left(&top, map_w);
	l->at[AREA_ZONES] = not_empty(top);
	struct rect middle = cut_top(&r, MIMIC_H + FACTS_H);
	struct rect left = big ? cut_left(&middle, SYSTEM_W) : middle;
	l->at[AREA_MIMIC] = cut_top(&left, MIMIC_H);
	l->at[AREA_FACTS] = not_empty(left);
	if (big) {
		cut_left(&middle, 2);
		l->at[AREA_EVENTS] = not_empty(middle);
		l->at[AREA_LINKS] = cut_top(&r, (int)link_rows + 2);
		l->at[AREA_SUPPLIES] = cut_top(&r, 3);
	} else if (r.h >= 3) {
		int links_h = at_most((int)link_rows + 2, r.h / 2);
		l->at[AREA_EVENTS] = cut_top(&r, r.h - links_h);
		l->at[AREA_LINKS] = not_empty(r);
	} else {
		l->at[AREA_EVENTS] = not_empty(r);
	}
}

static void
wide_overview(struct layout *l, struct rect body, uint32_t n)
{
	struct rect right = body;
	struct rect left = cut_left(&right, at_least(body.w / 2 - 2, body.w - SYSTEM_W - 42));
	l->at[AREA_GAP] = cut_left(&right, 2);
	l->at[AREA_SYSTEM_RULE] = cut_top(&right, 1);
	overview_body(l, left, n, false);
	system_body(l, right, false, 3);
}

static void
list_layout(struct layout *l, struct rect r)
{
	l->at[AREA_HEADER] = cut_top(&r, 1);
	if (r.h >= 5)
		l->at[AREA_BANNER] = cut_top(&r, 1);
	struct rect list = cut_top(&r, r.h >= 6 ? r.h - 1 : r.h);
	l->at[AREA_LIST] = list;
	l->at[AREA_STATUS] = not_empty(r);
}

void
layout_make(struct layout *l, enum screen screen, int w, int h, uint32_t n_systems)
{
	*l = (struct layout){.tile_cols = 1, .tile_w = 1, .tile_h = 1, .cell_w = 5, .cell_h = 1};
	struct rect r = {0, 0, at_least(w, 1), at_least(h, 1)};
	if (w < LIST_W || h < LIST_H) {
		l->kind = LAYOUT_LINE;
		l->at[AREA_HEADER] = cut_top(&r, 1);
		return;
	}
	if (w < FULL_W || h < FULL_H) {
		l->kind = LAYOUT_LIST;
		list_layout(l, r);
		return;
	}
	l->kind = w >= WIDE_W && h >= WIDE_H ? LAYOUT_WIDE : LAYOUT_FULL;
	l->at[AREA_HEADER] = cut_top(&r, 1);
	l->at[AREA_BANNER] = cut_top(&r, 1);
	struct rect body = cut_top(&r, r.h - 2);
	l->at[AREA_STATUS] = cut_top(&r, 1);
	l->at[AREA_KEYS] = r;
	switch (screen) {
	case SCREEN_OVERVIEW:
		if (l->kind == LAYOUT_WIDE)
			wide_overview(l, body, n_systems);
		else
			overview_body(l, body, n_systems, true);
		break;
	case SCREEN_SYSTEM:
		system_body(l, body, l->kind == LAYOUT_WIDE, 3);
		break;
	case SCREEN_ALARMS:
		l->at[AREA_ALARMS] =
			cut_top(&body, body.h - (l->kind == LAYOUT_WIDE ? ALARM_WIDE_H : ALARM_H));
		l->at[AREA_ALARM] = body;
		break;
	case SCREEN_JOBS:
		l->at[AREA_JOBS] = cut_top(&body, body.h - JOB_H);
		l->at[AREA_JOB] = body;
		break;
	case SCREEN_ALARM:
		l->at[AREA_ALARM] = body;
		break;
	case SCREEN_HELP:
	case SCREENS:
		l->at[AREA_HELP] = body;
		break;
	}
}
