/* SPDX-License-Identifier: Apache-2.0 */
#include "config/pool.h"

#include <stdint.h>
#include <stdlib.h>

struct pool_block {
	struct pool_block *next;
	max_align_t data[];
};

void *
pool_alloc(struct pool *p, size_t n, size_t size)
{
	struct pool_block *b;

	if (size && n > (SIZE_MAX - sizeof(*b)) / size)
		return NULL;
	b = calloc(1, sizeof(*b) + n * size);
	if (!b)
		return NULL;
	b->next = p->blocks;
	p->blocks = b;
	return b->data;
}

void
pool_free(struct pool *p)
{
	while (p->blocks) {
		struct pool_block *next = p->blocks->next;

		free(p->blocks);
		p->blocks = next;
	}
}
