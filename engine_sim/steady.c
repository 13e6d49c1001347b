/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/steady.h"

#include <errno.h>
#include <math.h>

#include "engine_sim/hydraulics.h"
#include "engine_sim/limits.h"

#define AT_REST_K 1e-11 /* largest move of a round at which the state counts as at rest */
#define ROUNDS_MAX 200000
#define FLOW_MIN_KG_S 1e-3
#define NOMINAL_SUPPLY_C 24.0
#define AT_REST_FINE_K 1e-10
#define TURNS_MAX 200
#define RUNAWAY_K 1e4

/* Virtual time step of each node: its capacity over the conductances that meet in it. */
struct paces {
	double si_s[RETICLES], cu_s[RETICLES], hot_s, cold_s;
};

static void
paces_set(struct paces *out, const struct process *p)
{
	const struct model *md = &p->md;
	double c = p->cool.flow_kg_s * md->cp_j_kg_k;

	for (int i = 0; i < RETICLES; i++) {
		double g = p->cool.contact[i];
		double q = p->cool.zone_w_k[i % ZONES] * p->cool.effect[i];

		out->si_s[i] = md->c_si_j_k / (g + 2.0 * (md->k_si_x_w_k + md->k_si_y_w_k));
		out->cu_s[i] = md->c_cu_j_k / (g + q + 2.0 * (md->k_cu_x_w_k + md->k_cu_y_w_k));
	}
	out->hot_s = md->hot_kg * md->cp_j_kg_k / c;
	out->cold_s = md->cold_kg * md->cp_j_kg_k / c;
}

/* One round; the largest move is returned. The loop stands still where hold is set. */
static double
round_of(struct process *p, const struct paces *t, bool hold)
{
	struct facility_water fw = process_facility(p, p->valve);
	struct coolant_rates c;
	struct hx_line line;
	struct wafer_rates k;
	double moved = 0.0;

	wafer_rates(&k, &p->md, &p->variation, &p->cool, &p->wafer, p->load_w, p->powered,
		    p->loop.cold_c);
	coolant_line(&line, &p->md, p->cool.flow_kg_s, 1.0, &fw);
	coolant_rates(&c, &p->loop, k.outlet_c, power_loss_to_loop_w(&p->md, k.power_w), &line,
		      fw.supply_c);
	for (int i = 0; i < RETICLES; i++) {
		double si = t->si_s[i] * k.si_k_s[i], cu = t->cu_s[i] * k.cu_k_s[i];

		p->wafer.si_c[i] += si;
		p->wafer.cu_c[i] += cu;
		moved = most(moved, most(fabs(si), fabs(cu)));
	}
	p->loop.hot_c += t->hot_s * c.hot_k_s;
	moved = most(moved, fabs(t->hot_s * c.hot_k_s));
	if (hold)
		return moved;
	p->loop.cold_c += t->cold_s * c.cold_k_s;
	return most(moved, fabs(t->cold_s * c.cold_k_s));
}

static int
settle(struct process *p, bool hold)
{
	struct paces t;

	wafer_rest(&p->wafer);
	paces_set(&t, p);
	for (int n = 0; n < ROUNDS_MAX; n++) {
		double moved = round_of(p, &t, hold);

		if (moved < AT_REST_K)
			return 0;
		if (!isfinite(moved))
			break;
	}
	return -EDOM;
}

/* Supply and return of the loop that rests with that heat in it, at p->valve. The heat exchanger
 * is linear in the difference of its inlets. False: nothing takes the heat. */
static bool
loop_at_rest(struct process *p, double heat_w, bool hold)
{
	double c = p->cool.flow_kg_s * p->md.cp_j_kg_k;
	struct facility_water fw = process_facility(p, p->valve);
	struct hx_result hx;

	fw.supply_c = 0.0;
	if (!hold) {
		coolant_hx(&hx, &p->md, p->cool.flow_kg_s, 1.0, &fw);
		if (!(hx.heat_w > 0.0))
			return false;
		p->loop.cold_c = p->faults.supply_c + heat_w / hx.heat_w - heat_w / c;
	}
	p->loop.hot_c = p->loop.cold_c + heat_w / c;
	return true;
}

/* Power, loop and columns in turn: leakage is a small part, so each turn errs by a tenth at most of
 * the one before. */
static int
settle_fine(struct process *p, bool hold)
{
	for (int n = 0; n < TURNS_MAX; n++) {
		double power_w[RETICLES], total_w, moved = 0.0;
		int rc;

		total_w = wafer_power(power_w, &p->md, &p->variation, p->wafer.si_c, p->load_w,
				      p->powered);
		if (!loop_at_rest(p, total_w + power_loss_to_loop_w(&p->md, total_w), hold))
			return -EDOM;
		rc = fine_rest(p->fine, power_w, p->loop.cold_c);
		if (rc < 0)
			return rc;
		for (int i = 0; i < RETICLES; i++) {
			double t = p->fine->flows.silicon_c[i];

			moved = most(moved, fabs(t - p->wafer.si_c[i]));
			p->wafer.si_c[i] = t;
		}
		if (moved < AT_REST_FINE_K)
			return 0;
		if (!(moved < RUNAWAY_K))
			break;
	}
	return -EDOM;
}

static int
settle_any(struct process *p, bool hold)
{
	return p->fine ? settle_fine(p, hold) : settle(p, hold);
}

/* The valve that holds that supply against the return as it is. Fans whose speeds are unlike give no
 * fixed part of what the common speed would: their part is found with it. */
static void
set_valve(struct process *p, double hold_c)
{
	double was;

	for (int n = 0; n < TURNS_MAX; n++) {
		struct facility_water fw = process_facility(p, p->valve);

		was = p->valve;
		p->valve = coolant_valve_for(&p->md, p->cool.flow_kg_s, p->loop.hot_c, hold_c, &fw);
		process_fans_rest(p);
		if (fabs(p->valve - was) < 1e-12)
			break;
	}
}

int
steady_solve(struct process *p, double hold_c, bool hold_always)
{
	bool hold = isfinite(hold_c);
	int rc = 0;

	for (int k = 0; k < PUMPS; k++) {
		if (p->faults.pump_speed[k] >= 0.0)
			p->pump[k] = p->faults.pump_speed[k];
		if (p->faults.pump_failed[k] > 0.5)
			p->pump[k] = 0.0;
	}
	if (p->faults.valve >= 0.0)
		p->valve = clamp(p->faults.valve, p->md.valve_min, 1.0);
	process_fans_rest(p);
	process_refresh(p);
	if (p->cool.flow_kg_s < FLOW_MIN_KG_S)
		return -EDOM;
	if (hold) {
		p->loop.cold_c = hold_c;
		rc = settle_any(p, true);
		if (rc == 0 && !hold_always) {
			set_valve(p, hold_c);
			hold = false;
		}
	}
	if (rc == 0 && !hold)
		rc = settle_any(p, false);
	process_refresh(p);
	hydraulics_rest(p);
	return rc;
}

int
steady_nominal_spread(const struct process *like, enum grid grid, double *spread_k)
{
	struct wafer_extremes ex;
	struct process p;
	int rc;

	process_init(&p);
	p.md = like->md;
	p.variation = like->variation;
	p.stale = true;
	rc = process_grid(&p, grid, like);
	if (rc == 0)
		rc = steady_solve(&p, NOMINAL_SUPPLY_C, true);
	wafer_extremes(&ex, p.wafer.si_c);
	*spread_k = ex.spread_k;
	process_close(&p);
	return rc;
}
