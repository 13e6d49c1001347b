/* SPDX-License-Identifier: Apache-2.0 */
/* What runs: a line a job, and below it where the selected one is on a wafer. */
#include <math.h>
#include <stdio.h>

#include "config/wafer.h"
#include "tui/view.h"

#define MAP_W 30 /* 2 + 12 cells of 2, and air */
#define MEMORY_MB (WAFER_MEMORY_GB * 1000.0)
#define SLOT_LETTER(k) ((char)('a' + (k)))

static const struct model_job *
selected(const struct view *v)
{
	uint32_t i = ui_job(v->ui, v->m);
	return i < v->m->jobs.n ? &v->m->jobs.job[i] : NULL;
}

/* The system that is shown of it: the one that holds it up, else its first. */
static uint32_t
shown_system(const struct view *v, const struct model_job *j)
{
	return j->straggler < v->m->n_systems ? j->straggler : j->first_system;
}

static void
row(struct view *v, struct pen *p, uint32_t i)
{
	const struct model *m = v->m;
	const struct model_job *j = &m->jobs.job[i];
	bool is_selected = j == selected(v);
	pen_look_text(p, is_selected ? LOOK_BOLD : LOOK_DIM, "%c ", is_selected ? '>' : ' ');
	pen_look_text(p, is_selected ? LOOK_SELECTED : LOOK_TEXT, "%-16.16s", j->name);
	pen_text(p, " %-9.9s %-4s%4u", j->tenant[0] ? j->tenant : "-", model_job_mode_word(j->mode),
		 j->n_systems);
	view_value(p, m, &j->rate_frac, 100, 5, 0);
	view_value(p, m, &j->tokens_per_s, 1, 8, 0);
	view_value(p, m, &j->cost_per_s, 1, 6, 0);
	view_value(p, m, &j->wait_frac, 100, 4, 0);
	if (j->straggler < m->n_systems)
		pen_look_text(p, LOOK_WARN, "%-8.8s", m->systems[j->straggler].name);
	if (is_selected) {
		v->g->cursor_x = p->r.x;
		v->g->cursor_y = p->r.y + p->y;
	}
}

/* A list that is not whole must not look so. */
static void
heading(struct pen *p, const struct model_jobs *jobs)
{
	char title[80] = "JOBS";
	if (jobs->n_unknown > 0)
		snprintf(title, sizeof(title), "JOBS not known of %u of %u systems: data is old",
			 jobs->n_unknown, jobs->n_named);
	view_rule(p, title);
}

void
view_job_list(struct view *v, enum area area)
{
	struct pen p = view_pen(v, area);
	uint32_t n = v->m->jobs.n, at = ui_job(v->ui, v->m);
	int rows = p.r.h - 2;
	uint32_t top = rows > 0 && at >= (uint32_t)rows ? at - (uint32_t)rows + 1 : 0;
	heading(&p, &v->m->jobs);
	pen_at(&p, 0, 1);
	pen_look_text(
		&p, LOOK_DIM,
		"  JOB              TENANT    MODE SYS RATE%%  TOKENS/S  -COST WAIT%% SLOWEST");
	if (n == 0) {
		pen_at(&p, 0, 2);
		pen_look_text(&p, LOOK_DIM, "%s",
			      v->m->jobs.n_unknown > 0 ? "not known: data is old"
						       : "no job runs that an engine block names");
	}
	for (int y = 0; y < rows && top + (uint32_t)y < n; y++) {
		pen_at(&p, 0, y + 2);
		row(v, &p, top + (uint32_t)y);
	}
}

