/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and results: JSON at the edge of the holds. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "controllers/ask.h"
#include "controllers/holds_state.h"
#include "core/clock.h"

#define ANSWER_FRAME_MAX 64 /* bytes around the holds of an answer */
#define MEMBERS_MAX 6
#define VALUES_SHOWN 12               /* of one system in an answer, at most … */
#define VALUES_ROOM (COMMAND_MAX / 2) /* … and bytes of them */

/* What a request may hold. A member that is not known was meant to say something. */
static const struct {
	enum access_level needed;
	const char *members[MEMBERS_MAX + 1];
} VERBS[HOLD_VERBS] = {
	[HOLD_VERB_STOP] = {ACCESS_OPERATE, {"cmd", "system", "why"}},
	[HOLD_VERB_START] = {ACCESS_OPERATE, {"cmd", "system", "why", "take"}},
	[HOLD_VERB_MAINTENANCE] = {ACCESS_OPERATE, {"cmd", "system", "for_s", "why", "take"}},
	[HOLD_VERB_END] = {ACCESS_OPERATE, {"cmd", "system", "why", "take"}},
	[HOLD_VERB_SET] = {ACCESS_OPERATE, {"cmd", "point", "value", "for_s", "why", "take"}},
	[HOLD_VERB_AUTO] = {ACCESS_OPERATE, {"cmd", "system", "why", "take"}},
	[HOLD_VERB_HOLDS] = {ACCESS_VIEW, {"cmd", "system", "from"}},
};

struct parse {
	const struct holds *h;
	struct hold_wish w;
	json_t *root;
	bool one;     /* it names a system */
	int64_t from; /* of HOLD_VERB_HOLDS */
	char error[ASK_ERROR];
};

/* --- in --- */
static bool
read_verb(struct parse *p)
{
	const char *cmd = json_string_value(json_object_get(p->root, "cmd"));
	for (int v = 0; cmd && v < HOLD_VERBS; v++)
		if (strcmp(cmd, hold_verb_name((enum hold_verb)v)) == 0) {
			p->w.verb = (enum hold_verb)v;
			return true;
		}
	return ask_wrong(p->error,
			 "\"cmd\" must be one of stop, start, maintenance, end, set, auto, holds");
}

static bool
may(struct parse *p)
{
	const struct hold_request *by = p->w.by;
	if (by->access >= VERBS[p->w.verb].needed)
		return true;
	return ask_wrong(
		p->error, "not allowed: \"%s\" needs %s, uid %u is %s", hold_verb_name(p->w.verb),
		VERBS[p->w.verb].needed == ACCESS_VIEW ? "a viewer"
						       : "an operator (group isotherm-operate)",
		(unsigned)by->uid, people_level(by->access));
}

static bool
read_members(struct parse *p)
{
	const char *const *members = VERBS[p->w.verb].members;
	const char *key;
	json_t *value;
	json_object_foreach(p->root, key, value)
	{
		int k = 0;
		while (members[k] && strcmp(key, members[k]) != 0)
			k++;
		if (members[k])
			continue;
		if (strcmp(key, "for_s") == 0)
			return ask_wrong(p->error,
					 "\"%s\" takes no \"for_s\": it has no end of its own",
					 hold_verb_name(p->w.verb));
		int at = snprintf(p->error, ASK_ERROR, "\"%s\" takes ", hold_verb_name(p->w.verb));
		for (k = 1; members[k]; k++)
			at += snprintf(p->error + at, ASK_ERROR - (size_t)at, "%s\"%s\"",
				       k > 1 ? ", " : "", members[k]);
		snprintf(p->error + at, ASK_ERROR - (size_t)at, " and nothing else");
		return false;
	}
	return true;
}

