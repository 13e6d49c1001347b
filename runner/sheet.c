/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/sheet.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "runner/sheet_jobs.h"
#include "runner/sheet_parts.h"

/* --- judging --- */

static void
judge_bound(struct sheet *s, const struct scenario_bound *b, uint32_t system)
{
	const struct score_info *info = &score_table[b->score];
	const char *name = s->scenario->plant->systems[system].name;
	double v = score_value(world_score(s->world, system), b->score);

	s->expected++;
	if (!isfinite(v))
		sheet_fail(s, "%s %s: was not scored", name, info->name);
	else if (v < b->min)
		sheet_fail(s, "%s %s: %.4f is below %.10g %s", name, info->name, v, b->min,
			   info->unit);
	else if (v > b->max)
		sheet_fail(s, "%s %s: %.4f is above %.10g %s", name, info->name, v, b->max,
			   info->unit);
}

/* Those that must be there: each after the one before it. Those that must not: nowhere. */
static void
judge_texts(struct sheet *s)
{
	const struct world_line *lines = world_lines(s->world);
	uint32_t from = 0;

	for (uint32_t i = 0; i < s->scenario->n_texts; i++) {
		const struct scenario_text *t = &s->scenario->texts[i];
		uint32_t k = t->never ? 0 : from;

		s->expected++;
		while (k < s->result->n_lines && strstr(lines[k].text, t->text) == NULL)
			k++;
		if (t->never && k < s->result->n_lines)
			sheet_fail(s, "event \"%s\" was not to be, but \"%s\" at %.1f s", t->text,
				   lines[k].text, lines[k].at_s);
		else if (!t->never && k == s->result->n_lines)
			sheet_fail(s, "event \"%s\" did not come%s", t->text,
				   from > 0 ? " (after the one before it)" : "");
		else if (!t->never)
			from = k + 1;
	}
}

/* --- alarms --- */

static double
time_of(const struct sheet *s, int64_t plant_ns)
{
	return plant_ns == INT64_MIN ? (double)NAN : world_time_s(s->world, plant_ns);
}

static const char *
key_of(const struct sheet *s, uint32_t alarm)
{
	return s->scenario->plant->alarms[alarm].key;
}

/* As texts: raised each after the one before it, or never. */
static void
judge_alarms(struct sheet *s)
{
	uint32_t n, from = 0;
	const struct desk_alarm *alarms = desk_alarms(world_desk(s->world), &n);

	for (uint32_t i = 0; i < s->scenario->n_alarms; i++) {
		const struct scenario_alarm *want = &s->scenario->alarms[i];
		uint32_t k = want->never ? 0 : from;

		s->expected++;
		while (k < n && !scenario_key_fits(want->key, key_of(s, alarms[k].alarm)))
			k++;
		if (want->never && k < n)
			sheet_fail(s, "%s:%u: alarm %s was not to be, but %s at %.1f s",
				   s->scenario->path, want->line, want->key,
				   key_of(s, alarms[k].alarm), time_of(s, alarms[k].raised_ns));
		else if (!want->never && k == n)
			sheet_fail(s, "%s:%u: alarm %s did not come%s", s->scenario->path,
				   want->line, want->key,
				   from > 0 ? " (after the one before it)" : "");
		else if (!want->never && time_of(s, alarms[k].raised_ns) > want->by_s)
			sheet_fail(s, "%s:%u: alarm %s came at %.1f s, not by %g s",
				   s->scenario->path, want->line, key_of(s, alarms[k].alarm),
				   time_of(s, alarms[k].raised_ns), want->by_s);
		if (!want->never && k < n)
			from = k + 1;
	}
}

static int64_t
calls_for(const struct sheet *s, const char *pattern)
{
	uint32_t n;
	const struct desk_page *pages = desk_pages(world_desk(s->world), &n);
	int64_t calls = 0;

	for (uint32_t i = 0; i < n; i++)
		calls += pages[i].action == PAGE_TRIGGER && pages[i].delivered_ns != INT64_MIN &&
			 scenario_key_fits(pattern, key_of(s, pages[i].alarm));
	return calls;
}

static void
judge_total(struct sheet *s, const struct scenario_total *t, double v, const char *what)
{
	if (isinf(t->min) && isinf(t->max))
		return;
	s->expected++;
	if (v < t->min)
		sheet_fail(s, "%.0f %s, fewer than %g", v, what, t->min);
	else if (v > t->max)
		sheet_fail(s, "%.0f %s, more than %g", v, what, t->max);
}

static void
judge_calls(struct sheet *s)
{
	uint32_t n;

	for (uint32_t i = 0; i < s->scenario->n_calls; i++) {
		const struct scenario_calls *want = &s->scenario->calls[i];
		int64_t calls = calls_for(s, want->key);

		s->expected++;
		if (calls != want->count)
			sheet_fail(s, "%s:%u: %" PRId64 " pages for %s, not %" PRId64,
				   s->scenario->path, want->line, calls, want->key, want->count);
	}
	(void)desk_alarms(world_desk(s->world), &n);
	judge_total(s, &s->scenario->alarms_total, n, "alarms");
	judge_total(s, &s->scenario->pages_total, (double)calls_for(s, "*"), "pages");
}

