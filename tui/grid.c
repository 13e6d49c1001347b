/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t
grid_ascii(uint32_t code)
{
	switch (code) {
	case GLYPH_HLINE:
		return '-';
	case GLYPH_VLINE:
		return '|';
	case GLYPH_BAND:
		return '=';
	case GLYPH_OUT:
		return '.';
	case GLYPH_POINTER:
		return 'v';
	default:
		return code >= 0x20 && code < 0x7f ? code : '?';
	}
}

int
grid_resize(struct cell_grid *g, int w, int h)
{
	w = w < 1 ? 1 : w;
	h = h < 1 ? 1 : h;
	size_t n = (size_t)w * (size_t)h;
	if (n > g->capacity) {
		struct cell *cells = realloc(g->cells, n * sizeof(*cells));
		if (!cells)
			return -ENOMEM;
		g->cells = cells;
		g->capacity = n;
	}
	g->w = w;
	g->h = h;
	grid_clear(g);
	return 0;
}

void
grid_free(struct cell_grid *g)
{
	free(g->cells);
	*g = (struct cell_grid){0};
}

void
grid_clear(struct cell_grid *g)
{
	for (size_t i = 0; i < (size_t)g->w * (size_t)g->h; i++)
		g->cells[i] = (struct cell){' ', LOOK_TEXT};
	g->cursor_x = g->cursor_y = -1;
}

void
grid_put(struct cell_grid *g, int x, int y, uint32_t code, enum look look)
{
	if (x < 0 || y < 0 || x >= g->w || y >= g->h)
		return;
	g->cells[(size_t)y * (size_t)g->w + (size_t)x] = (struct cell){code, look};
}

const struct cell *
grid_at(const struct cell_grid *g, int x, int y)
{
	return &g->cells[(size_t)y * (size_t)g->w + (size_t)x];
}

struct pen
pen_on(struct cell_grid *g, struct rect r)
{
	return (struct pen){.g = g, .r = r, .look = LOOK_TEXT};
}

void
pen_at(struct pen *p, int x, int y)
{
	p->x = x;
	p->y = y;
}

void
pen_code(struct pen *p, uint32_t code)
{
	if (p->x >= 0 && p->y >= 0 && p->x < p->r.w && p->y < p->r.h)
		grid_put(p->g, p->r.x + p->x, p->r.y + p->y, code, p->look);
	p->x++;
}

static void
pen_vtext(struct pen *p, const char *format, va_list ap)
{
	char text[512];
	int n = vsnprintf(text, sizeof(text), format, ap);
	if (n < 0)
		return;
	/* names and messages come from files and devices: nothing of them may steer a terminal */
	for (const char *c = text; *c; c++)
		pen_code(p, *c >= 0x20 && *c < 0x7f ? (uint32_t)*c : '?');
}

void
pen_text(struct pen *p, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	pen_vtext(p, format, ap);
	va_end(ap);
}

void
pen_look_text(struct pen *p, enum look look, const char *format, ...)
{
	enum look before = p->look;
	va_list ap;
	va_start(ap, format);
	p->look = look;
	pen_vtext(p, format, ap);
	p->look = before;
	va_end(ap);
}

void
pen_rule(struct pen *p, int to_x)
{
	enum look before = p->look;
	p->look = LOOK_DIM;
	while (p->x < to_x && p->x < p->r.w)
		pen_code(p, GLYPH_HLINE);
	p->look = before;
}

void
pen_paint(struct pen *p, int x, int to_x, enum look look)
{
	for (; x < to_x; x++)
		if (x >= 0 && p->y >= 0 && x < p->r.w && p->y < p->r.h)
			grid_put(p->g, p->r.x + x, p->r.y + p->y,
				 grid_at(p->g, p->r.x + x, p->r.y + p->y)->code, look);
}
