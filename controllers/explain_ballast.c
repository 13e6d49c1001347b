/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of dummy work: watts that make no token must be accounted for. */
#include <math.h>

#include "controllers/explain_state.h"
#include "core/clock.h"

#define SHOW_NS (3 * NS_PER_S) /* it grows by a ramp, and goes for a moment now and then */
#define AGAIN_NS (30 * NS_PER_S)
#define AGAIN_FRAC 0.3
#define ANY_W 1.0

static int
reticles_with(const struct supervisor *s, double least_w)
{
	int n = 0;
	for (int i = 0; i < RETICLES; i++)
		n += s->demands.ballast_w[i] >= least_w; /* false of NAN */
	return n;
}

void
explain_ballast(struct telling *t, const struct control_params *p, const struct supervisor *s)
{
	static const enum control_event CODE = CONTROL_EVENT_BALLAST;
	struct explain *x = t->x;
	double now_w = s->verdict.ballast_w;
	if (!(p->ballast_max_w > 0.0))
		return;
	/* what nobody asks for is a fault's to tell */
	int n = reticles_with(s, p->ballast_least_w);
	bool there = now_w >= ANY_W && n > 0, told = x->ballast_w > 0.0;
	if (there && s->mode != CTL_AUTO && s->mode != CTL_SHADOW)
		return; /* it is what was there, or on its way out */
	bool moved = there && told && t->now_ns - x->ballast_ns >= AGAIN_NS &&
		     fabs(now_w - x->ballast_w) > AGAIN_FRAC * x->ballast_w;
	if (there == told && !moved) {
		x->ballast_since_ns = t->now_ns;
		return;
	}
	if (t->now_ns - x->ballast_since_ns < SHOW_NS)
		return;
	if (there)
		explain_tell(t, CODE, now_w,
			     "warms %d cold reticles by %.2f kW of ballast, for the spread's sake",
			     n, now_w / 1000.0);
	else
		explain_tell(t, CODE, 0.0, "needs no ballast any more%s",
			     s->in.ballast_barred ? ", or may have none" : "");
	x->ballast_w = there ? now_w : 0.0;
	x->ballast_ns = x->ballast_since_ns = t->now_ns;
}
