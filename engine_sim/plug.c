/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/plug.h"

#include "engine_sim/limits.h"

#define RING (PLUG_CELLS + 1)

void
plug_fill(struct plug *p, double kg, double c)
{
	p->kg = kg >= PLUG_MIN_KG ? kg : 0.0;
	p->oldest = 0;
	p->oldest_kg = p->kg / PLUG_CELLS;
	for (int k = 0; k < RING; k++)
		p->cell_c[k] = c;
}

double
plug_leaving_c(const struct plug *p, double kg)
{
	double left = kg, sum = 0.0, part = least(left, p->oldest_kg);
	int k = p->oldest;

	if (!(kg > 0.0))
		return p->cell_c[p->oldest];
	for (int n = 0; n < RING && left > 0.0; n++) {
		sum += part * p->cell_c[k];
		left -= part;
		k = (k + 1) % RING;
		part = least(left, p->kg / PLUG_CELLS);
	}
	return sum / (kg - left);
}

void
plug_move(struct plug *p, double kg, double c)
{
	const double cell_kg = p->kg / PLUG_CELLS;

	while (kg > 0.0) {
		double part = least(kg, p->oldest_kg), there = cell_kg - p->oldest_kg;
		double *youngest = &p->cell_c[(p->oldest + PLUG_CELLS) % RING];

		*youngest = (there * *youngest + part * c) / (there + part);
		p->oldest_kg -= part;
		kg -= part;
		if (!(p->oldest_kg > 0.0)) {
			p->oldest = (p->oldest + 1) % RING;
			p->oldest_kg = cell_kg;
		}
	}
}

double
plug_content(const struct plug *p)
{
	const double cell_kg = p->kg / PLUG_CELLS;
	double sum = p->oldest_kg * p->cell_c[p->oldest];

	for (int n = 1; n < PLUG_CELLS; n++)
		sum += cell_kg * p->cell_c[(p->oldest + n) % RING];
	return sum + (cell_kg - p->oldest_kg) * p->cell_c[(p->oldest + PLUG_CELLS) % RING];
}
