/* SPDX-License-Identifier: Apache-2.0 */
/* Level 2: one system with everything that its normal operation needs. */
#include <math.h>
#include <stdio.h>

#include "core/clock.h"
#include "tui/view.h"

#define HX_X 19
#define PUMP_X 32
#define BLOCK_X 56
#define MIMIC_W 80
#define ASKED_K 0.05 /* two set-points that differ by less are one */

static void
unit_value(struct pen *p, struct view *v, const struct sample *s, double scale, int width,
	   int decimals, const char *unit)
{
	view_value(p, v->m, s, scale, width, decimals);
	pen_look_text(p, LOOK_DIM, "%s", unit);
}

/* Difference of two live temperatures, else nothing known. */
static struct sample
difference(const struct sample *a, const struct sample *b)
{
	struct sample d = *a;
	d.quality = quality_worse((enum quality)a->quality, (enum quality)b->quality);
	d.flags |= b->flags;
	d.value = a->value - b->value;
	return d;
}

static const char *
machine_word(const struct sample *status)
{
	if (!sample_usable(status) || status->value < 0)
		return "?";
	unsigned bits = (unsigned)status->value;
	return bits & 2u ? "FAIL" : bits & 1u ? "run" : "off";
}

static void
pump(struct view *v, struct pen *p, int i, int y)
{
	const struct model_system *s = &v->m->systems[v->system];
	const char *word = machine_word(&s->pump_status[i]);
	pen_at(p, PUMP_X, y);
	pen_text(p, ">(P%d", i + 1);
	view_value(p, v->m, &s->pump_speed_pct[i], 1, 4, 0);
	pen_text(p, "%% ");
	pen_look_text(p, word[0] == 'F' ? LOOK_WARN : view_look(&s->pump_status[i], LOOK_TEXT),
		      "%s", word);
	pen_text(p, ")-");
	if (y == 3)
		pen_text(p, "+");
	else
		pen_text(p, "'");
}

static void
mimic_frame(struct pen *p)
{
	p->look = LOOK_DIM;
	pen_at(p, 0, 0);
	pen_text(p, "FACILITY");
	pen_at(p, HX_X - 1, 0);
	pen_text(p, "HX");
	pen_at(p, PUMP_X, 0);
	pen_text(p, "LOOP AND PUMPS");
	pen_at(p, BLOCK_X, 0);
	pen_text(p, "ENGINE BLOCK");
	for (int y = 1; y <= 3; y++) {
		pen_at(p, HX_X, y);
		pen_text(p, "|#|");
		pen_at(p, BLOCK_X, y);
		pen_text(p, "[");
		pen_at(p, MIMIC_W - 1, y);
		pen_text(p, "]");
	}
	pen_at(p, 8, 3);
	pen_text(p, "<");
	pen_rule(p, HX_X);
	pen_at(p, HX_X + 3, 1);
	pen_text(p, "<");
	pen_rule(p, BLOCK_X);
	pen_at(p, HX_X + 3, 3);
	pen_rule(p, PUMP_X);
	p->look = LOOK_TEXT;
}

static bool
wet(const struct model_system *s, bool *known)
{
	bool any = false;
	*known = false;
	for (int i = 0; i < MODEL_LEAKS; i++)
		if (sample_usable(&s->leak[i])) {
			*known = true;
			any = any || s->leak[i].value > 0.5;
		}
	return any;
}

static void
mimic_loop(struct view *v, struct pen *p)
{
	const struct model_system *s = &v->m->systems[v->system];
	bool known, leak = wet(s, &known);
	pen_at(p, HX_X + 4, 1);
	unit_value(p, v, &s->one[ROLE_LOOP_RETURN], 1, 5, 1, "C");
	pen_at(p, HX_X + 4, 3);
	unit_value(p, v, &s->one[ROLE_LOOP_SUPPLY], 1, 5, 1, "C");
	pen_at(p, PUMP_X, 2);
	pen_look_text(p,
		      leak    ? LOOK_TRIP
		      : known ? LOOK_TEXT
			      : LOOK_STALE,
		      "leak %s",
		      leak    ? "WET"
		      : known ? "dry"
			      : "?");
	pen_text(p, " level");
	unit_value(p, v, &s->one[ROLE_LOOP_LEVEL], 1, 4, 0, "%");
	pump(v, p, 0, 3);
	pen_rule(p, BLOCK_X - 1);
	pen_text(p, ">");
	pump(v, p, 1, 4);
}

