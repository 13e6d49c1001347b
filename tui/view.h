/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot and what the person chose become a grid of cells. Pure, no terminal. view_draw is what
 * everybody calls; the rest is shared by the files view_*.c.
 *
 * How far a value can be trusted shows on the value itself: live as it is; `?` and dim, old; `x`
 * bad; `e` an estimate; `M` set by hand; `S` simulated, where not everything is (the header says it
 * once where everything is). A value that was never measured is "-".
 */
#ifndef ISOTHERM_TUI_VIEW_H
#define ISOTHERM_TUI_VIEW_H

#include "tui/grid.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/model.h"

struct view {
	struct cell_grid *g;
	const struct model *m;
	const struct ui *ui;
	struct layout l;
	uint32_t system; /* the selected one */
};

/* Draws the whole grid, whatever its size. */
void view_draw(struct cell_grid *g, const struct model *m, const struct ui *ui);

/* --- view_overview.c, view_system.c, view_map.c, view_alarms.c, view_jobs.c, view_small.c, view_help.c --- */
void view_overview(struct view *v);
void view_system(struct view *v);
void view_map(struct view *v); /* heat map and zones */
void view_alarms(struct view *v);
void view_alarm(struct view *v, struct rect at, bool whole); /* the selected one */
void view_alarm_row(struct view *v, struct pen *p, uint32_t alarm, int text_w);
void view_list(struct view *v);
void view_line(struct view *v);
void view_jobs(struct view *v);
void view_job_list(struct view *v, enum area area);
void view_help(struct view *v);

/* --- view_parts.c --- */
struct pen view_pen(struct view *v, enum area area);
char view_mark(const struct model *m, const struct sample *s); /* ' ' live */
enum look view_look(const struct sample *s, enum look live);
enum look view_alarm_look(const struct model *m, uint32_t alarm);
/* `!1`: two cells, the first of which flashes while nobody has acknowledged it. */
void view_alarm_mark(const struct view *v, struct pen *p, uint32_t alarm);
enum look view_class_look(enum system_class c);
char view_class_mark(enum system_class c);
/* A number of `width` columns with `decimals`, then its mark: width + 1 columns, never more. */
void view_value(struct pen *p, const struct model *m, const struct sample *s, double scale,
		int width, int decimals);
/* The same with the mark right behind the number and a unit: as wide as it gets. */
void view_inline(struct pen *p, const struct model *m, const struct sample *s, double scale,
		 int decimals, const char *unit);

struct bar {
	double lo, hi;           /* ends */
	double band_lo, band_hi; /* where it is normally */
	double limit;            /* NAN none */
	int width;               /* between the brackets */
};
void view_bar(struct pen *p, const struct sample *s, double scale, const struct bar *bar);

void view_header(struct view *v);
void view_keys(struct view *v);
void view_events(struct view *v);
void view_rule(struct pen *p, const char *title); /* "-TITLE -----" */

/* --- view_banner.c --- */
void view_banner(struct view *v);
/* Does the banner tell an alarm, and which? Else it has the sentence of what is wrong. */
bool view_banner_alarm(const struct view *v, uint32_t *alarm);
void view_sentence(struct view *v, struct pen *p);

#endif
