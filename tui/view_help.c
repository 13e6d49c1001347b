/* SPDX-License-Identifier: Apache-2.0 */
/* The key table as a page, and what the marks mean. */
#include "tui/view.h"

static const char *const about[] = {
	"",
	"MARKS  behind a value: ? old   x bad   e estimate or incomplete   M set by hand   S "
	"simulated",
	"       before a system: * held back   ? points not good   F failsafe, nobody controls   ! "
	"trip",
	"       on the wafer: ^ hottest   _ coldest   ! over the limit",
	"HEADER HIL: points that a simulator answers; LIVE/STALE: age of the collectors' heartbeat",
	"BARS   0[..(====)..|.]25: ends, normal band, limit, the value as a pointer",
	"WRITES none: no key and no mouse click on these screens changes the plant",
};

void
view_help(struct view *v)
{
	struct pen p = pen_on(v->g, v->l.at[v->l.at[REGION_HELP].w ? REGION_HELP : REGION_LIST]);
	int lines = COMMANDS - 1 + (int)(sizeof(about) / sizeof(about[0]));
	int top = v->ui->help_top;
	if (top > lines - p.r.h)
		top = lines > p.r.h ? lines - p.r.h : 0;
	for (int y = 0; y < p.r.h && top + y < lines; y++) {
		int i = top + y;
		pen_at(&p, 0, y);
		if (i < COMMANDS - 1) {
			pen_look_text(&p, LOOK_BOLD, "%-9s", key_table[i].label);
			pen_text(&p, "%s", key_table[i].what);
		} else {
			pen_text(&p, "%s", about[i - (COMMANDS - 1)]);
		}
	}
}
