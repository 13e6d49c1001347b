/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/registers.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/identity.h"
#include "engine_sim/limits.h"
#include "engine_sim/state.h"

#define MOST_FINITE                                                                                \
	0x1.fffffffffffffp1023 /* isfinite() is no comparison, and does not run in vectors */

/* ---- values and words ---- */

static int
words_of(enum reg_type type)
{
	switch (type) {
	case REG_BIT:
	case REG_U16:
	case REG_I16:
	case REG_TYPES:
		return 1;
	case REG_U32:
	case REG_I32:
	case REG_F32:
		return 2;
	case REG_U64:
	case REG_I64:
	case REG_F64:
		return 4;
	}
	return 1;
}

static bool
is_float(enum reg_type type)
{
	return type == REG_F32 || type == REG_F64;
}

bool
registers_tell_none(const struct point *pt)
{
	return pt->has_no_value || is_float(pt->type);
}

/* Rounded as round() does, halves away from zero, and held inside [lo, hi]; both ends are exact
 * doubles below 2^54. */
static uint64_t
whole(double raw, double lo, double hi)
{
	double x = clamp(raw, lo, hi);
	int64_t cut = (int64_t)x;
	double rest = x - (double)cut;

	return (uint64_t)(cut + (rest >= 0.5) - (rest <= -0.5));
}

static uint64_t
bits_of(const struct point *pt, double value)
{
	double raw = (value - pt->offset) / pt->scale;
	float narrow = (float)raw;
	uint64_t bits = 0;
	uint32_t half;

	switch (pt->type) {
	case REG_BIT:
		return value > 0.5;
	case REG_U16:
		return whole(raw, 0.0, 65535.0);
	case REG_I16:
		return whole(raw, -32768.0, 32767.0);
	case REG_U32:
		return whole(raw, 0.0, 4294967295.0);
	case REG_I32:
		return whole(raw, -2147483648.0, 2147483647.0);
	case REG_U64: /* 2^53: above, a double is not a whole number's value any more */
		return whole(raw, 0.0, 0x1p53);
	case REG_I64:
		return whole(raw, -0x1p53, 0x1p53);
	case REG_F32:
		memcpy(&half, &narrow, sizeof(half));
		return half;
	case REG_F64:
		memcpy(&bits, &raw, sizeof(bits));
		return bits;
	case REG_TYPES:
		break;
	}
	return 0;
}

/* Word and byte order are their own inverse: the same for both ways. */
static void
reorder(enum word_order order, uint16_t *words, int n)
{
	bool swap_words = order == ORDER_CDAB || order == ORDER_DCBA;
	bool swap_bytes = order == ORDER_BADC || order == ORDER_DCBA;

	for (int k = 0; swap_words && k < n / 2; k++) {
		uint16_t w = words[k];

		words[k] = words[n - 1 - k];
		words[n - 1 - k] = w;
	}
	for (int k = 0; swap_bytes && k < n; k++)
		words[k] = (uint16_t)(words[k] << 8 | words[k] >> 8);
}

void
registers_encode(const struct point *pt, double value, uint16_t words[REGISTER_WORDS_MAX])
{
	int n = words_of(pt->type);
	uint64_t bits = 0;

	if (!isfinite(value) && pt->has_no_value)
		bits = pt->no_value;
	else if (isfinite(value) || is_float(pt->type))
		bits = bits_of(pt, value);
	for (int k = 0; k < n; k++)
		words[k] = (uint16_t)(bits >> (16 * (n - 1 - k)));
	if (pt->type != REG_BIT)
		reorder(pt->order, words, n);
}

