/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/payload.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mqtt/sparkplug_b.pb-c.h"
#include "mqtt/wire.h"

/* --- encoding ---
 * A protobuf message is the sum of its parts: a payload is written as one with the timestamp alone,
 * one for each metric and one with seq alone, one after the other. So nothing but one metric is ever
 * held. */

static void
append(struct payload_out *o, const Sparkplug__Payload *part)
{
	size_t bytes = sparkplug__payload__get_packed_size(part);

	if (o->full || bytes > o->size - o->len) {
		o->full = true;
		return;
	}
	o->len += sparkplug__payload__pack(part, o->data + o->len);
}

void
payload_begin(struct payload_out *o, uint8_t *data, size_t size, uint64_t timestamp_ms)
{
	Sparkplug__Payload part = SPARKPLUG__PAYLOAD__INIT;

	*o = (struct payload_out){.data = data, .size = size};
	part.has_timestamp = timestamp_ms != PAYLOAD_NO_TIMESTAMP;
	part.timestamp = timestamp_ms;
	append(o, &part);
}

/* The library's structs hold char *, and change nothing. */
static char *
borrowed(const char *text)
{
	union {
		const char *in;
		char *out;
	} u = {text};

	return u.out;
}

static void
set_property(const struct payload_property *p, Sparkplug__PropertyValue *v)
{
	sparkplug__property_value__init(v);
	v->has_type = true;
	v->type = (uint32_t)p->type;
	switch (p->type) {
	case PAYLOAD_INT32:
		v->value_case = SPARKPLUG__PROPERTY_VALUE__VALUE_INT_VALUE;
		v->int_value = (uint32_t)p->value.integer; /* two's complement */
		break;
	case PAYLOAD_BOOLEAN:
		v->value_case = SPARKPLUG__PROPERTY_VALUE__VALUE_BOOLEAN_VALUE;
		v->boolean_value = p->value.boolean;
		break;
	case PAYLOAD_STRING:
		v->value_case = SPARKPLUG__PROPERTY_VALUE__VALUE_STRING_VALUE;
		v->string_value = borrowed(p->value.text);
		break;
	case PAYLOAD_NONE:
	case PAYLOAD_INT64:
	case PAYLOAD_DOUBLE:
		assert(!"a property of that type");
	}
}

static void
set_value(const struct payload_metric *m, Sparkplug__Metric *to)
{
	switch (m->type) {
	case PAYLOAD_INT64:
		to->value_case = SPARKPLUG__METRIC__VALUE_LONG_VALUE;
		to->long_value = (uint64_t)m->value.integer; /* two's complement */
		break;
	case PAYLOAD_DOUBLE:
		to->value_case = SPARKPLUG__METRIC__VALUE_DOUBLE_VALUE;
		to->double_value = m->value.real;
		break;
	case PAYLOAD_BOOLEAN:
		to->value_case = SPARKPLUG__METRIC__VALUE_BOOLEAN_VALUE;
		to->boolean_value = m->value.boolean;
		break;
	case PAYLOAD_STRING:
		to->value_case = SPARKPLUG__METRIC__VALUE_STRING_VALUE;
		to->string_value = borrowed(m->value.text);
		break;
	case PAYLOAD_NONE:
	case PAYLOAD_INT32:
		assert(!"a metric of that type");
	}
}

void
payload_add(struct payload_out *o, const struct payload_metric *m)
{
	Sparkplug__Payload part = SPARKPLUG__PAYLOAD__INIT;
	Sparkplug__Metric metric = SPARKPLUG__METRIC__INIT, *metrics[1] = {&metric};
	Sparkplug__PropertySet set = SPARKPLUG__PROPERTY_SET__INIT;
	Sparkplug__PropertyValue value[PAYLOAD_PROPERTIES], *values[PAYLOAD_PROPERTIES];
	char *keys[PAYLOAD_PROPERTIES];

	assert(m->n_properties <= PAYLOAD_PROPERTIES);
	metric.name = borrowed(m->name);
	metric.has_alias = m->alias != 0;
	metric.alias = m->alias;
	metric.has_timestamp = true;
	metric.timestamp = m->timestamp_ms;
	metric.has_datatype = m->with_type;
	metric.datatype = (uint32_t)m->type;
	metric.has_is_null = metric.is_null = m->is_null;
	if (!m->is_null)
		set_value(m, &metric);
	for (size_t i = 0; i < m->n_properties; i++) {
		set_property(&m->property[i], &value[i]);
		keys[i] = borrowed(m->property[i].key);
		values[i] = &value[i];
	}
	set.n_keys = set.n_values = m->n_properties;
	set.keys = keys;
	set.values = values;
	if (m->n_properties != 0)
		metric.properties = &set;
	part.n_metrics = 1;
	part.metrics = metrics;
	append(o, &part);
}

