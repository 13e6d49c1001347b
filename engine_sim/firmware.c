/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/firmware.h"

#include <math.h>

#include "engine_sim/lanes.h"
#include "engine_sim/limits.h"

#define STEPS(seconds) ((int64_t)((seconds) / PROCESS_STEP_S + 0.5))

#define SEQ_EXPIRY_S 3.0 /* three periods of the supervisor */
#define START_GRACE_S 30.0
#define LOCAL_UP_PER_S 0.05

#define WARNING_C 51.5
#define ALARM_C 55.0
#define TRIP_PAIR_C 65.0
#define TRIP_ONE_C 75.0
#define RESET_BELOW_C 55.0
#define TRIP_FLOW_FRAC 0.45
#define FLOW_AGAIN_FRAC 0.5
#define LOW_FLOW_COUNT 6 /* of interlock periods: 300 ms */
#define PUMP_STANDS 0.02
#define LEAK_PRESSURE_KPA 70.0
#define HOT_HOLD_S 120.0

#define FOLD_PER_K 0.08
#define FOLD_MIN 0.2
#define FOLD_DOWN 0.2 /* a tick */
#define FOLD_UP 0.005
#define FOLD_ABOVE_K 1.5 /* supervisor */
#define FOLD_BELOW_K 1.0 /* local */
#define BELIEVE_K 3.0
#define BLIND_C 150.0 /* without any reading it may be as hot as that */
#define FLOW_CAP_FRAC 0.7
#define FLOW_CAP_EXPONENT 0.8

#define CEILING_GAIN 0.6
#define CEILING_UP 0.005 /* a tick */
#define CEILING_MIN 0.05
#define BALLAST_GONE 0.05 /* scaled down by so much, a block does none */

#define SHARE_LO 0.3
#define SHARE_HI 1.15
#define SHARE_MEAN_TOLERANCE 0.002
#define SHARE_SAME 5e-5 /* half a register step */
#define RESHARE_S 2.0
#define RESHARE_EVERY_S 20.0
#define RESHARE_SLOW 0.5

void
firmware_init(struct firmware *fw, const struct process *p, double temp_limit_c)
{
	*fw = (struct firmware){.start_valve = p->valve};
	fw->engine.temp_limit_c = temp_limit_c;
	fw->engine.fold = fw->engine.flow_cap = fw->engine.ceiling_scale = 1.0;
	fw->engine.flow_seen = true;
	fw->engine.duty_new = true;
	for (int i = 0; i < RETICLES; i++) {
		fw->start_duty[i] = fw->engine.duty_cmd[i] = p->duty[i];
		fw->engine.share_cmd[i] = p->share[i];
	}
	for (int j = 0; j < JOBS_MAX; j++)
		fw->engine.batch_cmd[j] = 1.0;
	for (int k = 0; k < PUMPS; k++)
		fw->start_pump[k] = fw->cooling.pump_cmd[k] = p->pump[k];
	fw->cooling.valve_cmd = p->valve;
}

/* ---- who is in charge ---- */

void
firmware_seq(struct watchdog *dog, uint16_t seq, int64_t step)
{
	if (dog->ever && seq == dog->seq)
		return;
	dog->ever = true;
	dog->seq = seq;
	dog->seen_step = step;
	if (!dog->released) {
		dog->authority = AUTHORITY_SUPERVISOR;
		dog->expired = false;
	}
}

void
firmware_release(struct watchdog *dog, bool release)
{
	dog->released = release;
	if (release) {
		dog->authority = AUTHORITY_LOCAL;
		dog->expired = false;
	}
}

static void
watch(struct watchdog *dog, int64_t step)
{
	if (dog->authority != AUTHORITY_SUPERVISOR || step - dog->seen_step < STEPS(SEQ_EXPIRY_S))
		return;
	dog->authority = AUTHORITY_LOCAL;
	dog->expired = true;
}

/* Nobody has spoken yet and the start is young: keep the operating point. */
static bool
in_grace(const struct watchdog *dog, int64_t step)
{
	return !dog->ever && !dog->released && step < STEPS(START_GRACE_S);
}

void
firmware_ceiling(struct engine_unit *e, int64_t step)
{
	e->ceiling_until = e->ceiling_w > 0.0 ? step + STEPS(e->ceiling_for_s) : step;
}

/* ---- L0 ---- */

