/* SPDX-License-Identifier: Apache-2.0 */
/* Geometry of the screens: over all sizes, nothing overlaps, nothing leaves the screen. */
#include "tests/unit/support.h"

#include "config/plant.h"
#include "tui/layout.h"
#include "tui/view.h"

#define MAX_W 320
#define MAX_H 120

static const uint32_t counts[] = {0, 1, 2, 4, 16, 32, 64, 256};

static bool
inside(const struct rect *r, int w, int h)
{
	return r->x >= 0 && r->y >= 0 && r->w > 0 && r->h > 0 && r->x + r->w <= w &&
	       r->y + r->h <= h;
}

static bool
apart(const struct rect *a, const struct rect *b)
{
	return a->x + a->w <= b->x || b->x + b->w <= a->x || a->y + a->h <= b->y ||
	       b->y + b->h <= a->y;
}

static bool
is_empty(const struct rect *r)
{
	return r->w == 0 || r->h == 0;
}

static void
check_regions(const struct layout *l, int w, int h)
{
	for (int a = 0; a < AREAS; a++) {
		if (is_empty(&l->at[a]))
			continue;
		if (!inside(&l->at[a], w, h))
			fail_msg("region %d leaves a screen of %dx%d", a, w, h);
		for (int b = a + 1; b < AREAS; b++)
			if (!is_empty(&l->at[b]) && !apart(&l->at[a], &l->at[b]))
				fail_msg("regions %d and %d overlap at %dx%d", a, b, w, h);
	}
}

static void
check_tiles(const struct layout *l, uint32_t n)
{
	const struct rect *t = &l->at[AREA_TILES];
	if (is_empty(t))
		return;
	assert_true(l->tile_cols >= 1 && l->tile_rows >= 1);
	assert_true(l->tile_cols * l->tile_w <= t->w);
	assert_true(l->tile_rows * l->tile_h <= t->h);
	assert_true(n == 0 || (uint32_t)(l->tile_rows - 1) * (uint32_t)l->tile_cols < n);
}

static void
for_all_sizes(void (*check)(const struct layout *l, enum screen screen, int w, int h, uint32_t n))
{
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
		for (int screen = 0; screen < SCREENS; screen++)
			for (int w = 1; w <= MAX_W; w++)
				for (int h = 1; h <= MAX_H; h++) {
					struct layout l;
					layout_make(&l, (enum screen)screen, w, h, counts[c]);
					check(&l, (enum screen)screen, w, h, counts[c]);
				}
}

static void
check_geometry(const struct layout *l, enum screen screen, int w, int h, uint32_t n)
{
	(void)screen;
	check_regions(l, w, h);
	check_tiles(l, n);
}

static void
no_region_overlaps_or_leaves_the_screen(void **state)
{
	(void)state;
	for_all_sizes(check_geometry);
}

/* The header is always there; what is wrong, wherever there is room for five lines. */
static void
check_essentials(const struct layout *l, enum screen screen, int w, int h, uint32_t n)
{
	(void)screen;
	(void)n;
	assert_int_equal(l->at[AREA_HEADER].y, 0);
	assert_int_equal(l->at[AREA_HEADER].w, w);
	if (w >= 30 && h >= 6)
		assert_int_equal(l->at[AREA_BANNER].w, w);
	if (w >= 80 && h >= 24) {
		assert_int_equal(l->at[AREA_STATUS].y, h - 2);
		assert_int_equal(l->at[AREA_KEYS].y, h - 1);
	}
}

static void
header_and_banner_are_never_lost(void **state)
{
	(void)state;
	for_all_sizes(check_essentials);
}

/* Every row of a full screen belongs to something, down to the last system and the last reticle. */
static void
check_room(const struct layout *l, enum screen screen, int w, int h, uint32_t n)
{
	(void)w;
	(void)h;
	if (l->kind == LAYOUT_LINE || l->kind == LAYOUT_LIST)
		return;
	if (screen == SCREEN_OVERVIEW) {
		assert_true(l->at[AREA_LIST].h >= (n ? 3 : 2));
		assert_true(l->at[AREA_LIST].w >= 78);
	}
	if (screen == SCREEN_SYSTEM || (screen == SCREEN_OVERVIEW && l->kind == LAYOUT_WIDE)) {
		assert_int_equal(l->at[AREA_MAP].w, MAP_LABEL_W + ZONES * l->cell_w);
		assert_int_equal(l->at[AREA_MAP].h, 3 + ROWS * l->cell_h);
		assert_true(l->at[AREA_ZONES].w >= 18);
		assert_int_equal(l->at[AREA_MIMIC].h, MIMIC_H);
		assert_true(l->at[AREA_MIMIC].w >= 80);
		assert_int_equal(l->at[AREA_FACTS].h, FACTS_H);
	}
	(void)n;
}

static void
a_full_screen_has_room_for_the_whole_wafer_and_the_list(void **state)
{
	(void)state;
	for_all_sizes(check_room);
}

static void
at_80x24_sixty_four_systems_are_eight_by_eight(void **state)
{
	struct layout l;
	(void)state;
	layout_make(&l, SCREEN_OVERVIEW, 80, 24, 64);
	assert_int_equal(l.tile_cols, 8);
	assert_int_equal(l.tile_rows, 8);
	assert_int_equal(l.tile_w, 10);
	layout_make(&l, SCREEN_OVERVIEW, 80, 24, 16);
	assert_int_equal(l.tile_cols, 4);
	assert_int_equal(l.tile_h, 2);
	assert_int_equal(l.at[AREA_LIST].h, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_region_overlaps_or_leaves_the_screen),
		cmocka_unit_test(header_and_banner_are_never_lost),
		cmocka_unit_test(a_full_screen_has_room_for_the_whole_wafer_and_the_list),
		cmocka_unit_test(at_80x24_sixty_four_systems_are_eight_by_eight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
