/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/view.h"

void
view_draw(struct cell_grid *g, const struct model *m, const struct ui *ui)
{
	struct view v = {.g = g, .m = m, .ui = ui, .system = ui_system(ui, m)};
	layout_make(&v.l, ui->screen, g->w, g->h, m->n_systems);
	grid_clear(g);
	switch (v.l.kind) {
	case LAYOUT_LINE:
		view_line(&v);
		return;
	case LAYOUT_LIST:
		view_header(&v);
		view_banner(&v);
		view_list(&v);
		return;
	case LAYOUT_FULL:
	case LAYOUT_WIDE:
		break;
	}
	view_header(&v);
	view_banner(&v);
	switch (ui->screen) {
	case SCREEN_OVERVIEW:
		view_overview(&v);
		break;
	case SCREEN_SYSTEM:
		view_system(&v);
		break;
	case SCREEN_JOBS:
		view_jobs(&v);
		break;
	case SCREEN_ALARMS:
	case SCREEN_ALARM:
		view_alarms(&v);
		break;
	case SCREEN_HELP:
	case SCREENS:
		view_help(&v);
		break;
	}
	view_keys(&v);
}
