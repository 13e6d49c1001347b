/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives the program: a line a hold, so that damage to one does not reach the others.
 *
 *	isotherm holds 1 SITE
 *	SYSTEM stop|maintenance|manual UID LEVEL SINCE_WALL_NS UNTIL_WALL_NS SINCE_NS UNTIL_NS WHY
 *	end NUMBER-OF-HOLDS
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/holds_state.h"
#include "core/clock.h"

#define HEADER "isotherm holds 1 "
#define FIELDS 4 /* numbers of a line after UID and LEVEL */

static const char LOST_REASON[] = "(the reason could not be read)";

static const char *
word_of(enum hold_kind kind)
{
	return kind == HOLD_MANUAL ? "manual" : kind == HOLD_MAINTENANCE ? "maintenance" : "stop";
}

size_t
holds_write_text(struct holds *h)
{
	unsigned n = 0;
	size_t at = (size_t)snprintf(h->text, h->text_size, HEADER "%s\n", h->plant->site);
	for (uint32_t s = 0; s < h->plant->n_systems; s++) {
		const struct hold *d = &h->of[s];
		if (d->kind == HOLD_NONE)
			continue;
		at += (size_t)snprintf(h->text + at, h->text_size - at,
				       "%s %s %u %s %lld %lld %lld %lld %s\n",
				       h->plant->systems[s].name, word_of(d->kind),
				       (unsigned)d->uid, people_level(d->access),
				       (long long)d->since_wall_ns, (long long)d->until_wall_ns,
				       (long long)d->since_ns, (long long)d->until_ns, d->why);
		n++;
	}
	at += (size_t)snprintf(h->text + at, h->text_size - at, "end %u\n", n);
	return at;
}

/* --- reading --- */
struct reader {
	struct holds *h;
	int64_t now_ns, wall_ns;
	unsigned line, held;
	bool ended;
	char problem[120]; /* the first one; "" none */
};

static void
damaged(struct reader *r, const char *what)
{
	if (!r->problem[0])
		snprintf(r->problem, sizeof r->problem, "line %u: %s", r->line, what);
}

/* The next word of a line, cut off; "" at the end. */
static char *
word(char **at)
{
	char *w = *at;
	size_t n = strcspn(w, " ");
	*at = w + n + (w[n] != '\0');
	w[n] = '\0';
	return w;
}

static bool
number(char **at, int64_t *out)
{
	char *end, *w = word(at);
	errno = 0;
	*out = strtoll(w, &end, 10);
	return *w && !*end && errno == 0;
}

/* Plant time counts from the boot: after one, the wall clock says what is left of it, and of a
 * clock that runs on the lesser counts. Neither can make it longer than it was meant. */
static void
set_end(struct hold *d, const struct reader *r)
{
	int64_t left_ns = d->until_wall_ns - r->wall_ns;
	int64_t whole_ns = d->until_ns - d->since_ns;
	bool clock_fits = r->wall_ns >= d->since_wall_ns;
	if (r->now_ns >= d->since_ns && (!clock_fits || d->until_ns - r->now_ns < left_ns))
		left_ns = d->until_ns - r->now_ns;
	if (left_ns > whole_ns)
		left_ns = whole_ns;
	if (d->since_ns > r->now_ns)
		d->since_ns = r->now_ns;
	if (d->kind == HOLD_MAINTENANCE)
		d->until_ns = r->now_ns + (left_ns > 0 ? left_ns : 0);
}

static bool
sane(const struct hold *d)
{
	const int64_t most = HOLD_FOR_MAX_S * NS_PER_S;
	return d->since_ns >= 0 && d->until_ns >= d->since_ns && d->since_wall_ns >= 0 &&
	       d->until_ns - d->since_ns <= most && d->until_wall_ns >= d->since_wall_ns &&
	       d->until_wall_ns - d->since_wall_ns <= most;
}

