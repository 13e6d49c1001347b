/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/pipe.h"

#include <math.h>

#include "engine_sim/limits.h"

void
pipe_init(struct pipe *p, uint32_t stages, double buffer_s, double rate)
{
	*p = (struct pipe){.out = rate};
	for (uint32_t s = 0; s < stages; s++) {
		p->full_s[s] = buffer_s;
		p->rate[s] = rate;
	}
}

/* From the end to the front: what the next one takes makes room in this step already. The first one has input
 * without end unless data are short. */
void
pipe_step(struct pipe *p, uint32_t stages, const double cap[], double limit, double buffer_s,
	  double dt_s)
{
	double taken = least(limit * dt_s, p->full_s[stages - 1]);
	double input = limit < 1.0 ? limit * dt_s : (double)INFINITY;

	p->out = taken / dt_s;
	for (uint32_t s = stages; s-- > 0;) {
		double room = buffer_s - p->full_s[s] + taken;
		double made = least(cap[s] * dt_s, room);

		made = least(made, s > 0 ? p->full_s[s - 1] : input);
		p->full_s[s] = clamp(p->full_s[s] + made - taken, 0.0, buffer_s);
		p->rate[s] = made / dt_s;
		taken = made;
	}
}
