/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wafer on its cold plate as layers: silicon, interface, copper, and behind it a film to a fixed
 * temperature or channels with coolant. Lengths in m, k in W/(m K), rho c in J/(m3 K); everything
 * "of an area" is a square metre's. Power enters at the outer silicon face; the rims are adiabatic.
 *
 * The exact answer of such a slab to power that varies as cos(kx x) cos(ky y) is a chain of
 * admittances, from the back to the face: a layer of thickness L turns y below it into
 *   y' = k g (y + k g tanh(g L)) / (k g + y tanh(g L)),  g^2 = kx^2 + ky^2 + s rho c / k
 * (Carslaw and Jaeger, Conduction of Heat in Solids, 2nd ed., 3.7 for the layered slab). Channels
 * are straight fins, m^2 = 2 h / (k wall) + ky^2 + s rho c / k, whose tips carry the cover and its ceiling film:
 *   q = k wall m (sinh mH + r cosh mH) / (cosh mH + r sinh mH),  r = y_tip / (k wall m)
 * which is tanh(mH)/(mH) for a bare tip (Incropera, Fundamentals, table 3.4, case A).
 */
#ifndef ISOTHERM_ENGINE_SIM_PLATE_H
#define ISOTHERM_ENGINE_SIM_PLATE_H

struct plate_layer {
	double thickness_m, k_w_mk, rho_c_j_m3k;
};

enum plate_back { PLATE_FILM, PLATE_CHANNELS };

struct plate {
	double width_m, length_m; /* across and along the flow */
	struct plate_layer silicon, interface, base;
	enum plate_back back;
	double film_w_m2k; /* on the back, or on all four walls of the channels */
	/* channels along y; walls and cover are of the base's material */
	double pitch_m, channel_m, height_m, cover_m;
	double coolant_rho_c_j_m3k;
};

/* A mode: squares of the wave numbers, 1/m2, and Laplace's variable, 1/s; all 0: even, at rest. */
struct plate_mode {
	double kx2, ky2, s;
};

/* Of the back alone and of the whole, flux over temperature at the powered face, W/(m2 K). */
double plate_back_w_m2k(const struct plate *p, struct plate_mode at);
/* arg: the struct plate. */
double plate_face_w_m2k(const void *arg, struct plate_mode at);

/* Heat into film or coolant over power, for even power: 1 at rest, less while the layers store. */
double plate_passed(const struct plate *p, double s);

/* tanh(m H) / (m H) of a straight fin with a bare, dry tip. */
double plate_fin_efficiency(double film_w_m2k, double k_w_mk, double wall_m, double height_m);

/*
 * The slab as three nodes of an area: silicon, and two of copper (film: two halves of the base;
 * channels: base, and the fins by their first moments, that is capacity and sheet conductance
 * weighted with the square of the fin's temperature over its root's). The interface's capacity is
 * split between its neighbours.
 */
#define PLATE_NODES 3
struct plate_lumps {
	double c_j_m2k[PLATE_NODES];
	double sheet_x_w_k[PLATE_NODES], sheet_y_w_k[PLATE_NODES]; /* k times thickness */
	double r_face_m2k_w;  /* powered face to silicon node */
	double r_m2k_w[2];    /* silicon to first copper, first to second */
	double r_back_m2k_w;  /* second copper node to the surface that the film touches */
	double back_w_m2k;    /* second copper node to film or coolant */
	double coolant_j_m2k; /* capacity of the coolant in the channels */
};
void plate_lumps(struct plate_lumps *out, const struct plate *p);
/*
 * Moves resistance and capacity between the nodes, the resistances' sum kept, until face and
 * coolant answer a step of even power as they do behind the layers: least squares of Z(s), and for
 * channels of the heat passed on, against the exact ones.
 */
void plate_lumps_fit(struct plate_lumps *l, const struct plate *p);

/* The same as plate_face_w_m2k for nodes whose layers are sheets without end; arg: the struct
 * plate_lumps. */
double plate_lumps_w_m2k(const void *arg, struct plate_mode at);

#endif