static double
hottest_neighbour(const double t[RETICLES], int i)
{
	int x = i % ZONES, y = i / ZONES;
	double best = -INFINITY;

	/* the one without a reading, a NaN, is never the greater */
	if (x > 0)
		best = most(t[i - 1], best);
	if (x < ZONES - 1)
		best = most(t[i + 1], best);
	if (y > 0)
		best = most(t[i - ZONES], best);
	if (y < ROWS - 1)
		best = most(t[i + ZONES], best);
	return best;
}

static bool
too_hot(const struct sensors *s)
{
	const double *t = s->temp_c;

	if (!(s->hottest_c >= TRIP_PAIR_C)) /* mostly nobody needs to look at neighbours */
		return false;
	for (int i = 0; i < RETICLES; i++)
		if (t[i] >= TRIP_ONE_C ||
		    (t[i] >= TRIP_PAIR_C && hottest_neighbour(t, i) >= TRIP_PAIR_C))
			return true;
	return false;
}

static bool
pumps_lost(const struct process *p)
{
	for (int k = 0; k < PUMPS; k++)
		if (p->faults.pump_failed[k] <= 0.5 && p->pump[k] > PUMP_STANDS)
			return false;
	return true;
}

static bool
fan_lost(const struct process *p)
{
	for (int k = 0; k < FANS; k++)
		if (p->facility == FACILITY_AIR && p->faults.fan_failed[k] > 0.5)
			return true;
	return false;
}

static int
ropes_wet(const struct process *p)
{
	int wet = 0;

	for (int k = 0; k < LEAK_ROPES; k++)
		wet += p->faults.leak[k] > 0.5;
	return wet;
}

static bool
leaking(const struct process *p, const struct sensors *s)
{
	int wet = ropes_wet(p);

	return wet >= 2 || (wet == 1 && s->return_kpa < LEAK_PRESSURE_KPA);
}

/* Power stands on enough flow: it comes back only once the pumps have brought it, and is cut when
 * it is gone for 300 ms. */
static bool
flow_lost(struct engine_unit *e, const struct process *p, const struct sensors *s)
{
	if (s->flow_kg_s >= FLOW_AGAIN_FRAC * p->md.m_nom_kg_s)
		e->flow_seen = true;
	if (!e->flow_seen || s->flow_kg_s >= TRIP_FLOW_FRAC * p->md.m_nom_kg_s)
		e->low_flow_count = 0;
	else
		e->low_flow_count++;
	return e->low_flow_count >= LOW_FLOW_COUNT;
}

static void
interlocks(struct firmware *fw, const struct process *p, const struct sensors *s, int64_t step)
{
	struct engine_unit *e = &fw->engine;

	if (too_hot(s)) {
		e->trips |= TRIP_TEMPERATURE;
		fw->cooling.hot_until = step + STEPS(HOT_HOLD_S);
	}
	if (leaking(p, s))
		e->trips |= TRIP_LEAK;
	if (e->trips & TRIP_LEAK) { /* it stops the pumps itself: their silence is no fault */
		e->flow_seen = false;
		e->low_flow_count = 0;
	} else {
		if (flow_lost(e, p, s))
			e->trips |= TRIP_FLOW;
		if (pumps_lost(p) && e->flow_seen)
			e->trips |= TRIP_PUMPS;
	}
	if (p->power.overload)
		e->trips |= TRIP_CURRENT;
}

void
firmware_reset(struct firmware *fw, const struct process *p, const struct sensors *s)
{
	struct engine_unit *e = &fw->engine;
	bool cool = true;
	int known = 0;

	for (int i = 0; i < RETICLES; i++) {
		cool = cool && !(s->temp_c[i] >= RESET_BELOW_C);
		known += isfinite(s->temp_c[i]) ? 1 : 0;
	}
	if (cool && 2 * known >= RETICLES) /* a wafer that isn't seen isn't known to be cold */
		e->trips &= ~(uint32_t)TRIP_TEMPERATURE;
	if (s->flow_kg_s >= FLOW_AGAIN_FRAC * p->md.m_nom_kg_s)
		e->trips &= ~(uint32_t)TRIP_FLOW;
	if (!pumps_lost(p))
		e->trips &= ~(uint32_t)TRIP_PUMPS;
	if (ropes_wet(p) == 0)
		e->trips &= ~(uint32_t)TRIP_LEAK;
	if (!p->power.overload)
		e->trips &= ~(uint32_t)TRIP_CURRENT;
	e->low_flow_count = 0;
}