static void
mimic(struct view *v)
{
	const struct model_system *s = &v->m->systems[v->system];
	const struct sample *one = s->one;
	struct pen p = view_pen(v, AREA_MIMIC);
	struct sample plate_dk = difference(&one[ROLE_PLATE_OUTLET], &one[ROLE_PLATE_INLET]);
	bool air = s->facility == FACILITY_AIR;
	struct sample approach_dk = difference(&one[ROLE_LOOP_SUPPLY], &one[ROLE_HX_FACILITY_IN]);
	mimic_frame(&p);
	pen_at(&p, 0, 1);
	unit_value(&p, v, &one[ROLE_HX_FACILITY_IN], 1, 5, 1, "C");
	pen_text(&p, air ? " >(F" : " >(V"); /* fans, or valve */
	view_value(&p, v->m, &one[ROLE_VALVE], 1, 4, 0);
	pen_text(&p, "%%)");
	pen_at(&p, 0, 2);
	if (air)
		unit_value(&p, v, &one[ROLE_HX_AIR_FLOW], 1, 5, 2, "kg/s");
	else
		unit_value(&p, v, &one[ROLE_HX_FACILITY_FLOW], 1, 5, 1, "l/min");
	pen_at(&p, HX_X + 4, 2);
	pen_look_text(&p, LOOK_DIM, "+");
	view_inline(&p, v->m, &approach_dk, 1, 1, "K");
	pen_at(&p, 0, 3);
	unit_value(&p, v, &one[ROLE_HX_FACILITY_OUT], 1, 5, 1, "C");
	mimic_loop(v, &p);
	pen_at(&p, BLOCK_X + 2, 1);
	pen_text(&p, "out");
	unit_value(&p, v, &one[ROLE_PLATE_OUTLET], 1, 5, 1, "C");
	pen_text(&p, " dT");
	unit_value(&p, v, &plate_dk, 1, 5, 1, "K");
	pen_at(&p, BLOCK_X + 2, 2);
	pen_text(&p, "plate dP");
	unit_value(&p, v, &one[ROLE_PLATE_DP], 1, 5, 1, "kPa");
	pen_at(&p, BLOCK_X + 2, 3);
	pen_text(&p, "in ");
	unit_value(&p, v, &one[ROLE_PLATE_INLET], 1, 5, 1, "C");
	pen_at(&p, BLOCK_X, 4);
	unit_value(&p, v, &one[ROLE_LOOP_FLOW], 1, 5, 1, "l/min");
	pen_text(&p, " filt");
	unit_value(&p, v, &one[ROLE_FILTER_DP], 1, 3, 0, "kPa");
}

static void
facts_power(struct view *v, struct pen *p)
{
	const struct model_system *s = &v->m->systems[v->system];
	uint32_t run = 0, failed = 0;
	for (int i = 0; i < PSUS; i++) {
		const char *word = machine_word(&s->psu_status[i]);
		run += word[0] == 'r';
		failed += word[0] == 'F';
	}
	view_inline(p, v->m, &s->input_w, 1e-3, 1, "kW ");
	view_bar(p, &s->input_w, 1e-3, &(struct bar){0, 25, 17, 23, NAN, 9});
	pen_text(p, " | wafer ");
	view_inline(p, v->m, &s->one[ROLE_WAFER_POWER], 1e-3, 1, "kW ");
	view_inline(p, v->m, &s->one[ROLE_WAFER_VOLTAGE], 1, 3, "V ");
	view_inline(p, v->m, &s->one[ROLE_WAFER_CURRENT], 1e-3, 1, "kA");
	pen_text(p, " | PSU ");
	pen_look_text(p, failed ? LOOK_WARN : view_look(&s->psu_status[0], LOOK_TEXT), "%u/%d", run,
		      PSUS);
}

