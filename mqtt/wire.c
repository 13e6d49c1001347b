/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/wire.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The messages of sparkplug_b.proto that hold others. */
enum message {
	M_NONE, /* holds none: bytes, strings, messages of scalars */
	M_PAYLOAD,
	M_METRIC,
	M_PROPERTIES,
	M_PROPERTY,
	M_PROPERTY_LIST,
	M_DATA_SET,
	M_ROW,
	M_TEMPLATE,
	M_LEAF, /* scalars only, but looked at: MetaData, DataSetValue, Parameter */
	MESSAGES
};

#define FIELDS 19
static const uint8_t inner[MESSAGES][FIELDS] = {
	[M_PAYLOAD] = {[2] = M_METRIC},
	[M_METRIC] = {[8] = M_LEAF, [9] = M_PROPERTIES, [17] = M_DATA_SET, [18] = M_TEMPLATE},
	[M_PROPERTIES] = {[2] = M_PROPERTY},
	[M_PROPERTY] = {[9] = M_PROPERTIES, [10] = M_PROPERTY_LIST},
	[M_PROPERTY_LIST] = {[1] = M_PROPERTIES},
	[M_DATA_SET] = {[4] = M_ROW},
	[M_ROW] = {[1] = M_LEAF},
	[M_TEMPLATE] = {[2] = M_METRIC, [3] = M_LEAF},
};

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* Where we are in one message. */
struct level {
	const uint8_t *at, *end;
	enum message message;
};

struct walk {
	const struct wire_limits *limits;
	unsigned metrics, fields;
	struct errtext *err;
};

#define DEPTH_MAX 16

static bool
varint(struct level *l, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70 && l->at < l->end; shift += 7) {
		uint8_t byte = *l->at++;
		if (shift == 63 && byte > 1)
			return false; /* more than 64 bits */
		value |= (uint64_t)(byte & 0x7F) << shift;
		if ((byte & 0x80) == 0) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool
skip(struct level *l, uint64_t bytes)
{
	if (bytes > (uint64_t)(l->end - l->at))
		return false;
	l->at += bytes;
	return true;
}

static int
refuse(const struct walk *w, const char *why)
{
	return errtext_set(w->err, -EBADMSG, "%s", why);
}

/* One field: 0, 1 if *in is a message to go into, -EBADMSG. */
static int
field(struct walk *w, struct level *l, struct level *in)
{
	uint64_t tag = 0, value = 0;

	if (++w->fields > w->limits->fields)
		return refuse(w, "too many fields");
	if (!varint(l, &tag))
		return refuse(w, "a field's number is cut off");
	if (tag >> 3 == 0 || tag > UINT32_MAX)
		return refuse(w, "a field's number is none");
	switch (tag & 7) {
	case WIRE_VARINT:
		return varint(l, &value) ? 0 : refuse(w, "a number is cut off or too long");
	case WIRE_64:
		return skip(l, 8) ? 0 : refuse(w, "a number is cut off");
	case WIRE_32:
		return skip(l, 4) ? 0 : refuse(w, "a number is cut off");
	case WIRE_BYTES:
		break;
	default:
		return refuse(w, "a field is of no known kind");
	}
	if (!varint(l, &value))
		return refuse(w, "a length is cut off or too long");
	*in = (struct level){.at = l->at};
	if (!skip(l, value))
		return refuse(w, "a field is longer than the message");
	in->end = l->at;
	if (tag >> 3 < FIELDS)
		in->message = (enum message)inner[l->message][tag >> 3];
	if (l->message == M_METRIC && tag >> 3 == 1 && memchr(in->at, 0, (size_t)value) != NULL)
		return refuse(w, "a metric's name holds a NUL");
	if (in->message == M_METRIC && ++w->metrics > w->limits->metrics)
		return refuse(w, "too many metrics");
	return in->message != M_NONE ? 1 : 0;
}

int
wire_check(const uint8_t *data, size_t len, const struct wire_limits *limits, struct errtext *err)
{
	struct level stack[DEPTH_MAX] = {{data, data + len, M_PAYLOAD}};
	struct walk w = {.limits = limits, .err = err};
	unsigned depth = 1;

	if (len == 0)
		return 0;
	while (depth > 0) {
		struct level *l = &stack[depth - 1], in = {0};
		if (l->at == l->end) {
			depth--;
			continue;
		}
		int rc = field(&w, l, &in);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		if (depth >= limits->depth || depth >= DEPTH_MAX)
			return refuse(&w, "too deep");
		stack[depth++] = in;
	}
	return 0;
}
