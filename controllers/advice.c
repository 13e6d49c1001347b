/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/advice.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/job.h"
#include "controllers/ask.h"
#include "core/command.h"

#define PLACES_PART 0.7   /* of the forecasts: the rest is for what they are made from */
#define MAKE_COUNTS 20    /* forecasts that a response counts as: it takes as long */
#define BROKEN_COSTS 0.05 /* of its work: an equal system without a fault goes first */
#define ROOM_WORTH_PER_K 0.002
#define PLACE_STEP 4     /* places of reticles in a row that are compared */
#define ROW_WORTH_K 0.1  /* what a row further up is worth to a hot job, in kelvins of spread */
#define COMPARED_AT 2    /* speed of the pumps */
#define CLOSER_LOOKS 2   /* more systems than are needed */
#define NOT_CLOSELY 10.0 /* score */
#define OVER_COSTS_W 1e5 /* power that it may not draw, of its work */
#define SAID_ROOM 400    /* of an answer, for what comes last */

enum place { PLACE_ALL, PLACE_COLUMNS, PLACE_RETICLES };

struct wish { /* what is asked for */
	enum place place;
	uint32_t size; /* columns, or reticles */
	uint32_t systems;
	bool alone;
	double density;
	const struct job_config *job; /* NULL: described */
};

struct row {              /* of a system */
	const char *why;  /* it can't take it; NULL: it can */
	const char *note; /* borrowed until the next request */
	bool unknown;     /* it is not commissioned */
	uint32_t at;      /* first column or reticle */
	struct forecast forecast;
	double score;
	bool used;
};

struct advice {
	const struct plant *plant;
	unsigned compared; /* places, of this request */
	bool empty_known;  /* the best place on a wafer without work … */
	uint32_t empty_at; /* … of this request */

	struct forecast_cache *cache;
	struct advice_system *system;
	struct row *row; /* [n_systems] */
};

int
advice_open(struct advice **out, const struct plant *plant)
{
	struct advice *a = calloc(1, sizeof *a);
	if (!a)
		return -ENOMEM;
	a->plant = plant;
	a->cache = calloc(1, sizeof *a->cache);
	a->system = calloc(1, sizeof *a->system);
	a->row = calloc((size_t)plant->n_systems + 1, sizeof *a->row);
	if (!a->cache || !a->system || !a->row) {
		advice_close(a);
		return -ENOMEM;
	}
	*out = a;
	return 0;
}

void
advice_close(struct advice *a)
{
	if (!a)
		return;
	free(a->cache);
	free(a->system);
	free(a->row);
	free(a);
}

/* --- what is asked for --- */
/* Whole columns, all rows of them? */
static bool
is_columns(const struct job_config *job)
{
	for (int i = 0; i < RETICLES; i++)
		if (job->reticle[i] != job->reticle[i % ZONES])
			return false;
	return true;
}

static bool
read_listed(char error[ASK_ERROR], const struct plant *plant, json_t *root, struct wish *w)
{
	const char *name = json_string_value(json_object_get(root, "job"));
	int32_t job = name ? plant_job(plant, name) : -1;
	if (json_object_size(root) != 2)
		return ask_wrong(error, "a job of the list is not described besides");
	if (job < 0)
		return ask_wrong(error, "no job \"%.40s\" in this plant", name ? name : "?");
	w->job = &plant->jobs[job];
	w->systems = w->job->n_systems;
	w->alone = w->job->mode == JOB_MODE_IND;
	w->density = w->job->density * job_sparse_power(w->job) * w->job->activity;
	w->place = w->job->n_reticles == RETICLES ? PLACE_ALL
		   : is_columns(w->job)           ? PLACE_COLUMNS
						  : PLACE_RETICLES;
	w->size = w->place == PLACE_COLUMNS ? w->job->n_reticles / ROWS : w->job->n_reticles;
	return true;
}

