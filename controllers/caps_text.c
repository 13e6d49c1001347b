/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives the program: a line a cap.
 *
 *	isotherm caps 1 SITE
 *	SYSTEM|* WATTS SEQ UID LEVEL SINCE_WALL_NS SINCE_NS AT_NS UNTIL_NS WHY
 *	SYSTEM|* last SEQ
 *	end NUMBER-OF-CAPS
 *
 * Of two of one system the first is in force until the deadline of the second. "last": the sequence
 * number where no cap stands.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "controllers/caps_state.h"
#include "core/clock.h"

#define SEQ_MAX                                                                                    \
	(INT64_MAX / 4 * 3) /* read_seq of caps_ask.c takes less, and counts on from there */
#define HEADER "isotherm caps 1 "

static size_t
write_cap(struct caps *c, size_t at, const char *name, const struct cap *cap)
{
	return (size_t)snprintf(c->text + at, c->text_size - at,
				"%s %.1f %" PRId64 " %" PRIu32 " %s %" PRId64 " %" PRId64
				" %" PRId64 " %" PRId64 " %s\n",
				name, cap->watts, cap->seq, cap->uid, people_level(cap->access),
				cap->since_wall_ns, cap->since_ns, cap->at_ns, cap->until_ns,
				cap->why);
}

/* Into c->text; its length. */
static size_t
write_text(struct caps *c)
{
	unsigned n = 0;
	size_t at = (size_t)snprintf(c->text, c->text_size, HEADER "%s\n", c->plant->site);
	for (uint32_t k = 0; k <= c->plant->n_systems; k++) {
		const struct cap *cap = &c->of[k];
		const char *name = k == c->plant->n_systems ? "*" : c->plant->systems[k].name;
		if (!cap->stands) {
			if (cap->seq > 0)
				at += (size_t)snprintf(c->text + at, c->text_size - at,
						       "%s last %" PRId64 "\n", name, cap->seq);
			continue;
		}
		if (c->before[k].stands) {
			at += write_cap(c, at, name, &c->before[k]);
			n++;
		}
		at += write_cap(c, at, name, cap);
		n++;
	}
	at += (size_t)snprintf(c->text + at, c->text_size - at, "end %u\n", n);
	return at;
}

int
caps_keep(struct caps *c, const struct hold_keeper *keeper)
{
	size_t len = write_text(c);
	int rc = keeper ? keeper->keep(keeper->context, c->text, len) : 0;
	c->unkept = rc != 0;
	return rc;
}

struct reader {
	struct caps *c;
	int64_t now_ns, wall_ns;
	unsigned line, read;
	bool ended;
	char problem[96];
};

static void
damaged(struct reader *r, const char *what)
{
	if (!r->problem[0])
		snprintf(r->problem, sizeof r->problem, "line %u: %s", r->line, what);
}

static bool
sane(const struct cap *cap)
{
	const int64_t most_ns = (CAP_AT_MAX_S + CAP_FOR_MAX_S) * NS_PER_S;
	return cap->watts > 0.0 && cap->watts < 1e9 && cap->seq >= 0 && cap->seq <= SEQ_MAX &&
	       cap->since_wall_ns >= 0 && cap->since_wall_ns <= INT64_MAX / 2 &&
	       cap->since_ns >= 0 && cap->since_ns <= INT64_MAX / 4 &&
	       cap->at_ns >= cap->since_ns && cap->until_ns > cap->at_ns &&
	       cap->until_ns - cap->since_ns <= most_ns;
}

/* Plant time counts from the boot: after one, the wall clock says how long ago it was asked. */
static void
set_times(struct cap *cap, const struct reader *r)
{
	int64_t past_ns = r->now_ns - cap->since_ns;
	if (past_ns < 0)
		past_ns = r->wall_ns > cap->since_wall_ns ? r->wall_ns - cap->since_wall_ns : 0;
	int64_t shift_ns = r->now_ns - past_ns - cap->since_ns;
	cap->since_ns += shift_ns;
	cap->at_ns += shift_ns;
	cap->until_ns += shift_ns;
}

