/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and results of the caps: JSON at the edge. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "controllers/caps_state.h"
#include "core/clock.h"

enum cap_verb { CAP_SET, CAP_END, CAP_LIST, CAP_VERBS };

static const struct {
	const char *name;
	enum access_level needed;
	const char *members; /* between blanks */
} VERBS[CAP_VERBS] = {
	[CAP_SET] = {"cap", ACCESS_OPERATE, " cmd system watts frac at_s for_s seq why "},
	[CAP_END] = {"uncap", ACCESS_OPERATE, " cmd system why "},
	[CAP_LIST] = {"caps", ACCESS_VIEW, " cmd system "},
};

struct parse {
	struct caps *c;
	const struct hold_request *by;
	const struct cap_draw *draw;
	json_t *root;
	enum cap_verb verb;
	int32_t system; /* or SITE */
	struct cap cap; /* asked for */
	char error[ASK_ERROR];
};

/* --- in --- */
static bool
read_verb(struct parse *p)
{
	const char *cmd = json_string_value(json_object_get(p->root, "cmd"));
	for (int v = 0; cmd && v < CAP_VERBS; v++)
		if (strcmp(cmd, VERBS[v].name) == 0) {
			p->verb = (enum cap_verb)v;
			return true;
		}
	return false;
}

static bool
may(struct parse *p)
{
	if (p->by->access >= VERBS[p->verb].needed)
		return true;
	return ask_wrong(
		p->error, "not allowed: \"%s\" needs %s, uid %u is %s", VERBS[p->verb].name,
		VERBS[p->verb].needed == ACCESS_VIEW ? "a viewer"
						     : "an operator (group isotherm-operate)",
		(unsigned)p->by->uid, people_level(p->by->access));
}

static bool
read_members(struct parse *p)
{
	const char *key;
	json_t *value;
	json_object_foreach(p->root, key, value)
	{
		char word[24];
		int n = snprintf(word, sizeof word, " %s ", key);
		if (n >= (int)sizeof word || !strstr(VERBS[p->verb].members, word))
			return ask_wrong(p->error, "\"%s\" takes%sand nothing else",
					 VERBS[p->verb].name, VERBS[p->verb].members);
	}
	return true;
}

static bool
read_system(struct parse *p)
{
	const json_t *value = json_object_get(p->root, "system");
	const char *name = json_string_value(value);
	p->system = SITE;
	if (!value)
		return true;
	int32_t system = name ? plant_system(p->c->plant, name) : -1;
	if (system < 0)
		return ask_no_system(p->error, p->c->plant, name);
	p->system = system;
	return true;
}

/* What is drawn now by those it is about; NAN: not known of each. */
static double
drawn_w(const struct parse *p)
{
	double sum_w = 0.0;
	if (p->system != SITE)
		return p->draw[p->system].input_w;
	for (uint32_t k = 0; k < p->c->plant->n_systems; k++)
		sum_w += p->draw[k].input_w;
	return sum_w;
}

static bool
read_watts(struct parse *p)
{
	const json_t *watts = json_object_get(p->root, "watts");
	const json_t *frac = json_object_get(p->root, "frac");
	uint32_t n = p->system == SITE ? p->c->plant->n_systems : 1;
	double lo_w = p->c->plant->control.cap_least_w * n, hi_w = (double)CAP_SYSTEM_MAX_W * n;
	p->cap.watts = json_number_value(watts);
	if (!watts == !frac)
		return ask_wrong(p->error,
				 "\"watts\", or \"frac\" of what is drawn now: one of them");
	if (frac) {
		double part = json_number_value(frac), now_w = drawn_w(p);
		if (!json_is_number(frac) || !(part > 0.0 && part <= 1.0))
			return ask_wrong(p->error, "\"frac\" must be a number above 0, up to 1");
		if (!isfinite(now_w))
			return ask_wrong(p->error, "what is drawn now is not known: ask in watts");
		p->cap.watts = part * now_w;
	}
	if ((watts && !json_is_number(watts)) || !(p->cap.watts >= lo_w && p->cap.watts <= hi_w))
		return ask_wrong(p->error, "a power cap of %s must be %.0f..%.0f W",
				 p->system == SITE ? "all systems" : "a system", lo_w, hi_w);
	return true;
}

