/* SPDX-License-Identifier: Apache-2.0 */
/* A device profile: from the rows of its file to points. */
#include "config/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/identity.h"
#include "config/report.h"
#include "config/slots.h"
#include "config/text.h"

struct type_info {
	uint16_t registers;
	double lo, hi; /* raw codes of whole-number types; both 0: any */
};

static const struct type_info types[REG_TYPES] = {
	[REG_BIT] = {1, 0, 1},
	[REG_U16] = {1, 0, UINT16_MAX},
	[REG_I16] = {1, INT16_MIN, INT16_MAX},
	[REG_U32] = {2, 0, UINT32_MAX},
	[REG_I32] = {2, INT32_MIN, INT32_MAX},
	[REG_U64] = {4, 0, 18446744073709551615.0},
	[REG_I64] = {4, -9223372036854775808.0, 9223372036854775807.0},
	[REG_F32] = {2, 0, 0},
	[REG_F64] = {4, 0, 0},
};

/* A row of `points:` while it is judged. */
struct row {
	struct point_keys k;
	uint32_t line;
	enum role_id role; /* ROLES: not known */
	uint32_t stride;
	bool good;     /* right by itself: it can be held against the others */
	unsigned told; /* enum clash bits: reported once a row */
};

enum clash { CLASH_REGISTER = 1, CLASH_ROLE = 2, CLASH_NAME = 4 };

struct reading {
	struct schema_walk *w;
	struct pool *pool;
	struct row *rows;
	uint32_t n_rows;
	struct point *points;
	uint32_t *row_of; /* [n_points] */
	uint32_t n_points;
};

static void
row_error(struct reading *r, uint32_t row, const char *key, const char *text)
{
	size_t was = schema_down(r->w, "points");

	schema_down_at(r->w, row);
	schema_error(r->w, r->rows[row].line, key, "%s", text);
	schema_up(r->w, was);
}

/* --- a row by itself ------------------------------------------------------------------------ */

