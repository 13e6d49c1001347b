/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one verdict. Healthy: over the last 10 s every point of a device GOOD, no trip, no system over
 * a limit or held back by one, no room restarted; and no alarm active, where something looks for
 * alarms. Overruns are shown, not judged.
 */
#ifndef ISOTHERM_TUI_HEALTH_H
#define ISOTHERM_TUI_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_WINDOW_NS INT64_C(10000000000)
#define HEALTH_REASONS 24

struct health {
	bool healthy;
	uint32_t n;       /* reasons kept; one that is the same of several is one */
	uint32_t dropped; /* reasons that found no place */
	char reason[HEALTH_REASONS][120];
};

struct model;

/* Pure: a filled model in, the verdict out. */
void health_judge(const struct model *m, struct health *out);

#endif