static bool
read_size(char error[ASK_ERROR], json_t *root, struct wish *w)
{
	int64_t n = RETICLES;
	bool columns = json_object_get(root, "columns") != NULL;
	bool reticles = json_object_get(root, "reticles") != NULL;
	if (columns && reticles)
		return ask_wrong(error, "\"columns\" or \"reticles\", not both");
	if (columns && !ask_number(error, root, "columns", 1, ZONES, &n))
		return false;
	if (reticles && !ask_number(error, root, "reticles", 1, RETICLES, &n))
		return false;
	w->size = (uint32_t)n;
	w->place = columns ? PLACE_COLUMNS : n == RETICLES ? PLACE_ALL : PLACE_RETICLES;
	return true;
}

static bool
read_described(char error[ASK_ERROR], const struct plant *plant, json_t *root, struct wish *w)
{
	static const char MEMBERS[] = " cmd systems mode density columns reticles ";
	const char *mode = json_string_value(json_object_get(root, "mode")), *key;
	const json_t *density = json_object_get(root, "density");
	int64_t systems = 1;
	json_t *value;
	json_object_foreach(root, key, value)
	{
		char word[24];
		int n = snprintf(word, sizeof word, " %s ", key);
		if (n >= (int)sizeof word || !strstr(MEMBERS, word))
			return ask_wrong(error, "\"job_advise\" takes job, or%sand nothing else",
					 MEMBERS + sizeof " cmd" - 1);
	}
	if (json_object_get(root, "systems") &&
	    !ask_number(error, root, "systems", 1, plant->n_systems, &systems))
		return false;
	if (json_object_get(root, "mode") &&
	    !(mode && (strcmp(mode, "sync") == 0 || strcmp(mode, "ind") == 0)))
		return ask_wrong(error, "\"mode\" must be sync or ind");
	w->density = density ? json_number_value(density) : 1.0;
	if (density && !(json_is_number(density) && w->density > 0.0 && w->density <= 3.0))
		return ask_wrong(error, "\"density\" must be a number above 0, up to 3");
	w->systems = (uint32_t)systems;
	w->alone = mode && strcmp(mode, "ind") == 0;
	return read_size(error, root, w);
}

/* --- places on a wafer --- */
static void
mark(const struct wish *w, uint32_t at, bool on[RETICLES])
{
	for (uint32_t i = 0; i < RETICLES; i++) {
		uint32_t k = w->place == PLACE_COLUMNS ? i % ZONES : i;
		on[i] = w->place == PLACE_ALL || (k >= at && k < at + w->size);
	}
}

static bool
is_free(const struct advice_system *s, const bool on[RETICLES])
{
	for (int i = 0; i < RETICLES; i++)
		if (on[i] && s->taken[i])
			return false;
	return true;
}

/* How much worse a place is than none, in kelvins. */
static double
worse_by(const struct forecast_in *in, const struct forecast *f)
{
	double rows = 0.0, n = 0.0;
	double over_k = fmax(f->spread_k - in->spread_limit_k, f->tmax_c - in->temp_limit_c);
	for (int i = 0; i < RETICLES; i++)
		if (in->on[i]) {
			rows += (double)(i / ZONES);
			n += 1.0;
		}
	double down = n > 0.0 ? rows / n : 0.0;
	return fmax(over_k, 0.0) + 0.1 * f->spread_k +
	       ROW_WORTH_K * (in->density >= 1.0 ? down : -down);
}

/* Is it one that is compared, and free? Then in s->in.on. */
static bool
is_place(const struct wish *w, struct advice_system *s, uint32_t k, uint32_t last)
{
	if (w->place == PLACE_RETICLES && k % PLACE_STEP != 0 && k != last)
		return false;
	mark(w, k, s->in.on);
	return is_free(s, s->in.on);
}

/* Of its free places every how many-th is compared, so that there is time for all systems. */
static uint32_t
every(const struct advice *a, const struct wish *w, struct advice_system *s, uint32_t last)
{
	double each = PLACES_PART * a->plant->control.advice_forecasts_most / a->plant->n_systems;
	uint32_t places = 0;
	for (uint32_t k = 0; k <= last; k++)
		places += is_place(w, s, k, last);
	return (uint32_t)fmax(ceil(places / fmax(each, 1.0)), 1.0);
}

