/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/plan.h"

#include <errno.h>

#include "collectors/gate.h"

static bool
is_coils(uint8_t fc)
{
	return fc == 1 || fc == 2;
}

/* Sixteen coils take the room of a register; the standard's own limit holds above that. */
static uint32_t
limit(const struct device *d, uint8_t fc)
{
	bool coils = is_coils(fc);
	uint32_t most = coils ? GATE_READ_BITS_MAX : GATE_READ_REGISTERS_MAX;
	uint32_t own = coils ? d->max_registers * 16u : d->max_registers;
	return own != 0 && own < most ? own : most;
}

/* Would the point go into the read that spans reg .. end - 1? */
static bool
joins(const struct device *d, const struct plan_read *r, uint32_t end, const struct point *p)
{
	uint32_t gap_max = d->bridge_gaps ? PLAN_GAP_MAX : 0;
	return p->fc == r->fc && p->reg >= r->reg && p->reg <= end + gap_max &&
	       (uint32_t)p->reg + p->count - r->reg <= limit(d, r->fc);
}

int
plan_reads(const struct device *device, const struct point *points, uint32_t n_points,
	   struct plan_read *out)
{
	struct plan_read r = {0};
	uint32_t end = 0;
	int n = 0;
	for (uint32_t i = 0; i < n_points; i++) {
		const struct point *p = &points[i];
		uint32_t past = (uint32_t)p->reg + p->count;
		if (p->count == 0 || p->count > limit(device, p->fc) || past > 0x10000)
			return -ERANGE;
		if (i == 0 || !joins(device, &r, end, p)) {
			r = (struct plan_read){.fc = p->fc, .reg = p->reg, .first = i};
			end = 0;
			n++;
		}
		if (past > end)
			end = past;
		r.count = (uint16_t)(end - r.reg);
		r.n++;
		r.writable = r.writable || p->writable;
		if (out != NULL)
			out[n - 1] = r;
	}
	return n;
}

size_t
plan_data_bytes(const struct plan_read *r)
{
	return is_coils(r->fc) ? (r->count + 7u) / 8u : r->count * 2u;
}
