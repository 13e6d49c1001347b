/* SPDX-License-Identifier: Apache-2.0 */
#include "config/plant_top.h"

#include <string.h>

#include "config/text.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static bool
is_site(const char *s)
{
	return s[strspn(s, WORD)] == '\0';
}

static bool
is_topic_part(const char *s)
{
	return s[strspn(s, WORD ".")] == '\0';
}

/* A sub-mapping that may be absent: its defaults then. */
static void
read_part(struct load *l, const char *key, yaml_node_t *node, const struct schema *kind, void *out)
{
	struct schema_part part = {kind, out};
	size_t was = schema_down(&l->w, key);

	schema_defaults(kind, out);
	if (node)
		schema_read(&l->w, node, &part, 1, false);
	schema_up(&l->w, was);
}

static void
check_control(struct load *l)
{
	static const struct {
		size_t lo, hi;
		const char *text;
	} pairs[] = {
#define PAIR(a, b)                                                                                 \
	{offsetof(struct control_params, a), offsetof(struct control_params, b), #a " above " #b}
		PAIR(error_lo_k, error_hi_k),
		PAIR(pump_min_frac, pump_max_frac),
		PAIR(pump_up_below_k, pump_down_above_k),
		PAIR(supply_lo_c, supply_hi_c),
		PAIR(supply_down_below_k, supply_up_above_k),
#undef PAIR
	};
	const char *c = (const char *)&l->p->control;
	double lo, hi;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		memcpy(&lo, c + pairs[i].lo, sizeof(lo));
		memcpy(&hi, c + pairs[i].hi, sizeof(hi));
		if (lo > hi)
			schema_error(&l->w, l->keys.control_at.line, "control",
				     "%s (allowed: the first at most the second)", pairs[i].text);
	}
	if (l->p->control.ballast_max_w > 0.0 &&
	    l->p->control.ballast_least_w > l->p->control.ballast_max_w)
		schema_error(
			&l->w, l->keys.control_at.line, "control",
			"ballast_least_w above ballast_max_w: there would never be any "
			"(allowed: the first at most the second, or ballast_max_w 0 for none)");
}

static void
read_supply(struct load *l)
{
	struct supply_keys supply = {0};

	read_part(l, "supply", l->keys.supply, &supply_schema, &supply);
#define SUPPLY_PARAM(key, unit, lo, hi, value, text) l->p->supply.key = supply.key;
#include "config/supply_params.def"
#undef SUPPLY_PARAM
}

void
load_top(struct load *l)
{
	struct schema_part part = {&plant_schema, &l->keys};
	struct plant_keys *k = &l->keys;
	struct control_keys control = {0};
	struct limits_keys limits = {0};
	struct job_keys job = {0};
	struct plant *p = l->p;

	schema_read(&l->w, l->doc.root, &part, 1, false);
	if (!k->site_at.bad && !is_site(k->site))
		schema_error(&l->w, k->site_at.line, "site",
			     "\"%s\" is no site name (allowed: letters, digits, - and _)", k->site);
	if (!k->control_period_ms_at.bad && k->control_period_ms % 10)
		schema_error(&l->w, k->control_period_ms_at.line, "control_period_ms",
			     "%d is no multiple of 10 ms (allowed: 10, 20 .. 1000)",
			     (int)k->control_period_ms);
	snprintf(p->site, sizeof(p->site), "%.31s", k->site);
	p->grid = (enum grid)k->grid;
	p->seed = k->seed;
	p->faults_allowed = k->faults == 1;
	p->control_period_ms = (int32_t)k->control_period_ms;
	p->law = (enum plant_law)k->controller;
	p->shares_free = k->shares == 1;
	read_part(l, "limits", k->limits, &limits_schema, &limits);
	p->temp_limit_c = limits.temp_c;
	p->spread_limit_k = limits.spread_k;
	read_part(l, "job", k->job, &job_schema, &job);
	p->job_mode = (enum job_mode)(JOB_MODE_SYNC + job.mode);
	p->job_tokens_per_s = job.tokens_per_s;
	read_supply(l);
	read_part(l, "control", k->control, &control_schema, &control);
#define CONTROL_PARAM(key, unit, lo, hi, value, text) p->control.key = control.key;
#include "config/control_params.def"
#undef CONTROL_PARAM
	check_control(l);
}

/* --- the site's other programs --------------------------------------------------------------- */

static void
read_paging(struct load *l)
{
	struct plant_paging *to = &l->p->paging;
	struct paging_keys k = {0};
	bool fits;

	read_part(l, "paging", l->keys.paging, &paging_schema, &k);
	fits = k.hook_at.line ? path_from(l->folder, k.hook, to->hook, sizeof(to->hook))
			      : path_from(l->library.dir, "hooks/page-to-file", to->hook,
					  sizeof(to->hook));
	if (!fits && k.hook_at.line)
		schema_error(&l->w, k.hook_at.line, "paging.hook",
			     "makes too long a path (allowed: up to 255 bytes)");
	to->timeout_s = k.timeout_s;
	to->parallel = (int32_t)k.parallel;
	to->tries = (int32_t)k.tries;
	to->retry_s = k.retry_s;
}

/* Part of a topic: what MQTT and Sparkplug give a meaning of its own can't be in it. */
static void
check_topic(struct load *l, const struct schema_at *at, const char *key, const char *s)
{
	if (at->line && !at->bad && !is_topic_part(s))
		schema_error(
			&l->w, at->line, key,
			"\"%s\" can't be part of a topic (allowed: letters, digits, -, _ and .)",
			s);
}

static void
read_broker(struct load *l)
{
	struct plant_broker *to = &l->p->broker;
	struct broker_keys k = {0};

	read_part(l, "broker", l->keys.broker, &broker_schema, &k);
	if (k.host_at.line && !k.host_at.bad && !is_address(k.host))
		schema_error(&l->w, k.host_at.line, "broker.host",
			     "\"%s\" is no address (allowed: numeric IPv4 or IPv6; looking up a "
			     "name can block)",
			     k.host);
	check_topic(l, &k.group_at, "broker.group", k.group);
	check_topic(l, &k.node_at, "broker.node", k.node);
	snprintf(to->host, sizeof(to->host), "%.63s", k.host);
	to->port = (uint16_t)k.port;
	snprintf(to->group, sizeof(to->group), "%.47s", *k.group ? k.group : l->p->site);
	snprintf(to->node, sizeof(to->node), "%.47s", k.node);
	snprintf(to->user, sizeof(to->user), "%.63s", k.user);
}

void
load_rooms(struct load *l)
{
	l->p->history = l->keys.history ? HISTORY_SHORT : HISTORY_FULL;
	read_paging(l);
	read_broker(l);
}

int
load_overrides(struct load *l)
{
	yaml_node_t *map = l->keys.overrides, *value;
	size_t was = schema_down(&l->w, "overrides");
	const char *name;
	uint32_t n =
		map ? (uint32_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start) : 0;

	l->overrides = pool_alloc(&l->pool, n, sizeof(*l->overrides));
	if (!l->overrides)
		return load_no_memory(l);
	for (uint32_t i = 0; map && (name = schema_pair(&l->w, map, i, &value)); i++) {
		const yaml_node_t *key = ydoc_node(&l->doc, map->data.mapping.pairs.start[i].key);
		struct override *o = &l->overrides[l->n_overrides];

		if (!*name)
			continue;
		o->line = ydoc_line(key);
		o->node = value;
		/* a longer name names nothing, and is told as such */
		snprintf(o->name, sizeof(o->name), "%s", name);
		l->n_overrides++;
	}
	schema_up(&l->w, was);
	return 0;
}