static void
check_role(struct schema_walk *w, struct row *row)
{
	const struct point_keys *k = &row->k;
	const char *near;

	row->role = ROLES;
	if (k->role_at.bad)
		return;
	row->role = role_by_name(k->role);
	if (row->role == ROLES) {
		near = role_near(k->role);
		schema_error(w, k->role_at.line, "role",
			     "\"%s\" is no role%s%s%s (allowed: see %s)", k->role,
			     near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "",
			     "the table of roles");
	} else if (role_table[row->role].owner != OWNER_FIELD) {
		schema_error(w, k->role_at.line, "role",
			     "\"%s\" is not read from a device (allowed: roles of devices)",
			     k->role);
		row->role = ROLES;
	}
	if (row->role == ROLES || k->index_at.bad || k->count_at.bad)
		return;
	if (k->index + k->count > role_table[row->role].n)
		schema_error(w, k->index_at.line ? k->index_at.line : k->count_at.line,
			     k->index_at.line ? "index" : "count",
			     "elements %d..%d of role %s do not exist (allowed: 0..%u)",
			     (int)k->index, (int)(k->index + k->count - 1), k->role,
			     role_table[row->role].n - 1);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

static void
check_unit(struct schema_walk *w, const struct row *row)
{
	const struct point_keys *k = &row->k;
	const char *unit;
	char suffix[16];

	if (row->role == ROLES || k->unit_at.bad)
		return;
	unit = role_table[row->role].unit;
	if (strcmp(k->unit, unit) != 0) {
		schema_error(w, k->unit_at.line ? k->unit_at.line : row->line, "unit",
			     "\"%s\" is not the unit of role %s (allowed: %s; scale converts)",
			     k->unit, k->role, *unit ? unit : "none");
		return;
	}
	snprintf(suffix, sizeof(suffix), "_%.8s", unit);
	if (*unit && !k->name_at.bad && !ends_with(k->name, suffix))
		schema_error(w, k->name_at.line, "name",
			     "\"%s\" does not end in its unit (allowed: names ending in %s)",
			     k->name, suffix);
}

/* The name of element i; false: too long. */
static bool
expand_name(const struct point_keys *k, uint32_t i, char *out, size_t size)
{
	const char *mark = strchr(k->name, '%');
	char label[16];
	int n;

	if (!mark)
		return snprintf(out, size, "%s", k->name) < (int)size;
	if (mark[1] == 'R')
		reticle_label((uint32_t)k->index + i, label);
	else
		snprintf(label, sizeof(label), "%u", (uint32_t)k->index + i);
	n = snprintf(out, size, "%.*s%s%s", (int)(mark - k->name), k->name, label, mark + 2);
	return n < (int)size;
}

/* Is it the name of a point that one of our own programs has in each system or site? */
static bool
is_own_name(const char *name)
{
	char own[NAME_MAX_LEN];

	for (unsigned r = 0; r < ROLES; r++) {
		const struct role_info *role = &role_table[r];

		if (role->owner == OWNER_FIELD)
			continue;
		snprintf(own, sizeof(own), "%s%s%s", role->name, *role->unit ? "_" : "",
			 role->unit);
		/* a link's point stands behind the name of its device */
		if (role->owner == OWNER_LINK ? ends_with(name, own) : !strcmp(name, own))
			return true;
	}
	return false;
}

static void
check_name(struct schema_walk *w, const struct row *row)
{
	const struct point_keys *k = &row->k;
	const char *mark = strchr(k->name, '%');
	char last[POINT_NAME_MAX + 1];

	if (k->name_at.bad || k->count_at.bad || k->index_at.bad)
		return;
	if (mark && (!(mark[1] == 'd' || mark[1] == 'R') || strchr(mark + 1, '%')))
		schema_error(w, k->name_at.line, "name",
			     "\"%s\" has a %% that is no index (allowed: one %%d or %%R)", k->name);
	else if (!mark && k->count > 1)
		schema_error(w, k->name_at.line, "name",
			     "\"%s\" is the name of %d points (allowed: one %%d or %%R in it)",
			     k->name, (int)k->count);
	else if (!expand_name(k, (uint32_t)k->count - 1, last, sizeof(last)))
		schema_error(w, k->name_at.line, "name",
			     "\"%s\" makes too long a name (allowed: up to %u characters)", k->name,
			     POINT_NAME_MAX);
	else if (!text_is_path(last))
		schema_error(w, k->name_at.line, "name",
			     "\"%s\" is no point name (allowed: parts of letters, digits, _ and "
			     "[index], joined by dots)",
			     k->name);
	else if (is_own_name(last))
		schema_error(w, k->name_at.line, "name",
			     "\"%s\" is a point of isotherm's own (allowed: any other name)", last);
	else if (mark && mark[1] == 'R' && row->role != ROLES &&
		 role_table[row->role].n != RETICLES)
		schema_error(w, k->name_at.line, "name",
			     "%%R stands in a name whose role has no reticles (allowed: %%d)");
}

static void
check_function(struct schema_walk *w, const struct row *row)
{
	const struct point_keys *k = &row->k;
	bool bits = k->fc == 1 || k->fc == 2;

	if (k->fc_at.bad)
		return;
	if (k->access == 1 && k->fc != 1 && k->fc != 3)
		schema_error(w, k->access_at.line, "access",
			     "what is read by function %d can't be written (allowed: rw with fc 1 "
			     "or 3)",
			     (int)k->fc);
	if (!k->type_at.bad && bits != (k->type == REG_BIT))
		schema_error(
			w, k->type_at.line, "type",
			"does not go with function %d (allowed: bit with fc 1 and 2, the others "
			"with fc 3 and 4)",
			(int)k->fc);
}

static void
check_registers(struct schema_walk *w, struct row *row)
{
	const struct point_keys *k = &row->k;
	uint32_t size, span, end;

	if (k->type_at.bad || k->stride_at.bad || k->count_at.bad || k->reg_at.bad)
		return;
	size = types[k->type].registers;
	row->stride = k->stride_at.line ? (uint32_t)k->stride : size;
	if (row->stride < size) {
		schema_error(w, k->stride_at.line, "stride",
			     "%u is less than the %u registers of a value (allowed: %u..4096)",
			     row->stride, size, size);
		return;
	}
	span = ((uint32_t)k->count - 1) * row->stride + size;
	end = (uint32_t)k->reg + span;
	if (end > 65536)
		schema_error(w, k->reg_at.line, "register",
			     "the last of %u registers from %d on is beyond 65535 (allowed: %s%u)",
			     span, (int)k->reg, span > 65536 ? "fewer points or stride; " : "0..",
			     span > 65536 ? 65536 : 65536 - span);
	else if (k->fc == 3 && end > IDENTITY_REG && k->reg < IDENTITY_REG + IDENTITY_COUNT)
		schema_error(
			w, k->reg_at.line, "register",
			"lies in the block by which a simulated device is known (allowed: below "
			"%u, or from %u on)",
			IDENTITY_REG, IDENTITY_REG + IDENTITY_COUNT);
}

static void
check_value(struct schema_walk *w, const struct row *row)
{
	const struct point_keys *k = &row->k;
	const struct type_info *t = &types[k->type];
	double a, b;

	if (!k->scale_at.bad && !(fabs(k->scale) > 0)) {
		schema_error(w, k->scale_at.line, "scale", "is 0 (allowed: any other number)");
		return;
	}
	if (k->type_at.bad)
		return;
	if (k->no_value_at.line && !k->no_value_at.bad && t->registers < 4 &&
	    k->no_value >> (16u * t->registers))
		schema_error(w, k->no_value_at.line, "no_value",
			     "has more bits than the type (allowed: 0..0x%llX)",
			     (unsigned long long)((UINT64_C(1) << (16u * t->registers)) - 1));
	if (k->access != 1 || k->range_at.bad || k->scale_at.bad || k->offset_at.bad ||
	    !(t->hi > 0))
		return;
	/* a demand within the range must fit into the registers */
	a = round((k->range[0] - k->offset) / k->scale);
	b = round((k->range[1] - k->offset) / k->scale);
	if (fmin(a, b) < t->lo || fmax(a, b) > t->hi)
		schema_error(
			w, k->range_at.line, "range",
			"demands of it do not fit the type: raw %.0f..%.0f (allowed: %.0f..%.0f)",
			fmin(a, b), fmax(a, b), t->lo, t->hi);
}

static void
read_row(struct reading *r, uint32_t i, yaml_node_t *node)
{
	struct row *row = &r->rows[i];
	struct schema_part part = {&point_schema, &row->k};
	size_t was = schema_down(r->w, "points"), before = config_report_total(r->w->report);

	schema_down_at(r->w, i);
	row->line = ydoc_line(node);
	schema_read(r->w, node, &part, 1, false);
	if (node->type == YAML_MAPPING_NODE) {
		check_role(r->w, row);
		check_unit(r->w, row);
		check_name(r->w, row);
		check_function(r->w, row);
		check_registers(r->w, row);
		check_value(r->w, row);
	}
	row->good = config_report_total(r->w->report) == before;
	schema_up(r->w, was);
}

/* --- all rows together ---------------------------------------------------------------------- */

static void
make_point(const struct row *row, uint32_t i, struct point *p)
{
	const struct point_keys *k = &row->k;
	const struct role_info *role = &role_table[row->role];

	expand_name(k, i, p->name, POINT_NAME_MAX + 1);
	snprintf(p->unit, sizeof(p->unit), "%.7s", role->unit);
	p->role = row->role;
	p->role_index = (uint32_t)k->index + i;
	p->owner = OWNER_FIELD;
	p->scan = (enum scan_class)k->scan;
	p->fc = (uint8_t)k->fc;
	p->reg = (uint16_t)((uint32_t)k->reg + i * row->stride);
	p->type = (enum reg_type)k->type;
	p->count = types[p->type].registers;
	p->order = (enum word_order)k->order;
	p->scale = k->scale;
	p->offset = k->offset;
	p->lo = k->range[0];
	p->hi = k->range[1];
	p->has_no_value = k->no_value_at.line != 0;
	p->no_value = k->no_value;
	p->writable = k->access == 1;
	p->demand = NO_POINT;
	p->deadband = k->deadband_at.line ? k->deadband : role->deadband;
}

static bool
make_points(struct reading *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n_rows; i++)
		n += r->rows[i].good ? (uint32_t)r->rows[i].k.count : 0;
	if (n > PROFILE_POINTS_MAX) {
		schema_error(r->w, ydoc_line(r->w->doc->root), "points",
			     "are %u points (allowed: up to %u)", n, PROFILE_POINTS_MAX);
		return false;
	}
	r->points = pool_alloc(r->pool, n, sizeof(*r->points));
	r->row_of = pool_alloc(r->pool, n, sizeof(*r->row_of));
	if (!r->points || !r->row_of) {
		schema_error(r->w, 0, NULL, "out of memory");
		return false;
	}
	for (uint32_t i = 0; i < r->n_rows; i++)
		for (uint32_t k = 0; r->rows[i].good && k < r->rows[i].k.count; k++) {
			r->row_of[r->n_points] = i;
			make_point(&r->rows[i], k, &r->points[r->n_points++]);
		}
	return true;
}

