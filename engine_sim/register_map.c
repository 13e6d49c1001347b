/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/register_map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/keyed.h"
#include "engine_sim/values.h"

struct point
register_map_profile(const struct device *d)
{
	return (struct point){.fc = (uint8_t)d->identity_fc,
			      .reg = d->identity_reg,
			      .count = 1,
			      .type = d->identity_fc < 3 ? REG_BIT : REG_U16,
			      .scale = 1.0};
}

struct point
register_map_serial(const struct device *d)
{
	return (struct point){.fc = (uint8_t)d->identity_fc,
			      .reg = (uint16_t)d->serial_reg,
			      .count = 2,
			      .type = REG_U32,
			      .scale = 1.0};
}

/* ---- what is alike ---- */

static bool
same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Do values go into both registers by the same arithmetic? */
static bool
coded_alike(const struct point *a, const struct point *b)
{
	return b->type == a->type && b->order == a->order && same(b->scale, a->scale) &&
	       same(b->offset, a->offset) && b->has_no_value == a->has_no_value &&
	       b->no_value == a->no_value;
}

static bool
points_alike(const struct point *a, const struct point *b)
{
	return coded_alike(a, b) && a->role == b->role && a->role_index == b->role_index &&
	       a->fc == b->fc && a->reg == b->reg && a->count == b->count &&
	       a->writable == b->writable && same(a->lo, b->lo) && same(a->hi, b->hi);
}

bool
register_map_fits(const struct register_map *m, const struct plant *plant, uint32_t device)
{
	const struct device *d = &plant->devices[device], *of = m->of;
	const struct point *points = plant->points + d->first_point;

	if (strcmp(d->profile, of->profile) != 0 || d->n_points != of->n_points ||
	    (d->system >= 0) != (of->system >= 0) || d->bridge_gaps != of->bridge_gaps ||
	    d->identity_fc != of->identity_fc || d->identity_reg != of->identity_reg ||
	    d->serial_reg != of->serial_reg)
		return false;
	for (uint32_t k = 0; k < d->n_points; k++)
		if (!points_alike(&m->points[k], &points[k]))
			return false;
	return true;
}

/* May b's register be filled by the loop that fills a's, which is the one before it? */
static bool
filled_alike(const struct point *a, const struct point *b)
{
	return point_is_word(a) && point_is_word(b) && !b->writable && b->fc == a->fc &&
	       b->reg == a->reg + 1 && b->role == a->role && b->role_index == a->role_index + 1;
}

/* ---- tables ---- */

/* Registers that the profile names, table by table: first and one past the last. */
static void
extend(struct gate_map *map, const struct point *pt)
{
	enum gate_table t = register_map_table(pt->fc);
	uint32_t first = map->table[t].first, end = first + map->table[t].n;

	if (map->table[t].n == 0) {
		first = pt->reg;
		end = first + pt->count;
	}
	first = pt->reg < first ? pt->reg : first;
	end = (uint32_t)pt->reg + pt->count > end ? (uint32_t)pt->reg + pt->count : end;
	map->table[t].first = (uint16_t)first;
	map->table[t].n = end - first;
}

static void
enter(struct register_map *m, const struct point *pt, uint32_t id)
{
	enum gate_table t = register_map_table(pt->fc);
	uint32_t at = (uint32_t)(pt->reg - m->gate.table[t].first);

	for (uint32_t k = 0; k < pt->count; k++) {
		m->gate.table[t].cell[at + k] =
			(uint8_t)(GATE_MAPPED | (pt->writable ? GATE_WRITABLE : 0) |
				  (k > 0 ? GATE_CONTINUES : 0));
		m->table[t].point_at[at + k] = id;
	}
}

static int
open_table(struct register_map *m, enum gate_table t)
{
	uint32_t n = m->gate.table[t].n;
	struct map_coding *c = &m->table[t].coding;

	m->gate.table[t].cell = calloc(n + 1, 1);
	m->table[t].point_at = malloc((n + 1) * sizeof(uint32_t));
	m->table[t].first_reading = calloc(n + 1, sizeof(uint32_t));
	m->table[t].reading = calloc(n + 1, sizeof(struct map_reading));
	m->table[t].noise_key = calloc(n + KEYED_SPARE + 1, sizeof(uint64_t));
	c->offset = calloc(5 * n + 1, sizeof(double));
	if (!m->gate.table[t].cell || !m->table[t].point_at || !m->table[t].first_reading ||
	    !m->table[t].reading || !m->table[t].noise_key || !c->offset)
		return -ENOMEM;
	c->scale = c->offset + n;
	c->lo = c->scale + n;
	c->hi = c->lo + n;
	c->none = c->hi + n;
	for (uint32_t k = 0; k <= n; k++)
		m->table[t].point_at[k] = NO_POINT;
	return 0;
}

