/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config_fixture.h"

#include <math.h>
#include <sys/stat.h>

#include "config/text.h"

#define HEAD                                                                                       \
	"profile: p\n"                                                                             \
	"points:\n"                                                                                \
	"  - {name: loop.flow_lpm, role: loop.flow, fc: 4, register: 3, type: u16, unit: lpm, "    \
	"range: [0, 300]}\n"
#define PLANT "site: x\nsystems: [{name: a, type: t}]\n"
#define TYPE "name: t\ndevices: [{name: d, profile: p}]\n"

/* A configuration folder of one type and one profile. */
struct folder {
	char dir[64], types[80], profiles[80], profile[100], alarms[80];
};

static void
folder_open(struct folder *f)
{
	folder_make(f->dir);
	snprintf(f->types, sizeof(f->types), "%s/types", f->dir);
	snprintf(f->profiles, sizeof(f->profiles), "%s/profiles", f->dir);
	snprintf(f->profile, sizeof(f->profile), "%s/profiles/p.yaml", f->dir);
	assert_int_equal(mkdir(f->types, 0700), 0);
	snprintf(f->alarms, sizeof(f->alarms), "%s/alarms", f->dir);
	assert_int_equal(mkdir(f->profiles, 0700), 0);
	assert_int_equal(mkdir(f->alarms, 0700), 0);
	file_write(f->types, "t.yaml", TYPE);
}

static void
folder_close(struct folder *f)
{
	char path[80];

	folder_remove(f->types);
	folder_remove(f->profiles);
	folder_remove(f->alarms);
	snprintf(path, sizeof(path), "%s", f->dir);
	folder_remove(path);
}

static int
load(const struct folder *f, struct plant **p, struct config_report *r)
{
	return plant_parse(p, PLANT, strlen(PLANT), "t.yaml", f->dir, r);
}

/* --- the profiles that ship ------------------------------------------------------------------ */

static void
the_register_maps_are_those_of_the_devices(void **state)
{
	static const struct {
		const char *name;
		int fc, reg;
		enum reg_type type;
		double scale;
	} known[] = {
		{"cs00.wafer.A1.temp_c", 4, 0, REG_I16, 0.125},
		{"cs00.wafer.G12.temp_c", 4, 83, REG_I16, 0.125},
		{"cs00.wafer.power_w", 4, 84, REG_U16, 1},
		{"cs00.engine.authority", 4, 92, REG_U16, 1},
		{"cs00.job.tokens_per_s", 4, 97, REG_F32, 1},
		{"cs00.wafer.cores_active", 4, 100, REG_U32, 1},
		{"cs00.wafer.A1.power_w", 4, 110, REG_U16, 0.01},
		{"cs00.wafer.B1.duty_frac", 4, 212, REG_U16, 0.0001},
		{"cs00.wafer.G12.share_frac", 4, 383, REG_U16, 0.0001},
		{"cs00.wafer.A2.duty_cmd_frac", 3, 1, REG_U16, 0.0001},
		{"cs00.wafer.A1.share_cmd_frac", 3, 100, REG_U16, 0.0001},
		{"cs00.engine.seq_cmd", 3, 200, REG_U16, 1},
		{"cs00.engine.ceiling_for_cmd_s", 3, 204, REG_U16, 1},
		{"cs00.loop.flow_lpm", 4, 0, REG_U16, 0.01},
		{"cs00.pump[1].speed_cmd_pct", 3, 1, REG_U16, 0.01},
		{"cs00.cooling.release_cmd", 3, 4, REG_U16, 1},
		{"cs00.power.input_w", 4, 50, REG_U32, 0.1},
		/* the meter's published register numbers minus 1; kW and Wh there */
		{"site.meter.l[0].current_a", 3, 2999, REG_F32, 1},
		{"site.meter.l[2].current_a", 3, 3003, REG_F32, 1},
		{"site.meter.l[0].voltage_v", 3, 3027, REG_F32, 1},
		{"site.meter.l[2].voltage_v", 3, 3031, REG_F32, 1},
		{"site.meter.power_w", 3, 3059, REG_F32, 1000},
		{"site.meter.energy_kwh", 3, 3203, REG_I64, 0.001},
	};
	struct config_report r = {0};
	struct plant *p = NULL;

	(void)state;
	assert_int_equal(plant_load(&p, "config/plants/single.yaml", &r), 0);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint32_t id = plant_point(p, known[i].name);

		if (id == NO_POINT)
			fail_msg("no point %s", known[i].name);
		assert_int_equal(p->points[id].fc, known[i].fc);
		assert_int_equal(p->points[id].reg, known[i].reg);
		assert_int_equal(p->points[id].type, known[i].type);
		assert_int_equal(p->points[id].order, ORDER_ABCD);
		assert_true(fabs(p->points[id].scale - known[i].scale) < 1e-12);
	}
	assert_int_equal(p->devices[0].identity_fc, 4);
	assert_int_equal(p->devices[0].identity_reg, 400);
	assert_int_equal(p->devices[0].identity_value, 0x1A57);
	assert_int_equal(p->devices[plant_device(p, "site.meter")].identity_fc, -1);
	plant_free(p);
}