/* ---- L1 and the 100 ms tick ---- */

static double
believed(const double t[RETICLES], int i)
{
	double around = hottest_neighbour(t, i);

	return isfinite(around) ? least(t[i], around + BELIEVE_K) : t[i];
}

static double
believed_max(const struct sensors *s)
{
	const double *t = s->temp_c;
	double hottest = s->hottest_c, best = -INFINITY;

	/* mostly the hottest reading is believed, and no other can be more */
	if (isfinite(hottest))
		best = believed(t, (int)wafer_where(t, hottest));
	for (int i = 0; best < hottest && i < RETICLES; i++)
		if (t[i] > best)
			best = most(best, believed(t, i));
	return isfinite(best) ? best : BLIND_C;
}

static void
foldback(struct engine_unit *e, const struct process *p, const struct sensors *s, double tmax_c)
{
	bool charged = e->dog.authority == AUTHORITY_SUPERVISOR;
	double fold_c = e->temp_limit_c + (charged ? FOLD_ABOVE_K : -FOLD_BELOW_K);
	double want = clamp(1.0 - FOLD_PER_K * (tmax_c - fold_c), FOLD_MIN, 1.0);
	double flow = s->flow_kg_s / (FLOW_CAP_FRAC * p->md.m_nom_kg_s);

	e->fold = clamp(want, e->fold - FOLD_DOWN, e->fold + FOLD_UP);
	e->flow_cap = flow < 1.0 ? pow(flow, FLOW_CAP_EXPONENT) : 1.0;
}

static void
hold_ceiling(struct engine_unit *e, const struct sensors *s, int64_t step)
{
	double want = 1.0;

	if (step < e->ceiling_until)
		want = e->ceiling_scale *
		       (1.0 + CEILING_GAIN * (e->ceiling_w - s->wafer_w) / e->ceiling_w);
	want = least(clamp(want, CEILING_MIN, 1.0), e->ceiling_scale + CEILING_UP);
	e->duty_new = e->duty_new || want < e->ceiling_scale || want > e->ceiling_scale;
	e->ceiling_scale = want;
}

/* May slot j have the shares demanded, and are they others? A set that is being written piece by piece fails the mean
 * and waits. */
static bool
new_shares(const struct engine_unit *e, const struct process *p, uint32_t j)
{
	bool differs = false, legal = true;
	double sum = 0.0;

	for (int i = 0; i < RETICLES; i++) {
		if (p->jobs.of[i] != j)
			continue;
		differs = differs || fabs(e->share_cmd[i] - p->share[i]) > SHARE_SAME;
		legal = legal && e->share_cmd[i] >= SHARE_LO && e->share_cmd[i] <= SHARE_HI;
		sum += e->share_cmd[i] - 1.0;
	}
	return differs && legal && fabs(sum) <= SHARE_MEAN_TOLERANCE * p->job.slot[j].size;
}

/* Are other shares demanded than those in force, of any job? */
WIDE static bool
other_shares(const double cmd[RETICLES], const double share[RETICLES])
{
	four_bits any = {0};

	for (int i = 0; i < RETICLES; i += LANES) {
		four by = four_load(cmd + i) - four_load(share + i);

		any |= (four_bits)(by > SHARE_SAME) | (four_bits)(by < -SHARE_SAME);
	}
	return four_any(any);
}

/* New shares come into force at once, and the job runs at half rate while the work moves. */
static void
reshare(struct engine_unit *e, struct process *p, int64_t step)
{
	if (e->shares_asked)
		e->shares_asked = other_shares(e->share_cmd, p->share);
	if (!e->resharing && !e->shares_asked)
		return;
	e->resharing = false;
	for (uint32_t j = 0; j < JOBS_MAX; j++) {
		struct job *job = &p->jobs.job[j];
		double was = job->slow;

		job->slow = step < e->reshare_until[j] ? RESHARE_SLOW : 1.0;
		if (p->job.slot[j].size > 0 && step >= e->reshare_after[j] && new_shares(e, p, j)) {
			for (int i = 0; i < RETICLES; i++)
				if (p->jobs.of[i] == j)
					p->share[i] = e->share_cmd[i];
			job->slow = RESHARE_SLOW;
			p->jobs.version++;
			e->reshare_until[j] = step + STEPS(RESHARE_S);
			e->reshare_after[j] = step + STEPS(RESHARE_EVERY_S);
		}
		if (job->slow < was || job->slow > was)
			p->jobs.version++;
		e->resharing = e->resharing || job->slow < 1.0;
	}
}

