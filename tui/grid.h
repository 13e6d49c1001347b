/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture before any terminal: cells of (character, look). Views draw into it, a terminal or a
 * text file shows it.
 */
#ifndef ISOTHERM_TUI_GRID_H
#define ISOTHERM_TUI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum look_attribute { LOOK_A_DIM = 1, LOOK_A_BOLD = 2, LOOK_A_REVERSE = 4 };

enum look {
#define LOOK(id, letter, fg256, bg256, fg8, bg8, colour, mono) LOOK_##id,
#include "tui/looks.def"
#undef LOOK
	LOOKS
};

/* The few characters outside ASCII; grid_ascii gives what stands for them where there is no UTF-8.
 */
enum glyph {
	GLYPH_HLINE = 0x2500,
	GLYPH_VLINE = 0x2502,
	GLYPH_BAND = 0x2550,   /* normal band of a bar */
	GLYPH_OUT = 0x00b7,    /* a bar outside its band */
	GLYPH_POINTER = 0x25bc /* the value on a bar */
};
uint32_t grid_ascii(uint32_t code);

struct rect {
	int x, y, w, h; /* empty: w or h 0 */
};

struct cell {
	uint32_t code; /* Unicode, one column wide */
	uint32_t look; /* enum look */
};

struct cell_grid {
	int w, h;
	int cursor_x, cursor_y; /* the focused item; -1 none */
	struct cell *cells;     /* [h * w], by rows */
	size_t capacity;
};

/* Blank, of this size (at least 1 x 1). 0 or -ENOMEM (the old size is kept). Allocates only when it
 * grows. */
int grid_resize(struct cell_grid *g, int w, int h);
void grid_free(struct cell_grid *g);
void grid_clear(struct cell_grid *g);
void grid_put(struct cell_grid *g, int x, int y, uint32_t code,
	      enum look look); /* outside: nothing */
const struct cell *grid_at(const struct cell_grid *g, int x, int y);

/* Writes within a rectangle; what does not fit is cut off. x and y count from its corner. */
struct pen {
	struct cell_grid *g;
	struct rect r;
	int x, y;
	enum look look;
};

struct pen pen_on(struct cell_grid *g, struct rect r);
void pen_at(struct pen *p, int x, int y);
void pen_code(struct pen *p, uint32_t code);
void pen_text(struct pen *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pen_look_text(struct pen *p, enum look look, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void pen_rule(struct pen *p, int to_x); /* a horizontal line from here to to_x (excluded) */
/* Give the cells of this row, from x to to_x (excluded), another look. */
void pen_paint(struct pen *p, int x, int to_x, enum look look);

#endif
