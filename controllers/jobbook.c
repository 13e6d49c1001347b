/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/jobbook.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/ask.h"
#include "controllers/control.h"
#include "controllers/lines.h"
#include "core/clock.h"

#define J_PER_KWH 3.6e6
#define END_S 10 /* one that has been told to end, and runs on, may be told so again */
#define GONE_S 3 /* a job that no wafer shows for so long, though all tell, is over … */
/* … or for so long, while some of its systems tell nothing */
#define GONE_SILENT_S 10
/* A rate that is low, or no longer, for so long is worth a line. */
#define LOW_FRAC 0.95
#define BACK_FRAC 0.97
#define TURN_S 5

struct page {             /* of a job */
	bool runs, asked; /* … to start, and not seen yet */
	bool ended;       /* told to, and still seen */
	uint32_t ended_s;
	int64_t since_ns;
	uint32_t systems, gone_s;
	double tokens, full_tokens, energy_j, run_s;
	/* of this second */
	uint32_t seen, unknown; /* systems that show it, and those of it that tell nothing */
	double tokens_per_s, full_per_s, watts;
	/* while its rate is low */
	bool low, told; /* told: what `low` is now */
	uint32_t turn_s;
	double low_s, low_least, low_lost, rate;
};

struct jobbook {
	const struct plant *plant;
	struct page page[PLANT_JOBS_MAX];
	const char **unfit; /* [n_systems] */
	int64_t last_ns;
	struct lines lines;
};

int
jobbook_open(struct jobbook **out, const struct plant *plant)
{
	struct jobbook *b = calloc(1, sizeof *b);
	if (!b)
		return -ENOMEM;
	b->plant = plant;
	b->last_ns = INT64_MIN;
	b->unfit = calloc((size_t)plant->n_systems + 1, sizeof *b->unfit);
	if (!b->unfit) {
		jobbook_close(b);
		return -ENOMEM;
	}
	*out = b;
	return 0;
}

void
jobbook_close(struct jobbook *b)
{
	if (!b)
		return;
	free(b->unfit);
	free(b);
}

/* --- counting --- */
void
jobbook_take(struct jobbook *b, uint32_t system, const struct cluster_report *r,
	     const struct job_use *use)
{
	b->unfit[system] = use->unfit;
	for (uint32_t j = 0; use->unknown && j < b->plant->n_jobs && j < PLANT_JOBS_MAX; j++)
		b->page[j].unknown += b->plant->jobs[j].on[system];
	for (uint32_t k = 0; k < JOBS_MAX; k++) {
		if (r->job[k] == 0 || r->job[k] > PLANT_JOBS_MAX)
			continue;
		struct page *p = &b->page[r->job[k] - 1];
		p->seen++;
		if (isfinite(r->full_per_s[k]) && isfinite(r->rate_frac[k])) {
			p->full_per_s += r->full_per_s[k];
			p->tokens_per_s += r->full_per_s[k] * r->rate_frac[k];
		}
		if (isfinite(use->input_w))
			p->watts += use->input_w * use->reticles[k] / RETICLES;
	}
}

static void
begin(struct page *p, int64_t now_ns)
{
	p->runs = true;
	p->asked = p->ended = false;
	p->since_ns = now_ns;
	p->tokens = p->full_tokens = p->energy_j = p->run_s = 0.0;
	p->low = false;
	p->told = true;
	p->turn_s = 0;
	p->low_s = p->low_lost = 0.0;
	p->low_least = 1.0;
}

/* Of a job that loses much: when that began, and what it came to once it is over. */
static void
watch_rate(struct page *p, double dt_s)
{
	if (!(p->full_per_s > 0.0))
		return;
	p->rate = p->tokens_per_s / p->full_per_s;
	if (p->low || p->rate < LOW_FRAC) {
		p->low_s += dt_s;
		p->low_lost += fmax(p->full_per_s - p->tokens_per_s, 0.0) * dt_s;
		p->low_least = fmin(p->low_least, p->rate);
	} else if (p->told) {
		p->low_s = p->low_lost = 0.0;
		p->low_least = 1.0;
	}
	bool turns = p->low ? p->rate >= BACK_FRAC : p->rate < LOW_FRAC;
	p->turn_s = turns ? p->turn_s + 1 : 0;
	if (p->turn_s < TURN_S)
		return;
	p->low = !p->low;
	p->told = false;
	p->turn_s = 0;
}