/* The best free place, in s->in.on; false: there is none. */
static bool
find_place(struct advice *a, const struct wish *w, struct advice_system *s, uint32_t *at)
{
	uint32_t all = w->place == PLACE_COLUMNS ? ZONES : RETICLES;
	uint32_t last = w->place == PLACE_ALL ? 0 : all - w->size;
	uint32_t step = every(a, w, s, last), n = 0;
	double least = INFINITY;
	for (uint32_t k = 0; k <= last; k++) {
		struct forecast f;
		if (!is_place(w, s, k, last))
			continue;
		if (last == 0) {
			*at = k;
			return true;
		}
		if (n++ % step != 0)
			continue;
		forecast_full(a->cache, &s->in, COMPARED_AT, &f);
		a->compared++;
		double worse = worse_by(&s->in, &f);
		if (worse < least) {
			least = worse;
			*at = k;
		}
	}
	if (isfinite(least))
		mark(w, *at, s->in.on);
	return isfinite(least);
}

/* On wafers without any work the best place is that of the first of them, clogs aside. */
static bool
place(struct advice *a, const struct wish *w, struct advice_system *s, uint32_t *at)
{
	bool empty = true;
	for (int i = 0; i < RETICLES; i++)
		empty = empty && !s->taken[i] && s->in.zone_g[i % ZONES] >= 1.0;
	if (empty && a->empty_known) {
		*at = a->empty_at;
		mark(w, *at, s->in.on);
		return true;
	}
	if (!find_place(a, w, s, at))
		return false;
	a->empty_known = a->empty_known || empty;
	a->empty_at = empty ? *at : a->empty_at;
	return true;
}

/* --- systems --- */
static double
power_left(const struct advice_source *source, const struct wish *w, const struct advice_system *s,
	   double drawn_w)
{
	double most_w = INFINITY;
	if (isfinite(s->cap_w))
		most_w = s->cap_w;
	if (isfinite(source->site_cap_w) && isfinite(s->input_w))
		most_w = fmin(most_w,
			      s->input_w + fmax(source->site_cap_w - drawn_w, 0.0) / w->systems);
	return most_w;
}

/* Of the time that a request may take of a step, in forecasts. */
static double
spent(const struct advice *a)
{
	return a->compared + MAKE_COUNTS * (double)a->cache->times;
}

static void
look(struct advice *a, const struct wish *w, const struct advice_source *source, uint32_t k,
     double drawn_w, bool closely)
{
	struct advice_system *s = a->system;
	struct row *r = &a->row[k];
	source->see(source->context, k, s);
	r->why = s->unfit;
	r->note = s->broken;
	if (r->why)
		return;
	s->in.alone = w->alone;
	s->in.density = w->density;
	s->in.most_w = power_left(source, w, s, drawn_w);
	if (closely)
		mark(w, r->at, s->in.on); /* where it was found */
	else if (spent(a) >= a->plant->control.advice_forecasts_most)
		r->why = "not looked at: it is unlike the others, which took the time there was";
	else if (!place(a, w, s, &r->at))
		r->why = "not enough free reticles in a row";
	if (r->why)
		return;
	if (closely)
		forecast_make(a->cache, &s->in, &r->forecast);
	else
		forecast_full(a->cache, &s->in, FORECAST_SPEEDS - 1, &r->forecast);
	double room_k = fmin(s->in.spread_limit_k - r->forecast.spread_k,
			     s->in.temp_limit_c - r->forecast.tmax_c);
	r->unknown = s->unknown;
	room_k -= s->unknown ? s->unknown_k : 0.0;
	double over_w = fmax(r->forecast.input_w - s->in.most_w, 0.0);
	r->score = r->forecast.rate_frac - (r->note ? BROKEN_COSTS : 0.0) +
		   ROOM_WORTH_PER_K * fmin(room_k, 10.0) - over_w / OVER_COSTS_W;
}

