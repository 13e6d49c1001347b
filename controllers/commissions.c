/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/commissions.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/ask.h"
#include "controllers/control.h"
#include "controllers/lines.h"
#include "core/clock.h"
#include "core/wide.h"

#define OTHERS 64 /* blocks that are known and not in a system now: spares, and what was swapped */

struct known {
	struct commissioned of;
	bool unkept;
};

struct unit {
	struct soak soak;
	uint32_t serial, used; /* of the block that answers; whose results are in use: 0 none */
	double limit_k;        /* of the plant file */
	bool seen;
	enum ctl_mode mode;    /* of its supervisor, in the last step */
	int64_t wall_ahead_ns; /* of plant time, when the soak was asked for */
	int64_t begun_ns;      /* it */
	int64_t whole_ns;      /* when all that it needs was there last */
	bool missing_told;
};

struct commissions {
	const struct plant *plant;
	bool use_limit;
	struct unit *units;  /* [n_systems] */
	struct known *known; /* [n_systems + OTHERS] */
	uint32_t n_known, room;
	struct lines lines;
};

int
commissions_open(struct commissions **out, const struct plant *plant, bool use_limit)
{
	struct commissions *c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->plant = plant;
	c->use_limit = use_limit;
	c->room = plant->n_systems + OTHERS;
	c->units = calloc((size_t)plant->n_systems + 1, sizeof *c->units);
	c->known = calloc(c->room, sizeof *c->known);
	if (!c->units || !c->known) {
		commissions_close(c);
		return -ENOMEM;
	}
	for (uint32_t s = 0; s < plant->n_systems; s++)
		c->units[s].limit_k = plant->systems[s].spread_limit_k;
	*out = c;
	return 0;
}

void
commissions_close(struct commissions *c)
{
	if (!c)
		return;
	free(c->units);
	free(c->known);
	free(c);
}

/* --- what is known --- */
static struct known *
find(const struct commissions *c, uint32_t serial)
{
	for (uint32_t k = 0; k < c->n_known; k++)
		if (c->known[k].of.serial == serial)
			return &c->known[k];
	return NULL;
}

int
commissions_put(struct commissions *c, const struct commissioned *known)
{
	struct known *k = find(c, known->serial);
	if (!k && c->n_known == c->room)
		return -ENOSPC;
	if (!k)
		k = &c->known[c->n_known++];
	*k = (struct known){.of = *known};
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		if (c->units[s].used == known->serial)
			c->units[s].seen = false; /* to be taken anew */
	return 0;
}

const struct commissioned *
commissions_of(const struct commissions *c, uint32_t serial)
{
	const struct known *k = serial ? find(c, serial) : NULL;
	return k ? &k->of : NULL;
}

const struct commissioned *
commissions_unkept(struct commissions *c)
{
	for (uint32_t k = 0; k < c->n_known; k++)
		if (c->known[k].unkept) {
			c->known[k].unkept = false;
			return &c->known[k].of;
		}
	return NULL;
}

void
commissions_not_kept(struct commissions *c, uint32_t serial)
{
	struct known *k = find(c, serial);
	if (k)
		k->unkept = true;
}

/* --- into the estimates --- */
__attribute__((format(printf, 5, 6))) static void
say(struct commissions *c, uint32_t system, int64_t now_ns, double value, const char *format, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	uint32_t n = c->lines.n;
	lines_sentence(&c->lines, (int32_t)system, c->plant->systems[system].name, now_ns, value,
		       text);
	for (; n < c->lines.n; n++)
		c->lines.line[n].code = CONTROL_EVENT_SOAK; /* what a program did, not a person */
}

static void
use(struct commissions *c, uint32_t system, struct supervisor *s, const struct commissioned *known)
{
	struct unit *u = &c->units[system];
	commissioned_apply(&s->estimate, known, c->plant->control.commissioned_margin_k);
	sensors_reset(&s->sensors); /* the low-pass would show what the others had */
	u->used = known ? known->serial : 0;
	if (c->use_limit)
		s->setup.spread_limit_k = known ? s->estimate.spread_limit_k : u->limit_k;
}

bool
commissions_awaits(const struct commissions *c, uint32_t system, const struct view *v)
{
	const struct unit *u = &c->units[system];
	if (!isfinite(v->engine_serial) || v->engine_serial < 1.0)
		return false; /* not told, or not yet: what is known stays with the block it is of */
	return !u->seen || (uint32_t)v->engine_serial != u->serial;
}