/* A sequence number that is not newer is one that came late, or twice. */
static bool
read_seq(struct parse *p)
{
	int64_t last = caps_at(p->c, p->system)->seq;
	p->cap.seq = last + 1;
	if (!json_object_get(p->root, "seq"))
		return true;
	if (!ask_number(p->error, p->root, "seq", 0, INT64_MAX / 2, &p->cap.seq))
		return false;
	if (p->cap.seq > last)
		return true;
	return ask_wrong(p->error, "\"seq\" %lld is not after %lld, which was the last",
			 (long long)p->cap.seq, (long long)last);
}

static bool
read_cap(struct parse *p)
{
	int64_t at_s = 0, for_s;
	if (!read_watts(p))
		return false;
	if (json_object_get(p->root, "at_s") &&
	    !ask_number(p->error, p->root, "at_s", 0, CAP_AT_MAX_S, &at_s))
		return false;
	if (!ask_number(p->error, p->root, "for_s", CAP_FOR_MIN_S, CAP_FOR_MAX_S, &for_s) ||
	    !read_seq(p))
		return false;
	p->cap.stands = true;
	p->cap.since_ns = p->by->now_ns;
	p->cap.since_wall_ns = p->by->wall_ns;
	p->cap.at_ns = p->by->now_ns + at_s * NS_PER_S;
	p->cap.until_ns = p->cap.at_ns + for_s * NS_PER_S;
	p->cap.uid = p->by->uid;
	p->cap.access = p->by->access;
	return true;
}

static bool
read_request(struct parse *p)
{
	const char *why = "";
	if (!may(p) || !read_system(p) || !read_members(p))
		return false;
	if (p->verb == CAP_LIST)
		return true;
	if ((p->verb == CAP_SET && !read_cap(p)) || !ask_why(p->error, p->root, &why))
		return false;
	snprintf(p->cap.why, sizeof p->cap.why, "%s", why);
	if (p->verb == CAP_END && !caps_at(p->c, p->system)->stands)
		return ask_wrong(p->error, "%s has no power cap", caps_name(p->c, p->system));
	return true;
}

/* --- out --- */
static json_t *
cap_json(const struct parse *p, int32_t system)
{
	const struct cap *cap = caps_of(p->c, system);
	int64_t now_ns = p->by->now_ns, wall_ns = p->by->wall_ns;
	char since[24], at[24], until[24];
	people_time(cap->since_wall_ns, since, sizeof since);
	people_time(wall_ns + cap->at_ns - now_ns, at, sizeof at);
	people_time(wall_ns + cap->until_ns - now_ns, until, sizeof until);
	json_t *o = json_pack("{sf ss ss ss sI sI ss}", "watts", cap->watts, "since", since, "at",
			      at, "until", until, "left_s",
			      (json_int_t)((cap->until_ns - now_ns) / NS_PER_S), "seq",
			      (json_int_t)cap->seq, "why", cap->why);
	if (system != SITE)
		json_object_set_new(o, "system", json_string(caps_name(p->c, system)));
	if (cap->uid != PEOPLE_NOBODY) {
		json_object_set_new(o, "uid", json_integer(cap->uid));
		json_object_set_new(o, "level", json_string(people_level(cap->access)));
	}
	return o;
}

/* What each system may draw now, where something holds it; who is shed; what stands by the plant file. */
static void
add_shares(const struct parse *p, json_t *root)
{
	const struct control_params *params = &p->c->plant->control;
	json_t *shares = json_object(), *shed = json_array();
	for (uint32_t k = 0; k < p->c->plant->n_systems; k++) {
		const struct cap_allowance *a = caps_allowance(p->c, k);
		const char *name = caps_name(p->c, (int32_t)k);
		if ((p->system != SITE && (uint32_t)p->system != k) || !isfinite(a->watts))
			continue;
		json_object_set_new(shares, name, json_integer((json_int_t)a->watts));
		if (a->shed)
			json_array_append_new(shed, json_string(name));
	}
	if (json_object_size(shares) > 0)
		json_object_set(root, "shares_w", shares);
	if (json_array_size(shed) > 0)
		json_object_set(root, "shed", shed);
	json_decref(shares);
	json_decref(shed);
	if (params->site_budget_w > 0.0)
		json_object_set_new(root, "site_budget_w", json_real(params->site_budget_w));
	if (params->cap_default_w > 0.0)
		json_object_set_new(root, "cap_default_w", json_real(params->cap_default_w));
}

