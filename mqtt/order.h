/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of one message, in the order of their times: a host takes a list that goes back in
 * time for an error. */
#ifndef ISOTHERM_MQTT_ORDER_H
#define ISOTHERM_MQTT_ORDER_H

#include "mqtt/metrics.h"

struct order_item {
	uint32_t metric;
	struct reading reading;
};

struct order {
	struct order_item *item;
	uint32_t n, size;
};

int order_init(struct order *o, uint32_t size); /* 0, -ENOMEM */
void order_fini(struct order *o);
void order_clear(struct order *o);
/* At most `size` of them. */
void order_add(struct order *o, uint32_t metric, const struct reading *r);
/* By time, then by metric. */
void order_sort(struct order *o);

#endif
