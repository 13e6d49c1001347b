/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/scenario_parts.h"

#include <math.h>
#include <stdlib.h>

void *
scenario_grow(struct schema_walk *w, void *array, uint32_t n, size_t size)
{
	void *more = realloc(array, (n + 1) * size);

	if (more == NULL)
		schema_error(w, 0, NULL, "out of memory");
	return more;
}

void
scenario_read_limits(struct schema_walk *w, uint32_t line, const struct schema_at *min_at,
		     const struct schema_at *max_at, double *min, double *max)
{
	*min = min_at->line != 0 ? *min : -(double)INFINITY;
	*max = max_at->line != 0 ? *max : (double)INFINITY;
	if (*min > *max)
		schema_error(w, line, "min", "%g is above max, %g", *min, *max);
}
