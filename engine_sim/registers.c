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
 * doubles below 2^54. Inline: each register of each answer comes by here. */
static inline uint64_t
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

/* ---- a device's map ---- */

static const enum gate_table table_of_fc[] = {
	[1] = GATE_COILS, [2] = GATE_DISCRETE, [3] = GATE_HOLDING, [4] = GATE_INPUT};

/* Registers that the profile names, table by table: first and one past the last. */
static void
extend(struct gate_map *map, uint8_t fc, uint32_t reg, uint32_t count)
{
	enum gate_table t = table_of_fc[fc];
	uint32_t first = map->table[t].first, end = first + map->table[t].n;

	if (map->table[t].n == 0) {
		first = reg;
		end = reg + count;
	}
	first = reg < first ? reg : first;
	end = reg + count > end ? reg + count : end;
	map->table[t].first = (uint16_t)first;
	map->table[t].n = end - first;
}

static void
enter_point(struct sim_device *d, const struct point *pt, uint32_t id)
{
	enum gate_table t = table_of_fc[pt->fc];
	uint32_t at = (uint32_t)(pt->reg - d->map.table[t].first);

	for (uint32_t k = 0; k < pt->count; k++) {
		d->map.table[t].cell[at + k] =
			(uint8_t)(GATE_MAPPED | (pt->writable ? GATE_WRITABLE : 0) |
				  (k > 0 ? GATE_CONTINUES : 0));
		d->point_at[t][at + k] = id;
	}
}

void
registers_raw(const struct point *pt, uint32_t bits, uint16_t words[REGISTER_WORDS_MAX])
{
	int n = words_of(pt->type);

	for (int k = 0; k < n; k++)
		words[k] = n == 1 ? (uint16_t)bits : k < 2 ? (uint16_t)(bits >> (16 * (1 - k))) : 0;
	if (pt->type != REG_BIT)
		reorder(pt->order, words, n);
}

void
sim_registers_words(struct sim_device *d, const struct point *pt,
		    const uint16_t words[INSTRUMENT_WORDS])
{
	enum gate_table t = table_of_fc[pt->fc];
	uint32_t at = (uint32_t)(pt->reg - d->map.table[t].first);
	modbus_mapping_t *m = d->registers;
	uint16_t *registers = t == GATE_HOLDING ? m->tab_registers : m->tab_input_registers;
	uint8_t *bits = t == GATE_COILS ? m->tab_bits : m->tab_input_bits;

	for (uint32_t k = 0; k < pt->count && k < INSTRUMENT_WORDS; k++)
		if (t == GATE_HOLDING || t == GATE_INPUT)
			registers[at + k] = words[k];
		else
			bits[at + k] = (uint8_t)words[k];
}

static bool
plain_word(const struct point *pt)
{
	return (pt->type == REG_U16 || pt->type == REG_I16) && pt->order <= ORDER_CDAB &&
	       pt->fc > 2;
}

/* bits_of() and the no-value code, for numbers of 16 bits. */
WIDE static void
fill_words(uint16_t *to, const double *values, uint32_t n, const struct point *pt)
{
	const double scale = pt->scale, offset = pt->offset;
	const double lo = pt->type == REG_I16 ? -32768.0 : 0.0;
	const double hi = pt->type == REG_I16 ? 32767.0 : 65535.0;
	const int32_t none = pt->has_no_value ? (int32_t)(uint16_t)pt->no_value : 0;

	for (uint32_t i = 0; i < n; i++) {
		double x = clamp((values[i] - offset) / scale, lo, hi);
		int32_t cut = (int32_t)x;
		double rest = x - (double)cut;
		int32_t word = cut + (rest >= 0.5) - (rest <= -0.5);

		to[i] = (uint16_t)(fabs(values[i]) <= MOST_FINITE ? word : none);
	}
}

void
sim_registers_fill(struct sim_device *d, const struct point *pt, const double *values, uint32_t n)
{
	enum gate_table t = table_of_fc[pt->fc];
	modbus_mapping_t *m = d->registers;
	uint16_t *registers = t == GATE_HOLDING ? m->tab_registers : m->tab_input_registers;

	fill_words(registers + (uint32_t)(pt->reg - d->map.table[t].first), values + pt->role_index,
		   n, pt);
}

void
sim_registers_store(struct sim_device *d, const struct point *pt, double value)
{
	enum gate_table t = table_of_fc[pt->fc];
	uint32_t at = (uint32_t)(pt->reg - d->map.table[t].first);
	modbus_mapping_t *m = d->registers;
	uint16_t words[REGISTER_WORDS_MAX];
	uint16_t *registers = t == GATE_HOLDING ? m->tab_registers : m->tab_input_registers;

	/* most are one word, in the wire's order */
	if (plain_word(pt) && isfinite(value)) {
		registers[at] = (uint16_t)bits_of(pt, value);
		return;
	}
	registers_encode(pt, value, words);
	sim_registers_words(d, pt, words);
}

static uint32_t
serial_of(const struct sim_device *d)
{
	return d->system && strcmp(d->config->kind, "engine") == 0 ? d->system->config->serial : 0;
}

/* The register by which the profile knows its devices. */
static struct point
profile_register(const struct sim_device *d)
{
	const struct device *cfg = d->config;

	return (struct point){.fc = (uint8_t)cfg->identity_fc,
			      .reg = cfg->identity_reg,
			      .count = 1,
			      .type = cfg->identity_fc < 3 ? REG_BIT : REG_U16,
			      .scale = 1.0};
}

