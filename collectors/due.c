/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/due.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int
due_init(struct due *d, uint32_t n, int64_t at_ns)
{
	size_t room = n != 0 ? n : 1;
	memset(d, 0, sizeof *d);
	d->n = n;
	d->heap = calloc(room, sizeof *d->heap);
	d->where = calloc(room, sizeof *d->where);
	d->at_ns = calloc(room, sizeof *d->at_ns);
	if (d->heap == NULL || d->where == NULL || d->at_ns == NULL) {
		due_fini(d);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		d->heap[i] = d->where[i] = i;
		d->at_ns[i] = at_ns;
	}
	return 0;
}

void
due_fini(struct due *d)
{
	free(d->heap);
	free(d->where);
	free(d->at_ns);
	memset(d, 0, sizeof *d);
}

static bool
earlier(const struct due *d, uint32_t a, uint32_t b)
{
	return d->at_ns[a] != d->at_ns[b] ? d->at_ns[a] < d->at_ns[b] : a < b;
}

static void
put(struct due *d, uint32_t place, uint32_t item)
{
	d->heap[place] = item;
	d->where[item] = place;
}

void
due_set(struct due *d, uint32_t item, int64_t at_ns)
{
	uint32_t k = d->where[item];
	d->at_ns[item] = at_ns;
	while (k > 0 && earlier(d, item, d->heap[(k - 1) / 2])) {
		put(d, k, d->heap[(k - 1) / 2]);
		k = (k - 1) / 2;
	}
	for (uint32_t child = 2 * k + 1; child < d->n; child = 2 * k + 1) {
		if (child + 1 < d->n && earlier(d, d->heap[child + 1], d->heap[child]))
			child++;
		if (!earlier(d, d->heap[child], item))
			break;
		put(d, k, d->heap[child]);
		k = child;
	}
	put(d, k, item);
}

uint32_t
due_first(const struct due *d)
{
	return d->heap[0];
}

int64_t
due_ns(const struct due *d)
{
	return d->n != 0 ? d->at_ns[d->heap[0]] : INT64_MAX;
}
