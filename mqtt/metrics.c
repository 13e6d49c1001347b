/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/metrics.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/keyed.h"

#define NAME_BYTES 128
#define NOTE_BYTES 160
#define STATES_MAX 16

/* --- the table --- */

/* A text that stays; the pool is made large enough before. */
static const char *
keep(struct metrics *t, const char *text)
{
	size_t bytes = strlen(text) + 1;

	if (bytes == 1)
		return "";
	assert(t->pool_len + bytes <= t->pool_size);
	char *at = t->pool + t->pool_len;
	memcpy(at, text, bytes);
	t->pool_len += bytes;
	return at;
}

/* "pump[1].speed_pct" as "pump/1/speed_pct". */
static void
path_of(const char *name, char *out, size_t size)
{
	size_t n = 0;

	for (; *name != '\0' && n + 1 < size; name++)
		if (*name == '.' || *name == '[')
			out[n++] = '/';
		else if (*name != ']')
			out[n++] = *name;
	out[n] = '\0';
}

/* "0 off, 1 track, 2 auto", or nothing where the role's values are no states. */
static void
states_of(enum role_id role, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (int k = 0; k < STATES_MAX; k++) {
		const char *name = state_name(role, k);
		if (name[0] == '\0')
			continue;
		int n = snprintf(out + len, size - len, "%s%d %s", len != 0 ? ", " : "", k, name);
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
}

/* Is the value a whole number: a state, bits, a count? */
static bool
is_whole(const struct point *p)
{
	bool register_whole = p->type != REG_F32 && p->type != REG_F64 &&
			      !(fabs(p->scale - 1) > 0) && !(fabs(p->offset) > 0);

	return p->unit[0] == '\0' && (p->owner != OWNER_FIELD || register_whole);
}

const char *
metrics_unit(const char *unit)
{
	static const struct {
		const char *suffix, *text;
	} table[] = {{"c", "\u00b0C"}, {"k", "K"},         {"kpa", "kPa"},   {"lpm", "l/min"},
		     {"kg_s", "kg/s"}, {"us_cm", "uS/cm"}, {"w", "W"},       {"a", "A"},
		     {"v", "V"},       {"pct", "%"},       {"per_s", "1/s"}, {"kwh", "kWh"},
		     {"s", "s"},       {"ms", "ms"},       {"frac", ""},     {"", ""}};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(unit, table[i].suffix) == 0)
			return table[i].text;
	return unit;
}

static struct metric *
add_metric(struct metrics *t, const char *name, uint64_t *alias)
{
	struct metric *m = &t->metric[t->n++];

	*m = (struct metric){.name = keep(t, name), .unit = "", .note = "", .alias = (*alias)++};
	t->device[t->n_devices - 1].n++;
	return m;
}

static struct metric_device *
add_device(struct metrics *t, const char *name, int32_t system)
{
	struct metric_device *d = &t->device[t->n_devices++];

	*d = (struct metric_device){.system = system, .first = t->n};
	snprintf(d->name, sizeof(d->name), "%s", name);
	return d;
}

static void
add_node(struct metrics *t, uint64_t *alias)
{
	add_device(t, "", SITE);
	for (uint32_t i = 0; i < NODE_METRICS; i++) {
		struct metric *m = add_metric(t, node_table[i].name, alias);
		m->source = METRIC_OF_NODE;
		m->index = i;
		m->type = node_table[i].type;
		m->unit = node_table[i].unit;
		if (!node_table[i].aliased)
			m->alias = 0;
	}
}

/* Points of devices and controllers; what the site's programs say of themselves is their own. */
static bool
is_published(const struct point *p)
{
	return p->owner == OWNER_FIELD || p->owner == OWNER_LINK || p->owner == OWNER_CTL;
}

static void
add_points(struct metrics *t, const struct plant *plant, int32_t system, uint64_t *alias)
{
	char name[NAME_BYTES], note[NOTE_BYTES];

	add_device(t, system == SITE ? "site" : plant->systems[system].name, system);
	for (uint32_t i = 0; i < plant->n_points; i++) {
		const struct point *p = &plant->points[i];
		if (p->system != system || !is_published(p))
			continue;
		const char *own = strchr(p->name, '.');
		path_of(own != NULL ? own + 1 : p->name, name, sizeof(name));
		states_of(p->role, note, sizeof(note));
		struct metric *m = add_metric(t, name, alias);
		m->region = plant_where(plant, i, &m->index);
		m->type = is_whole(p) ? PAYLOAD_INT64 : PAYLOAD_DOUBLE;
		m->unit = metrics_unit(p->unit);
		m->note = keep(t, note);
		m->deadband = p->deadband;
	}
}