static bool
read_system(struct parse *p)
{
	const struct plant *plant = p->h->plant;
	const json_t *value = json_object_get(p->root, "system");
	const char *name = json_string_value(value);
	if (!value && p->w.verb == HOLD_VERB_HOLDS)
		return true;
	if (p->w.verb == HOLD_VERB_SET) {
		name = json_string_value(json_object_get(p->root, "point"));
		p->one = hands_find(plant, name, &p->w.hand, p->error, ASK_ERROR);
		p->w.system = p->w.hand.system;
		return p->one;
	}
	int32_t system = name ? plant_system(plant, name) : -1;
	if (system >= 0) {
		p->w.system = (uint32_t)system;
		return p->one = true;
	}
	return ask_no_system(p->error, plant, name);
}

/* A share is of a job's work. */
static bool
read_worker(struct parse *p)
{
	struct hold_sight sight = {.mode = CTL_OFF};
	const struct hand_wish *w = &p->w.hand;
	if (w->first < HAND_SHARE || !p->w.by->see)
		return true;
	p->w.by->see(p->w.by->context, p->w.system, &sight);
	for (uint32_t i = w->first; i < w->first + w->n; i++)
		if (sight.works[i - HAND_SHARE])
			return true;
	return ask_wrong(p->error, "%s.%s: no job has work there that could be shared out",
			 p->h->plant->systems[p->w.system].name, w->name);
}

static bool
read_hand(struct parse *p)
{
	const json_t *value = json_object_get(p->root, "value");
	p->w.value = json_number_value(value);
	if (!json_is_number(value))
		return ask_wrong(p->error, "\"value\" must be a number");
	return hands_value(p->h->plant, p->w.value, &p->w.hand, p->error, ASK_ERROR) &&
	       read_worker(p) &&
	       ask_number(p->error, p->root, "for_s", HAND_FOR_MIN_S, HAND_FOR_MAX_S, &p->w.for_s);
}

static bool
read_take(struct parse *p)
{
	const json_t *take = json_object_get(p->root, "take");
	p->w.take = json_is_true(take);
	return !take || json_is_boolean(take) ||
	       ask_wrong(p->error, "\"take\" must be true or false");
}

static bool
read_request(struct parse *p)
{
	p->root = ask_root(p->error, p->w.by->json, p->w.by->len);
	if (!p->root)
		return false;
	if (!read_verb(p))
		return false;
	bool named = read_system(p); /* who is not allowed is told that, and of which system */
	if (!may(p) || (!named && !read_system(p)) || !read_members(p))
		return false;
	if (p->w.verb == HOLD_VERB_HOLDS)
		return !json_object_get(p->root, "from") ||
		       ask_number(p->error, p->root, "from", 0, UINT32_MAX, &p->from);
	if (p->w.verb == HOLD_VERB_MAINTENANCE &&
	    !ask_number(p->error, p->root, "for_s", HOLD_FOR_MIN_S, HOLD_FOR_MAX_S, &p->w.for_s))
		return false;
	if (!read_take(p) || (p->w.verb == HOLD_VERB_SET && !read_hand(p)))
		return false;
	p->w.why = "";
	if (p->w.verb == HOLD_VERB_AUTO && !p->w.take && !json_object_get(p->root, "why"))
		return true; /* what they are given back for was said when they were set */
	return ask_why(p->error, p->root, &p->w.why);
}

/* --- out --- */
static json_t *
hands_json(const struct holds *h, uint32_t system, int64_t now_ns)
{
	json_t *list = json_array();
	struct hand_wish w;
	uint32_t at = 0;
	int64_t until_ns;
	size_t used = 0;
	while (json_array_size(list) < VALUES_SHOWN &&
	       hands_next(&h->hands[system], h->plant, system, &at, &w, &until_ns)) {
		json_t *one = json_pack("{ss sf sI ss}", "point", w.name, "value", w.value,
					"left_s", (json_int_t)((until_ns - now_ns) / NS_PER_S),
					"why", h->hands[system].why[w.reason]);
		used += json_dumpb(one, NULL, 0, JSON_COMPACT) + 1;
		if (used > VALUES_ROOM) {
			json_decref(one);
			break;
		}
		json_array_append_new(list, one);
	}
	return list;
}

