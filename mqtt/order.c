/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/order.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int
order_init(struct order *o, uint32_t size)
{
	*o = (struct order){.item = calloc(size != 0 ? size : 1, sizeof(*o->item)), .size = size};
	return o->item != NULL ? 0 : -ENOMEM;
}

void
order_fini(struct order *o)
{
	free(o->item);
	*o = (struct order){0};
}

void
order_clear(struct order *o)
{
	o->n = 0;
}

void
order_add(struct order *o, uint32_t metric, const struct reading *r)
{
	assert(o->n < o->size);
	o->item[o->n++] = (struct order_item){metric, *r};
}

static bool
before(const struct order_item *a, const struct order_item *b)
{
	if (a->reading.time_ns != b->reading.time_ns)
		return a->reading.time_ns < b->reading.time_ns;
	return a->metric < b->metric;
}

/* Let the item at `at` sink to its place in the heap of the first n. */
static void
sink(struct order_item *item, uint32_t at, uint32_t n)
{
	struct order_item x = item[at];

	for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && before(&item[child], &item[child + 1]))
			child++;
		if (!before(&x, &item[child]))
			break;
		item[at] = item[child];
	}
	item[at] = x;
}

/* A heap: in place, and never quadratic. (The C library's qsort takes memory for long lists.) */
void
order_sort(struct order *o)
{
	for (uint32_t i = o->n / 2; i-- > 0;)
		sink(o->item, i, o->n);
	for (uint32_t n = o->n; n > 1; n--) {
		struct order_item last = o->item[n - 1];
		o->item[n - 1] = o->item[0];
		o->item[0] = last;
		sink(o->item, 0, n - 1);
	}
}
