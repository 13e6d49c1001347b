/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario expects of points, demands and devices, looked at tick by tick. */
#ifndef ISOTHERM_RUNNER_PROBE_H
#define ISOTHERM_RUNNER_PROBE_H

#include "core/sample.h"
#include "runner/scenario_file.h"

struct probe_state { /* zeroed: never looked at */
	bool seen, failed;
	char text[200];
};

struct probe_view {
	const struct scenario *scenario;
	const struct sample *in, *ctl; /* all samples of collectors and of controllers, judged */
	double t_s;                    /* scenario time */
};

void probe_look(struct probe_state *state, const struct scenario_probe *p,
		const struct probe_view *view);
/* NULL: it held, else what was found. */
const char *probe_failure(const struct probe_state *state);

#endif
