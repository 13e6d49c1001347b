/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "controllers/account.h"
#include "controllers/explain_state.h"
#include "core/clock.h"

/* How long a verdict must last to be shown, to replace another, and to be taken back. */
#define SHOW_NS (300 * NS_PER_MS)
#define REPLACE_NS (2 * NS_PER_S)
#define CLEAR_NS (5 * NS_PER_S)
/* The first line comes before the throttle has found its depth: one more when it went deeper. */
#define AGAIN_NS (10 * NS_PER_S)
#define AGAIN_FRAC 0.1
/* Lines of a system: so many at once, then one each ten seconds. */
#define YIELD_OVER_NS (30 * NS_PER_S)
#define RATION_MAX 6.0
#define RATION_PER_S 0.1

void
explain_init(struct explain *x, const char *name, double tokens_full, int64_t now_ns)
{
	memset(x, 0, sizeof *x);
	x->name = name;
	x->tokens_full = tokens_full;
	x->pump_lead = -1;
	for (int k = 0; k < JOBS_MAX; k++)
		x->job_full[k] = (double)NAN;
	x->limited_ns = x->ration_ns = now_ns;
	x->ration = RATION_MAX;
}

static void
refill(struct explain *x, int64_t now_ns)
{
	double s = (double)(now_ns - x->ration_ns) / (double)NS_PER_S;
	x->ration = fmin(x->ration + s * RATION_PER_S, RATION_MAX);
	x->ration_ns = now_ns;
}

/* --- mode --- */
static void
tell_mode(struct telling *t, const struct control_params *p, enum ctl_mode mode)
{
	static const enum control_event CODE = CONTROL_EVENT_MODE;
	if (mode == t->x->mode)
		return;
	t->x->mode = mode;
	switch (mode) {
	case CTL_OFF:
		break;
	case CTL_TRACK:
		explain_tell(t, CODE, mode, "follows what is applied before it takes charge");
		break;
	case CTL_AUTO:
		explain_tell(t, CODE, mode, "is in automatic control");
		break;
	case CTL_FAILSAFE:
		explain_tell(t, CODE, mode,
			     "inputs lost: pumps and valve 100 %%, duty at most %.2f",
			     p->failsafe_duty_frac);
		break;
	case CTL_HANDBACK:
		explain_tell(t, CODE, mode, "goes back to its devices' own control");
		break;
	case CTL_SHADOW:
		explain_tell(t, CODE, mode, "is in shadow: demands are computed, not all are sent");
		break;
	case CTL_STOPPED:
		explain_tell(t, CODE, mode, "is stopped: no duty, pumps 100 %%, cooling on");
		break;
	case CTL_MAINTENANCE:
		explain_tell(t, CODE, mode, "is in maintenance: its devices are on their own");
		break;
	case CTL_MANUAL:
		explain_tell(t, CODE, mode, "is in automatic control but for what is set by hand");
		break;
	}
}

/* Who has stopped a system must know if it does not stop. */
static void
tell_stop(struct telling *t, const struct verdict *d)
{
	static const enum control_event CODE = CONTROL_EVENT_AUTHORITY;
	if (d->stop_ignored == t->x->stop_ignored)
		return;
	t->x->stop_ignored = d->stop_ignored;
	if (d->stop_ignored && isfinite(d->applied_frac))
		explain_tell(t, CODE, d->mode,
			     "is told to stop, but its device still applies duty %.2f",
			     d->applied_frac);
	else if (d->stop_ignored)
		explain_tell(t, CODE, d->mode, "is told to stop, but its device does not answer");
	else if (d->mode == CTL_STOPPED)
		explain_tell(t, CODE, d->mode, "has stopped: its device applies no duty");
}

/* --- reason --- */
static bool
is_held(enum ctl_mode mode)
{
	return mode == CTL_STOPPED || mode == CTL_MAINTENANCE;
}