/* Registers that the fast class reads with function 4, from the first to the last. */
static void
one_read_brings_what_control_needs(void **state)
{
	struct config_report r = {0};
	struct plant *p = NULL;
	uint32_t next = 0;

	(void)state;
	assert_int_equal(plant_load(&p, "config/plants/single.yaml", &r), 0);
	for (uint32_t i = 0; i < p->devices[0].n_points; i++) {
		const struct point *pt = &p->points[i];

		if (pt->scan != SCAN_FAST || pt->fc != 4 || pt->reg >= 110)
			continue;
		assert_int_equal(pt->reg, next);
		next = (uint32_t)pt->reg + pt->count;
	}
	assert_int_equal(next, 102);
	assert_true(next <= p->devices[0].max_registers);
	plant_free(p);
}

/* --- what is refused ------------------------------------------------------------------------- */

#define P(rest) "  - {" rest "}\n"
#define SUPPLY "name: loop.supply_temp_c, role: loop.supply_temp, unit: c, range: [0, 9], "

/* Behind HEAD, whose lines are 1 to 3. */
static const struct {
	const char *text;
	unsigned line;
	const char *key, *hint;
} wrong[] = {
	{"colour: 1\n", 4, "colour", "unknown key"},
	{"timeout_ms: 5\n", 4, "timeout_ms", "10..60000"},
	{"max_registers: 126\n", 4, "max_registers", "1..125"},
	{"bridge_gaps: maybe\n", 4, "bridge_gaps", "(allowed: yes, no)"},
	{"scan_ms: {fast: 10}\n", 4, "scan_ms.fast", "20..3600000 ms"},
	{"scan_ms: {fast: 6000}\n", 4, "scan_ms", "fast <= normal <= slow"},
	{"identity: {fc: 4, register: 0}\n", 4, "identity.value", "is missing"},
	{"identity: {fc: 1, register: 0, value: 1}\n", 4, "identity.fc", "3..4"},
	{"identity: {fc: 3, register: 65536, value: 1}\n", 4, "identity.register", "0..65535"},
	{"  - 5\n", 4, "points[1]", "(allowed: a mapping)"},
	{P(SUPPLY "fc: 4, register: 9"), 4, "points[1].type", "is missing"},
	{P(SUPPLY "fc: 4, register: 9, type: s16"), 4, "points[1].type", "bit, u16, i16"},
	{P(SUPPLY "fc: 5, register: 9, type: i16"), 4, "points[1].fc", "1..4"},
	{P(SUPPLY "fc: 4, register: 70000, type: i16"), 4, "points[1].register", "0..65535"},
	{P(SUPPLY "fc: 4, register: 65535, type: u32"), 4, "points[1].register",
	 "(allowed: 0..65534)"},
	{P(SUPPLY "fc: 4, register: 3, type: i16"), 4, "points[1].register",
	 "loop.supply_temp_c overlaps with points[0], loop.flow_lpm (line 3)"},
	{P(SUPPLY "fc: 4, register: 2, type: u32"), 4, "points[1].register", "overlaps"},
	{P(SUPPLY "fc: 4, register: 0, type: u64"), 4, "points[1].register", "overlaps"},
	{P(SUPPLY "fc: 4, register: 9, type: i16, access: rw"), 4, "points[1].access", "fc 1 or 3"},
	{P("name: leak, role: loop.leak, range: [0, 1], fc: 2, register: 9, type: bit, access: rw"),
	 4, "points[1].access", "fc 1 or 3"},
	{P(SUPPLY "fc: 3, register: 9, type: i16, access: w"), 4, "points[1].access",
	 "(allowed: r, rw)"},
	{P("name: ctl.mode, role: job.mode, range: [0, 2], fc: 4, register: 9, type: u16"), 4,
	 "points[1].name", "isotherm's own"},
	{P("name: d.link.state, role: job.mode, range: [0, 2], fc: 4, register: 9, type: u16"), 4,
	 "points[1].name", "isotherm's own"},
	{P(SUPPLY "fc: 4, register: 9, type: bit"), 4, "points[1].type", "bit with fc 1 and 2"},
	{P(SUPPLY "fc: 1, register: 9, type: u16"), 4, "points[1].type", "bit with fc 1 and 2"},
	{P(SUPPLY "fc: 3, register: 0xFF03, type: u16"), 4, "points[1].register",
	 "simulated device"},
	{P(SUPPLY "fc: 4, register: 9, type: i16, scale: 0"), 4, "points[1].scale", "is 0"},
	{P(SUPPLY "fc: 4, register: 9, type: i16, scale: .nan"), 4, "points[1].scale",
	 "not a number"},
	{P(SUPPLY "fc: 4, register: 9, type: i16, no_value: 0x10000"), 4, "points[1].no_value",
	 "0xFFFF"},
	{P(SUPPLY "fc: 3, register: 9, type: i16, access: rw, scale: 0.0001"), 4, "points[1].range",
	 "do not fit the type: raw 0..90000"},
	{P(SUPPLY "fc: 4, register: 9, type: i16, index: 1"), 4, "points[1].index",
	 "(allowed: 0..0)"},
	{P(SUPPLY "fc: 4, register: 9, type: i16, order: ACBD"), 4, "points[1].order",
	 "ABCD, CDAB"},
	{P(SUPPLY "fc: 4, register: 9, type: i16, scan: quick"), 4, "points[1].scan",
	 "fast, normal, slow"},
	{P("name: loop.x_c, role: loop.suply_temp, unit: c, range: [0, 9], fc: 4, register: 9, "
	   "type: i16"),
	 4, "points[1].role", "did you mean \"loop.supply_temp\"?"},
	{P("name: link.x, role: link.state, range: [0, 9], fc: 4, register: 9, type: i16"), 4,
	 "points[1].role", "not read from a device"},
	{P("name: loop.x_k, role: loop.supply_temp, unit: k, range: [0, 9], fc: 4, register: 9, "
	   "type: i16"),
	 4, "points[1].unit", "(allowed: c; scale converts)"},
	{P("name: loop.x_c, role: loop.supply_temp, range: [0, 9], fc: 4, register: 9, type: i16"),
	 4, "points[1].unit", "not the unit"},
	{P("name: loop.x, role: loop.supply_temp, unit: c, range: [0, 9], fc: 4, register: 9, "
	   "type: i16"),
	 4, "points[1].name", "names ending in _c"},
	{P("name: loop.supply_temp_c, role: loop.supply_temp, unit: c, fc: 4, register: 9, type: "
	   "i16"),
	 4, "points[1].range", "is missing"},
	{P("name: loop.x_c, role: loop.supply_temp, unit: c, range: [9, 0], fc: 4, register: 9, "
	   "type: i16"),
	 4, "points[1].range", "not below"},
	{P("name: loop.x_c, role: loop.supply_temp, unit: c, range: [9], fc: 4, register: 9, type: "
	   "i16"),
	 4, "points[1].range", "two numbers"},
	{P("name: loop.x_c, role: loop.supply_temp, unit: c, range: 9, fc: 4, register: 9, type: "
	   "i16"),
	 4, "points[1].range", "[lower, upper]"},
	{P("name: loop.x_c, role: loop.supply_temp, unit: c, range: [0, .inf], fc: 4, register: 9, "
	   "type: i16"),
	 4, "points[1].range", "not a number"},
	{P("name: Loop..x_c, role: loop.supply_temp, unit: c, range: [0, 9], fc: 4, register: 9, "
	   "type: i16"),
	 4, "points[1].name", "no point name"},
	{P("name: a23456789.b23456789.c23456789.d_c, role: loop.supply_temp, unit: c, range: [0, "
	   "9], "
	   "fc: 4, register: 9, type: i16"),
	 4, "points[1].name", "up to 31 characters"},
	{P("name: loop.b_lpm, role: loop.flow, unit: lpm, range: [0, 9], fc: 4, register: 9, type: "
	   "i16"),
	 4, "points[1].role", "shares its role with points[0]"},
	{P("name: loop.flow_lpm, role: hx.facility_flow, unit: lpm, range: [0, 9], fc: 4, "
	   "register: 9, "
	   "type: i16"),
	 4, "points[1].name", "shares its name with points[0]"},
	{P("name: \"leak\", role: loop.leak, count: 3, range: [0, 1], fc: 4, register: 9, type: "
	   "u16"),
	 4, "points[1].name", "the name of 3 points"},
	{P("name: \"leak[%d]\", role: loop.leak, count: 4, range: [0, 1], fc: 4, register: 9, "
	   "type: u16"),
	 4, "points[1].count", "elements 0..3 of role loop.leak"},
	{P("name: \"leak[%d]\", role: loop.leak, index: 2, count: 2, range: [0, 1], fc: 4, "
	   "register: 9, "
	   "type: u16"),
	 4, "points[1].index", "elements 2..3 of role loop.leak"},
	{P("name: \"leak[%s]\", role: loop.leak, count: 3, range: [0, 1], fc: 4, register: 9, "
	   "type: u16"),
	 4, "points[1].name", "one %d or %R"},
	{P("name: \"leak.%R\", role: loop.leak, count: 3, range: [0, 1], fc: 4, register: 9, type: "
	   "u16"),
	 4, "points[1].name", "no reticles"},
	{P("name: \"leak[%d]\", role: loop.leak, count: 3, stride: 1, range: [0, 1], fc: 4, "
	   "register: 9, "
	   "type: u32"),
	 4, "points[1].stride", "less than the 2 registers"},
	{P("name: \"leak[%d]\", role: loop.leak, count: 3, stride: 4096, range: [0, 1], fc: 4, "
	   "register: 60000, type: u16"),
	 4, "points[1].register", "(allowed: 0..57343)"},
};