void
firmware_new_job(struct firmware *fw, struct process *p, uint32_t slot)
{
	struct engine_unit *e = &fw->engine;

	e->reshare_until[slot] = e->reshare_after[slot] = 0;
	e->batch_cmd[slot] = 1.0;
	e->new_jobs |= 1u << slot;
	for (int i = 0; i < RETICLES; i++)
		if (p->jobs.of[i] == slot)
			e->share_cmd[i] = p->share[i] = 1.0;
	p->jobs.version++;
}

void
firmware_share(struct engine_unit *e, uint32_t reticle, double share)
{
	e->share_cmd[reticle] = share;
	e->shares_asked = true;
}

/* A supervisor is gone: what it demanded of shares is taken back, and comes into force as any. */
static void
take_back(struct engine_unit *e, const struct process *p)
{
	bool gone = e->dog.authority == AUTHORITY_LOCAL && e->was_authority == AUTHORITY_SUPERVISOR;

	e->was_authority = e->dog.authority;
	for (uint32_t j = 0; gone && j < JOBS_MAX; j++) {
		e->batch_cmd[j] = 1.0;
		e->new_jobs |= 1u << j;
	}
	for (int i = 0; gone && i < RETICLES; i++)
		if (p->jobs.of[i] < JOBS_MAX)
			firmware_share(e, (uint32_t)i, 1.0);
	if (!(gone && e->ballast_any))
		return;
	for (int i = 0; i < RETICLES; i++)
		e->ballast_cmd_w[i] = 0.0;
	e->ballast_is_back = true;
}

/* Dummy work as it is asked for, or none. Where nothing is asked, what a fault has put there stays. */
static void
do_ballast(struct engine_unit *e, struct process *p)
{
	bool may = e->dog.authority == AUTHORITY_SUPERVISOR && e->trips == 0 && p->powered > 0.5 &&
		   e->fold >= 1.0 && e->flow_cap >= 1.0;
	/* a ceiling takes it before duty, but not all of it at a touch: the ceiling is just above a cap */
	double part = clamp(1.0 - (1.0 - e->ceiling_scale) / BALLAST_GONE, 0.0, 1.0);
	bool moved = false;
	double sum_w = 0.0;

	if (!e->ballast_any)
		return;
	e->ballast_any = false;
	for (int i = 0; i < RETICLES; i++) {
		double now = may ? part * e->ballast_cmd_w[i] : 0.0, was = p->jobs.ballast_w[i];

		if (!(e->ballast_cmd_w[i] > 0.0) && !(e->ballast_w[i] > 0.0))
			continue;
		e->ballast_any = true;
		e->ballast_w[i] = now;
		if (!(now < was) && !(now > was))
			continue;
		p->jobs.ballast_w[i] = now;
		p->jobs.version++;
		moved = true;
	}
	for (int i = 0; moved && i < RETICLES; i++)
		sum_w += e->ballast_w[i];
	if (moved)
		e->ballast_sum_w = sum_w;
}

void
firmware_ballast(struct engine_unit *e, uint32_t reticle, double watts)
{
	e->ballast_cmd_w[reticle] = clamp(watts, 0.0, BALLAST_MOST_W);
	e->ballast_any = true;
}