struct entry {
	uint64_t key; /* what is compared */
	uint32_t point;
};

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->point < y->point ? -1 : x->point > y->point;
}

static uint64_t
place_of(const struct point *p)
{
	return (uint64_t)p->fc << 32 | p->reg;
}

/* Tell of two rows that their points a and b clash, at the later row, once a row and kind. */
static void
report_clash(struct reading *r, uint32_t a, uint32_t b, enum clash kind)
{
	static const char *const keys[] = {
		[CLASH_REGISTER] = "register", [CLASH_ROLE] = "role", [CLASH_NAME] = "name"};
	static const char *const whats[] = {[CLASH_REGISTER] = "overlaps",
					    [CLASH_ROLE] = "shares its role",
					    [CLASH_NAME] = "shares its name"};
	bool swap = r->row_of[a] > r->row_of[b];
	uint32_t first = swap ? b : a, later = swap ? a : b;
	struct row *row = &r->rows[r->row_of[later]];
	char text[200];

	if (r->row_of[a] == r->row_of[b] || row->told & kind)
		return;
	row->told |= kind;
	snprintf(text, sizeof(text), "%s %s with points[%u], %s (line %u)", r->points[later].name,
		 whats[kind], r->row_of[first], r->points[first].name,
		 r->rows[r->row_of[first]].line);
	row_error(r, r->row_of[later], keys[kind], text);
}