/* As many as an answer holds: the one of all together first. */
static void
answer_caps(const struct parse *p, char *result)
{
	json_t *list = json_array(), *root = json_pack("{sb so}", "ok", 1, "caps", list);
	if (root)
		add_shares(p, root);
	for (int32_t k = SITE; root && k < (int32_t)p->c->plant->n_systems; k++) {
		if ((p->system != SITE && k != p->system) || !caps_of(p->c, k)->stands)
			continue;
		json_array_append_new(list, cap_json(p, k));
		if (json_dumpb(root, NULL, 0, JSON_COMPACT) + sizeof ",\"more\":true" >
		    COMMAND_MAX) {
			json_array_remove(list, json_array_size(list) - 1);
			json_object_set_new(root, "more", json_true());
			break;
		}
	}
	ask_result(result, root);
}

/* What is in force stays so until the new one's deadline, or its own end: that is not touched here, as
 * another may still take the new one's place. */
static void
replace(struct cap *cap, struct cap *before, const struct cap *by, int64_t now_ns)
{
	if (cap->stands && now_ns >= cap->at_ns)
		*before = *cap;
	before->stands = before->stands && before->until_ns > now_ns && by->at_ns > now_ns;
	*cap = *by;
}

static void
carry_out(struct parse *p, const struct hold_keeper *keeper, char *result)
{
	struct caps *c = p->c;
	struct cap *cap = caps_at(c, p->system), *before = &c->before[cap - c->of];
	const struct cap was = *cap, was_before = *before;
	char text[ASK_ERROR], who[48];
	if (p->verb == CAP_SET)
		replace(cap, before, &p->cap, p->by->now_ns);
	else
		cap->stands = before->stands = false;
	int rc = caps_keep(c, keeper);
	if (rc && p->verb == CAP_END) {
		*cap = was;
		*before = was_before;
		ask_wrong(p->error,
			  "not done: it can't be recorded, so a restart would undo it: %s",
			  strerror(-rc));
		ask_result(result, json_pack("{sb ss}", "ok", 0, "error", p->error));
		return;
	}
	if (p->verb == CAP_SET)
		caps_describe(c, p->system, p->by->now_ns, p->by->wall_ns, text, sizeof text);
	else
		snprintf(text, sizeof text, "%s power cap lifted by %s: %s",
			 caps_name(c, p->system),
			 people_person(p->by->uid, p->by->access, who, sizeof who), p->cap.why);
	caps_tell(c, p->system, p->by->now_ns, text);
	json_t *root = json_pack("{sb ss}", "ok", 1, "said", text);
	if (p->verb == CAP_SET)
		json_object_set_new(root, "cap", cap_json(p, p->system));
	if (rc) /* a cap is held in any case; that it must be recorded again is known */
		json_object_set_new(root, "note",
				    json_string("not recorded yet, a restart would undo it"));
	ask_result(result, root);
}

static void
tell_refused(struct parse *p)
{
	char text[ASK_ERROR + 128], who[48];
	snprintf(text, sizeof text, "%s refused %s to %s: %s", caps_name(p->c, p->system),
		 VERBS[p->verb].name, people_person(p->by->uid, p->by->access, who, sizeof who),
		 p->error);
	lines_add(&p->c->lines, p->system, p->by->now_ns, (double)NAN, text,
		  lines_fit(text, sizeof p->c->lines.line[0].text - 1));
}

bool
caps_ask(struct caps *c, const struct hold_request *req, const struct cap_draw *draw,
	 const struct hold_keeper *keeper, char *result)
{
	struct parse p = {.c = c, .by = req, .draw = draw, .system = SITE};
	p.root = ask_root(p.error, req->json, req->len);
	if (!p.root || !read_verb(&p)) {
		json_decref(p.root);
		return false; /* another's: who reads it says what is wrong */
	}
	lines_clear(&c->lines);
	if (!read_request(&p)) {
		if (req->access < ACCESS_OPERATE && p.verb != CAP_LIST)
			tell_refused(&p);
		ask_result(result, json_pack("{sb ss}", "ok", 0, "error", p.error));
	} else if (p.verb == CAP_LIST) {
		answer_caps(&p, result);
	} else {
		carry_out(&p, keeper, result);
	}
	json_decref(p.root);
	return true;
}