static bool
settled(struct explain *x, enum ctl_reason now, int64_t now_ns)
{
	if (now == x->shown) {
		x->candidate = now;
		return false;
	}
	if (now != x->candidate) {
		x->candidate = now;
		x->candidate_ns = now_ns;
	}
	int64_t wait_ns = x->shown == REASON_NONE ? SHOW_NS : REPLACE_NS;
	if (now == REASON_NONE)
		wait_ns = CLEAR_NS;
	if (now == REASON_INPUT_LOST || is_held(x->mode))
		wait_ns = 0;
	return now_ns - x->candidate_ns >= wait_ns;
}

static const char *
name_of(enum ctl_reason reason)
{
	switch (reason) {
	case REASON_NONE:
		return "nothing";
	case REASON_SPREAD:
		return "spread";
	case REASON_TEMPERATURE:
		return "temperature";
	case REASON_CAP:
		return "its power cap";
	case REASON_INPUT_LOST:
		return "lost inputs";
	case REASON_LOW_FLOW:
		return "low flow";
	case REASON_DEVICE:
		return "its device";
	case REASON_RAMP:
		return "a takeover";
	case REASON_PACE:
		return "the slowest system of its job";
	case REASON_HAND:
		return "a duty set by hand";
	}
	return "?";
}

static const char *
trip_name(uint32_t trip)
{
	if (trip & TRIP_LEAK)
		return "leak";
	if (trip & TRIP_PUMPS)
		return "pumps";
	if (trip & TRIP_FLOW)
		return "flow";
	if (trip & TRIP_CURRENT)
		return "current";
	return "temperature";
}

/* "C6 is", or "column 6, C6" where a whole zone of the cold plate runs hot: a line is short. */
static const char *
place_text(const struct account *a, const struct sensors *f, char *out, size_t size)
{
	char hot[4];
	int zone = account_zone(a, f);
	reticle_label(a->hottest, hot);
	if (zone >= 0)
		snprintf(out, size, "column %u, %s", (unsigned)zone % ZONES + 1, hot);
	else
		snprintf(out, size, "%s is", hot);
	return out;
}

static void
tell_ramp(struct telling *t, const struct verdict *d, const struct account *a, const char *cost)
{
	static const enum control_event CODE = CONTROL_EVENT_LIMIT;
	if (a->mode == CTL_TRACK)
		explain_tell(t, CODE, a->reason,
			     "keeps the duty it found until it takes charge: %s", cost);
	else
		explain_tell(t, CODE, a->reason, "held back by the ramp after a %s: %s",
			     d->after_hand ? "duty by hand" : "takeover", cost);
}

static void
tell_device(struct telling *t, const struct supervisor *s, const struct account *a,
	    const char *cost)
{
	static const enum control_event CODE = CONTROL_EVENT_LIMIT;
	const struct verdict *d = &s->verdict;
	char hot[4];
	reticle_label(a->hottest, hot);
	if (d->trip)
		explain_tell(t, CODE, a->reason,
			     "tripped (%s): its device took the power off, costs %.0f tokens/s",
			     trip_name(d->trip), a->cost_tokens);
	else if (s->actuators.worst >= 0 && !(d->foldback_frac < 0.995)) {
		reticle_label((uint32_t)s->actuators.worst, hot);
		explain_tell(t, CODE, a->reason,
			     "held back by the duty of %s, which gives no more than %.2f: %s", hot,
			     s->actuators.duty[s->actuators.worst].stood_frac, cost);
	} else
		explain_tell(t, CODE, a->reason,
			     "held back by its device: foldback %.2f, %s at %.1f C, costs %.0f "
			     "tokens/s",
			     d->foldback_frac, hot, a->tmax_c, a->cost_tokens);
}

static void
tell_cap_holds(struct telling *t, const struct verdict *d, const struct account *a,
	       const char *cost)
{
	static const enum control_event CODE = CONTROL_EVENT_LIMIT;
	if (d->shed)
		explain_tell(t, CODE, a->reason,
			     "shed: no work, as least duties do not fit into the cap of all, costs "
			     "%.0f tokens/s",
			     a->cost_tokens);
	else if (isfinite(d->cap_w))
		explain_tell(t, CODE, a->reason, "held back by its power cap of %.1f kW: %s",
			     d->cap_w / 1000.0, cost);
	else
		explain_tell(t, CODE, a->reason, "held back by the ramp after a power cap: %s",
			     cost);
}