static void
code_register(const struct map_coding *c, uint32_t at, const struct point *pt)
{
	c->offset[at] = pt->offset;
	c->scale[at] = pt->scale;
	c->lo[at] = pt->type == REG_I16 ? -32768.0 : 0.0;
	c->hi[at] = pt->type == REG_I16 ? 32767.0 : 65535.0;
	c->none[at] = pt->has_no_value ? (double)(uint16_t)pt->no_value : 0.0;
}

static void
find_readings(struct register_map *m, enum gate_table t)
{
	const uint32_t *ids = m->table[t].point_at, n = m->gate.table[t].n;
	uint32_t k = 0, until = 0, noises = 0, end;

	for (; k < n; k = end) {
		struct map_reading *r = &m->table[t].reading[m->table[t].n_readings];
		const struct point *pt = ids[k] == NO_POINT ? NULL : &m->points[ids[k]];

		for (end = k + 1; end < n && ids[end] == ids[k];)
			end++;
		if (!pt || pt->writable)
			continue;
		*r = (struct map_reading){.point = ids[k],
					  .at = k,
					  .n = 1,
					  .i = pt->role_index,
					  .noise = noises,
					  .plain = point_is_word(pt),
					  .value = values_of_role(pt->role, m->of->system >= 0),
					  .values =
						  values_of_several(pt->role, m->of->system >= 0)};
		for (; r->values && end < n && ids[end] == ids[end - 1] + 1 &&
		       filled_alike(&m->points[ids[end - 1]], &m->points[ids[end]]);
		     end++)
			r->n++;
		if (r->plain && values_key(pt, &m->table[t].noise_key[noises])) {
			assert(!r->values); /* a key is one number */
			noises++;
		}
		for (uint32_t at = k; r->plain && at < end; at++)
			code_register(&m->table[t].coding, at, &m->points[ids[at]]);
		for (; until < end; until++)
			m->table[t].first_reading[until] = m->table[t].n_readings;
		m->table[t].n_readings++;
	}
	for (; until <= n; until++)
		m->table[t].first_reading[until] = m->table[t].n_readings;
	m->table[t].reading[m->table[t].n_readings].noise = noises;
}

int
register_map_open(struct register_map **out, const struct plant *plant, uint32_t device)
{
	const struct device *d = &plant->devices[device];
	const struct point profile = register_map_profile(d), serial = register_map_serial(d);
	struct register_map *m = calloc(1, sizeof(*m));

	*out = m;
	if (!m)
		return -ENOMEM;
	m->of = d;
	m->points = plant->points + d->first_point;
	m->gate.bridge_gaps = d->bridge_gaps;
	for (uint32_t k = 0; k < d->n_points; k++)
		extend(&m->gate, &m->points[k]);
	if (d->identity_fc > 0)
		extend(&m->gate, &profile);
	if (d->serial_reg >= 0)
		extend(&m->gate, &serial);
	for (int t = 0; t < GATE_TABLES; t++)
		if (open_table(m, (enum gate_table)t) < 0)
			return -ENOMEM;
	if (d->identity_fc > 0)
		enter(m, &profile, NO_POINT);
	if (d->serial_reg >= 0)
		enter(m, &serial, NO_POINT);
	for (uint32_t k = 0; k < d->n_points; k++)
		enter(m, &m->points[k], k);
	for (int t = 0; t < GATE_TABLES; t++)
		find_readings(m, (enum gate_table)t);
	return 0;
}

void
register_map_close(struct register_map *m)
{
	for (int t = 0; m && t < GATE_TABLES; t++) {
		free(m->gate.table[t].cell);
		free(m->table[t].point_at);
		free(m->table[t].first_reading);
		free(m->table[t].reading);
		free(m->table[t].noise_key);
		free(m->table[t].coding.offset);
	}
	free(m);
}