void
sheet_judge(struct sheet *s)
{
	const struct scenario *sc = s->scenario;

	s->expected = s->failed = 0;
	for (uint32_t k = 0; k < sc->plant->n_systems; k++)
		if (score_broken(world_score(s->world, k))) {
			s->expected++; /* always */
			sheet_fail(s, "%s: a temperature was no number",
				   sc->plant->systems[k].name);
		}
	for (uint32_t i = 0; i < sc->n_bounds; i++)
		for (uint32_t k = 0; k < sc->plant->n_systems; k++)
			if (sc->bounds[i].system < 0 || (uint32_t)sc->bounds[i].system == k)
				judge_bound(s, &sc->bounds[i], k);
	for (uint32_t i = 0; i < sc->n_probes; i++) {
		const char *why = world_probe_failure(s->world, i);

		s->expected++;
		if (why != NULL)
			sheet_fail(s, "%s:%u: %s: %s", sc->path, sc->probes[i].line,
				   sc->probes[i].name, why);
	}
	sheet_judge_jobs(s);
	judge_texts(s);
	judge_alarms(s);
	judge_calls(s);
}

/* --- printing --- */

/* Throughput in % of the best possible; NAN: not known. */
static double
of_best(const struct sheet *s, uint32_t system)
{
	double v = score_value(world_score(s->world, system), SCORE_throughput_pct);

	return s->best_pct != NULL ? 100.0 * v / s->best_pct[system] : (double)NAN;
}

/* Of an option only where the plant has it. */
static bool
is_told(const struct sheet *s, enum score_id id)
{
	return id != SCORE_ballast_kj || s->scenario->plant->control.ballast_max_w > 0.0;
}

static void
print_scores(const struct sheet *s, FILE *to, uint32_t system)
{
	fprintf(to, "\n%s\n", s->scenario->plant->systems[system].name);
	for (int i = 0; i < SCORES; i++) {
		const struct score_info *info = &score_table[i];
		double v = score_value(world_score(s->world, system), (enum score_id)i);

		if (!is_told(s, (enum score_id)i))
			continue;
		fprintf(to, "  %-20s %12.*f %-6s %s\n", info->name, info->decimals, v, info->unit,
			info->text);
		if (i == SCORE_throughput_pct && s->best_pct != NULL)
			fprintf(to,
				"  %-20s %12.2f %-6s that throughput, of the %.2f %% that were "
				"possible\n",
				"bound_pct", of_best(s, system), "%", s->best_pct[system]);
	}
}

static void
print_time(FILE *to, const char *what, double t_s)
{
	if (isfinite(t_s))
		fprintf(to, ", %s at %.1f s", what, t_s);
}

static void
print_alarms(const struct sheet *s, FILE *to)
{
	uint32_t n;
	const struct desk_alarm *alarms = desk_alarms(world_desk(s->world), &n);

	fprintf(to, "\n%u alarms, %" PRId64 " pages\n", n, calls_for(s, "*"));
	for (uint32_t i = 0; i < n; i++) {
		const struct desk_alarm *a = &alarms[i];

		fprintf(to, "  %s raised at %.1f s", key_of(s, a->alarm), time_of(s, a->raised_ns));
		print_time(to, "acknowledged", time_of(s, a->acked_ns));
		print_time(to, "returned", time_of(s, a->returned_ns));
		print_time(to, "over", time_of(s, a->ended_ns));
		fputc('\n', to);
	}
}

void
sheet_print_text(const struct sheet *s, FILE *to)
{
	const struct scenario *sc = s->scenario;
	const struct world_line *lines = world_lines(s->world);

	fprintf(to, "%s%s%s\n", sc->name, sc->title[0] != '\0' ? ": " : "", sc->title);
	fprintf(to, "  %u system%s, seed %" PRIu64 ", mode %s, controller %s, scored %g to %g s\n",
		sc->plant->n_systems, sc->plant->n_systems == 1 ? "" : "s", sc->plant->seed,
		s->mode, s->controller, sc->scored_s[0], sc->scored_s[1]);
	fprintf(to,
		"  %g s of plant time in %.2f s (%.0f times real time), %" PRIu64
		" Modbus transactions; commissioned before in %.2f s\n",
		sc->duration_s, s->wall_s, sc->duration_s / s->wall_s, s->result->transactions,
		s->soak_wall_s);
	fprintf(to, "  digest %s\n", s->result->digest);
	for (uint32_t i = 0; i < s->result->n_lines; i++)
		fprintf(to, "%s%8.1f s  %-8s %s\n", i == 0 ? "\n" : "", lines[i].at_s,
			world_line_kind_name(lines[i].kind), lines[i].text);
	if (s->result->lines_lost + s->result->desk_lost > 0)
		fprintf(to, "  and %u more events\n", s->result->lines_lost + s->result->desk_lost);
	print_alarms(s, to);
	sheet_print_jobs(s, to);
	for (uint32_t i = 0; i < sc->plant->n_systems; i++)
		print_scores(s, to, i);
	fprintf(to, "\n%u of %u expectations hold\n", s->expected - s->failed, s->expected);
}