static void
set_person(json_t *o, const struct hold *d)
{
	if (d->uid == PEOPLE_NOBODY)
		return;
	json_object_set_new(o, "uid", json_integer(d->uid));
	json_object_set_new(o, "level", json_string(people_level(d->access)));
	if (d->name[0])
		json_object_set_new(o, "name", json_string(d->name));
}

/* Whom it was taken from, and what they held it for. */
static json_t *
taken_json(const struct hold *before)
{
	char since[24];
	json_t *o = json_pack(
		"{ss ss ss}", "mode", state_name(ROLE_CTL_MODE, hold_mode(before->kind)), "since",
		people_time(before->since_wall_ns, since, sizeof since), "why", before->why);
	set_person(o, before);
	return o;
}

static json_t *
hold_json(const struct holds *h, uint32_t system, int64_t now_ns)
{
	const struct hold *d = &h->of[system];
	char since[24], until[24];
	int64_t left_ns = d->until_ns > now_ns ? d->until_ns - now_ns : 0;
	people_time(d->since_wall_ns, since, sizeof since);
	people_time(d->until_wall_ns, until, sizeof until);
	json_t *o = json_pack("{ss ss ss ss}", "system", h->plant->systems[system].name, "mode",
			      state_name(ROLE_CTL_MODE, hold_mode(d->kind)), "since", since, "why",
			      d->why);
	set_person(o, d);
	if (d->kind == HOLD_MAINTENANCE || d->kind == HOLD_MANUAL) {
		json_object_set_new(o, "until", json_string(until));
		json_object_set_new(o, "left_s", json_integer(left_ns / NS_PER_S));
	}
	if (d->kind == HOLD_MANUAL) {
		json_object_set_new(o, "n_values", json_integer(hands_count(&h->hands[system])));
		json_object_set_new(o, "values", hands_json(h, system, now_ns));
	}
	return o;
}

static void
refuse(const struct parse *p, char *result)
{
	json_t *root = json_pack("{sb ss}", "ok", 0, "error", p->error);
	if (p->one && p->h->of[p->w.system].kind != HOLD_NONE)
		json_object_set_new(root, "held", hold_json(p->h, p->w.system, p->w.by->now_ns));
	ask_result(result, root);
}

/* As many as an answer holds. */
static void
answer_holds(const struct parse *p, char *result)
{
	const struct holds *h = p->h;
	json_t *list = json_array(), *root = json_pack("{sb so}", "ok", 1, "holds", list);
	size_t used = ANSWER_FRAME_MAX;
	uint32_t s = (uint32_t)p->from, end = h->plant->n_systems;
	if (p->one && p->w.system >= s) {
		s = p->w.system;
		end = s + 1;
	}
	for (; root && s < end; s++) {
		if (h->of[s].kind == HOLD_NONE)
			continue;
		json_t *one = hold_json(h, s, p->w.by->now_ns);
		used += json_dumpb(one, NULL, 0, JSON_COMPACT) + 1;
		if (used > COMMAND_MAX) {
			json_decref(one);
			json_object_set_new(root, "next", json_integer(s));
			break;
		}
		json_array_append_new(list, one);
	}
	ask_result(result, root);
}

static void
answer_done(const struct parse *p, const struct hold *before, const char *said, const char *note,
	    char *result)
{
	const struct hold *d = &p->h->of[p->w.system];
	char until[24];
	json_t *root = json_pack("{sb ss ss ss}", "ok", 1, "system",
				 p->h->plant->systems[p->w.system].name, "mode",
				 state_name(ROLE_CTL_MODE, hold_mode(d->kind)), "said", said);
	if (d->kind == HOLD_MAINTENANCE || d->kind == HOLD_MANUAL)
		json_object_set_new(
			root, "until",
			json_string(people_time(d->until_wall_ns, until, sizeof until)));
	if (holds_took(before, &p->w))
		json_object_set_new(root, "taken_from", taken_json(before));
	if (note[0])
		json_object_set_new(root, "note", json_string(note));
	ask_result(result, root);
}

