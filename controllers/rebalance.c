/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/rebalance.h"

#include <math.h>

#define SAME_FRAC 1e-9

bool
rebalance_split(uint32_t count[], const double rate[], uint32_t n, uint32_t all, uint32_t most)
{
	double sum = 0.0;
	uint32_t given = 0;
	for (uint32_t k = 0; k < n; k++)
		sum += rate[k];
	if (!(sum > 0.0))
		return false;
	/* one less than its part of all is surely each one's: the rest is dealt out */
	for (uint32_t k = 0; k < n; k++) {
		double part = floor(rate[k] / sum * all);
		count[k] = part > 1.0 ? (uint32_t)part - 1 : 0;
		count[k] = count[k] < most ? count[k] : most;
		given += count[k];
	}
	for (; given < all; given++) {
		uint32_t to = n;
		double least = INFINITY;
		for (uint32_t k = 0; k < n; k++) {
			bool can = rate[k] > 0.0 && count[k] < most;
			double done = can ? (count[k] + 1) / rate[k] : (double)INFINITY;
			if (done < least * (1.0 - SAME_FRAC)) {
				least = done;
				to = k;
			}
		}
		if (to == n)
			return false;
		count[to]++;
	}
	return true;
}

double
rebalance_step(const uint32_t count[], const double rate[], uint32_t n)
{
	double most = 0.0;
	for (uint32_t k = 0; k < n; k++)
		if (count[k] > 0)
			most = fmax(most, rate[k] > 0.0 ? count[k] / rate[k] : (double)INFINITY);
	return most;
}