/* The best that is not used yet, or -1. */
static int32_t
best(struct advice *a)
{
	int32_t at = -1;
	for (uint32_t k = 0; k < a->plant->n_systems; k++) {
		const struct row *r = &a->row[k];
		if (!r->why && !r->used && (at < 0 || r->score > a->row[at].score))
			at = (int32_t)k;
	}
	if (at >= 0)
		a->row[at].used = true;
	return at;
}

/* All of them at full work, those without a fault first; then the best of these as they would be. */
static void
look_at_all(struct advice *a, const struct wish *w, const struct advice_source *source)
{
	double drawn_w = 0.0;
	a->cache->times = a->compared = 0;
	a->empty_known = false;
	for (uint32_t k = 0; k < a->plant->n_systems; k++) {
		source->see(source->context, k, a->system);
		drawn_w += isfinite(a->system->draws_w) ? a->system->draws_w : 0.0;
		a->row[k] = (struct row){.note = a->system->broken};
	}
	for (int turn = 0; turn < 2; turn++)
		for (uint32_t k = 0; k < a->plant->n_systems; k++)
			if ((a->row[k].note != NULL) == (turn == 1))
				look(a, w, source, k, drawn_w, false);
	for (uint32_t n = 0; n < w->systems + CLOSER_LOOKS; n++) {
		int32_t k = best(a);
		if (k >= 0)
			look(a, w, source, (uint32_t)k, drawn_w, true);
	}
	/* those that were not looked at closely are no better than what was */
	for (uint32_t k = 0; k < a->plant->n_systems; k++) {
		a->row[k].score -= a->row[k].used ? 0.0 : NOT_CLOSELY;
		a->row[k].used = false;
	}
}

/* --- out --- */
static const char *
place_text(const struct wish *w, uint32_t at, char *out, size_t size)
{
	if (w->place == PLACE_ALL)
		snprintf(out, size, "all");
	else
		snprintf(out, size, "%s%u-%u", w->place == PLACE_COLUMNS ? "columns " : "", at,
			 at + w->size - 1);
	return out;
}

static json_t *
rounded(double value, double step)
{
	return isfinite(value) ? json_real(round(value / step) * step) : json_null();
}

static json_t *
row_json(const struct advice *a, const struct wish *w, uint32_t k)
{
	static const char *const HELD[] = {
		[FORECAST_SPREAD] = "spread",
		[FORECAST_TEMPERATURE] = "temperature",
		[FORECAST_POWER] = "power",
	};
	const struct row *r = &a->row[k];
	const struct forecast *f = &r->forecast;
	char place[24];
	json_t *o = json_pack("{ss ss so so so so so so so}", "system", a->plant->systems[k].name,
			      "reticles", place_text(w, r->at, place, sizeof place), "rate_pct",
			      rounded(100.0 * f->rate_frac, 0.1), "added_w",
			      rounded(f->added_w, 10.0), "input_w", rounded(f->input_w, 10.0),
			      "tmax_c", rounded(f->tmax_c, 0.1), "spread_k",
			      rounded(f->spread_k, 0.1), "supply_c", rounded(f->supply_c, 0.1),
			      "pump_pct", rounded(100.0 * f->pump_frac, 1.0));
	if (f->limit != FORECAST_FREE)
		json_object_set_new(o, "held_by", json_string(HELD[f->limit]));
	if (r->unknown)
		json_object_set_new(o, "commissioned", json_false());
	if (r->note)
		json_object_set_new(o, "note", json_string(r->note));
	return o;
}

/* As long as the answer holds it. */
static bool
append(json_t *root, json_t *list, json_t *o)
{
	json_array_append_new(list, o);
	if (json_dumpb(root, NULL, 0, JSON_COMPACT) + SAID_ROOM <= COMMAND_MAX)
		return true;
	json_array_remove(list, json_array_size(list) - 1);
	json_object_set_new(root, "more", json_true());
	return false;
}