static void
add_alarms(struct metrics *t, const struct plant *plant, uint64_t *alias)
{
	char key[NAME_BYTES], name[NAME_BYTES + 16], note[NOTE_BYTES];

	add_device(t, "alarms", SITE)->alarms = true;
	for (uint32_t i = 0; i < plant->n_alarms; i++) {
		path_of(plant->alarms[i].key, key, sizeof(key));
		snprintf(name, sizeof(name), "%s/State", key);
		struct metric *m = add_metric(t, name, alias);
		m->region = REGION_ALM;
		m->index = ALARM_FIELDS * i + ALARM_FIELD_STATE;
		m->type = PAYLOAD_INT64;
		m->note = keep(t, alarm_text(plant, i, note, sizeof(note)));
		snprintf(name, sizeof(name), "%s/Priority", key);
		m = add_metric(t, name, alias);
		m->source = METRIC_CONSTANT;
		m->constant = plant->alarm_records[plant->alarms[i].record].priority;
		m->type = PAYLOAD_INT64;
	}
}

static int
check_names(const struct metrics *t, struct errtext *err)
{
	for (uint32_t i = 1; i < t->n_devices; i++)
		for (uint32_t k = 1; k < i; k++)
			if (strcasecmp(t->device[i].name, t->device[k].name) == 0)
				return errtext_set(err, -EINVAL,
						   "there are two devices of the name %s on MQTT "
						   "(a system can't be named site or alarms)",
						   t->device[i].name);
	return 0;
}

int
metrics_init(struct metrics *t, const struct plant *plant, struct errtext *err)
{
	size_t n = NODE_METRICS + plant->n_points + 2u * plant->n_alarms;
	uint64_t alias = 1;

	*t = (struct metrics){.pool_size = n * (NAME_BYTES + NOTE_BYTES)};
	t->metric = calloc(n, sizeof(*t->metric));
	t->device = calloc(plant->n_systems + 3u, sizeof(*t->device));
	t->pool = malloc(t->pool_size);
	if (t->metric == NULL || t->device == NULL || t->pool == NULL) {
		metrics_fini(t);
		return errtext_set(err, -ENOMEM, "out of memory");
	}
	add_node(t, &alias);
	for (uint32_t i = 0; i < plant->n_systems; i++)
		add_points(t, plant, (int32_t)i, &alias);
	add_points(t, plant, SITE, &alias);
	if (t->device[t->n_devices - 1].n == 0)
		t->n_devices--; /* a site without devices of its own */
	if (plant->n_alarms != 0)
		add_alarms(t, plant, &alias);
	for (uint32_t i = 0; i < t->n_devices; i++)
		if (t->device[i].n > t->widest)
			t->widest = t->device[i].n;
	int rc = check_names(t, err);
	if (rc != 0)
		metrics_fini(t);
	return rc;
}

void
metrics_fini(struct metrics *t)
{
	free(t->metric);
	free(t->device);
	free(t->pool);
	*t = (struct metrics){0};
}

size_t
metrics_birth_bytes(const struct metrics *t)
{
	size_t most = 0;

	for (uint32_t i = 0; i < t->n_devices; i++) {
		size_t bytes = 64;
		for (uint32_t k = 0; k < t->device[i].n; k++) {
			const struct metric *m = &t->metric[t->device[i].first + k];
			/* 200: numbers, keys of properties, the longest text of the node */
			bytes += strlen(m->name) + strlen(m->unit) + strlen(m->note) + 200;
		}
		if (bytes > most)
			most = bytes;
	}
	return most;
}

/* --- values --- */

bool
metrics_device_there(const struct metric_device *d, const struct snapshot *s)
{
	const struct plant *p = s->plant;

	if (d->alarms)
		return snapshot_alarms_known(s);
	for (uint32_t i = 0; i < p->n_devices; i++) {
		if (p->devices[i].system != d->system)
			continue;
		const struct sample *x = snapshot_point(s, plant_link(p, i, ROLE_LINK_STATE));
		if (x != NULL && sample_usable(x) && lround(x->value) == LINK_OK)
			return true;
	}
	return false;
}

static enum payload_quality
quality_of(enum quality q)
{
	switch (q) {
	case QUALITY_GOOD:
	case QUALITY_UNCERTAIN:
		return PAYLOAD_GOOD;
	case QUALITY_STALE:
	case QUALITY_COMM:
		return PAYLOAD_STALE; /* it was true, nobody says so now */
	case QUALITY_NEVER:
	case QUALITY_RANGE:
	case QUALITY_BAD:
	case QUALITIES:
		break;
	}
	return PAYLOAD_BAD;
}