static void
each_error_of_a_profile_stands_at_its_line_and_key(void **state)
{
	struct folder f;
	char text[1500];

	(void)state;
	folder_open(&f);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct config_report r = {0};
		struct plant *p = NULL;

		snprintf(text, sizeof(text), "%s%s", HEAD, wrong[i].text);
		file_write(f.profiles, "p.yaml", text);
		assert_int_equal(load(&f, &p, &r), -EINVAL);
		if (r.n != 1) {
			config_report_print(&r, stderr);
			fail_msg("%zu errors, not 1, in:\n%s", r.n, text);
		}
		assert_error(&r, 0, f.profile, wrong[i].line, wrong[i].key, wrong[i].hint);
		config_report_free(&r);
	}
	folder_close(&f);
}

static void
errors_of_several_rows_are_all_told(void **state)
{
	struct folder f;
	struct config_report r = {0};
	struct plant *p = NULL;

	(void)state;
	folder_open(&f);
	file_write(f.profiles, "p.yaml",
		   HEAD P(SUPPLY "fc: 4, register: 3, type: i16")
			   P(SUPPLY "fc: 4, register: 9, type: x")
				   P("name: b_kpa, role: plate.dp, unit: kpa, range: [0, 1], fc: "
				     "4, register: 3, "
				     "type: u16, colour: 1"));
	assert_int_equal(load(&f, &p, &r), -EINVAL);
	assert_int_equal(r.n, 3);
	assert_error(&r, 0, f.profile, 4, "points[1].register", "overlaps");
	assert_error(&r, 1, f.profile, 5, "points[2].type", "none of the choices");
	assert_error(&r, 2, f.profile, 6, "points[3].colour", "unknown key");
	config_report_free(&r);
	folder_close(&f);
}