static const char *
authority_word(const struct sample *s)
{
	static const char *const words[] = {"LOCAL", "SUPERV", "MAINT"};
	if (!sample_usable(s) || s->value < 0 || s->value > 2)
		return "?";
	return words[(int)s->value];
}

/* Who holds it, and until when; else who is in charge of its devices. */
static void
who_is_in_charge(struct view *v, struct pen *p)
{
	const struct model_system *s = &v->m->systems[v->system];
	const struct sample *one = s->one;
	int64_t uid, until_ns;
	char when[32], who[24] = "somebody";
	if (!model_held_by(s, &uid, &until_ns)) {
		pen_text(p, " | eng %s cool %s", authority_word(&one[ROLE_ENGINE_AUTHORITY]),
			 authority_word(&one[ROLE_COOLING_AUTHORITY]));
		return;
	}
	if (uid >= 0)
		snprintf(who, sizeof(who), "uid %lld", (long long)uid);
	pen_text(p, " | ");
	pen_look_text(p, LOOK_BOLD, "%s", who);
	if (until_ns)
		pen_text(p, " to %.5s", clock_local_text(until_ns, when, sizeof(when)));
	if (v->m->holder.system == v->system && v->m->holder.why[0])
		pen_text(p, ": %s", v->m->holder.why);
}

static void
facts_control(struct view *v, struct pen *p)
{
	const struct model_system *s = &v->m->systems[v->system];
	const struct sample *one = s->one;
	pen_look_text(p, s->mode_live ? LOOK_BOLD : LOOK_STALE, "%s%s", model_mode_word(s->mode),
		      s->mode_live ? "" : "?");
	if (s->reason_live && s->reason != REASON_NONE && s->reason != REASON_HAND)
		pen_look_text(p, s->reason == REASON_PACE ? LOOK_TEXT : LOOK_WARN, " by %s",
			      model_reason_word(s->reason));
	pen_text(p, " | duty ");
	view_inline(p, v->m, &one[ROLE_CTL_DUTY], 1, 2, "");
	pen_text(p, " costs ");
	view_inline(p, v->m, &one[ROLE_CTL_COST_TOKENS], 1, 0, "tok/s");
	who_is_in_charge(v, p);
}

/* What was asked for, where the dew point does not allow it. */
static void
asked(struct view *v, struct pen *p)
{
	const struct sample *one = v->m->systems[v->system].one;
	const struct sample *want = &one[ROLE_CTL_SUPPLY_ASKED],
			    *least = &one[ROLE_CTL_SUPPLY_LEAST];
	if (sample_usable(want) && sample_usable(least) && want->value < least->value - ASKED_K)
		pen_look_text(p, LOOK_WARN, " (dew; asked %.1f)", want->value);
}

static void
facts_limits(struct view *v, struct pen *p)
{
	const struct model_system *s = &v->m->systems[v->system];
	const struct sample *one = s->one;
	char words[64];
	pen_text(p, "spread <%.1f K, T <%.1f C | supply set ", s->spread_limit_k, s->temp_limit_c);
	view_inline(p, v->m, &one[ROLE_CTL_SUPPLY_SETPOINT], 1, 1, "C");
	asked(v, p);
	pen_text(p, " | fold ");
	view_inline(p, v->m, &one[ROLE_ENGINE_FOLDBACK], 1, 2, "");
	pen_text(p, " | trip ");
	pen_look_text(p, s->trip ? LOOK_TRIP : view_look(&one[ROLE_ENGINE_TRIP], LOOK_TEXT), "%s",
		      s->trip ? model_trip_words(s->trip, words, sizeof(words))
		      : sample_usable(&one[ROLE_ENGINE_TRIP]) ? "none"
							      : "?");
}