static struct point
serial_registers(const struct sim_device *d)
{
	return (struct point){.fc = (uint8_t)d->config->identity_fc,
			      .reg = (uint16_t)d->config->serial_reg,
			      .count = 2,
			      .type = REG_U32,
			      .scale = 1.0};
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
	uint32_t serial = d->serial >= 0.0 ? (uint32_t)d->serial : serial_of(d);
	struct point pt = profile_register(d);

	if (!poses && !d->posing)
		return;
	d->posing = poses;
	d->identity->tab_registers[IDENTITY_SERIAL_HI] = (uint16_t)(serial >> 16);
	d->identity->tab_registers[IDENTITY_SERIAL_LO] = (uint16_t)serial;
	if (d->config->identity_fc > 0)
		sim_registers_store(
			d, &pt, d->profile_id >= 0.0 ? d->profile_id : d->config->identity_value);
	pt = serial_registers(d);
	if (d->config->serial_reg >= 0)
		sim_registers_store(d, &pt, serial);
}

static int
open_tables(struct sim_device *d)
{
	struct gate_map *m = &d->map;

	for (int t = 0; t < GATE_TABLES; t++) {
		m->table[t].cell = calloc(m->table[t].n + 1, 1);
		d->point_at[t] = malloc((m->table[t].n + 1) * sizeof(uint32_t));
		d->alike[t] = calloc(m->table[t].n + 1, 1);
		if (!m->table[t].cell || !d->point_at[t] || !d->alike[t])
			return -ENOMEM;
		for (uint32_t k = 0; k <= m->table[t].n; k++)
			d->point_at[t][k] = NO_POINT;
	}
	d->registers = modbus_mapping_new_start_address(
		m->table[GATE_COILS].first, m->table[GATE_COILS].n, m->table[GATE_DISCRETE].first,
		m->table[GATE_DISCRETE].n, m->table[GATE_HOLDING].first, m->table[GATE_HOLDING].n,
		m->table[GATE_INPUT].first, m->table[GATE_INPUT].n);
	return d->registers ? 0 : -ENOMEM;
}

/* May b's register be filled by the loop that fills a's, which is the one before it? */
static bool
are_alike(const struct point *a, const struct point *b)
{
	return plain_word(a) && !a->writable && !b->writable && b->role == a->role &&
	       b->role_index == a->role_index + 1 && b->type == a->type && b->order == a->order &&
	       memcmp(&b->scale, &a->scale, sizeof(a->scale)) == 0 &&
	       memcmp(&b->offset, &a->offset, sizeof(a->offset)) == 0 &&
	       b->has_no_value == a->has_no_value && b->no_value == a->no_value;
}

static void
find_alike(const struct sim *sim, struct sim_device *d)
{
	const struct point *points = sim->plant->points;

	for (int t = 0; t < GATE_TABLES; t++)
		for (uint32_t k = d->map.table[t].n; k-- > 0;) {
			uint32_t id = d->point_at[t][k], next = d->point_at[t][k + 1];
			bool more = id != NO_POINT && next != NO_POINT && next != id &&
				    d->alike[t][k + 1] < UINT8_MAX &&
				    are_alike(&points[id], &points[next]);

			d->alike[t][k] = (uint8_t)(more ? d->alike[t][k + 1] + 1 : 1);
		}
}

int
sim_registers_open(struct sim *sim, uint32_t device, char *why, size_t why_size)
{
	struct sim_device *d = &sim->devices[device];
	const struct device *cfg = d->config;
	const struct point *points = sim->plant->points + cfg->first_point;
	int rc;

	d->map.bridge_gaps = cfg->bridge_gaps;
	for (uint32_t k = 0; k < cfg->n_points; k++)
		extend(&d->map, points[k].fc, points[k].reg, points[k].count);
	if (cfg->identity_fc > 0)
		extend(&d->map, (uint8_t)cfg->identity_fc, cfg->identity_reg, 1);
	if (cfg->serial_reg >= 0)
		extend(&d->map, (uint8_t)cfg->identity_fc, (uint16_t)cfg->serial_reg, 2);
	rc = open_tables(d);
	if (rc == 0)
		rc = open_identity(d);
	if (rc != 0) {
		snprintf(why, why_size, "%s: no memory for its registers", cfg->name);
		return rc;
	}
	if (cfg->identity_fc > 0) {
		struct point pt = profile_register(d);

		enter_point(d, &pt, NO_POINT);
	}
	if (cfg->serial_reg >= 0) {
		struct point pt = serial_registers(d);

		enter_point(d, &pt, NO_POINT);
	}
	d->posing = true;
	sim_registers_identity(d);
	for (uint32_t k = 0; k < cfg->n_points; k++) {
		enter_point(d, &points[k], cfg->first_point + k);
		sim_registers_store(d, &points[k], sim_value(sim, d, &points[k]));
	}
	find_alike(sim, d);
	return 0;
}

void
sim_registers_close(struct sim_device *d)
{
	for (int t = 0; t < GATE_TABLES; t++) {
		free(d->map.table[t].cell);
		free(d->point_at[t]);
		free(d->alike[t]);
	}
	modbus_mapping_free(d->registers);
	modbus_mapping_free(d->identity);
}