static void
names_of_files_and_clashes_of_devices_are_checked(void **state)
{
	static const struct {
		const char *type, *profile;
		const char *file;
		unsigned line;
		const char *key, *hint;
	} bad[] = {
		{TYPE, "profile: q\npoints:\n" P(SUPPLY "fc: 4, register: 3, type: i16"),
		 "profiles/p.yaml", 1, "profile", "(allowed: p)"},
		{TYPE, "profile: p\npoints: []\n", "profiles/p.yaml", 2, "points", "is empty"},
		{TYPE, "profile: p\n", "profiles/p.yaml", 1, "points", "is missing"},
		{"name: u\ndevices: [{name: d, profile: p}]\n", HEAD, "types/t.yaml", 1, "name",
		 "(allowed: t)"},
		{"name: t\ndevices: []\n", HEAD, "types/t.yaml", 2, "devices", "is empty"},
		{"name: t\ndevices: [{name: d, profile: q}]\n", HEAD, "types/t.yaml", 2,
		 "devices[0].profile", "(allowed: p)"},
		{"name: t\ndevices: [{name: D, profile: p}]\n", HEAD, "types/t.yaml", 2,
		 "devices[0].name", "no device name"},
		{"name: t\ndevices:\n  - {name: d, profile: p}\n  - {name: e, profile: p}\n", HEAD,
		 "types/t.yaml", 4, "devices[1].profile", "p gives role loop.flow[0], as d does"},
		{"name: t\ndevices:\n  - {name: d, profile: p}\n  - {name: d, profile: p}\n", HEAD,
		 "types/t.yaml", 4, "devices[1].name", "twice"},
	};
	struct folder f;
	char path[100];

	(void)state;
	folder_open(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_report r = {0};
		struct plant *p = NULL;

		file_write(f.types, "t.yaml", bad[i].type);
		file_write(f.profiles, "p.yaml", bad[i].profile);
		assert_int_equal(load(&f, &p, &r), -EINVAL);
		if (r.n != 1) {
			config_report_print(&r, stderr);
			fail_msg("%zu errors, not 1, in case %zu", r.n, i);
		}
		snprintf(path, sizeof(path), "%s/%s", f.dir, bad[i].file);
		assert_error(&r, 0, path, bad[i].line, bad[i].key, bad[i].hint);
		config_report_free(&r);
	}
	folder_close(&f);
}