static void
tell_held(struct telling *t, const struct supervisor *s, const struct account *a)
{
	static const enum control_event CODE = CONTROL_EVENT_LIMIT;
	const struct verdict *d = &s->verdict;
	t->x->told_ns = t->now_ns;
	t->x->told_frac = a->duty_frac;
	char place[24], cold[4], cost[64];
	reticle_label(a->coldest, cold);
	place_text(a, &s->sensors, place, sizeof place);
	snprintf(cost, sizeof cost, "duty %.2f, costs %.0f tokens/s", a->duty_frac, a->cost_tokens);
	switch (a->reason) {
	case REASON_SPREAD:
		explain_tell(t, CODE, a->reason,
			     "held back by spread: %s %.1f K above %s (limit %.1f%s), %s", place,
			     a->spread_k, cold, s->setup.spread_limit_k,
			     s->out.unheld ? ", which no duty holds" : "", cost);
		break;
	case REASON_TEMPERATURE:
		explain_tell(t, CODE, a->reason,
			     "held back by temperature: %s at %.1f C (limit %.1f), %s", place,
			     a->tmax_c, d->temp_limit_c, cost);
		break;
	case REASON_LOW_FLOW:
		explain_tell(t, CODE, a->reason, "held back by low flow: %.1f L/min, %s",
			     d->flow_lpm, cost);
		break;
	case REASON_DEVICE:
		tell_device(t, s, a, cost);
		break;
	case REASON_RAMP:
		tell_ramp(t, d, a, cost);
		break;
	case REASON_CAP:
		tell_cap_holds(t, d, a, cost);
		break;
	case REASON_HAND:
		explain_tell(t, CODE, a->reason, "held back by a duty set by hand: %s", cost);
		break;
	case REASON_NONE:
	case REASON_PACE: /* one line for all of them is the cluster's */
	case REASON_INPUT_LOST:
		break; /* a release has its own line, and the mode tells of lost inputs */
	}
}

static void
tell_reason(struct telling *t, const struct supervisor *s, struct account *a,
	    const struct control_params *p, const struct view *v)
{
	struct explain *x = t->x;
	enum ctl_reason was = x->shown;
	bool change = settled(x, s->verdict.reason, t->now_ns);
	double lasted_s = (double)(t->now_ns - x->shown_ns) / (double)NS_PER_S;
	if (change) {
		x->shown = s->verdict.reason;
		x->shown_ns = t->now_ns;
	}
	a->reason = x->shown;
	account_cost(a, p, s, v, &x->tokens_full, x->job_full);
	if (!change) {
		if (x->shown != REASON_NONE && t->now_ns - x->told_ns >= AGAIN_NS &&
		    a->duty_frac < x->told_frac - AGAIN_FRAC)
			tell_held(t, s, a);
		return;
	}
	if (x->shown == REASON_NONE && was == REASON_PACE)
		return;
	if (x->shown == REASON_NONE)
		explain_tell(t, CONTROL_EVENT_LIMIT, REASON_NONE,
			     "no longer held back by %s, after %.0f s", name_of(was), lasted_s);
	else
		tell_held(t, s, a);
}

/* Who has set pumps or valve must know when they do something else: at once, and when that is over. */
static void
tell_yield(struct telling *t, const struct supervisor *s)
{
	static const enum control_event CODE = CONTROL_EVENT_PUMP;
	const struct verdict *d = &s->verdict;
	struct explain *x = t->x;
	if (d->hand_yields != HAND_OBEYED)
		x->hand_ns = t->now_ns;
	if (d->hand_yields == x->hand_yields ||
	    (d->hand_yields == HAND_OBEYED && t->now_ns - x->hand_ns < YIELD_OVER_NS))
		return;
	x->hand_yields = d->hand_yields;
	switch (d->hand_yields) {
	case HAND_OBEYED:
		explain_tell(t, CODE, 0.0,
			     "pumps and valve are no longer kept from what is set by hand");
		break;
	case HAND_YIELDS_HOT:
		explain_tell(
			t, CODE, 1.0,
			"cools more than is set by hand: the wafer is above its limit of %.1f C",
			d->temp_limit_c);
		break;
	case HAND_YIELDS_DEW:
		explain_tell(
			t, CODE, 1.0,
			"opens its valve less than is set by hand: supply %.1f C, dew point and "
			"margin %.1f C",
			s->in.supply_c, s->in.supply_lo_c);
		break;
	case HAND_YIELDS_PUMP:
		explain_tell(t, CODE, 1.0, "pumps more than is set by hand: a pump failed");
		break;
	}
}