/* A job begins and ends on all its systems at once: one of them that tells, and does not show it, is
 * enough to know that it is over, however many others are silent. */
static bool
is_told_of(const struct jobbook *b, uint32_t job)
{
	return job >= b->plant->n_jobs || b->page[job].unknown == 0 ||
	       b->page[job].unknown < b->plant->jobs[job].n_systems;
}

void
jobbook_step(struct jobbook *b, int64_t now_ns)
{
	double dt_s =
		b->last_ns == INT64_MIN ? 0.0 : (double)(now_ns - b->last_ns) / (double)NS_PER_S;
	b->last_ns = now_ns;
	for (uint32_t j = 0; j < PLANT_JOBS_MAX; j++) {
		struct page *p = &b->page[j];
		if (p->seen)
			p->gone_s = 0;
		else if (p->ended || is_told_of(b, j)) /* else it may run unseen: its count waits */
			p->gone_s++;
		if (p->seen && !p->runs)
			begin(p, now_ns);
		uint32_t over_s = p->unknown && !p->ended ? GONE_SILENT_S : GONE_S;
		if (p->gone_s >= over_s) /* what it has done stands until it starts again */
			p->runs = p->ended = false;
		p->ended_s = p->ended ? p->ended_s + 1 : 0;
		p->ended = p->ended && p->ended_s < END_S;
		if (p->seen) {
			p->systems = p->seen;
			p->tokens += p->tokens_per_s * dt_s;
			p->full_tokens += p->full_per_s * dt_s;
			p->energy_j += p->watts * dt_s;
			p->run_s += dt_s;
			watch_rate(p, dt_s);
		}
		p->seen = p->unknown = 0;
		p->tokens_per_s = p->full_per_s = p->watts = 0.0;
	}
}

/* --- requests --- */
struct parse {
	struct jobbook *b;
	const struct hold_request *by;
	json_t *root;
	bool start;
	uint32_t job;
	char error[ASK_ERROR];
};

static bool
read_verb(struct parse *p)
{
	const char *cmd = json_string_value(json_object_get(p->root, "cmd"));
	p->start = cmd && strcmp(cmd, "job_start") == 0;
	return p->start || (cmd && strcmp(cmd, "job_end") == 0);
}

static bool
read_job(struct parse *p)
{
	const struct plant *plant = p->b->plant;
	const char *name = json_string_value(json_object_get(p->root, "job"));
	int32_t job = name ? plant_job(plant, name) : -1;
	p->job = job >= 0 ? (uint32_t)job : 0;
	if (job >= 0 && job < PLANT_JOBS_MAX)
		return true;
	if (plant->n_jobs == 0)
		return ask_wrong(p->error, "this plant has no jobs");
	if (!name || people_characters(name) < 1 || strlen(name) >= JOB_NAME_SIZE)
		return ask_wrong(p->error, "\"job\" must name a job of this plant");
	return ask_wrong(p->error, "no job \"%s\" in this plant (it has %u: %s .. %s)", name,
			 plant->n_jobs, plant->jobs[0].name, plant->jobs[plant->n_jobs - 1].name);
}

static bool
read_request(struct parse *p)
{
	const char *key;
	json_t *value;
	if (p->by->access < ACCESS_OPERATE)
		return ask_wrong(
			p->error,
			"not allowed: jobs need an operator (group isotherm-operate), uid %u "
			"is %s",
			(unsigned)p->by->uid, people_level(p->by->access));
	json_object_foreach(p->root, key, value)
	{
		if (strcmp(key, "cmd") != 0 && strcmp(key, "job") != 0)
			return ask_wrong(p->error,
					 "a job's request takes \"cmd\", \"job\" and nothing else");
	}
	return read_job(p);
}