static struct reading
read_sample(const struct sample *x, int64_t now_ns)
{
	struct reading r = {.quality = quality_of((enum quality)x->quality),
			    .simulated = (x->flags & SAMPLE_SIMULATED) != 0,
			    .number = x->value,
			    .time_ns = x->time_ns};

	r.is_null = x->quality == QUALITY_NEVER || !isfinite(x->value);
	/* what is not good was found so now, however old the value */
	if (r.quality != PAYLOAD_GOOD || r.is_null || r.time_ns > now_ns)
		r.time_ns = now_ns;
	if (r.is_null && r.quality == PAYLOAD_GOOD)
		r.quality = PAYLOAD_BAD;
	return r;
}

struct reading
metric_read(const struct metric *m, const struct snapshot *s, const struct node *n, int64_t now_ns)
{
	static const struct sample never = {0};
	const struct sample *region;
	const struct node_value *v;

	switch (m->source) {
	case METRIC_OF_SAMPLE:
		region = s->region[m->region];
		return read_sample(region != NULL ? &region[m->index] : &never, now_ns);
	case METRIC_OF_NODE:
		v = &n->value[m->index];
		return (struct reading){.is_null = v->is_null,
					.quality = v->is_null ? PAYLOAD_BAD : PAYLOAD_GOOD,
					.number = v->number,
					.text = v->text,
					.time_ns = v->time_ns};
	case METRIC_CONSTANT:
		break;
	}
	return (struct reading){.quality = PAYLOAD_GOOD, .number = m->constant, .time_ns = now_ns};
}

static uint64_t
text_key(const struct metric *m, const struct reading *r)
{
	return m->type == PAYLOAD_STRING && !r->is_null ? keyed_signal(r->text) : 0;
}

bool
metric_changed(const struct metric *m, const struct reading *r)
{
	if (r->is_null != m->sent.is_null || r->quality != m->sent.quality ||
	    r->simulated != m->sent.simulated || text_key(m, r) != m->sent_text)
		return true;
	if (r->is_null || m->type == PAYLOAD_STRING)
		return false;
	double change = fabs(r->number - m->sent.number);
	return change > 0 && change >= m->deadband;
}

void
metric_sent(struct metric *m, const struct reading *r)
{
	m->sent = *r;
	m->sent.text = NULL;
	m->sent_text = text_key(m, r);
}

static int64_t
whole(double number)
{
	const double most = 9e18;

	return number >= most ? INT64_MAX : number <= -most ? INT64_MIN : llround(number);
}

static struct payload_metric
value_of(const struct metric *m, const struct reading *r, uint64_t timestamp_ms)
{
	struct payload_metric out = {.alias = m->alias,
				     .timestamp_ms = timestamp_ms,
				     .type = m->type,
				     .is_null = r->is_null};

	if (r->is_null)
		return out;
	switch (m->type) {
	case PAYLOAD_DOUBLE:
		out.value.real = r->number;
		break;
	case PAYLOAD_BOOLEAN:
		out.value.boolean = fabs(r->number) > 0;
		break;
	case PAYLOAD_STRING:
		out.value.text = r->text;
		break;
	case PAYLOAD_INT64:
	case PAYLOAD_INT32:
	case PAYLOAD_NONE:
		out.value.integer = whole(r->number);
	}
	return out;
}

static void
add_property(struct payload_metric *to, const char *key, enum payload_type type,
	     union payload_value value)
{
	to->property[to->n_properties++] = (struct payload_property){key, type, value};
}

static void
add_text(struct payload_metric *to, const char *key, const char *text)
{
	if (text[0] != '\0')
		add_property(to, key, PAYLOAD_STRING, (union payload_value){.text = text});
}

static void
add_flag(struct payload_metric *to, const char *key, bool flag)
{
	add_property(to, key, PAYLOAD_BOOLEAN, (union payload_value){.boolean = flag});
}

static void
add_quality(struct payload_metric *to, enum payload_quality quality)
{
	add_property(to, "Quality", PAYLOAD_INT32, (union payload_value){.integer = quality});
}

struct payload_metric
metric_birth(const struct metric *m, const struct reading *r, uint64_t timestamp_ms)
{
	struct payload_metric out = value_of(m, r, timestamp_ms);
	bool rebirth = m->source == METRIC_OF_NODE && m->index == NODE_REBIRTH;

	out.name = m->name;
	out.with_type = true;
	add_text(&out, "engUnit", m->unit);
	add_quality(&out, r->quality);
	add_flag(&out, "readOnly", !rebirth);
	if (r->simulated)
		add_flag(&out, "simulated", true);
	add_text(&out, "Documentation", m->note);
	return out;
}

struct payload_metric
metric_data(const struct metric *m, const struct reading *r, uint64_t timestamp_ms)
{
	struct payload_metric out = value_of(m, r, timestamp_ms);

	if (r->quality != m->sent.quality)
		add_quality(&out, r->quality);
	if (r->simulated != m->sent.simulated)
		add_flag(&out, "simulated", r->simulated);
	return out;
}