/* Is it a sequence number alone? */
static bool
read_seq(struct reader *r, const char *line)
{
	char name[16];
	int64_t seq = -1;
	if (sscanf(line, "%15s last %" SCNd64, name, &seq) != 2)
		return false;
	int32_t system = strcmp(name, "*") == 0 ? SITE : plant_system(r->c->plant, name);
	if ((system < 0 && strcmp(name, "*") != 0) || seq < 0 || seq > SEQ_MAX)
		damaged(r, "it is no sequence number");
	else
		caps_at(r->c, system)->seq = seq;
	return true;
}

static void
read_cap(struct reader *r, const char *line)
{
	struct cap cap = {.stands = true};
	char name[16], level[16];
	int why = 0;
	int n = sscanf(line,
		       "%15s %lf %" SCNd64 " %" SCNu32 " %15s %" SCNd64 " %" SCNd64 " %" SCNd64
		       " %" SCNd64 " %n",
		       name, &cap.watts, &cap.seq, &cap.uid, level, &cap.since_wall_ns,
		       &cap.since_ns, &cap.at_ns, &cap.until_ns, &why);
	int32_t system = n > 0 && strcmp(name, "*") == 0 ? SITE
			 : n > 0                         ? plant_system(r->c->plant, name)
							 : -2;
	bool known = n > 0 && (system >= 0 || strcmp(name, "*") == 0);
	int characters = why > 0 ? people_characters(line + why) : -1;
	if (n != 9 || !known || !isfinite(cap.watts) || !sane(&cap)) {
		damaged(r, "it is no cap");
		return;
	}
	if (characters < 1 || characters > PEOPLE_WHY_CHARACTERS)
		damaged(r, "the reason can't be read");
	if (!people_level_of(level, &cap.access))
		damaged(r, "who asked can't be read");
	snprintf(cap.why, sizeof cap.why, "%s",
		 characters < 1 ? "(the reason could not be read)" : line + why);
	set_times(&cap, r);
	struct cap *of = caps_at(r->c, system);
	if (of->stands)
		r->c->before[of - r->c->of] = *of;
	*of = cap;
	r->read++;
}

/* False: it is another site's. */
static bool
read_line(struct reader *r, const char *line)
{
	unsigned n;
	r->line++;
	if (r->line == 1 && strncmp(line, HEADER, strlen(HEADER)) == 0)
		return strcmp(line + strlen(HEADER), r->c->plant->site) == 0;
	if (r->line == 1)
		damaged(r, "it should say \"" HEADER "SITE\"");
	else if (sscanf(line, "end %u", &n) == 1 && plant_system(r->c->plant, "end") < 0) {
		r->ended = true;
		if (n != r->read)
			damaged(r, "another number of caps than it says");
	} else if (!read_seq(r, line)) {
		read_cap(r, line);
	}
	return true;
}

int
caps_recall(struct caps *c, const char *text, size_t len, int64_t now_ns, int64_t wall_ns,
	    struct errtext *err)
{
	struct reader r = {.c = c, .now_ns = now_ns, .wall_ns = wall_ns};
	char line[PEOPLE_WHY_SIZE + 256];
	size_t at = 0;
	bool whole;
	while (!r.ended && people_line(text, len, &at, line, sizeof line, &whole)) {
		if (!whole)
			damaged(&r, "it is no text");
		if (!read_line(&r, line))
			return errtext_set(err, -ESTALE, "another site's: no cap stands by it");
	}
	if (!r.ended)
		damaged(&r, "its end is missing");
	if (!r.problem[0])
		return 0;
	return errtext_set(err, -EINVAL, "damaged (%s): %u cap%s could be read", r.problem, r.read,
			   r.read == 1 ? "" : "s");
}
