/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/observer.h"

#include <math.h>
#include <string.h>

void
estimate_init(struct estimate *e)
{
	memset(e, 0, sizeof *e);
	for (int i = 0; i < RETICLES; i++)
		e->gain[i] = 1.0;
	for (int x = 0; x < ZONES; x++)
		e->zone_g[x] = 1.0;
	e->ua_frac = e->heat_balance_frac = e->spread_limit_k = (double)NAN;
}

void
observer_step(struct estimate *e, const struct sensors *s)
{
	memcpy(e->temp_c, s->temp_c, sizeof e->temp_c);
}