/* Whatever the law wants: who set the cap must know that it is not kept. */
static void
tell_cap(struct telling *t, const struct verdict *d)
{
	if (d->cap_missed == t->x->cap_missed)
		return;
	t->x->cap_missed = d->cap_missed;
	if (d->cap_missed)
		explain_tell(t, CONTROL_EVENT_CAP, d->input_w,
			     "draws %.1f kW, above its cap of %.1f kW: all duties are scaled down",
			     d->input_w / 1000.0, d->cap_w / 1000.0);
	else
		explain_tell(t, CONTROL_EVENT_CAP, d->input_w,
			     "draws no more than its power cap again");
}

static void
tell_doubt(struct telling *t, uint32_t i, const struct trust_one *o)
{
	char label[4];
	reticle_label(i, label);
	switch (o->why) {
	case TRUST_ALL:
		explain_tell(t, CONTROL_EVENT_INPUT, i, "sensor %s is believed again", label);
		break;
	case TRUST_OFF:
		explain_tell(t, CONTROL_EVENT_INPUT, i,
			     "sensor %s is not believed: %.1f K %s all beside it", label,
			     fabs(o->off_k), o->off_k > 0.0 ? "above" : "below");
		break;
	case TRUST_JUMP:
		explain_tell(t, CONTROL_EVENT_INPUT, i,
			     "sensor %s is not believed: it jumps, and alone", label);
		break;
	case TRUST_STILL:
		explain_tell(t, CONTROL_EVENT_INPUT, i,
			     "sensor %s is not believed: it stands still, and the power does not",
			     label);
		break;
	}
}

/* A sensor that lies is named at once: somebody may stand before it. What changes of the reason is
 * not told again. */
static void
tell_doubts(struct telling *t, const struct trust *trust)
{
	struct explain *x = t->x;
	if (trust->frozen != x->frozen)
		explain_tell(t, CONTROL_EVENT_INPUT, trust->frozen, "%s",
			     trust->frozen
				     ? "readings of the wafer are not believed: none of them moves"
				     : "readings of the wafer move again");
	x->frozen = trust->frozen;
	if (trust->believed && !x->any_doubted)
		return;
	x->any_doubted = !trust->believed;
	for (uint32_t i = 0; i < RETICLES; i++) {
		const struct trust_one *o = &trust->one[i];
		if ((o->why == TRUST_ALL) != (x->doubted[i] == TRUST_ALL))
			tell_doubt(t, i, o);
		x->doubted[i] = o->why;
	}
}

static void
tell_sensors(struct telling *t, const struct verdict *d)
{
	struct explain *x = t->x;
	if (d->inputs_lost)
		return; /* the mode tells */
	if (d->sensors_lost != x->sensors_candidate) {
		x->sensors_candidate = d->sensors_lost;
		x->sensors_ns = t->now_ns;
	}
	bool same = d->sensors_lost == x->sensors_lost && d->sensors_degraded == x->degraded;
	if (same || t->now_ns - x->sensors_ns < REPLACE_NS)
		return;
	x->sensors_lost = d->sensors_lost;
	x->degraded = d->sensors_degraded;
	if (d->sensors_degraded)
		explain_tell(t, CONTROL_EVENT_INPUT, d->sensors_lost,
			     "%u reticle sensors lost: temperature limit lowered to %.1f C",
			     d->sensors_lost, d->temp_limit_c);
	else if (d->sensors_lost)
		explain_tell(t, CONTROL_EVENT_INPUT, d->sensors_lost,
			     "%u reticle sensor%s lost, replaced by the neighbours",
			     d->sensors_lost, d->sensors_lost > 1 ? "s" : "");
	else
		explain_tell(t, CONTROL_EVENT_INPUT, 0.0, "all reticle sensors are back");
}

