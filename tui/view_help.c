/* SPDX-License-Identifier: Apache-2.0 */
/* The key table as a page, and what the marks mean. */
#include "tui/view.h"

#define LABEL_W 9
#define COLUMN_W 40
#define KEYS (COMMANDS - 1)

static const char *const about[] = {
	"",
	"behind a value    ? old   x bad   e estimate or incomplete   M set by hand",
	"                  S simulated, where not everything is (HIL: all)",
	"before a system   * held back   ? points not good   F failsafe   ! trip",
	"before an alarm   ! * - . priority 1 to 4   ~ returned, not acked   o put aside",
	"on the wafer      ^ hottest   _ coldest   ! over the limit",
	"in the header     HIL: points that a simulator answers; LIVE: data's age",
	"bars              0[..(====)..|.]25: ends, normal band, limit; v is the value",
	"No key changes the plant; a and A say that somebody has seen an alarm.",
};
#define ABOUT ((int)(sizeof(about) / sizeof(about[0])))

static void
key_line(struct pen *p, int i, int x, int y)
{
	pen_at(p, x, y);
	pen_look_text(p, LOOK_BOLD, "%-*s", LABEL_W, key_table[i].label);
	pen_text(p, "%s", key_table[i].what);
}

void
view_help(struct view *v)
{
	struct pen p = pen_on(v->g, v->l.at[v->l.at[AREA_HELP].w ? AREA_HELP : AREA_LIST]);
	int columns = p.r.w >= 2 * COLUMN_W ? 2 : 1;
	int rows = (KEYS + columns - 1) / columns, lines = rows + ABOUT;
	int last = lines > p.r.h ? lines - p.r.h : 0;
	int top = v->ui->help_top < last ? v->ui->help_top : last;
	for (int y = 0; y < p.r.h && top + y < lines; y++) {
		int i = top + y;
		pen_at(&p, 0, y);
		if (i >= rows) {
			pen_text(&p, "%s", about[i - rows]);
			continue;
		}
		for (int c = 0; c < columns; c++)
			if (c * rows + i < KEYS)
				key_line(&p, c * rows + i, c * COLUMN_W, y);
	}
}
