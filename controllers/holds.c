/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/holds.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/control.h"
#include "controllers/holds_private.h"
#include "core/clock.h"

/* Who is refused may ask again and again; the ring of events has more to say than that. */
#define RATION_MAX 5.0
#define RATION_PER_S 0.2
#define KEPT_LINE (HOLD_WHY_SIZE + 192)

int
holds_open(struct holds **out, const struct plant *plant, int64_t now_ns)
{
	struct holds *h = calloc(1, sizeof *h);
	if (!h)
		return -ENOMEM;
	h->plant = plant;
	h->ration = RATION_MAX;
	h->ration_ns = now_ns;
	h->of = calloc((size_t)plant->n_systems + 1, sizeof *h->of);
	h->text_size = ((size_t)plant->n_systems + 2) * KEPT_LINE;
	h->text = malloc(h->text_size);
	if (!h->of || !h->text) {
		holds_close(h);
		return -ENOMEM;
	}
	*out = h;
	return 0;
}

void
holds_close(struct holds *h)
{
	if (!h)
		return;
	free(h->of);
	free(h->text);
	free(h);
}

const struct hold *
holds_of(const struct holds *h, uint32_t system)
{
	return &h->of[system];
}

/* --- words --- */
const char *
hold_verb_name(enum hold_verb verb)
{
	switch (verb) {
	case HOLD_VERB_STOP:
		return "stop";
	case HOLD_VERB_START:
		return "start";
	case HOLD_VERB_MAINTENANCE:
		return "maintenance";
	case HOLD_VERB_END:
		return "end";
	case HOLD_VERB_HOLDS:
		return "holds";
	case HOLD_VERBS:
		break;
	}
	return "?";
}

enum ctl_mode
hold_mode(enum hold_kind kind)
{
	switch (kind) {
	case HOLD_NONE:
		break;
	case HOLD_STOP:
		return CTL_STOPPED;
	case HOLD_MAINTENANCE:
		return CTL_MAINTENANCE;
	}
	return CTL_TRACK;
}

static void
describe(const struct holds *h, uint32_t system, char *out, size_t size)
{
	const struct hold *d = &h->of[system];
	const char *name = h->plant->systems[system].name;
	char who[48], since[24], until[24];
	people_person(d->uid, d->access, who, sizeof who);
	people_time(d->since_wall_ns, since, sizeof since);
	people_time(d->until_wall_ns, until, sizeof until);
	if (d->kind == HOLD_STOP)
		snprintf(out, size, "%s is stopped since %s by %s: %s", name, since, who, d->why);
	else
		snprintf(out, size, "%s is in maintenance since %s until %s by %s: %s", name, since,
			 until, who, d->why);
}

/* --- the rules --- */
static int
judge_stop(const struct holds *h, uint32_t system, char *why_not)
{
	int32_t engine = plant_device_of(h->plant, (int32_t)system, "engine");
	if (engine < 0 || h->plant->devices[engine].armed)
		return 0;
	snprintf(why_not, HOLD_SENTENCE,
		 "%s is in shadow, nothing is sent to it: stop it at the device itself",
		 h->plant->devices[engine].name);
	return -EPERM;
}

int
holds_judge(const struct holds *h, const struct hold_wish *w, char why_not[HOLD_SENTENCE])
{
	enum hold_kind kind = h->of[w->system].kind;
	const char *name = h->plant->systems[w->system].name;
	enum hold_kind needed = w->verb == HOLD_VERB_START ? HOLD_STOP : HOLD_MAINTENANCE;
	switch (w->verb) {
	case HOLD_VERB_STOP: /* over maintenance, too: it is the safe state */
		if (kind != HOLD_STOP)
			return judge_stop(h, w->system, why_not);
		break;
	case HOLD_VERB_MAINTENANCE:
		if (kind == HOLD_NONE)
			return 0;
		break;
	case HOLD_VERB_START:
	case HOLD_VERB_END:
		if (kind == needed)
			return 0;
		if (kind == HOLD_NONE) {
			snprintf(why_not, HOLD_SENTENCE, "%s is not %s", name,
				 needed == HOLD_STOP ? "stopped" : "in maintenance");
			return -EALREADY;
		}
		break;
	case HOLD_VERB_HOLDS:
	case HOLD_VERBS:
		return 0;
	}
	describe(h, w->system, why_not, HOLD_SENTENCE);
	return -EBUSY;
}

