/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipeline's stages and the buffers behind them, in seconds of work at rate 1. Stage s can do cap_s (least of its
 * reticles' u / x, over its cost); it takes from the buffer before it and stops when the one behind it is full. What
 * leaves the last buffer, at most `limit`, is the job's rate: so a throttle of any stage that is shorter than a full
 * buffer costs nothing, and one that stays makes R = least of cap_s.
 */
#ifndef ISOTHERM_ENGINE_SIM_PIPE_H
#define ISOTHERM_ENGINE_SIM_PIPE_H

#include <stdint.h>

#include "config/job.h"

struct pipe {
	double full_s[JOB_STAGES_MAX]; /* work in the buffer behind each stage */
	double rate[JOB_STAGES_MAX];   /* of each stage over the last step */
	double out;                    /* and of the job */
};

/* All buffers full, every stage at `rate`. */
void pipe_init(struct pipe *p, uint32_t stages, double buffer_s, double rate);
/* dt_s > 0, shorter than buffer_s. cap[stages] >= 0; limit in [0, 1]: what the data allow; 1: as much as it likes. */
void pipe_step(struct pipe *p, uint32_t stages, const double cap[], double limit, double buffer_s,
	       double dt_s);

#endif