struct sum { /* over the systems that are taken */
	double rate, added_w, tmax_c, spread_k;
	char names[120];
};

static void
add(struct sum *sum, const struct advice *a, uint32_t k)
{
	const struct forecast *f = &a->row[k].forecast;
	size_t at = strlen(sum->names);
	sum->rate = fmin(sum->rate, f->rate_frac);
	sum->added_w += f->added_w;
	sum->tmax_c = fmax(sum->tmax_c, f->tmax_c);
	sum->spread_k = fmax(sum->spread_k, f->spread_k);
	if (at + 24 < sizeof sum->names)
		snprintf(sum->names + at, sizeof sum->names - at, "%s%s", at ? ", " : "",
			 a->plant->systems[k].name);
	else if (sum->names[at - 1] != '.')
		snprintf(sum->names + at, sizeof sum->names - at, " ...");
}

static void
answer(struct advice *a, const struct wish *w, char *result)
{
	json_t *list = json_array(), *passed = json_array();
	json_t *root = json_pack("{sb so so}", "ok", 1, "systems", list, "passed_over", passed);
	struct sum sum = {.rate = 1.0, .tmax_c = -INFINITY, .spread_k = 0.0};
	char said[ASK_ERROR];
	bool room = root != NULL;
	for (uint32_t n = 0; n < w->systems; n++) {
		int32_t k = best(a);
		add(&sum, a, (uint32_t)k);
		room = room && append(root, list, row_json(a, w, (uint32_t)k));
	}
	for (uint32_t k = 0; k < a->plant->n_systems && room; k++)
		if (a->row[k].why)
			room = append(root, passed,
				      json_pack("{ss ss}", "system", a->plant->systems[k].name,
						"why", a->row[k].why));
	snprintf(said, sizeof said,
		 "take %s: %.0f %% of its work, %.1f kW more, hottest %.1f C, spread %.1f K",
		 sum.names, 100.0 * sum.rate, sum.added_w / 1000.0, sum.tmax_c, sum.spread_k);
	json_object_set_new(root, "said", json_string(said));
	json_object_set_new(root, "rate_pct", rounded(100.0 * sum.rate, 0.1));
	json_object_set_new(root, "added_w", rounded(sum.added_w, 10.0));
	ask_result(result, root);
}

/* How many can't, and why the first of them. */
static bool
enough(const struct advice *a, const struct wish *w, char error[ASK_ERROR])
{
	const char *first = NULL, *why = "";
	uint32_t can = 0;
	for (uint32_t k = 0; k < a->plant->n_systems; k++) {
		can += a->row[k].why == NULL;
		if (a->row[k].why && !first) {
			first = a->plant->systems[k].name;
			why = a->row[k].why;
		}
	}
	return can >= w->systems ||
	       ask_wrong(error, "%u systems can take it, of %u that it needs; %s: %s", can,
			 w->systems, first ? first : "none", why);
}

bool
advice_ask(struct advice *a, const struct hold_request *req, const struct advice_source *source,
	   char *result)
{
	char error[ASK_ERROR];
	struct wish w = {0};
	json_t *root = ask_root(error, req->json, req->len);
	const char *cmd = json_string_value(json_object_get(root, "cmd"));
	if (!cmd || strcmp(cmd, "job_advise") != 0) {
		json_decref(root);
		return false;
	}
	bool read = json_object_get(root, "job") ? read_listed(error, a->plant, root, &w)
						 : read_described(error, a->plant, root, &w);
	if (req->access < ACCESS_VIEW)
		read = ask_wrong(error, "not allowed: advice needs a viewer");
	if (read)
		look_at_all(a, &w, source);
	if (read && enough(a, &w, error))
		answer(a, &w, result);
	else
		ask_result(result, json_pack("{sb ss}", "ok", 0, "error", error));
	json_decref(root);
	return true;
}
