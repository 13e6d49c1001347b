/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at a protobuf message before anybody decodes it: is it whole, how deep does it go, how many
 * metrics does it hold? The decoder of the library descends as deep as a message likes, on our stack.
 */
#ifndef ISOTHERM_MQTT_WIRE_H
#define ISOTHERM_MQTT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "core/errtext.h"

struct wire_limits {
	unsigned depth;   /* messages within messages, the payload itself is 1 */
	unsigned metrics; /* in all, those of templates too */
	unsigned fields;  /* in all */
};

/* 0, or -EBADMSG with the reason. */
int wire_check(const uint8_t *data, size_t len, const struct wire_limits *limits,
	       struct errtext *err);

#endif
