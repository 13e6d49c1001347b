/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/holds.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/control.h"
#include "controllers/holds_state.h"
#include "core/clock.h"

/* Who is refused may ask again and again; the ring of events has more to say than that. */
#define RATION_MAX 5.0
#define RATION_PER_S 0.2
#define ENDED_LIST 480 /* of values that end in one step … */
#define ENDED_ROOM 32  /* … each a number beside its name, and "and 42 more" */
#define ENDED_WHY 60
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
	h->hands = calloc((size_t)plant->n_systems + 1, sizeof *h->hands);
	h->text_size = ((size_t)plant->n_systems + 2) * KEPT_LINE;
	h->text = malloc(h->text_size);
	if (!h->of || !h->hands || !h->text) {
		holds_close(h);
		return -ENOMEM;
	}
	for (uint32_t s = 0; s < plant->n_systems; s++)
		hands_clear(&h->hands[s]);
	*out = h;
	return 0;
}

void
holds_close(struct holds *h)
{
	if (!h)
		return;
	free(h->of);
	free(h->hands);
	free(h->text);
	free(h);
}

const struct hold *
holds_of(const struct holds *h, uint32_t system)
{
	return &h->of[system];
}

const struct hands *
holds_hands(const struct holds *h, uint32_t system)
{
	return &h->hands[system];
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
	case HOLD_VERB_SET:
		return "set";
	case HOLD_VERB_AUTO:
		return "auto";
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
	case HOLD_MANUAL:
		return CTL_MANUAL;
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
		snprintf(out, size, "%s is in %s since %s until %s by %s: %s", name,
			 d->kind == HOLD_MANUAL ? "manual control" : "maintenance", since, until,
			 who, d->why);
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

/* Who holds it is another, and was not told that it is taken over. */
static bool
in_the_way(const struct hold *d, const struct hold_wish *w)
{
	return !w->take && d->uid != PEOPLE_NOBODY && d->uid != w->by->uid;
}

/* May that be done where the system is in `kind`? */
static bool
fits(const struct hold *d, const struct hold_wish *w)
{
	switch (w->verb) {
	case HOLD_VERB_STOP: /* over all others, too: it is the safe state */
		return d->kind != HOLD_STOP;
	case HOLD_VERB_MAINTENANCE:
		if (d->kind == HOLD_MAINTENANCE)
			return w->take;
		return d->kind == HOLD_NONE || (d->kind == HOLD_MANUAL && !in_the_way(d, w));
	case HOLD_VERB_START:
		return d->kind == HOLD_STOP && !in_the_way(d, w);
	case HOLD_VERB_END:
		return d->kind == HOLD_MAINTENANCE && !in_the_way(d, w);
	case HOLD_VERB_SET:
		return d->kind == HOLD_NONE || (d->kind == HOLD_MANUAL && !in_the_way(d, w));
	case HOLD_VERB_AUTO:
		return d->kind == HOLD_MANUAL && !in_the_way(d, w);
	case HOLD_VERB_HOLDS:
	case HOLD_VERBS:
		break;
	}
	return true;
}

/* Would it be right if it took it over? */
static bool
fits_taken(const struct hold *d, const struct hold_wish *w)
{
	struct hold_wish taken = *w;
	taken.take = true;
	return fits(d, &taken);
}

/* Each value has a reason: are there too many already? */
static int
judge_reason(const struct holds *h, const struct hold_wish *w, char *why_not)
{
	struct hands tried = h->hands[w->system];
	if (hands_set(&tried, &w->hand, 0, w->why))
		return 0;
	snprintf(why_not, HOLD_SENTENCE,
		 "%s has values by hand for %d different reasons: give them back first (isotherm "
		 "auto), or take one of these reasons (isotherm holds)",
		 h->plant->systems[w->system].name, HAND_REASONS);
	return -EBUSY;
}

int
holds_judge(const struct holds *h, const struct hold_wish *w, char why_not[HOLD_SENTENCE])
{
	const struct hold *d = &h->of[w->system];
	const char *name = h->plant->systems[w->system].name;
	if (fits(d, w) && w->verb == HOLD_VERB_SET)
		return judge_reason(h, w, why_not);
	if (fits(d, w))
		return w->verb == HOLD_VERB_STOP ? judge_stop(h, w->system, why_not) : 0;
	if (d->kind == HOLD_NONE) {
		snprintf(why_not, HOLD_SENTENCE, "%s is not %s", name,
			 w->verb == HOLD_VERB_START ? "stopped"
			 : w->verb == HOLD_VERB_END ? "in maintenance"
						    : "in manual control");
		return -EALREADY;
	}
	describe(h, w->system, why_not, HOLD_SENTENCE);
	size_t at = strlen(why_not);
	if (fits_taken(d, w))
		snprintf(why_not + at, HOLD_SENTENCE - at, " (--take takes it over)");
	return -EBUSY;
}

static void
hold_manual(struct holds *h, const struct hold_wish *w)
{
	struct hold *d = &h->of[w->system];
	struct hands *hands = &h->hands[w->system];
	hands_set(hands, &w->hand, w->by->now_ns + w->for_s * NS_PER_S, w->why);
	d->until_ns = hands_until_ns(hands);
	d->until_wall_ns = w->by->wall_ns + d->until_ns - w->by->now_ns;
}

void
holds_apply(struct holds *h, const struct hold_wish *w)
{
	struct hold *d = &h->of[w->system];
	int64_t for_ns = w->verb == HOLD_VERB_MAINTENANCE ? w->for_s * NS_PER_S : 0;
	bool set = w->verb == HOLD_VERB_SET, more = set && d->kind == HOLD_MANUAL;
	struct hold before = *d;
	memset(d, 0, sizeof *d);
	if (!set)
		hands_clear(&h->hands[w->system]);
	if (!set && w->verb != HOLD_VERB_STOP && w->verb != HOLD_VERB_MAINTENANCE)
		return;
	d->kind = set ? HOLD_MANUAL : w->verb == HOLD_VERB_STOP ? HOLD_STOP : HOLD_MAINTENANCE;
	d->uid = w->by->uid;
	d->access = w->by->access;
	snprintf(d->name, sizeof d->name, "%s", w->by->name ? w->by->name : "");
	d->since_ns = w->by->now_ns;
	d->since_wall_ns = w->by->wall_ns;
	if (more && before.uid == d->uid) {
		d->since_ns = before.since_ns;
		d->since_wall_ns = before.since_wall_ns;
	}
	d->until_ns = w->by->now_ns + for_ns;
	d->until_wall_ns = w->by->wall_ns + for_ns;
	if (set)
		hold_manual(h, w);
	snprintf(d->why, sizeof d->why, "%s", w->why);
}

void
holds_tell(struct holds *h, uint32_t system, int64_t now_ns, const char *text)
{
	lines_sentence(&h->lines, (int32_t)system, h->plant->systems[system].name, now_ns,
		       hold_mode(h->of[system].kind), text);
}

/* "wafer.duty_cmd_frac = 0.8, pump.speed_cmd_pct = 90" of what ends now for that reason; how many that are. */
static unsigned
list_ended(const struct holds *h, uint32_t system, const struct hands *hands, uint8_t reason,
	   int64_t now_ns, char *out, size_t size)
{
	struct hand_wish one;
	uint32_t output = 0;
	int64_t until_ns;
	unsigned n = 0, untold = 0;
	size_t at = 0;
	while (hands_next(hands, h->plant, system, &output, &one, &until_ns)) {
		if (until_ns > now_ns || one.reason != reason)
			continue;
		n++;
		if (at + NAME_MAX_LEN + ENDED_ROOM < size)
			at += (size_t)snprintf(out + at, size - at, "%s%s = %g", at ? ", " : "",
					       one.name, one.value);
		else
			untold++;
	}
	if (untold)
		snprintf(out + at, size - at, " and %u more", untold);
	return n;
}

/* Values end each by itself; the last one ends the hold. */
static void
expire(struct holds *h, uint32_t system, int64_t now_ns)
{
	struct hold *d = &h->of[system], before = *d;
	struct hands *hands = &h->hands[system], ended = *hands;
	char text[HOLD_SENTENCE + ENDED_LIST], list[ENDED_LIST], who[48];
	if (hands_expire(hands, now_ns) == 0)
		return;
	if (hands_count(hands) == 0)
		memset(d, 0, sizeof *d);
	people_person(before.uid, before.access, who, sizeof who);
	unsigned several = 0;
	for (uint8_t r = 0; r < HAND_REASONS; r++)
		several += list_ended(h, system, &ended, r, now_ns, list, sizeof list) > 0;
	for (uint8_t r = 0; r < HAND_REASONS; r++) {
		unsigned n = list_ended(h, system, &ended, r, now_ns, list, sizeof list);
		if (n == 0)
			continue;
		/* of several that end in one step each is told, if not to its end */
		size_t room = several > 1 ? ENDED_WHY : HOLD_WHY_SIZE;
		snprintf(text, sizeof text, "%s %s of %s %s time has passed: %.*s",
			 h->plant->systems[system].name, list, who,
			 n > 1 ? "are over, their" : "is over, its",
			 (int)lines_fit(ended.why[r], room), ended.why[r]);
		holds_tell(h, system, now_ns, text);
	}
	if (d->kind == HOLD_MANUAL) {
		d->until_wall_ns += hands_until_ns(hands) - d->until_ns;
		d->until_ns = hands_until_ns(hands);
	}
	h->unkept = true;
}

void
holds_step(struct holds *h, uint32_t system, int64_t now_ns)
{
	struct hold *d = &h->of[system];
	if (d->kind == HOLD_MANUAL)
		expire(h, system, now_ns);
	if (d->kind != HOLD_MAINTENANCE || now_ns < d->until_ns)
		return;
	struct hold_request nobody = {.now_ns = now_ns};
	struct hold_wish over = {.verb = HOLD_VERBS, .system = system, .by = &nobody};
	struct hold before = *d;
	char text[HOLD_SENTENCE];
	holds_apply(h, &over);
	h->unkept = true;
	holds_say_done(h, &over, &before, text);
	holds_tell(h, over.system, over.by->now_ns, text);
}

bool
holds_took(const struct hold *before, const struct hold_wish *w)
{
	return before->kind != HOLD_NONE && before->uid != w->by->uid;
}

/* ", over the maintenance of", ", taken from" and "anna, uid 1001 (operator), since 2026-…" where another held it. */
static void
from_whom(const struct hold *before, const struct hold_wish *w, char *out, size_t size)
{
	char whose[48], since[24];
	bool over = w->verb == HOLD_VERB_STOP && before->kind != HOLD_NONE;
	out[0] = '\0';
	if (!over && !holds_took(before, w))
		return;
	people_person(before->uid, before->access, whose, sizeof whose);
	people_time(before->since_wall_ns, since, sizeof since);
	snprintf(out, size, ", %s%s%s%s since %s",
		 !over                         ? "taken from "
		 : before->kind == HOLD_MANUAL ? "over the manual control of "
					       : "over the maintenance of ",
		 before->name, before->name[0] ? ", " : "", whose, since);
}

void
holds_say_done(const struct holds *h, const struct hold_wish *w, const struct hold *before,
	       char text[HOLD_SENTENCE])
{
	const char *name = h->plant->systems[w->system].name;
	const struct hold *d = &h->of[w->system];
	char who[48], until[24], other[192];
	people_person(w->by->uid, w->by->access, who, sizeof who);
	people_time(d->until_wall_ns, until, sizeof until);
	from_whom(before, w, other, sizeof other);
	switch (w->verb) {
	case HOLD_VERB_STOP:
		snprintf(text, HOLD_SENTENCE, "%s stopped by %s%s: %s", name, who, other, w->why);
		break;
	case HOLD_VERB_START:
		snprintf(text, HOLD_SENTENCE, "%s started by %s%s: %s", name, who, other, w->why);
		break;
	case HOLD_VERB_MAINTENANCE:
		snprintf(text, HOLD_SENTENCE, "%s in maintenance until %s by %s%s: %s", name, until,
			 who, other, w->why);
		break;
	case HOLD_VERB_END:
		snprintf(text, HOLD_SENTENCE, "%s maintenance ended by %s%s: %s", name, who, other,
			 w->why);
		break;
	case HOLD_VERB_SET:
		people_time(w->by->wall_ns + w->for_s * NS_PER_S, until, sizeof until);
		snprintf(text, HOLD_SENTENCE, "%s %s = %g until %s by %s%s: %s", name, w->hand.name,
			 w->value, until, who, other, w->why);
		break;
	case HOLD_VERB_AUTO:
		snprintf(text, HOLD_SENTENCE, "%s given back to automatic control by %s%s%s%s",
			 name, who, other, w->why[0] ? ": " : "", w->why);
		break;
	case HOLD_VERB_HOLDS:
	case HOLD_VERBS: /* by itself */
		people_person(before->uid, before->access, who, sizeof who);
		snprintf(text, HOLD_SENTENCE,
			 "%s maintenance of %s is over, its time has passed: %s", name, who,
			 before->why);
		break;
	}
}

void
holds_tell_held(struct holds *h, uint32_t system, int64_t now_ns)
{
	struct hold *d = &h->of[system];
	char text[HOLD_SENTENCE], who[48];
	if (d->kind == HOLD_NONE)
		return;
	if (d->kind == HOLD_MANUAL && hands_count(&h->hands[system]) == 0) {
		people_person(d->uid, d->access, who, sizeof who);
		snprintf(text, sizeof text,
			 "%s manual control of %s ended with the controllers: %s",
			 h->plant->systems[system].name, who, d->why);
		memset(d, 0, sizeof *d);
		h->unkept = true;
	} else {
		describe(h, system, text, sizeof text);
	}
	holds_tell(h, system, now_ns, text);
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
