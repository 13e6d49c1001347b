/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wafer and cold plate at one silicon and one copper node a reticle (the `reference` grid). Arrays
 * over reticles are [RETICLES], index i = 12 y + x: x = 0..11 the groove zone, y = 0..6 along the
 * flow, so that a row of 12 zones is contiguous and the compiler's vectors run over zones.
 *
 *   C_si dT_si/dt = P_i - G a_i (T_si - T_cu) + lateral
 *   C_cu dT_cu/dt = G a_i (T_si - T_cu) - q_i + lateral
 *   P_i = powered (leak_w l_i exp(leak_per_k (T_si - leak_ref_c)) + load_i)
 *   coolant, row by row: f = 1 - exp(-hA r_y b_i / (m_x cp)), hA = ha_w_k (m_x / (m_nom / 12))^.4
 *     q = m_x cp f (T_cu - th), th += f (T_cu - th), th = supply at y = 0;  m_x = m g_x / sum g
 *
 * The edges are adiabatic. f is the effectiveness of a cell whose wall has one temperature, so the
 * march is exact at any flow; r_y is the entrance effect of the grooves.
 */
#ifndef ISOTHERM_ENGINE_SIM_WAFER_H
#define ISOTHERM_ENGINE_SIM_WAFER_H

#include "config/plant.h"
#include "config/wafer.h"
#include "engine_sim/model.h"

#define WAFER_STEP_S 0.01

struct wafer_state {
	double si_c[RETICLES], cu_c[RETICLES];
	/* half of what the last step moved them by */
	double half_si_k[RETICLES], half_cu_k[RETICLES];
};

/* What a flow does to the march; valid until the flow, a zone or a cooling number changes. */
struct wafer_cooling {
	double part[ZONES], units[ZONES];      /* of the flow; hA / (m_x cp) at the nominal one */
	double least_part, most_units;         /* of those */
	double flow_kg_s;                      /* whole plate */
	double zone_w_k[ZONES];                /* m_x cp */
	double zone_share[ZONES];              /* m_x / m */
	double effect[RETICLES];               /* f, 0..1 */
	double contact[RETICLES];              /* G a_i, W/K */
	double down[RETICLES], back[RETICLES]; /* p and k of wafer_step */
	double below[RETICLES]; /* -hA r_y b_i / (m_x cp), f = 1 - exp() of it, at this: */
	double per_flow;        /* of hA over the flow, of the nominal; NAN: not to go on from */
};

struct wafer_rates {
	double si_k_s[RETICLES], cu_k_s[RETICLES];
	double power_w;   /* of the whole wafer */
	double coolant_w; /* into the coolant */
	double outlet_c;  /* mixed over the zones */
};

void wafer_variation_none(struct wafer_variation *v);
/* a ~ 1 + .05 N, b ~ 1 + .03 N, l ~ exp(.12 N), keyed by the wafer's seed. */
void wafer_variation_seed(struct wafer_variation *v, uint64_t seed);

/* zone_g[ZONES]: relative opening of a zone, 1 clean, 0 shut. A zone without flow takes no heat. */
void wafer_cooling_set(struct wafer_cooling *out, const struct model *md,
		       const struct wafer_variation *v, double flow_kg_s,
		       const double zone_g[ZONES]);
/* The same when nothing but the flow is another one. */
void wafer_cooling_move(struct wafer_cooling *out, const struct model *md,
			const struct wafer_variation *v, double flow_kg_s);

/* load_w[RETICLES]: idle and dynamic power (and ballast). powered: 0 or 1. */
void wafer_rates(struct wafer_rates *out, const struct model *md, const struct wafer_variation *v,
		 const struct wafer_cooling *cool, const struct wafer_state *s,
		 const double load_w[RETICLES], double powered, double supply_c);

/*
 * A step of WAFER_STEP_S, of second order: Crank-Nicolson for contact and march, solved exactly along
 * the flow, and Adams-Bashforth for leakage and what flows sideways, which are of a state that the step
 * before foretells (column.h does likewise, and says whose). So one look at the wafer makes a step,
 * and its stiffest mode, silicon on copper at -39 /s, is off by 1.3 % of its rate.
 *   a = si + (P + lateral) h / 2 C_si, b = cu + lateral h / 2 C_cu
 *   p = (h / 2 C_cu) G a_i / (1 + (h / 2 C_si) G a_i), e = p C_cu / C_si, q = (h / 2 C_cu) m_x cp f
 *   k = 1 / (1 + p + q)
 * Load and supply_c are constant over it, as in its middle; power, mixed outlet temperature and stored_w,
 * what silicon and copper take on, are means over it.
 */
struct wafer_inputs {
	const struct model *md;
	const struct wafer_variation *variation;
	const struct wafer_cooling *cool;
	const double *load_w; /* [RETICLES] */
	double powered, supply_c;
};
struct wafer_moves {
	double power_w, outlet_c, stored_w;
};
void wafer_step(struct wafer_state *s, struct wafer_moves *out, const struct wafer_inputs *in);
/* At rest: the next step is foretold nothing. */
void wafer_rest(struct wafer_state *s);

/*
 * No less than the largest rate of the wafer's equations, 1/s, at any flow up to flow_kg_s and
 * whatever zones are shut: while step times rate is below 2, contact and film do not ring. Sum of the
 * bounds of exchange in a reticle, conduction between them and the film. Conduction alone has to stay
 * below 1 for Adams-Bashforth to be stable: the ranges of config/model.def end at .8.
 */
double wafer_rate_per_s(const struct model *md, const struct wafer_variation *v, double flow_kg_s);

/* Power of each reticle at that temperature, out[RETICLES]; returns the sum. */
double wafer_power(double out_w[RETICLES], const struct model *md, const struct wafer_variation *v,
		   const double si_c[RETICLES], const double load_w[RETICLES], double powered);

struct wafer_extremes {
	double tmax_c, tmin_c, mean_c, spread_k;
};
void wafer_extremes(struct wafer_extremes *out, const double temp_c[RETICLES]);
/* The first reticle of that temperature, 0 if there is none. */
uint32_t wafer_where(const double temp_c[RETICLES], double t_c);

#endif