static void
facts_load(struct view *v, struct pen *p)
{
	const struct sample *one = v->m->systems[v->system].one;
	const struct sample *mode = &one[ROLE_JOB_MODE];
	bool known = sample_usable(mode) && mode->value >= 0 && mode->value <= JOB_MODE_PART;
	pen_look_text(p, known ? LOOK_TEXT : LOOK_STALE, "%s",
		      known ? model_job_mode_word((enum job_mode)lrint(mode->value)) : "?");
	pen_text(p, " rate ");
	view_inline(p, v->m, &one[ROLE_JOB_RATE], 1, 2, "");
	pen_text(p, " use ");
	view_inline(p, v->m, &one[ROLE_JOB_UTILISATION], 100, 0, "%");
	pen_text(p, " | ");
	view_inline(p, v->m, &one[ROLE_JOB_TOKENS], 1, 0, "of ");
	view_inline(p, v->m, &one[ROLE_CTL_TOKENS_FULL], 1, 0, "tokens/s");
	pen_text(p, " | ");
	view_inline(p, v->m, &one[ROLE_CORES_ACTIVE], 1, 0, "cores");
}

static void
facts_links(struct view *v, struct pen *p)
{
	const struct model *m = v->m;
	const struct model_system *s = &m->systems[v->system];
	for (uint32_t i = 0; i < s->n_devices && s->first_device + i < m->n_devices; i++) {
		const struct model_device *d = &m->devices[s->first_device + i];
		bool ok = sample_usable(&d->state) && (int)d->state.value == LINK_OK;
		pen_text(p, "%s%s ", i ? " | " : "", d->kind);
		pen_look_text(p, ok ? LOOK_TEXT : view_look(&d->state, LOOK_WARN), "%s%s",
			      model_link_word(&d->state), sample_usable(&d->state) ? "" : "?");
		pen_text(p, " %u/%u%s", d->good, d->points, d->simulated ? " S" : "");
		if (!d->armed) {
			pen_look_text(p, LOOK_BOLD, " SHADOW would write ");
			view_inline(p, m, &d->would_write, 1, 0, "");
		}
	}
}

static void
facts(struct view *v)
{
	static const struct {
		const char *label;
		void (*line)(struct view *v, struct pen *p);
	} lines[FACTS_H] = {{"POWER", facts_power},
			    {"CTRL", facts_control},
			    {"LIMITS", facts_limits},
			    {"LOAD", facts_load},
			    {"LINKS", facts_links}};
	struct pen p = view_pen(v, AREA_FACTS);
	for (int y = 0; y < FACTS_H; y++) {
		pen_at(&p, 0, y);
		pen_look_text(&p, LOOK_BOLD, "%-7s", lines[y].label);
		lines[y].line(v, &p);
	}
}

static void
links(struct view *v)
{
	const struct model *m = v->m;
	const struct model_system *s = &m->systems[v->system];
	struct pen p = view_pen(v, AREA_LINKS);
	if (p.r.h == 0)
		return;
	view_rule(&p, "DEVICES");
	pen_at(&p, 0, 1);
	pen_look_text(&p, LOOK_DIM,
		      "DEVICE        ADDRESS              STATE    GOOD     ANSWERS   ERR"
		      "    ms WRITES");
	for (uint32_t i = 0; i < s->n_devices && (int)i + 2 < p.r.h; i++) {
		const struct model_device *d = &m->devices[s->first_device + i];
		char address[48];
		if (*d->line)
			snprintf(address, sizeof(address), "%s/%u", d->line, d->unit);
		else
			snprintf(address, sizeof(address), "%.30s:%u/%u", d->host, d->port,
				 d->unit);
		pen_at(&p, 0, (int)i + 2);
		pen_text(&p, "%-13.13s %-20.20s ", d->name, address);
		pen_look_text(&p, view_look(&d->state, LOOK_TEXT), "%-8s",
			      model_link_word(&d->state));
		pen_text(&p, "%3u/%-3u", d->good, d->points);
		view_value(&p, m, &d->transactions, 1, 9, 0);
		view_value(&p, m, &d->errors, 1, 5, 0);
		view_value(&p, m, &d->rtt_ms, 1, 5, 1);
		pen_text(&p, "%s", d->armed ? "armed" : "SHADOW");
	}
}