double
registers_decode(const struct point *pt, const uint16_t words[REGISTER_WORDS_MAX])
{
	uint16_t w[REGISTER_WORDS_MAX] = {0};
	int n = words_of(pt->type);
	uint64_t bits = 0;
	uint32_t half;
	double raw = 0.0;
	float narrow;

	memcpy(w, words, (size_t)n * sizeof(w[0]));
	if (pt->type != REG_BIT)
		reorder(pt->order, w, n);
	for (int k = 0; k < n; k++)
		bits = bits << 16 | w[k];
	if (pt->has_no_value && bits == pt->no_value)
		return (double)NAN;
	switch (pt->type) {
	case REG_BIT:
	case REG_U16:
	case REG_U32:
	case REG_U64:
	case REG_TYPES:
		raw = (double)bits;
		break;
	case REG_I16:
		raw = (double)(int16_t)(uint16_t)bits;
		break;
	case REG_I32:
		raw = (double)(int32_t)(uint32_t)bits;
		break;
	case REG_I64:
		raw = (double)(int64_t)bits;
		break;
	case REG_F32:
		half = (uint32_t)bits;
		memcpy(&narrow, &half, sizeof(narrow));
		raw = (double)narrow;
		break;
	case REG_F64:
		memcpy(&raw, &bits, sizeof(raw));
		break;
	}
	return raw * pt->scale + pt->offset;
}

/* ---- a device's registers ---- */

void
registers_raw(const struct point *pt, uint32_t bits, uint16_t words[REGISTER_WORDS_MAX])
{
	int n = words_of(pt->type);

	for (int k = 0; k < n; k++)
		words[k] = n == 1 ? (uint16_t)bits : k < 2 ? (uint16_t)(bits >> (16 * (1 - k))) : 0;
	if (pt->type != REG_BIT)
		reorder(pt->order, words, n);
}

/* Where its table has a point's registers. */
static uint32_t
place(const struct sim_device *d, const struct point *pt)
{
	return (uint32_t)(pt->reg - d->map->gate.table[register_map_table(pt->fc)].first);
}

static uint16_t *
words_at(const struct sim_device *d, uint8_t fc)
{
	return register_map_table(fc) == GATE_HOLDING ? d->registers->tab_registers
						      : d->registers->tab_input_registers;
}

void
sim_registers_words(struct sim_device *d, const struct point *pt,
		    const uint16_t words[INSTRUMENT_WORDS])
{
	enum gate_table t = register_map_table(pt->fc);
	uint32_t at = place(d, pt);
	uint8_t *bits = t == GATE_COILS ? d->registers->tab_bits : d->registers->tab_input_bits;

	for (uint32_t k = 0; k < pt->count && k < INSTRUMENT_WORDS; k++)
		if (t == GATE_HOLDING || t == GATE_INPUT)
			words_at(d, pt->fc)[at + k] = words[k];
		else
			bits[at + k] = (uint8_t)words[k];
}

/* registers_encode() for numbers of 16 bits. A cut of twice the rest rounds halves away from zero. */
WIDE static void
encode_words(uint16_t *to, const double *values, uint32_t n, struct map_coding c)
{
	for (uint32_t i = 0; i < n; i++) {
		double x = clamp((values[i] - c.offset[i]) / c.scale[i], c.lo[i], c.hi[i]);
		double given = fabs(values[i]) <= MOST_FINITE ? x : c.none[i];
		int32_t cut = (int32_t)given, more = (int32_t)(2.0 * (given - (double)cut));

		to[i] = (uint16_t)(cut + more);
	}
}

void
sim_registers_fill(struct sim_device *d, enum gate_table table, uint32_t at, const double *values,
		   uint32_t n)
{
	const struct map_coding *c = &d->map->table[table].coding;

	if (n == 0) /* of a table that has no words, too */
		return;
	uint16_t *words = table == GATE_HOLDING ? d->registers->tab_registers
						: d->registers->tab_input_registers;

	encode_words(words + at, values, n,
		     (struct map_coding){c->offset + at, c->scale + at, c->lo + at, c->hi + at,
					 c->none + at});
}

void
sim_registers_store(struct sim_device *d, const struct point *pt, double value)
{
	uint16_t words[REGISTER_WORDS_MAX];

	registers_encode(pt, value, words);
	sim_registers_words(d, pt, words);
}

