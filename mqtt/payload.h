/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sparkplug B payloads: what we publish is encoded metric by metric into a buffer of the caller's,
 * what comes in is checked, bounded and decoded into a struct without pointers into the message.
 * Pure: no allocation, no clock.
 *
 * Only datatypes whose place on the wire nobody disputes are published: never UInt32.
 */
#ifndef ISOTHERM_MQTT_PAYLOAD_H
#define ISOTHERM_MQTT_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/errtext.h"

/* Numbers of the specification; those that we publish or accept. */
enum payload_type {
	PAYLOAD_NONE = 0,
	PAYLOAD_INT32 = 3, /* of properties */
	PAYLOAD_INT64 = 4,
	PAYLOAD_DOUBLE = 10,
	PAYLOAD_BOOLEAN = 11,
	PAYLOAD_STRING = 12
};

/* Values of the property Quality. */
enum payload_quality { PAYLOAD_BAD = 0, PAYLOAD_GOOD = 192, PAYLOAD_STALE = 500 };

union payload_value {
	int64_t integer;
	double real;
	bool boolean;
	const char *text;
};

struct payload_property {
	const char *key;
	enum payload_type type; /* INT32, BOOLEAN or STRING */
	union payload_value value;
};

#define PAYLOAD_PROPERTIES 6 /* of one metric, at most */

struct payload_metric {
	const char *name; /* NULL: the alias stands for it */
	uint64_t alias;   /* 0: none */
	uint64_t timestamp_ms;
	enum payload_type type;
	bool with_type; /* births say the datatype, data do not */
	bool is_null;
	union payload_value value;
	struct payload_property property[PAYLOAD_PROPERTIES];
	size_t n_properties;
};

/* A payload in the making. */
struct payload_out {
	uint8_t *data; /* the caller's */
	size_t size, len;
	bool full; /* something found no place */
};

#define PAYLOAD_NO_SEQ (-1)
#define PAYLOAD_NO_TIMESTAMP 0

void payload_begin(struct payload_out *o, uint8_t *data, size_t size, uint64_t timestamp_ms);
void payload_add(struct payload_out *o, const struct payload_metric *m);
/* seq: 0..255, or PAYLOAD_NO_SEQ. 0, or -ENOSPC: the buffer was too small. */
int payload_end(struct payload_out *o, int seq);

/* --- commands --- */

#define PAYLOAD_IN_BYTES 16384u /* of a message */
#define PAYLOAD_IN_DEPTH 8u     /* messages within messages */
#define PAYLOAD_IN_METRICS 32u
#define PAYLOAD_NAME_BYTES 128u

enum payload_in_value {
	PAYLOAD_IN_NONE, /* null, or no value at all */
	PAYLOAD_IN_INTEGER,
	PAYLOAD_IN_REAL,
	PAYLOAD_IN_BOOLEAN,
	PAYLOAD_IN_TEXT, /* a string; its bytes are not kept */
	PAYLOAD_IN_OTHER /* bytes, data set, template */
};

struct payload_in_metric {
	char name[PAYLOAD_NAME_BYTES]; /* "" none; a longer one is cut off */
	bool has_alias;
	uint64_t alias;
	uint32_t type; /* 0 not said */
	enum payload_in_value kind;
	uint64_t integer;
	double real;
	bool boolean;
};

struct payload_in {
	bool has_timestamp;
	uint64_t timestamp_ms;
	uint32_t n;
	struct payload_in_metric metric[PAYLOAD_IN_METRICS];
};

/* 0, or -EBADMSG with the reason: too large, cut off, too deep, too many metrics, no payload. */
int payload_decode(const uint8_t *data, size_t len, struct payload_in *out, struct errtext *err);

#endif
