/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long devices take to answer, over a run: what collectors publish of each device once a second,
 * counted in classes that are a twentieth wider than the one before.
 */
#ifndef ISOTHERM_RUNNER_POLLS_H
#define ISOTHERM_RUNNER_POLLS_H

#include <stdint.h>

#include "config/plant.h"
#include "core/image.h"

#define POLLS_CLASSES 300u /* from 0.01 ms to over 20 s */

struct polls {
	const struct plant *plant;
	const char *run_dir;
	struct image *in; /* NULL: not there yet */
	int64_t *seen_ns; /* [n_devices]: time of the last answer that was counted */
	struct sample *group;
	uint64_t counts[POLLS_CLASSES], n;
};

/* 0 or -ENOMEM. Both are borrowed. */
int polls_open(struct polls *p, const struct plant *plant, const char *run_dir);
void polls_close(struct polls *p);

/* Look now: about once a second. */
void polls_take(struct polls *p, int64_t now_ns);

void polls_count(struct polls *p, double rtt_ms);
/* So much of all answers took at most this long, to a twentieth; NAN: there were none. */
double polls_quantile_ms(const struct polls *p, double part);

#endif