static void
supplies(struct view *v)
{
	const struct model_system *s = &v->m->systems[v->system];
	struct pen p = view_pen(v, AREA_SUPPLIES);
	if (p.r.h == 0)
		return;
	view_rule(&p, "SUPPLIES W");
	for (int i = 0; i < PSUS; i++) {
		const char *word = machine_word(&s->psu_status[i]);
		pen_at(&p, i * 12, 1);
		pen_look_text(&p, LOOK_DIM, "%2d", i + 1);
		view_value(&p, v->m, &s->psu_power_w[i], 1, 5, 0);
		pen_look_text(&p,
			      word[0] == 'F' ? LOOK_WARN : view_look(&s->psu_status[i], LOOK_DIM),
			      "%s", word);
	}
}

static void
selection(struct view *v)
{
	const struct model_system *s = &v->m->systems[v->system];
	struct pen p = view_pen(v, AREA_STATUS);
	uint32_t i = v->ui->reticle < RETICLES ? v->ui->reticle : 0;
	struct sample dk = difference(&s->temp_c[i], &s->tmean_c);
	char label[4];
	if (v->ui->message[0]) {
		pen_look_text(&p, LOOK_BOLD, "%s", v->ui->message);
		return;
	}
	pen_look_text(&p, LOOK_BOLD, "%s ", reticle_label(i, label));
	view_inline(&p, v->m, &s->temp_c[i], 1, 2, "C, ");
	view_inline(&p, v->m, &dk, 1, 2, "K from mean, ");
	view_inline(&p, v->m, &s->power_w[i], 1, 0, "W, duty ");
	view_inline(&p, v->m, &s->duty_frac[i], 1, 3, "share ");
	view_inline(&p, v->m, &s->share_frac[i], 1, 2, "");
	if (s->ballast_w[i].quality != QUALITY_NEVER) { /* where the plant has such a thing */
		pen_text(&p, ", ballast ");
		view_inline(&p, v->m, &s->ballast_w[i], 1, 1, "W");
	}
	if (s->temp_c[i].quality != QUALITY_NEVER && isfinite(s->temp_c[i].value))
		pen_text(&p, ", %s, %.1f s", quality_name((enum quality)s->temp_c[i].quality),
			 (double)(v->m->now_ns - s->temp_c[i].time_ns) / 1e9);
}

static void
preview_rule(struct view *v)
{
	const struct model_system *s = &v->m->systems[v->system];
	struct pen p = view_pen(v, AREA_SYSTEM_RULE);
	char title[48];
	snprintf(title, sizeof(title), "SYSTEM %s %s%s", s->name, model_mode_word(s->mode),
		 s->mode_live ? "" : "?");
	view_rule(&p, title);
	struct pen gap = view_pen(v, AREA_GAP);
	gap.look = LOOK_DIM;
	for (int y = 0; y < gap.r.h; y++) {
		pen_at(&gap, 0, y);
		pen_code(&gap, GLYPH_VLINE);
	}
}

void
view_system(struct view *v)
{
	if (v->m->n_systems == 0)
		return;
	if (v->ui->screen == SCREEN_OVERVIEW)
		preview_rule(v);
	view_map(v);
	mimic(v);
	facts(v);
	view_events(v);
	links(v);
	supplies(v);
	if (v->ui->screen == SCREEN_SYSTEM)
		selection(v);
}