static void
tell_inputs(struct telling *t, const struct verdict *d, const struct trust *trust)
{
	struct explain *x = t->x;
	if (d->mode == CTL_OFF || d->mode == CTL_MAINTENANCE)
		return;
	tell_doubts(t, trust);
	tell_sensors(t, d);
	if (d->cooling_lost == x->cooling_lost)
		return;
	x->cooling_lost = d->cooling_lost;
	if (d->cooling_lost)
		explain_tell(t, CONTROL_EVENT_INPUT, 1.0,
			     "cooling readings lost: pumps and valve 100 %%");
	else
		explain_tell(t, CONTROL_EVENT_INPUT, 0.0, "cooling readings are back");
}

/* Does it cost something? */
static bool
holds(enum ctl_reason reason)
{
	return reason != REASON_NONE && reason != REASON_PACE;
}

/* --- what a person has to mend: one zone a step, so that none goes untold --- */
static void
tell_zones(struct telling *t, const struct estimate *e)
{
	struct explain *x = t->x;
	int z = 0;
	while (z < ZONES && x->clogged[z] == e->zone_clogged[z])
		z++;
	if (z == ZONES)
		return;
	x->clogged[z] = e->zone_clogged[z];
	if (x->clogged[z])
		explain_tell(t, CONTROL_EVENT_ZONE, e->zone_flow[z],
			     "column %d of the cold plate is clogged: %.0f %% of its flow", z + 1,
			     100.0 * e->zone_flow[z]);
	else if (!e->zone_sure[z]) /* forgotten: the block is another */
		explain_tell(t, CONTROL_EVENT_ZONE, (double)NAN,
			     "column %d of the cold plate: nothing is known of its flow any more",
			     z + 1);
	else
		explain_tell(t, CONTROL_EVENT_ZONE, e->zone_flow[z],
			     "column %d of the cold plate has its flow again: %.0f %%", z + 1,
			     100.0 * e->zone_flow[z]);
}

static void
tell_wear(struct telling *t, const struct estimate *e)
{
	struct explain *x = t->x;
	tell_zones(t, e);
	if (e->fouled != x->fouled)
		explain_tell(t, CONTROL_EVENT_EXCHANGER, e->ua_frac,
			     "heat exchanger %s: UA is %.0f %% of a clean one's",
			     e->fouled ? "is fouled" : "is no longer fouled", 100.0 * e->ua_frac);
	x->fouled = e->fouled;
	if (e->unbalanced != x->unbalanced)
		explain_tell(t, CONTROL_EVENT_BALANCE, e->heat_balance_frac,
			     "heat balance %s: the coolant takes %.0f %% of what the power makes",
			     e->unbalanced ? "is off, a meter lies" : "agrees again",
			     100.0 * e->heat_balance_frac);
	x->unbalanced = e->unbalanced;
}

int
explain_step(struct explain *x, const struct control_params *p, const struct supervisor *s,
	     const struct view *v, int64_t now_ns, struct account *out,
	     struct image_event events[EXPLAIN_EVENTS])
{
	struct telling t = {.x = x, .events = events, .now_ns = now_ns};
	const struct verdict *d = &s->verdict;
	refill(x, now_ns);
	account_face(out, &s->sensors, &s->in.jobs);
	out->mode = d->mode;
	out->duty_frac = d->least_frac;
	tell_mode(&t, p, d->mode);
	tell_stop(&t, d);
	tell_reason(&t, s, out, p, v);
	tell_yield(&t, s);
	tell_cap(&t, d);
	explain_pumps(&t, s);
	explain_ballast(&t, p, s);
	tell_inputs(&t, d, &s->trust);
	tell_wear(&t, &s->estimate);
	bool over = !d->inputs_lost &&
		    (out->spread_k > s->setup.spread_limit_k || out->tmax_c > d->temp_limit_c);
	bool ours = d->mode != CTL_OFF && d->mode != CTL_MAINTENANCE;
	if (ours && (over || holds(d->reason) || holds(x->shown)))
		x->limited_ns = now_ns;
	out->limited_age_s = (double)(now_ns - x->limited_ns) / (double)NS_PER_S;
	return t.n;
}
