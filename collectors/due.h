/* SPDX-License-Identifier: Apache-2.0 */
/* Who is next? A binary heap of one time an item, so that a thousand devices cost no more to wait
 * for than a few. Equal times come out in the order of the items: a run can be repeated. */
#ifndef ISOTHERM_COLLECTORS_DUE_H
#define ISOTHERM_COLLECTORS_DUE_H

#include <stdint.h>

struct due_item {
	int64_t at_ns;
	uint32_t item;
};
struct due {
	uint32_t n;
	struct due_item *heap; /* the earliest first */
	uint32_t *where;       /* place of an item in the heap */
};

int due_init(struct due *d, uint32_t n, int64_t at_ns); /* 0 or -ENOMEM */
void due_fini(struct due *d);
void due_set(struct due *d, uint32_t item, int64_t at_ns);
uint32_t due_first(const struct due *d); /* the item; only if n > 0 */
int64_t due_ns(const struct due *d);     /* its time, INT64_MAX if there is none */

#endif