static void
check_overlaps(struct reading *r, struct entry *e)
{
	uint32_t last = 0; /* the point that reaches farthest so far */

	for (uint32_t i = 0; i < r->n_points; i++)
		e[i] = (struct entry){place_of(&r->points[i]), i};
	qsort(e, r->n_points, sizeof(*e), by_key);
	for (uint32_t i = 1; i < r->n_points; i++) {
		const struct point *a = &r->points[e[last].point], *b = &r->points[e[i].point];

		if (a->fc == b->fc && b->reg < a->reg + a->count)
			report_clash(r, e[last].point, e[i].point, CLASH_REGISTER);
		if (place_of(b) + b->count >= place_of(a) + a->count)
			last = i;
	}
}

static void
check_doubles(struct reading *r, struct entry *e)
{
	for (uint32_t i = 0; i < r->n_points; i++)
		e[i] = (struct entry){role_slot(r->points[i].role, r->points[i].role_index), i};
	qsort(e, r->n_points, sizeof(*e), by_key);
	for (uint32_t i = 1; i < r->n_points; i++)
		if (e[i].key == e[i - 1].key)
			report_clash(r, e[i - 1].point, e[i].point, CLASH_ROLE);
	for (uint32_t i = 0; i < r->n_points; i++)
		e[i] = (struct entry){text_hash(r->points[i].name), i};
	qsort(e, r->n_points, sizeof(*e), by_key);
	for (uint32_t i = 1; i < r->n_points; i++)
		if (e[i].key == e[i - 1].key &&
		    !strcmp(r->points[e[i].point].name, r->points[e[i - 1].point].name))
			report_clash(r, e[i - 1].point, e[i].point, CLASH_NAME);
}

static int
by_read(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	if (x->scan != y->scan)
		return x->scan < y->scan ? -1 : 1;
	return place_of(x) < place_of(y) ? -1 : place_of(x) > place_of(y);
}