static void
tick(struct firmware *fw, struct process *p, const struct sensors *s, int64_t step)
{
	struct engine_unit *e = &fw->engine;
	double tmax_c = believed_max(s);

	watch(&e->dog, step);
	watch(&fw->cooling.dog, step);
	take_back(e, p);
	foldback(e, p, s, tmax_c);
	hold_ceiling(e, s, step);
	reshare(e, p, step);
	do_ballast(e, p);
	e->status = (p->powered > 0.5 ? ENGINE_POWERED : 0u) |
		    (tmax_c >= WARNING_C ? ENGINE_WARNING : 0u) |
		    (tmax_c >= ALARM_C ? ENGINE_ALARM : 0u) |
		    (e->fold < 1.0 ? ENGINE_FOLDBACK : 0u) |
		    (e->flow_cap < 1.0 ? ENGINE_LOW_FLOW : 0u) |
		    (step < e->ceiling_until || e->ceiling_scale < 1.0 ? ENGINE_CEILING : 0u) |
		    (e->trips ? ENGINE_TRIPPED : 0u) | (e->dog.expired ? ENGINE_SEQ_EXPIRED : 0u) |
		    (e->resharing ? ENGINE_RESHARE : 0u);
	fw->cooling.status = (pumps_lost(p) ? 0u : COOLING_PUMPING) |
			     (p->faults.pump_failed[0] > 0.5 ? COOLING_PUMP_0_FAIL : 0u) |
			     (p->faults.pump_failed[1] > 0.5 ? COOLING_PUMP_1_FAIL : 0u) |
			     (fan_lost(p) ? COOLING_FAN_FAIL : 0u) |
			     (ropes_wet(p) > 0 ? COOLING_LEAK : 0u) |
			     (e->trips & TRIP_LEAK ? COOLING_LEAK_STOP : 0u) |
			     (step < fw->cooling.hot_until ? COOLING_HOT_HOLD : 0u) |
			     (fw->cooling.dog.expired ? COOLING_SEQ_EXPIRED : 0u);
}

/* ---- what the actuators are told ---- */

static enum duty_from
duty_from(const struct engine_unit *e, int64_t step)
{
	if (e->dog.authority == AUTHORITY_SUPERVISOR)
		return DUTY_OF_SUPERVISOR;
	return in_grace(&e->dog, step) ? DUTY_OF_START : DUTY_LOCAL;
}

static void
demand_duty(struct firmware *fw, const struct process *p, int64_t step, struct process_demand *out)
{
	struct engine_unit *e = &fw->engine;
	enum duty_from from = duty_from(e, step);
	const double *cmd = from == DUTY_OF_SUPERVISOR ? e->duty_cmd : fw->start_duty;

	out->duty_same = from != DUTY_LOCAL && from == e->duty_from && !e->duty_new;
	e->duty_from = from;
	e->duty_new = false;
	/* the lesser, not the product: asking for what is applied then changes nothing */
	for (int i = 0; i < RETICLES && from != DUTY_LOCAL && !out->duty_same; i++)
		out->duty[i] = least(cmd[i], e->ceiling_scale);
	for (int i = 0; i < RETICLES && from == DUTY_LOCAL; i++)
		out->duty[i] =
			least(e->ceiling_scale, p->duty[i] + LOCAL_UP_PER_S * PROCESS_STEP_S);
	out->powered = e->trips == 0 && e->flow_seen;
	out->duty_cap = out->powered ? least(e->fold, e->flow_cap) : 0.0;
}

static void
demand_cooling(const struct firmware *fw, int64_t step, struct process_demand *out)
{
	const struct cooling_unit *c = &fw->cooling;
	bool charged = c->dog.authority == AUTHORITY_SUPERVISOR, grace = in_grace(&c->dog, step);

	for (int k = 0; k < PUMPS; k++)
		out->pump[k] = charged ? c->pump_cmd[k] : grace ? fw->start_pump[k] : 1.0;
	out->valve = charged ? c->valve_cmd : grace ? fw->start_valve : 1.0;
	if (step < c->hot_until)
		out->pump[0] = out->pump[1] = 1.0;
	if (fw->engine.trips & TRIP_LEAK)
		out->pump[0] = out->pump[1] = out->valve = 0.0;
}

void
firmware_demand(struct firmware *fw, const struct process *p, int64_t step,
		struct process_demand *out)
{
	demand_duty(fw, p, step, out);
	demand_cooling(fw, step, out);
}

void
firmware_sample(struct firmware *fw, struct process *p, struct sensors *s, int64_t step)
{
	if (step % FIRMWARE_INTERLOCK_STEPS != 0)
		return;
	if (step % FIRMWARE_TICK_STEPS == 0)
		sensors_wafer(s, p, (uint64_t)(step / FIRMWARE_TICK_STEPS));
	sensors_loop(s, p, (uint64_t)(step / FIRMWARE_INTERLOCK_STEPS));
	interlocks(fw, p, s, step);
	if (step % FIRMWARE_TICK_STEPS == 0)
		tick(fw, p, s, step);
}

uint32_t
firmware_part_status(bool running, bool failed)
{
	return (running ? PART_RUNNING : 0u) | (failed ? PART_FAILED : 0u);
}