void
holds_apply(struct holds *h, const struct hold_wish *w)
{
	struct hold *d = &h->of[w->system];
	int64_t for_ns = w->verb == HOLD_VERB_MAINTENANCE ? w->for_s * NS_PER_S : 0;
	memset(d, 0, sizeof *d);
	if (w->verb != HOLD_VERB_STOP && w->verb != HOLD_VERB_MAINTENANCE)
		return;
	d->kind = w->verb == HOLD_VERB_STOP ? HOLD_STOP : HOLD_MAINTENANCE;
	d->uid = w->by->uid;
	d->access = w->by->access;
	d->since_ns = w->by->now_ns;
	d->since_wall_ns = w->by->wall_ns;
	d->until_ns = d->since_ns + for_ns;
	d->until_wall_ns = d->since_wall_ns + for_ns;
	snprintf(d->why, sizeof d->why, "%s", w->why);
}

void
holds_step(struct holds *h, uint32_t system, int64_t now_ns)
{
	struct hold *d = &h->of[system];
	if (d->kind != HOLD_MAINTENANCE || now_ns < d->until_ns)
		return;
	struct hold_request nobody = {.now_ns = now_ns};
	struct hold_wish over = {.verb = HOLD_VERBS, .system = system, .by = &nobody};
	struct hold before = *d;
	holds_apply(h, &over);
	h->unkept = true;
	holds_tell_done(h, &over, &before);
}

void
holds_tell_done(struct holds *h, const struct hold_wish *w, const struct hold *before)
{
	const char *name = h->plant->systems[w->system].name;
	char text[HOLD_SENTENCE], who[48], until[24], other[96] = "";
	people_person(w->by->uid, w->by->access, who, sizeof who);
	switch (w->verb) {
	case HOLD_VERB_STOP:
		if (before->kind == HOLD_MAINTENANCE) {
			char whose[48];
			people_person(before->uid, before->access, whose, sizeof whose);
			snprintf(other, sizeof other, ", over the maintenance of %s", whose);
		}
		snprintf(text, sizeof text, "%s stopped by %s%s: %s", name, who, other, w->why);
		break;
	case HOLD_VERB_START:
		snprintf(text, sizeof text, "%s started by %s: %s", name, who, w->why);
		break;
	case HOLD_VERB_MAINTENANCE:
		people_time(h->of[w->system].until_wall_ns, until, sizeof until);
		snprintf(text, sizeof text, "%s in maintenance until %s by %s: %s", name, until,
			 who, w->why);
		break;
	case HOLD_VERB_END:
		snprintf(text, sizeof text, "%s maintenance ended by %s: %s", name, who, w->why);
		break;
	case HOLD_VERB_HOLDS:
	case HOLD_VERBS: /* by itself */
		people_person(before->uid, before->access, who, sizeof who);
		snprintf(text, sizeof text, "%s maintenance of %s is over, its time has passed: %s",
			 name, who, before->why);
		break;
	}
	lines_sentence(&h->lines, (int32_t)w->system, h->plant->systems[w->system].name,
		       w->by->now_ns, hold_mode(h->of[w->system].kind), text);
}

void
holds_tell_held(struct holds *h, uint32_t system, int64_t now_ns)
{
	char text[HOLD_SENTENCE];
	if (h->of[system].kind == HOLD_NONE)
		return;
	describe(h, system, text, sizeof text);
	lines_sentence(&h->lines, (int32_t)system, h->plant->systems[system].name, now_ns,
		       hold_mode(h->of[system].kind), text);
}

void
holds_tell_refused(struct holds *h, const struct hold_wish *w, const char *why_not)
{
	char text[HOLD_SENTENCE + 128], who[48];
	double past_s = (double)(w->by->now_ns - h->ration_ns) / (double)NS_PER_S;
	h->ration = fmin(h->ration + fmax(past_s, 0.0) * RATION_PER_S, RATION_MAX);
	h->ration_ns = w->by->now_ns;
	if (h->ration < 1.0)
		return;
	h->ration -= 1.0;
	snprintf(text, sizeof text, "%s refused %s to %s: %s", h->plant->systems[w->system].name,
		 hold_verb_name(w->verb), people_person(w->by->uid, w->by->access, who, sizeof who),
		 why_not);
	/* what stands in the way was told when it began: one line is enough */
	lines_add(&h->lines, (int32_t)w->system, w->by->now_ns, (double)NAN, text,
		  lines_fit(text, sizeof h->lines.line[0].text - 1));
}

bool
holds_line(struct holds *h, struct image_event *out, uint32_t *system)
{
	int32_t of;
	if (!lines_next(&h->lines, out, &of))
		return false;
	*system = (uint32_t)of;
	return true;
}

/* --- keeping --- */
bool
holds_unkept(const struct holds *h)
{
	return h->unkept;
}

int
holds_keep(struct holds *h, const struct hold_keeper *keeper)
{
	size_t len = holds_write_text(h);
	int rc = keeper ? keeper->keep(keeper->context, h->text, len) : 0;
	h->unkept = rc != 0;
	return rc;
}