/* --- the file ------------------------------------------------------------------------------- */

static void
read_scan(struct profile *p, struct schema_walk *w, yaml_node_t *node)
{
	struct scan_keys k;
	struct schema_part part = {&scan_schema, &k};
	size_t was = schema_down(w, "scan_ms");

	schema_defaults(&scan_schema, &k);
	if (node && !schema_read(w, node, &part, 1, false))
		schema_defaults(&scan_schema, &k);
	p->scan_ms[SCAN_FAST] = (int32_t)k.fast;
	p->scan_ms[SCAN_NORMAL] = (int32_t)k.normal;
	p->scan_ms[SCAN_SLOW] = (int32_t)k.slow;
	if (k.fast > k.normal || k.normal > k.slow)
		schema_error(w, node ? ydoc_line(node) : 0, NULL,
			     "the classes are out of order (allowed: fast <= normal <= slow)");
	schema_up(w, was);
}

static void
read_identity(struct profile *p, struct schema_walk *w, yaml_node_t *node)
{
	struct identity_keys k;
	struct schema_part part = {&identity_schema, &k};
	size_t was = schema_down(w, "identity");

	p->identity_fc = -1;
	p->serial_reg = -1;
	if (node && schema_read(w, node, &part, 1, false)) {
		p->identity_fc = (int8_t)k.fc;
		p->identity_reg = (uint16_t)k.reg;
		p->identity_value = (uint16_t)k.value;
		if (k.serial_at.line)
			p->serial_reg = (int32_t)k.serial;
	}
	schema_up(w, was);
}

static void
read_points(struct profile *p, struct schema_walk *w, struct pool *pool, yaml_node_t *list)
{
	struct reading r = {.w = w, .pool = pool};
	const struct point *widest = NULL;
	struct entry *e;

	r.n_rows = (uint32_t)(list->data.sequence.items.top - list->data.sequence.items.start);
	r.rows = pool_alloc(pool, r.n_rows, sizeof(*r.rows));
	if (!r.rows || r.n_rows == 0) {
		schema_error(w, ydoc_line(list), "points",
			     r.rows ? "is empty (allowed: at least one point)" : "out of memory");
		return;
	}
	for (uint32_t i = 0; i < r.n_rows; i++)
		read_row(&r, i, schema_element(w, list, i));
	if (!make_points(&r))
		return;
	e = pool_alloc(pool, r.n_points, sizeof(*e));
	if (!e) {
		schema_error(w, 0, NULL, "out of memory");
		return;
	}
	check_overlaps(&r, e);
	check_doubles(&r, e);
	qsort(r.points, r.n_points, sizeof(*r.points), by_read);
	p->points = r.points;
	p->n_points = r.n_points;
	for (uint32_t i = 0; i < r.n_points; i++) {
		p->n_writable += r.points[i].writable;
		if (r.points[i].count > p->max_registers &&
		    (!widest || r.points[i].count > widest->count))
			widest = &r.points[i];
	}
	if (widest)
		schema_error(w, ydoc_line(w->doc->root), "max_registers",
			     "%u can't bring the %u registers of %s (allowed: %u..125)",
			     p->max_registers, widest->count, widest->name, widest->count);
}

void
profile_read(struct profile *p, struct schema_walk *w, struct pool *pool)
{
	struct profile_keys k;
	struct schema_part part = {&profile_schema, &k};
	size_t before = config_report_total(w->report);

	schema_read(w, w->doc->root, &part, 1, false);
	if (!k.profile_at.bad && strcmp(k.profile, p->name) != 0)
		schema_error(w, k.profile_at.line, "profile",
			     "\"%s\" is not the name of the file (allowed: %s)", k.profile,
			     p->name);
	p->timeout_ms = (int32_t)k.timeout_ms;
	p->max_registers = (uint16_t)k.max_registers;
	p->bridge_gaps = k.bridge_gaps;
	read_scan(p, w, k.scan_ms);
	read_identity(p, w, k.identity);
	if (k.points)
		read_points(p, w, pool, k.points);
	if (config_report_total(w->report) == before)
		p->state = FILE_GOOD;
}