int
payload_end(struct payload_out *o, int seq)
{
	Sparkplug__Payload part = SPARKPLUG__PAYLOAD__INIT;

	assert(seq == PAYLOAD_NO_SEQ || (seq >= 0 && seq <= 255));
	part.has_seq = seq != PAYLOAD_NO_SEQ;
	part.seq = part.has_seq ? (uint64_t)seq : 0;
	append(o, &part);
	return o->full ? -ENOSPC : 0;
}

/* --- decoding: the library takes its memory from an arena on our stack --- */

#define ARENA_BYTES (96u * 1024)

struct arena {
	size_t used;
	_Alignas(max_align_t) uint8_t bytes[ARENA_BYTES];
};

static void *
arena_take(void *data, size_t size)
{
	struct arena *a = data;
	size_t align = _Alignof(max_align_t), bytes = (size + align - 1) / align * align;

	if (bytes < size || bytes > ARENA_BYTES - a->used)
		return NULL;
	void *at = a->bytes + a->used;
	a->used += bytes;
	return at;
}

static void
arena_leave(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

static void
take_value(const Sparkplug__Metric *m, struct payload_in_metric *to)
{
	switch (m->value_case) {
	case SPARKPLUG__METRIC__VALUE_INT_VALUE:
		to->kind = PAYLOAD_IN_INTEGER;
		to->integer = m->int_value;
		break;
	case SPARKPLUG__METRIC__VALUE_LONG_VALUE:
		to->kind = PAYLOAD_IN_INTEGER;
		to->integer = m->long_value;
		break;
	case SPARKPLUG__METRIC__VALUE_FLOAT_VALUE:
		to->kind = PAYLOAD_IN_REAL;
		to->real = (double)m->float_value;
		break;
	case SPARKPLUG__METRIC__VALUE_DOUBLE_VALUE:
		to->kind = PAYLOAD_IN_REAL;
		to->real = m->double_value;
		break;
	case SPARKPLUG__METRIC__VALUE_BOOLEAN_VALUE:
		to->kind = PAYLOAD_IN_BOOLEAN;
		to->boolean = m->boolean_value;
		break;
	case SPARKPLUG__METRIC__VALUE_STRING_VALUE:
		to->kind = PAYLOAD_IN_TEXT;
		break;
	case SPARKPLUG__METRIC__VALUE_BYTES_VALUE:
	case SPARKPLUG__METRIC__VALUE_DATASET_VALUE:
	case SPARKPLUG__METRIC__VALUE_TEMPLATE_VALUE:
		to->kind = PAYLOAD_IN_OTHER;
		break;
	case SPARKPLUG__METRIC__VALUE__NOT_SET:
	case _SPARKPLUG__METRIC__VALUE__CASE_IS_INT_SIZE:
		break;
	}
}

static void
take_metric(const Sparkplug__Metric *m, struct payload_in_metric *to)
{
	*to = (struct payload_in_metric){.has_alias = m->has_alias,
					 .alias = m->alias,
					 .type = m->has_datatype ? m->datatype : 0};
	if (m->name != NULL)
		snprintf(to->name, sizeof(to->name), "%s", m->name);
	if (!m->is_null)
		take_value(m, to);
}

int
payload_decode(const uint8_t *data, size_t len, struct payload_in *out, struct errtext *err)
{
	/* what fits the limits needs less than the arena holds: a metric, a string or a field that
	 * we don't know costs some 200 bytes beside its own */
	static const struct wire_limits limits = {
		.depth = PAYLOAD_IN_DEPTH, .metrics = PAYLOAD_IN_METRICS, .fields = 256};
	struct arena arena;
	ProtobufCAllocator allocator = {arena_take, arena_leave, &arena};

	arena.used = 0;
	*out = (struct payload_in){0};
	if (len > PAYLOAD_IN_BYTES)
		return errtext_set(err, -EBADMSG, "%zu bytes are too many (at most %u)", len,
				   PAYLOAD_IN_BYTES);
	int rc = wire_check(data, len, &limits, err);
	if (rc != 0)
		return rc;
	Sparkplug__Payload *p = sparkplug__payload__unpack(&allocator, len, data);
	if (p == NULL)
		return errtext_set(err, -EBADMSG, "it is no Sparkplug payload");
	out->has_timestamp = p->has_timestamp;
	out->timestamp_ms = p->timestamp;
	out->n = (uint32_t)p->n_metrics;
	for (uint32_t i = 0; i < out->n; i++)
		take_metric(p->metrics[i], &out->metric[i]);
	return 0;
}