static void
every_kind_of_register_can_be_described(void **state)
{
	static const char text[] =
		"profile: p\nbridge_gaps: yes\npoints:\n"
		"  - {name: \"pump[%d].status\", role: pump.status, count: 2, fc: 1, register: 0, "
		"type: bit, access: rw, range: [0, 1]}\n"
		"  - {name: \"leak[%d]\", role: loop.leak, index: 1, count: 2, stride: 5, fc: 2, "
		"register: 65530, type: bit, range: [0, 1]}\n"
		"  - {name: loop.flow_lpm, role: loop.flow, fc: 3, register: 10, type: f64, order: "
		"DCBA, "
		"scale: -0.5, offset: 7, unit: lpm, scan: slow, range: [-1, 300], deadband: 2, "
		"no_value: "
		"0x7FF8000000000000}\n"
		"  - {name: loop.level_pct, role: loop.level, fc: 3, register: 65535, type: u16, "
		"unit: pct, "
		"scan: fast, range: [0, 100]}\n";
	struct config_report r = {0};
	struct plant *p = NULL;
	const struct point *pt;
	struct folder f;

	(void)state;
	folder_open(&f);
	file_write(f.profiles, "p.yaml", text);
	assert_int_equal(load(&f, &p, &r), 0);
	pt = &p->points[plant_point(p, "a.leak[2]")];
	assert_int_equal(pt->reg, 65535);
	assert_int_equal(pt->role_index, 2);
	assert_int_equal(pt->type, REG_BIT);
	pt = &p->points[plant_point(p, "a.loop.flow_lpm")];
	assert_int_equal(pt->order, ORDER_DCBA);
	assert_int_equal(pt->count, 4);
	assert_true(pt->has_no_value && pt->no_value == UINT64_C(0x7FF8000000000000));
	assert_true(fabs(pt->scale + 0.5) < 1e-12 && fabs(pt->offset - 7) < 1e-12);
	assert_true(fabs(pt->deadband - 2) < 1e-12);
	assert_int_equal(p->points[0].scan, SCAN_FAST);
	assert_true(p->points[plant_point(p, "a.pump[1].status")].writable);
	assert_true(p->devices[0].bridge_gaps);
	plant_free(p);
	folder_close(&f);
}