/* Duties are sent, pumps and valve are not: worth knowing, no reason to refuse. */
static void
note_shadow(const struct parse *p, char *note, size_t size)
{
	const struct plant *plant = p->h->plant;
	int32_t cooling = plant_device_of(plant, (int32_t)p->w.system, "cooling");
	if (p->w.verb == HOLD_VERB_STOP && cooling >= 0 && !plant->devices[cooling].armed)
		snprintf(note, size, "%s is in shadow: its pumps and valve are left alone",
			 plant->devices[cooling].name);
}

/* Who sets a value where no law acts sees nothing of it. */
static void
note_mode(const struct parse *p, char *note, size_t size)
{
	struct hold_sight sight = {.mode = CTL_AUTO};
	if (p->w.verb != HOLD_VERB_SET || !p->w.by->see)
		return;
	p->w.by->see(p->w.by->context, p->w.system, &sight);
	if (sight.mode != CTL_AUTO && sight.mode != CTL_MANUAL)
		snprintf(note, size,
			 "%s is in %s: the value is in force once it is in automatic control, and "
			 "its time runs meanwhile",
			 p->h->plant->systems[p->w.system].name,
			 state_name(ROLE_CTL_MODE, sight.mode));
}

static void
carry_out(struct holds *h, struct parse *p, const struct hold_keeper *keeper, char *result)
{
	struct hold before = h->of[p->w.system];
	struct hands hands = h->hands[p->w.system];
	bool was_unkept = h->unkept;
	/* nobody is to find them after a restart: that they ended is all there is to tell */
	bool by_hand = p->w.verb == HOLD_VERB_SET || p->w.verb == HOLD_VERB_AUTO;
	char note[256] = "", said[HOLD_SENTENCE];
	int rc = holds_judge(h, &p->w, p->error);
	if (rc == 0) {
		holds_apply(h, &p->w);
		rc = holds_keep(h, keeper);
		if (by_hand)
			rc = 0;
		if (rc && p->w.verb != HOLD_VERB_STOP) {
			h->of[p->w.system] = before;
			h->hands[p->w.system] = hands;
			h->unkept = was_unkept;
			ask_wrong(p->error,
				  "not done: it can't be recorded, so a restart would undo it: %s",
				  strerror(-rc));
		} else if (rc) {
			snprintf(note, sizeof note, "not recorded yet, a restart would undo it: %s",
				 strerror(-rc));
			rc = 0;
		}
	}
	if (rc) {
		holds_tell_refused(h, &p->w, p->error);
		refuse(p, result);
		return;
	}
	if (!note[0])
		note_shadow(p, note, sizeof note);
	if (!note[0])
		note_mode(p, note, sizeof note);
	holds_say_done(h, &p->w, &before, said);
	holds_tell(h, p->w.system, p->w.by->now_ns, said);
	answer_done(p, &before, said, note, result);
}

void
holds_ask(struct holds *h, const struct hold_request *req, const struct hold_keeper *keeper,
	  char *result)
{
	struct parse p = {.h = h, .w = {.verb = HOLD_VERBS, .by = req}};
	lines_clear(&h->lines);
	if (!read_request(&p)) {
		if (p.one && p.w.verb != HOLD_VERB_HOLDS && req->access < ACCESS_OPERATE)
			holds_tell_refused(h, &p.w, p.error);
		refuse(&p, result);
	} else if (p.w.verb == HOLD_VERB_HOLDS) {
		answer_holds(&p, result);
	} else {
		carry_out(h, &p, keeper, result);
	}
	json_decref(p.root);
}