/* A letter a slot; the selected job's stand out. */
static void
map(struct pen *p, const struct model_system *s, uint32_t number)
{
	for (int y = 0; y < ROWS; y++) {
		pen_at(p, 0, 2 + y);
		pen_look_text(p, LOOK_DIM, "%c ", 'A' + y);
		for (int x = 0; x < ZONES; x++) {
			const struct sample *of = &s->job_of[y * ZONES + x];
			long k = sample_usable(of) ? lrint(of->value) - 1 : -2;
			bool known = k >= 0 && k < JOBS_MAX;
			bool its = known && sample_usable(&s->slot_id[k]) &&
				   lrint(s->slot_id[k].value) == (long)number;
			pen_look_text(p,
				      its       ? LOOK_SELECTED
				      : known   ? LOOK_TEXT
				      : k == -2 ? LOOK_STALE
						: LOOK_DIM,
				      "%c",
				      known     ? SLOT_LETTER(k)
				      : k == -2 ? '?'
						: '.');
			pen_text(p, " ");
		}
	}
}

static const char *
phase_word(const struct sample *phase)
{
	static const char *const words[] = {"compute", "stream", "barrier"};
	return sample_usable(phase) && phase->value >= 0 && phase->value < 3
		       ? words[lrint(phase->value)]
		       : "-";
}

static void
slots(struct view *v, struct pen *p, const struct model_system *s, int x)
{
	const struct plant *plant = v->m->alarms.plant;
	int y = 2;
	for (int k = 0; k < JOBS_MAX && y < p->r.h - 1; k++) {
		const struct sample *id = &s->slot_id[k];
		if (!sample_usable(id) || id->value < 0.5)
			continue;
		uint32_t number = (uint32_t)lrint(id->value);
		bool named = plant && number <= plant->n_jobs;
		pen_at(p, x, y++);
		pen_text(p, "%c %-16.16s ", SLOT_LETTER(k),
			 named ? plant->jobs[number - 1].name : "?");
		view_inline(p, v->m, &s->slot_rate_frac[k], 100, 0, "% ");
		view_inline(p, v->m, &s->slot_tokens_per_s[k], 1, 0, "tok/s");
	}
}

static void
detail(struct view *v)
{
	struct pen p = view_pen(v, AREA_JOB);
	const struct model_job *j = selected(v);
	char title[96];
	if (p.r.h == 0)
		return;
	if (!j) {
		view_rule(&p, "WAFER");
		return;
	}
	const struct model_system *s = &v->m->systems[shown_system(v, j)];
	const struct sample *one = s->one;
	snprintf(title, sizeof(title), "WAFER %s: %s on %u reticles", s->name, j->name,
		 j->n_reticles);
	view_rule(&p, title);
	pen_at(&p, 2, 1);
	pen_look_text(&p, LOOK_DIM, "1 2 3 4 5 6 7 8 9 . . 12");
	map(&p, s, j->number);
	pen_at(&p, MAP_W, 1);
	pen_text(&p, "use ");
	view_inline(&p, v->m, &one[ROLE_JOB_UTILISATION], 100, 0, "%");
	pen_text(&p, "  phase %s  memory ", phase_word(&one[ROLE_JOB_PHASE]));
	view_bar(&p, &one[ROLE_MEM_USED], 1e-3,
		 &(struct bar){0, MEMORY_MB * 1e-3, 0, MEMORY_MB * 0.9e-3, NAN, 12});
	pen_text(&p, "GB");
	slots(v, &p, s, MAP_W);
	if (j->straggler >= v->m->n_systems)
		return;
	pen_at(&p, MAP_W, p.r.h - 1);
	pen_look_text(&p, LOOK_WARN, "%s holds it up, costs ", s->name);
	view_inline(&p, v->m, &j->straggler_cost_per_s, 1, 0, "tokens/s");
}

void
view_jobs(struct view *v)
{
	struct pen p = view_pen(v, AREA_STATUS);
	view_job_list(v, AREA_JOBS);
	detail(v);
	if (v->ui->message[0])
		pen_look_text(&p, LOOK_BOLD, "%s", v->ui->message);
	else
		pen_look_text(&p, LOOK_DIM, "Enter: the system | isotherm job list --json");
}