static void
another_period_or_register_is_another_table(void **state)
{
	struct config_report r = {0};
	struct plant *a = NULL, *b = NULL, *c = NULL;
	struct folder f;

	(void)state;
	folder_open(&f);
	file_write(f.profiles, "p.yaml", HEAD);
	assert_int_equal(load(&f, &a, &r), 0);
	file_write(f.profiles, "p.yaml", HEAD "scan_ms: {normal: 4000}\n");
	assert_int_equal(load(&f, &b, &r), 0);
	file_write(f.profiles, "p.yaml", HEAD P(SUPPLY "fc: 4, register: 4, type: i16"));
	assert_int_equal(load(&f, &c, &r), 0);
	assert_memory_not_equal(a->hash, b->hash, 32);
	assert_memory_not_equal(a->hash, c->hash, 32);
	plant_free(a);
	plant_free(b);
	plant_free(c);
	folder_close(&f);
}

static void
mutated_profiles_load_or_say_why(void **state)
{
	static const char marks[] = "{}[]:,-&*!|>'\"%#~ \n\t0.\x01\xff";
	size_t len;
	char *text = file_text("config/profiles/cooling_unit.yaml", &len), *at;
	struct folder f;

	(void)state;
	at = strstr(text, "profile: cooling_unit");
	assert_non_null(at);
	memcpy(at, "profile: p           ", 21);
	folder_open(&f);
	for (uint64_t i = 0; i < 1000; i++) {
		struct config_report r = {0};
		struct plant *p = NULL;
		uint64_t key = text_mix(i);
		size_t place = (key >> 16) % len;
		char was = text[place];
		int rc;

		text[place] =
			(key & 1) ? marks[(key >> 8) % (sizeof(marks) - 1)] : (char)(key >> 8 | 1);
		file_write(f.profiles, "p.yaml", text);
		text[place] = was;
		rc = load(&f, &p, &r);
		if ((rc == 0) != (p != NULL) || (rc == 0) != (r.n == 0))
			fail_msg("rc %d, plant %p, %zu errors, mutation %d", rc, (void *)p, r.n,
				 (int)i);
		plant_free(p);
		config_report_free(&r);
	}
	free(text);
	folder_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_register_maps_are_those_of_the_devices),
		cmocka_unit_test(one_read_brings_what_control_needs),
		cmocka_unit_test(each_error_of_a_profile_stands_at_its_line_and_key),
		cmocka_unit_test(errors_of_several_rows_are_all_told),
		cmocka_unit_test(names_of_files_and_clashes_of_devices_are_checked),
		cmocka_unit_test(every_kind_of_register_can_be_described),
		cmocka_unit_test(another_period_or_register_is_another_table),
		cmocka_unit_test(mutated_profiles_load_or_say_why),
	};

	return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
