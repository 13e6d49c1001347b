/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/cluster.h"

#include <math.h>

#include "engine_sim/limits.h"

#define SAME_FRAC 1e-3

static double
wanted(double demanded)
{
	return isfinite(demanded) ? most(0.0, demanded) : 1.0;
}

void
cluster_split(double batch[], const double demanded[], uint32_t n, uint32_t each)
{
	double sum = 0.0, all = (double)n * each, left = all;

	for (uint32_t k = 0; k < n; k++)
		sum += wanted(demanded[k]);
	for (uint32_t k = 0; k < n; k++) {
		double d = sum > 0.0 ? wanted(demanded[k]) / sum * all : each;

		/* a demand that rounding put just below a whole number means that number */
		batch[k] = floor(d + 1e-6);
		left -= batch[k];
	}
	for (; left > 0.5; left -= 1.0) {
		double best = -INFINITY;
		uint32_t to = 0;

		for (uint32_t k = 0; k < n; k++) {
			double d = sum > 0.0 ? wanted(demanded[k]) / sum * all : each;

			if (d - batch[k] > best + 1e-9) {
				best = d - batch[k];
				to = k;
			}
		}
		batch[to] += 1.0;
	}
	for (uint32_t k = 0; k < n; k++)
		batch[k] /= each;
}

int32_t
cluster_others(double others_s[], const double need_s[], uint32_t n)
{
	double first = -INFINITY, second = -INFINITY;
	int32_t who = -1;

	for (uint32_t k = 0; k < n; k++) {
		if (need_s[k] > first) {
			second = first;
			first = need_s[k];
			who = (int32_t)k;
		} else if (need_s[k] > second) {
			second = need_s[k];
		}
	}
	for (uint32_t k = 0; k < n; k++)
		others_s[k] = most(0.0, (int32_t)k == who ? second : first);
	if (n < 2 || !(first > second * (1.0 + SAME_FRAC)))
		return -1;
	return who;
}