void
commissions_before(struct commissions *c, uint32_t system, struct supervisor *s,
		   const struct view *v, int64_t now_ns)
{
	assert(commissions_awaits(c, system, v));
	struct unit *u = &c->units[system];
	char when[24];
	uint32_t serial = (uint32_t)v->engine_serial, was = u->used;
	const struct commissioned *known = commissions_of(c, serial);
	if (u->soak.runs && serial != u->soak.serial) {
		soak_end(&u->soak);
		say(c, system, now_ns, serial,
		    "%s soak ended without a result: its engine block is another",
		    c->plant->systems[system].name);
	}
	if (serial != u->serial)
		observer_forget(&s->observer, &s->estimate);
	u->seen = true;
	u->serial = serial;
	use(c, system, s, known);
	const char *name = c->plant->systems[system].name;
	if (known)
		say(c, system, now_ns, serial,
		    "%s engine block %lu: its soak of %s is in use, spread %.1f K, limit %.1f K "
		    "(plant file: %.1f)",
		    name, (unsigned long)serial, people_time(known->wall_ns, when, sizeof when),
		    known->spread_k, s->setup.spread_limit_k, u->limit_k);
	else if (was)
		say(c, system, now_ns, serial,
		    "%s engine block %lu is another than %lu and not commissioned: offsets are 0",
		    name, (unsigned long)serial, (unsigned long)was);
}

/* --- a soak --- */
static void
finish(struct commissions *c, uint32_t system, const struct supervisor *s, int64_t now_ns)
{
	struct unit *u = &c->units[system];
	struct commissioned found;
	struct errtext err = {""};
	const char *name = c->plant->systems[system].name;
	soak_end(&u->soak);
	for (int x = 0; x < ZONES; x++)
		if (s->estimate.zone_clogged[x]) {
			say(c, system, now_ns, 0.0,
			    "%s is not commissioned: column %d of the cold plate is clogged, that "
			    "is to be mended first",
			    name, x + 1);
			return;
		}
	int rc =
		soak_result(&u->soak, &c->plant->control, supervisor_type(&s->setup), &found, &err);
	if (rc == 0) {
		found.wall_ns = now_ns + u->wall_ahead_ns;
		rc = commissions_put(c, &found);
		if (rc)
			errtext_set(&err, rc, "%u engine blocks are known already", c->room);
	}
	if (rc) {
		say(c, system, now_ns, 0.0, "%s is not commissioned: %s", name, err.text);
		return;
	}
	commissions_not_kept(c, found.serial);
	u->seen = false; /* taken in the next step, which tells */
}

/* Why it can't come to a result; NULL: it may. */
static const char *
hopeless(const struct commissions *c, uint32_t system, const struct supervisor *s, int64_t now_ns)
{
	if (s->mode == CTL_MAINTENANCE)
		return "it is in maintenance";
	if (s->mode == CTL_FAILSAFE)
		return "its inputs are lost";
	if (s->verdict.trip)
		return "it has tripped";
	double s_so_far = (double)(now_ns - c->units[system].begun_ns) / (double)NS_PER_S;
	return s_so_far > c->plant->control.soak_most_s ? "it has taken too long" : NULL;
}

/* The first that a soak can't do without; false: all is there. */
static bool
missing(const struct supervisor *s, const struct view *v, char *out, size_t size)
{
	char label[4];
	if (soak_is_whole(v, s->believed_c) && isfinite(v->wafer_w))
		return false;
	if (!isfinite(v->supply_c) || !isfinite(v->flow_lpm) || !isfinite(v->wafer_w)) {
		snprintf(out, size, "%s",
			 !isfinite(v->supply_c)   ? "the supply temperature"
			 : !isfinite(v->flow_lpm) ? "the coolant flow"
						  : "the wafer's power");
		return true;
	}
	for (uint32_t i = 0; i < RETICLES; i++)
		if (!isfinite(s->believed_c[i]) || !isfinite(v->power_w[i])) {
			snprintf(out, size, "%s of %s",
				 isfinite(v->power_w[i]) ? "the temperature" : "the power",
				 reticle_label(i, label));
			return true;
		}
	return false;
}

static void
tell_missing(struct commissions *c, uint32_t system, const struct supervisor *s,
	     const struct view *v, int64_t now_ns)
{
	struct unit *u = &c->units[system];
	UNCLEARED char what[40];
	if (!missing(s, v, what, sizeof what)) {
		u->whole_ns = now_ns;
		u->missing_told = false;
		return;
	}
	double since_s = (double)(now_ns - u->whole_ns) / (double)NS_PER_S;
	if (u->missing_told || since_s < c->plant->control.soak_missing_s)
		return;
	u->missing_told = true;
	say(c, system, now_ns, since_s, "%s soak: waits for %s, which is not read or not believed",
	    c->plant->systems[system].name, what);
}

