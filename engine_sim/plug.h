/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plug flow: what enters a pipe leaves it after as much coolant as it holds, as warm as it came. The
 * content is cut into cells of equal mass; what enters within one mixes, so a front that leaves is
 * smeared over 1/PLUG_CELLS of the delay, and its mean is exact whatever the flow does.
 */
#ifndef ISOTHERM_ENGINE_SIM_PLUG_H
#define ISOTHERM_ENGINE_SIM_PLUG_H

#include <stdbool.h>

#define PLUG_CELLS 200
#define PLUG_MIN_KG                                                                                \
	0.5 /* a shorter one holds less than passes in a few steps: there is none then */

struct plug {
	double kg;        /* what it holds; 0: there is none */
	int oldest;       /* cell that leaves next; the youngest is before it in the ring */
	double oldest_kg; /* what is left of it; the youngest holds the rest of a cell */
	double cell_c[PLUG_CELLS + 1]; /* ring */
};

/* Holds kg at that temperature; below PLUG_MIN_KG: no pipe. */
void plug_fill(struct plug *p, double kg, double c);
static inline bool
plug_there(const struct plug *p)
{
	return p->kg > 0.0;
}
/* Mean temperature of the next kg to leave, kg <= p->kg. */
double plug_leaving_c(const struct plug *p, double kg);
/* So much enters, as warm as that, and as much leaves. */
void plug_move(struct plug *p, double kg, double c);
/* Mass times temperature, kg K above 0 C. */
double plug_content(const struct plug *p);

#endif
