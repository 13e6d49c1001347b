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
	if (d->heap == NULL || d->where == NULL) {
		due_fini(d);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		d->heap[i] = (struct due_item){at_ns, i};
		d->where[i] = i;
	}
	return 0;
}

void
due_fini(struct due *d)
{
	free(d->heap);
	free(d->where);
	memset(d, 0, sizeof *d);
}

static bool
earlier(const struct due_item *a, const struct due_item *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->item < b->item;
}

static void
put(struct due *d, uint32_t place, struct due_item what)
{
	d->heap[place] = what;
	d->where[what.item] = place;
}

void
due_set(struct due *d, uint32_t item, int64_t at_ns)
{
	const struct due_item what = {at_ns, item};
	uint32_t k = d->where[item];
	if (d->heap[k].at_ns == at_ns)
		return;
	while (k > 0 && earlier(&what, &d->heap[(k - 1) / 2])) {
		put(d, k, d->heap[(k - 1) / 2]);
		k = (k - 1) / 2;
	}
	for (uint32_t child = 2 * k + 1; child < d->n; child = 2 * k + 1) {
		if (child + 1 < d->n && earlier(&d->heap[child + 1], &d->heap[child]))
			child++;
		if (!earlier(&d->heap[child], &what))
			break;
		put(d, k, d->heap[child]);
		k = child;
	}
	put(d, k, what);
}

uint32_t
due_first(const struct due *d)
{
	return d->heap[0].item;
}

int64_t
due_ns(const struct due *d)
{
	return d->n != 0 ? d->heap[0].at_ns : INT64_MAX;
}