static void
read_rest(struct reader *r, struct hold *d, char *at)
{
	int64_t uid;
	bool good = number(&at, &uid) && uid >= 0 && uid <= UINT32_MAX;
	good = good && people_level_of(word(&at), &d->access);
	int64_t *const fields[FIELDS] = {&d->since_wall_ns, &d->until_wall_ns, &d->since_ns,
					 &d->until_ns};
	for (int k = 0; good && k < FIELDS; k++)
		good = number(&at, fields[k]);
	if (good && sane(d)) {
		d->uid = (uint32_t)uid;
		set_end(d, r);
	} else {
		damaged(r, "who and when can't be read");
		d->uid = PEOPLE_NOBODY;
		d->since_ns = r->now_ns;
		d->since_wall_ns = r->wall_ns;
		d->until_ns = r->now_ns + HOLD_FOR_MAX_S * NS_PER_S;
		d->until_wall_ns = r->wall_ns + HOLD_FOR_MAX_S * NS_PER_S;
	}
	int n = people_characters(at);
	if (!good || n < 1 || n > HOLD_WHY_CHARACTERS) {
		damaged(r, "the reason can't be read");
		at = NULL;
	}
	snprintf(d->why, sizeof d->why, "%s", at ? at : LOST_REASON);
}

static void
hold_read(struct reader *r, int32_t system, const struct hold *read)
{
	struct hold *d = &r->h->of[system];
	r->held += d->kind == HOLD_NONE;
	if (d->kind != HOLD_STOP)
		*d = *read;
}

/* What it was can't be read: stopped is safe in any case, but nobody is to answer for it. */
static void
read_nothing(struct reader *r, int32_t system)
{
	struct hold read = {.kind = HOLD_STOP,
			    .uid = PEOPLE_NOBODY,
			    .since_ns = r->now_ns,
			    .since_wall_ns = r->wall_ns};
	damaged(r, "stop or maintenance can't be read, stopped");
	snprintf(read.why, sizeof read.why,
		 "line %u of control.holds is damaged: stopped to be safe, nobody asked for it",
		 r->line);
	hold_read(r, system, &read);
}

static void
read_hold(struct reader *r, const char *name, char *at)
{
	int32_t system = plant_system(r->h->plant, name);
	if (system < 0) {
		damaged(r, "it names no system of this plant");
		return;
	}
	struct hold read = {.kind = HOLD_STOP};
	const char *kind = word(&at);
	if (strcmp(kind, "maintenance") == 0) {
		read.kind = HOLD_MAINTENANCE;
	} else if (strcmp(kind, "manual") == 0) {
		read.kind = HOLD_MANUAL; /* without a value: it is over */
	} else if (strcmp(kind, "stop") != 0) {
		read_nothing(r, system);
		return;
	}
	read_rest(r, &read, at);
	hold_read(r, system, &read);
}
/* False: it is another site's. */
static bool
read_line(struct reader *r, char *line)
{
	r->line++;
	if (r->line == 1) {
		if (strncmp(line, HEADER, strlen(HEADER)) == 0)
			return strcmp(line + strlen(HEADER), r->h->plant->site) == 0;
		damaged(r, "it should say \"" HEADER "SITE\"");
	}
	char *at = line;
	const char *name = word(&at);
	if (strcmp(name, "end") == 0 && plant_system(r->h->plant, name) < 0) {
		int64_t n;
		r->ended = number(&at, &n);
		if (!r->ended || n != r->held)
			damaged(r, "another number of holds than it says");
	} else if (r->line > 1 || plant_system(r->h->plant, name) >= 0) {
		read_hold(r, name, at);
	}
	return true;
}

int
holds_recall(struct holds *h, const char *text, size_t len, int64_t now_ns, int64_t wall_ns,
	     struct errtext *err)
{
	struct reader r = {.h = h, .now_ns = now_ns, .wall_ns = wall_ns};
	char line[HOLD_WHY_SIZE + 256];
	size_t at = 0;
	bool whole;
	while (!r.ended && people_line(text, len, &at, line, sizeof line, &whole)) {
		if (!whole)
			damaged(&r, "it is no text");
		if (!read_line(&r, line))
			return errtext_set(err, -ESTALE, "another site's: nothing is held by it");
	}
	if (!r.ended) {
		r.line++;
		damaged(&r, "its end is missing");
	}
	if (!r.problem[0])
		return 0;
	return errtext_set(err, -EINVAL, "damaged (%s): %u system%s held by what can be read",
			   r.problem, r.held, r.held == 1 ? " is" : "s are");
}