void
commissions_after(struct commissions *c, uint32_t system, const struct supervisor *s,
		  const struct view *v, int64_t now_ns)
{
	struct unit *u = &c->units[system];
	bool empty = s->mode == CTL_STOPPED;
	u->mode = s->mode;
	if (!u->soak.runs)
		return;
	const char *why = hopeless(c, system, s, now_ns);
	if (why) {
		soak_end(&u->soak);
		say(c, system, now_ns, 0.0, "%s soak ended without a result: %s",
		    c->plant->systems[system].name, why);
		return;
	}
	tell_missing(c, system, s, v, now_ns);
	for (int i = 0; empty && i < RETICLES; i++)
		empty = v->duty_frac[i] < 0.01;
	/* dummy work makes a spread smaller than the wafer's own */
	bool at_work =
		(s->mode == CTL_AUTO || s->mode == CTL_TRACK) && !(s->verdict.ballast_w > 0.0);
	if ((!empty && !at_work) ||
	    !soak_step(&u->soak, &c->plant->control, v, s->believed_c, empty))
		return;
	if (soak_is_done(&u->soak))
		finish(c, system, s, now_ns);
	else
		say(c, system, now_ns, empty,
		    empty ? "%s soak: measured without work; start it, the rest comes by itself "
			    "at work"
			  : "%s soak: measured at work; stop it, the rest comes by itself",
		    c->plant->systems[system].name);
}

bool
commissions_did(const struct commissions *c, uint32_t system, enum soak_stage stage)
{
	return c->units[system].soak.runs && c->units[system].soak.sum[stage].done;
}

/* --- requests --- */
struct parse {
	json_t *root;
	uint32_t system;
	const char *why;
	char error[ASK_ERROR];
};

static bool
measurable(enum ctl_mode mode)
{
	return mode == CTL_AUTO || mode == CTL_TRACK || mode == CTL_STOPPED;
}

static bool
read_request(struct commissions *c, struct parse *p, const struct hold_request *req)
{
	const char *name = json_string_value(json_object_get(p->root, "system")), *key;
	int32_t system = name ? plant_system(c->plant, name) : -1;
	json_t *value;
	if (system < 0)
		return ask_no_system(p->error, c->plant, name);
	p->system = (uint32_t)system;
	if (req->access < ACCESS_OPERATE)
		return ask_wrong(p->error,
				 "not allowed: \"commission\" needs an operator (group "
				 "isotherm-operate), uid %u is %s",
				 (unsigned)req->uid, people_level(req->access));
	json_object_foreach(p->root, key, value)
	{
		if (strcmp(key, "cmd") != 0 && strcmp(key, "system") != 0 &&
		    strcmp(key, "why") != 0)
			return ask_wrong(p->error, "\"commission\" takes \"system\", \"why\" and "
						   "nothing else");
	}
	if (!ask_why(p->error, p->root, &p->why))
		return false;
	if (!measurable(c->units[p->system].mode))
		return ask_wrong(p->error,
				 "%s is %s: a soak takes a system that is in automatic control, or "
				 "stopped",
				 name, state_name(ROLE_CTL_MODE, c->units[p->system].mode));
	if (!c->units[p->system].serial)
		return ask_wrong(p->error,
				 "%s: its engine block has told no serial number, there is nothing "
				 "to keep a result under",
				 name);
	return true;
}

bool
commissions_ask(struct commissions *c, const struct hold_request *req, char *result)
{
	struct parse p = {.root = NULL};
	char text[ASK_ERROR + 128], who[48];
	p.root = ask_root(p.error, req->json, req->len);
	const char *cmd = json_string_value(json_object_get(p.root, "cmd"));
	if (!cmd || strcmp(cmd, "commission") != 0) {
		json_decref(p.root);
		return false;
	}
	lines_clear(&c->lines);
	if (!read_request(c, &p, req)) {
		ask_result(result, json_pack("{sb ss}", "ok", 0, "error", p.error));
		json_decref(p.root);
		return true;
	}
	const char *name = c->plant->systems[p.system].name;
	soak_begin(&c->units[p.system].soak, c->units[p.system].serial);
	c->units[p.system].wall_ahead_ns = req->wall_ns - req->now_ns;
	c->units[p.system].begun_ns = c->units[p.system].whole_ns = req->now_ns;
	c->units[p.system].missing_told = false;
	snprintf(text, sizeof text, "%s engine block %lu: soak begun by %s: %s", name,
		 (unsigned long)c->units[p.system].serial,
		 people_person(req->uid, req->access, who, sizeof who), p.why);
	lines_sentence(&c->lines, (int32_t)p.system, name, req->now_ns, (double)NAN, text);
	ask_result(result, json_pack("{sb ss ss}", "ok", 1, "system", name, "said", text));
	json_decref(p.root);
	return true;
}

bool
commissions_line(struct commissions *c, struct image_event *out, int32_t *system)
{
	return lines_next(&c->lines, out, system);
}
