/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one load, given back at once whatever way the load ends. */
#ifndef ISOTHERM_CONFIG_POOL_H
#define ISOTHERM_CONFIG_POOL_H

#include <stddef.h>

struct pool_block;
struct pool {
	struct pool_block *blocks;
};

void *pool_alloc(struct pool *p, size_t n, size_t size); /* zeroed; NULL: no memory */
void pool_free(struct pool *p);

#endif