static json_t *
json_systems(const struct sheet *s)
{
	json_t *systems = json_array();

	for (uint32_t i = 0; i < s->scenario->plant->n_systems; i++) {
		json_t *system = json_pack("{s:s}", "name", s->scenario->plant->systems[i].name);

		for (int k = 0; k < SCORES; k++) {
			double v = score_value(world_score(s->world, i), (enum score_id)k);

			if (!is_told(s, (enum score_id)k))
				continue;
			(void)json_object_set_new(system, score_table[k].name,
						  k == SCORE_trips ? json_integer(llround(v))
								   : sheet_json_number(v));
			if (k == SCORE_throughput_pct) {
				(void)json_object_set_new(system, "bound_pct",
							  sheet_json_number(of_best(s, i)));
				(void)json_object_set_new(
					system, "best_pct",
					s->best_pct != NULL ? sheet_json_number(s->best_pct[i])
							    : json_null());
			}
		}
		(void)json_array_append_new(systems, system);
	}
	return systems;
}

static json_t *
json_events(const struct sheet *s)
{
	const struct world_line *lines = world_lines(s->world);
	json_t *events = json_array();

	for (uint32_t i = 0; i < s->result->n_lines; i++)
		(void)json_array_append_new(events,
					    json_pack("{s:f, s:s, s:s}", "time_s", lines[i].at_s,
						      "kind", world_line_kind_name(lines[i].kind),
						      "text", lines[i].text));
	return events;
}

static json_t *
json_alarms(const struct sheet *s)
{
	const struct plant *plant = s->scenario->plant;
	uint32_t n;
	const struct desk_alarm *alarms = desk_alarms(world_desk(s->world), &n);
	json_t *list = json_array();
	char text[96];

	for (uint32_t i = 0; i < n; i++) {
		const struct desk_alarm *a = &alarms[i];
		const struct alarm_record *record =
			&plant->alarm_records[plant->alarms[a->alarm].record];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "alarm",
					key_of(s, a->alarm), "text",
					alarm_text(plant, a->alarm, text, sizeof text), "priority",
					alarm_priority_name(record->priority), "raised_s",
					sheet_json_number(time_of(s, a->raised_ns)), "acked_s",
					sheet_json_number(time_of(s, a->acked_ns)), "returned_s",
					sheet_json_number(time_of(s, a->returned_ns)), "ended_s",
					sheet_json_number(time_of(s, a->ended_ns))));
	}
	return list;
}

static json_t *
json_pages(const struct sheet *s)
{
	uint32_t n;
	const struct desk_page *pages = desk_pages(world_desk(s->world), &n);
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++)
		(void)json_array_append_new(
			list, json_pack("{s:f, s:s, s:s, s:s, s:i, s:o}", "time_s",
					time_of(s, pages[i].first_ns), "action",
					page_action_name(pages[i].action), "alarm",
					key_of(s, pages[i].alarm), "key", pages[i].key, "tries",
					(int)pages[i].tries, "delivered_s",
					sheet_json_number(time_of(s, pages[i].delivered_ns))));
	return list;
}

static json_t *
json_failures(const struct sheet *s)
{
	json_t *failures = json_array();

	for (unsigned i = 0; i < s->failed && i < SHEET_FAILURES; i++)
		(void)json_array_append_new(failures, json_string(s->failures[i]));
	return failures;
}

int
sheet_print_json(const struct sheet *s, FILE *to)
{
	json_t *root = json_pack(
		"{s:s, s:s, s:I, s:s, s:s, s:s, s:f, s:f, s:f, s:I, s:i, s:i, s:o, s:i, s:o, s:o, "
		"s:o, "
		"s:o, s:o, s:o}",
		"scenario", s->scenario->name, "title", s->scenario->title, "seed",
		(json_int_t)s->scenario->plant->seed, "mode", s->mode, "controller", s->controller,
		"digest", s->result->digest, "sim_s", s->scenario->duration_s, "wall_s", s->wall_s,
		"soak_wall_s", s->soak_wall_s, "modbus_transactions",
		(json_int_t)s->result->transactions, "expected", (int)s->expected, "failed",
		(int)s->failed, "failures", json_failures(s), "events_lost",
		(int)(s->result->lines_lost + s->result->desk_lost), "events", json_events(s),
		"alarms", json_alarms(s), "pages", json_pages(s), "jobs", sheet_json_jobs(s),
		"tenants", sheet_json_tenants(s), "systems", json_systems(s));
	int rc = root != NULL && json_dumpf(root, to, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) == 0
			 ? 0
			 : -ENOMEM;

	(void)fputc('\n', to);
	json_decref(root);
	return rc;
}