/* May it start or end now? */
static bool
judge(struct parse *p)
{
	const struct job_config *job = &p->b->plant->jobs[p->job];
	const struct page *page = &p->b->page[p->job];
	bool runs = page->runs && !page->ended;
	if (!p->start)
		return runs || page->asked ||
		       ask_wrong(p->error, "%s does not run%s", job->name,
				 page->run_s > 0.0 ? " any more" : "");
	if (page->ended)
		return ask_wrong(p->error, "%s has not ended yet", job->name);
	if (page->runs)
		return ask_wrong(p->error, "%s runs already, on %u systems", job->name,
				 page->systems);
	for (uint32_t s = 0; s < p->b->plant->n_systems; s++)
		if (job->on[s] && p->b->unfit[s])
			return ask_wrong(p->error, "%s is not fit for %s: %s",
					 p->b->plant->systems[s].name, job->name, p->b->unfit[s]);
	return true;
}

static json_t *
page_json(const struct job_config *job, const struct page *page)
{
	return json_pack("{ss sf sf sf sf si}", "name", job->name, "run_s", page->run_s, "tokens",
			 floor(page->tokens), "lost_tokens",
			 floor(fmax(page->full_tokens - page->tokens, 0.0)), "energy_kwh",
			 page->energy_j / J_PER_KWH, "systems", (int)page->systems);
}

static void
carry_out(struct parse *p, char *result)
{
	const struct job_config *job = &p->b->plant->jobs[p->job];
	struct page *page = &p->b->page[p->job];
	char who[48], text[ASK_ERROR];
	people_person(p->by->uid, p->by->access, who, sizeof who);
	if (p->start) {
		/* what the one before has done is not this one's */
		page->tokens = page->full_tokens = page->energy_j = page->run_s = 0.0;
		page->systems = 0;
		snprintf(text, sizeof text, "site job %s is to start on %u systems, by %s",
			 job->name, job->n_systems, who);
	} else if (page->asked) {
		snprintf(text, sizeof text, "site job %s, which waited to start, is ended by %s",
			 job->name, who);
	} else {
		snprintf(
			text, sizeof text,
			"site job %s ends by %s: %.0f tokens in %.0f s, %.2f kWh, %.0f tokens lost "
			"to holding back",
			job->name, who, page->tokens, page->run_s, page->energy_j / J_PER_KWH,
			fmax(page->full_tokens - page->tokens, 0.0));
	}
	lines_sentence(&p->b->lines, SITE, "site", p->by->now_ns, (double)NAN, text);
	json_t *root = json_pack("{sb ss}", "ok", 1, "said", text + strlen("site "));
	if (!p->start)
		json_object_set_new(root, "job", page_json(job, page));
	ask_result(result, root);
	page->asked = p->start;
	page->ended = !p->start && page->runs;
}

bool
jobbook_ask(struct jobbook *b, const struct hold_request *req, char *result)
{
	struct parse p = {.b = b, .by = req};
	p.root = ask_root(p.error, req->json, req->len);
	if (!p.root || !read_verb(&p)) {
		json_decref(p.root);
		return false;
	}
	lines_clear(&b->lines);
	if (read_request(&p) && judge(&p))
		carry_out(&p, result);
	else
		ask_result(result, json_pack("{sb ss}", "ok", 0, "error", p.error));
	json_decref(p.root);
	return true;
}

/* "train" down or back; the next one that has not been told. */
static bool
tell_rate(struct jobbook *b, struct image_event *out)
{
	for (uint32_t j = 0; j < b->plant->n_jobs && j < PLANT_JOBS_MAX; j++) {
		struct page *p = &b->page[j];
		const char *name = b->plant->jobs[j].name;
		if (!p->runs || p->told)
			continue;
		p->told = true;
		memset(out, 0, sizeof *out);
		out->time_ns = b->last_ns;
		out->code = CONTROL_EVENT_CLUSTER;
		out->point = NO_POINT;
		out->value = p->low ? p->full_tokens - p->tokens : p->low_lost;
		if (p->low)
			snprintf(out->text, sizeof out->text,
				 "site: job %s is down to %.0f %% of its rate", name,
				 100.0 * p->rate);
		else
			snprintf(out->text, sizeof out->text,
				 "site: job %s is back at %.0f %%: %.0f s low, least %.0f %%, %.4g "
				 "tokens lost",
				 name, 100.0 * p->rate, p->low_s, 100.0 * p->low_least,
				 p->low_lost);
		return true;
	}
	return false;
}

bool
jobbook_line(struct jobbook *b, struct image_event *out, int32_t *system)
{
	*system = SITE;
	return tell_rate(b, out) || lines_next(&b->lines, out, system);
}