static uint32_t
serial_of(const struct sim_device *d)
{
	return d->system && strcmp(d->config->kind, "engine") == 0 ? d->system->config->serial : 0;
}

static int
open_identity(struct sim_device *d)
{
	uint16_t *w;

	d->identity =
		modbus_mapping_new_start_address(0, 0, 0, 0, IDENTITY_REG, IDENTITY_COUNT, 0, 0);
	if (!d->identity)
		return -ENOMEM;
	w = d->identity->tab_registers;
	w[IDENTITY_MAGIC_0] = IDENTITY_MAGIC_WORD_0;
	w[IDENTITY_MAGIC_1] = IDENTITY_MAGIC_WORD_1;
	w[IDENTITY_REVISION] = 1;
	w[IDENTITY_PROFILE] = identity_profile_word(d->config->profile);
	return 0;
}

void
sim_registers_identity(struct sim_device *d)
{
	bool poses = d->serial >= 0.0 || d->profile_id >= 0.0;
	uint32_t serial;
	struct point pt;

	if (!poses && !d->posing)
		return;
	d->posing = poses;
	serial = d->serial >= 0.0 ? (uint32_t)d->serial : serial_of(d);
	d->identity->tab_registers[IDENTITY_SERIAL_HI] = (uint16_t)(serial >> 16);
	d->identity->tab_registers[IDENTITY_SERIAL_LO] = (uint16_t)serial;
	pt = register_map_profile(d->config);
	if (d->config->identity_fc > 0)
		sim_registers_store(
			d, &pt, d->profile_id >= 0.0 ? d->profile_id : d->config->identity_value);
	pt = register_map_serial(d->config);
	if (d->config->serial_reg >= 0)
		sim_registers_store(d, &pt, serial);
}

/* The map of a device before it that has the same, or a new one. */
static int
find_map(struct sim *sim, uint32_t device)
{
	struct sim_device *d = &sim->devices[device];
	struct register_map **fresh = &sim->maps[sim->n_maps];

	for (uint32_t k = 0; k < sim->n_maps && !d->map; k++)
		if (register_map_fits(sim->maps[k], sim->plant, device))
			d->map = sim->maps[k];
	if (d->map)
		return 0;
	if (register_map_open(fresh, sim->plant, device) < 0) {
		register_map_close(*fresh);
		return -ENOMEM;
	}
	d->map = *fresh;
	sim->n_maps++;
	return 0;
}

static int
open_registers(struct sim_device *d)
{
	const struct gate_map *m = &d->map->gate;

	d->registers = modbus_mapping_new_start_address(
		m->table[GATE_COILS].first, m->table[GATE_COILS].n, m->table[GATE_DISCRETE].first,
		m->table[GATE_DISCRETE].n, m->table[GATE_HOLDING].first, m->table[GATE_HOLDING].n,
		m->table[GATE_INPUT].first, m->table[GATE_INPUT].n);
	return d->registers ? 0 : -ENOMEM;
}

int
sim_registers_open(struct sim *sim, uint32_t device, char *why, size_t why_size)
{
	struct sim_device *d = &sim->devices[device];
	const struct point *points = sim->plant->points + d->config->first_point;
	int rc = find_map(sim, device);

	if (rc == 0)
		rc = open_registers(d);
	if (rc == 0)
		rc = open_identity(d);
	if (rc != 0) {
		snprintf(why, why_size, "%s: no memory for its registers", d->config->name);
		return rc;
	}
	d->posing = true;
	sim_registers_identity(d);
	for (uint32_t k = 0; k < d->config->n_points; k++)
		sim_registers_store(d, &points[k], sim_value(sim, d, &points[k]));
	return 0;
}

void
sim_registers_close(struct sim_device *d)
{
	modbus_mapping_free(d->registers);
	modbus_mapping_free(d->identity);
}
