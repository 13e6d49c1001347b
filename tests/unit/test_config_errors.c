/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config_fixture.h"

#include "config/text.h"

#define SINGLE "config/plants/single.yaml"
#define REAL "source: real, host: 10.0.0.1, port: 502"

/* What stands behind GOOD_HEAD (lines 1 to 3) is line 4 and on. */
static const struct {
	const char *text;
	unsigned line;
	const char *key, *hint;
} after_good[] = {
	/* keys */
	{"colour: blue\n", 4, "colour", "unknown key (allowed: site,"},
	{"sede: 7\n", 4, "sede", "did you mean \"seed\"?"},
	{"limits: {spread: 6}\n", 4, "limits.spread", "did you mean \"spread_k\"?"},
	{"seed: 1\nseed: 2\n", 5, "seed", "twice, first in line 4"},
	{"site: again\n", 4, "site", "twice, first in line 1"},
	{"limits: {temp_c: 50,\n  temp_c: 50}\n", 5, "limits.temp_c", "twice, first in line 4"},
	{"[a, b]: 1\n", 4, "", "a key is a list"},
	{"'': 1\n", 4, "", "a key is empty"},
	/* what YAML has and a plant file has not */
	{"seed: &a 7\n", 4, "", "&a: anchors are not allowed"},
	{"limits: &b {temp_c: 50}\n", 4, "", "&b: anchors are not allowed"},
	{"limits: {<<: *c, temp_c: 50}\n", 4, "", "<<: merge keys are not allowed"},
	{"limits: *d\n", 4, "", "*d: aliases are not allowed"},
	{"limits: !include x.yaml\n", 4, "", "!include: tags are not allowed"},
	{"seed: !!int 7\n", 4, "", "tags are not allowed"},
	{"---\nsite: b\n", 4, "", "several documents"},
	/* values */
	{"seed: -3\n", 4, "seed", "allowed: a whole number in 0..2^64-1"},
	{"seed: 18446744073709551616\n", 4, "seed", "not a whole number of 64 bits"},
	{"seed: \"7\"\n", 4, "seed", "stands in quotes"},
	{"seed:\n", 4, "seed", "has no value"},
	{"seed: ~\n", 4, "seed", "has no value"},
	{"seed: {a: 1}\n", 4, "seed", "is a mapping"},
	{"grid: 24x14\n", 4, "grid", "(allowed: reference, 48x28, 96x56)"},
	{"faults: yes\n", 4, "faults", "(allowed: refused, allowed)"},
	{"control_period_ms: 5\n", 4, "control_period_ms",
	 "(allowed: a whole number in 10..1000 ms)"},
	{"control_period_ms: 15\n", 4, "control_period_ms", "no multiple of 10 ms"},
	{"control_period_ms: 100.5\n", 4, "control_period_ms", "is not whole"},
	{"control_period_ms: 0100\n", 4, "control_period_ms", "leading zero"},
	{"limits: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", 4, "", "nested too deep"},
	{"limits: 5\n", 4, "limits", "(allowed: a mapping)"},
	{"limits: [5]\n", 4, "limits", "is a list"},
	{"limits: {temp_c: 900}\n", 4, "limits.temp_c", "(allowed: 20..90 c)"},
	{"limits: {temp_c: .nan}\n", 4, "limits.temp_c", "is not a number"},
	{"limits: {temp_c: nan}\n", 4, "limits.temp_c", "is not a number"},
	{"limits: {temp_c: .inf}\n", 4, "limits.temp_c", "is not a number"},
	{"limits: {temp_c: 1e999}\n", 4, "limits.temp_c", "out of range"},
	{"limits: {temp_c: 0x32}\n", 4, "limits.temp_c", "is not a number"},
	{"limits:\n  temp_c: 50,0\n", 5, "limits.temp_c", "is not a number"},
	{"job: {mode: part}\n", 4, "job.mode", "(allowed: sync, ind, pipe)"},
	{"control: {duty_kp_per_k: 7}\n", 4, "control.duty_kp_per_k", "(allowed: 0..1 1/k)"},
	{"control: {duty_kp: 0.1}\n", 4, "control.duty_kp", "did you mean \"duty_kp_per_k\"?"},
	{"control: {supply_lo_c: 30}\n", 4, "control", "supply_lo_c above supply_hi_c"},
	{"control: {ballast_max_w: 5, ballast_least_w: 6}\n", 4, "control",
	 "ballast_least_w above ballast_max_w"},
	{"config_dir: /nonexistent\n", 4, "config_dir", "has no profiles/"},
	{"overrides: [cs00]\n", 4, "overrides", "(allowed: a mapping)"},
	/* overrides */
	{"overrides:\n  cs02: {spread_k: 6}\n", 5, "overrides.cs02", "did you mean \"cs0"},
	{"overrides: {nobody: {spread_k: 6}}\n", 4, "overrides.nobody",
	 "names no system or device"},
	{"overrides: {cs00.engin: {unit: 6}}\n", 4, "overrides.cs00.engin", "\"cs00.engine\"?"},

	{"overrides: {cs00: {host: 10.0.0.1}}\n", 4, "overrides.cs00.host", "unknown key"},
	{"overrides: {cs00: {count: 2}}\n", 4, "overrides.cs00.count", "unknown key"},
	{"overrides: {cs00: 5}\n", 4, "overrides.cs00", "(allowed: a mapping)"},
	{"overrides: {cs00: {}, cs00: {}}\n", 4, "overrides.cs00", "twice"},
	{"overrides: {cs00: {spread_k: wide}}\n", 4, "overrides.cs00.spread_k", "is not a number"},
	{"overrides: {cs00: {type: oil}}\n", 4, "overrides.cs00.type", ", water)"},
	/* nobody knows the devices of a type that is not there, so they are not wrong too */
	{"overrides: {cs00: {type: oil}, cs00.fan: {unit: 7}}\n", 4, "overrides.cs00.type",
	 "water"},
	{"overrides: {cs00: {serial: 9}, cs01: {serial: 9}}\n", 4, "overrides.cs01.serial",
	 "also that of cs00"},
	{"overrides: {cs01: {wafer_csv: none.csv}}\n", 4, "overrides.cs01.wafer_csv",
	 "can't be read"},
	{"overrides: {cs00.engine: {profile: nix}}\n", 4, "overrides.cs00.engine.profile",
	 "(allowed: cooling_unit, cooling_unit_air, engine_block,"},
	{"overrides: {cs00.engine: {profile: ../x}}\n", 4, "overrides.cs00.engine.profile",
	 "no profile"},
	{"overrides: {cs00.engine: {profile: cooling_unit}}\n", 4, "overrides.cs00.engine.profile",
	 "gives role loop.flow[0], as cs00.cooling does"},
	/* devices */
	{"overrides: {cs00.engine: {port: 0}}\n", 4, "overrides.cs00.engine.port",
	 "(allowed: 1..65535, auto)"},
	{"overrides: {cs00.engine: {port: 65536}}\n", 4, "overrides.cs00.engine.port",
	 "out of range"},
	{"overrides: {cs00.engine: {port: none}}\n", 4, "overrides.cs00.engine.port",
	 "whole number"},
	{"overrides: {cs00.engine: {unit: 256}}\n", 4, "overrides.cs00.engine.unit", "0..255"},
	{"overrides: {cs00.engine: {source: simulation}}\n", 4, "overrides.cs00.engine.source",
	 "(allowed: simulated, real)"},
	{"overrides: {cs00.engine: {host: gateway.local}}\n", 4, "overrides.cs00.engine.host",
	 "a name can block"},
	{"overrides: {cs00.engine: {host: 10.0.0.256}}\n", 4, "overrides.cs00.engine.host",
	 "numeric"},
	{"overrides: {cs00.engine: {source: real, host: 10.0.0.1}}\n", 4,
	 "overrides.cs00.engine.port", "auto is for simulated devices"},
	{"overrides:\n  cs00.engine:\n    source: real\n    port: auto\n", 7,
	 "overrides.cs00.engine.port", "auto is for simulated devices"},
	{"overrides:\n  cs00.engine: {" REAL ", write: armed}\n", 5, "overrides.cs00.engine.write",
	 "armed only by an entry in arming"},
	{"overrides:\n  cs00.engine: {port: 502}\n  cs01.engine: {port: 502}\n", 6,
	 "overrides.cs01.engine.port", "also that of cs00.engine"},
	{"overrides:\n  cs00.engine: {" REAL "}\n  cs01.engine: {" REAL "}\n", 6,
	 "overrides.cs01.engine.port", "also that of cs00.engine"},
	{"overrides:\n  cs00.engine: {source: real, host: \"::1\", port: 502}\n"
	 "  cs01.engine: {source: real, host: \"0:0::1\", port: 502}\n",
	 6, "overrides.cs01.engine.port", "also that of cs00.engine"},
	{"overrides:\n  cs00.power: {" REAL ", serial: 7}\n", 5, "overrides.cs00.power.serial",
	 "says no register for it"},
	{"overrides:\n  cs00.engine: {" REAL ", serial: 0}\n", 5, "overrides.cs00.engine.serial",
	 "1..4294967295"},
	/* serial lines */
	{"lines: [{path: /dev/ttyS0}]\n", 4, "lines[0].name", "is missing"},
	{"lines: [{name: Rack, path: /dev/ttyS0}]\n", 4, "lines[0].name", "no name of a line"},
	{"lines: [{name: a, baud: 14400}]\n", 4, "lines[0].baud", "9600, 19200"},
	{"lines: [{name: a, parity: mark}]\n", 4, "lines[0].parity", "none, even, odd"},
	{"lines: [{name: a, stop: 3}]\n", 4, "lines[0].stop", "1..2"},
	{"lines: [{name: a, path: ttyS0}]\n", 4, "lines[0].path", "no absolute path"},
	{"lines: [{name: a, serve: pty}]\n", 4, "lines[0].serve", "no absolute path"},
	{"lines:\n  - {name: a}\n  - {name: a}\n", 6, "lines[1].name", "first in line 5"},
	{"lines:\n  - {name: a, path: /dev/ttyS0}\n  - {name: b, path: /dev/ttyS0}\n", 6,
	 "lines[1].path", "also that of line \"a\""},
	{"overrides: {cs00.engine: {line: a}}\n", 4, "overrides.cs00.engine.line", "there is none"},
	{"lines: [{name: ab}]\noverrides: {cs00.engine: {line: b}}\n", 5,
	 "overrides.cs00.engine.line", "(allowed: ab)"},
	{"lines: [{name: a}]\noverrides: {cs00.engine: {line: a, unit: 248}}\n", 5,
	 "overrides.cs00.engine.unit", "1..247"},
	{"lines: [{name: a}]\noverrides: {cs00.engine: {line: a, unit: 0}}\n", 5,
	 "overrides.cs00.engine.unit", "1..247"},
	{"lines: [{name: a}]\noverrides: {cs00.engine: {line: a, port: 502}}\n", 5,
	 "overrides.cs00.engine.line", "or host and port"},
	{"lines: [{name: a}]\noverrides: {cs00.engine: {line: a, source: real}}\n", 5,
	 "overrides.cs00.engine.line", "a line with a path"},
	{"lines: [{name: a, path: /dev/ttyS0}]\noverrides: {cs00.engine: {line: a}}\n", 5,
	 "overrides.cs00.engine.line", "says no `serve`"},
	{"lines: [{name: a}]\noverrides:\n  cs00.engine: {line: a, unit: 3}\n"
	 "  cs01.engine: {line: a, unit: 3}\n",
	 7, "overrides.cs01.engine.unit", "also that of cs00.engine"},
	/* facility */
	{"facility: [{profile: simulator}]\n", 4, "facility[0].name", "is missing"},
	{"facility: [{name: sim}]\n", 4, "facility[0].profile", "is missing"},
	{"facility: [{name: sim, profile: simulater}]\n", 4, "facility[0].profile", "simulator"},
	{"facility: [{name: Sim, profile: simulator}]\n", 4, "facility[0].name", "no device name"},
	{"facility: [{name: waytoolongname, profile: simulator}]\n", 4, "facility[0].name",
	 "1..12"},
	{"facility:\n  - {name: a, profile: simulator}\n  - {name: b, profile: simulator}\n", 6,
	 "facility[1].profile", "gives role sim.ticks[0], as site.a does"},
	{"facility:\n  - {name: a, profile: simulator}\n  - {name: a, profile: facility_water}\n",
	 6, "facility[1].name", "there twice, first in line 5"},
	{"facility: [simulator]\n", 4, "facility[0]", "(allowed: a mapping)"},
	/* arming */
	{"arming: [{device: cs00.engin, by: a, why: b}]\n", 4, "arming[0].device",
	 "\"cs00.engine\"?"},
	{"arming: [{device: cs00.engine, by: a}]\n", 4, "arming[0].why", "is missing"},
	{"arming: [{device: cs00.engine, by: \"\", why: b}]\n", 4, "arming[0].by", "1..63"},
	{"arming:\n  - {device: cs00.engine, by: a, why: b}\n  - {device: cs00.engine, by: a, why: "
	 "b}\n",
	 6, "arming[1].device", "armed twice"},
};

static void
each_error_stands_at_its_line_and_key(void **state)
{
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(after_good) / sizeof(after_good[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", GOOD_HEAD, after_good[i].text);
		assert_one_error(text, after_good[i].line, after_good[i].key, after_good[i].hint);
	}
}

static void
errors_of_systems_stand_at_their_line_and_key(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *key, *hint;
	} bad[] = {
		{"site: x\n", 1, "systems", "is missing"},
		{"systems: [{name: cs00, type: water}]\n", 1, "site", "is missing"},
		{"site: x\nsystems: []\n", 2, "systems", "is empty"},
		{"site: x\nsystems: {name: cs00}\n", 2, "systems", "(allowed: a list)"},
		{"site: a b\nsystems: [{name: a, type: water}]\n", 1, "site", "not allowed"},
		{"site: a.b\nsystems: [{name: a, type: water}]\n", 1, "site", "no site name"},
		{"site: x\nsystems: [{type: water}]\n", 2, "systems[0].name", "is missing"},
		{"site: x\nsystems: [{name: a}]\n", 2, "systems[0].type", ", water)"},
		{"site: x\nsystems: [{name: a, type: wather}]\n", 2, "systems[0].type", ", water)"},
		{"site: x\nsystems: [{name: A, type: water}]\n", 2, "systems[0].name",
		 "no system name"},
		{"site: x\nsystems: [{name: site, type: water}]\n", 2, "systems[0].name",
		 "not \"site\""},
		{"site: x\nsystems: [{name: a%s, type: water}]\n", 2, "systems[0].name",
		 "no system name"},
		{"site: x\nsystems: [{name: a%d%d, type: water}]\n", 2, "systems[0].name",
		 "no system name"},
		{"site: x\nsystems: [{name: a, count: 2, type: water}]\n", 2, "systems[0].name",
		 "of 2 systems"},
		{"site: x\nsystems: [{name: a2345678901234%d, count: 11, type: water}]\n", 2,
		 "systems[0].name", "15 characters"},
		{"site: x\nsystems: [{name: a%d, count: 0, type: water}]\n", 2, "systems[0].count",
		 "1..256"},
		{"site: x\nsystems: [{name: a%d, count: 257, type: water}]\n", 2,
		 "systems[0].count", "1..256"},
		{"site: x\nsystems:\n  - {name: a%d, count: 200, type: water}\n"
		 "  - {name: b%d, count: 57, type: water}\n  - {name: c, type: water}\n",
		 4, "systems[1].count", "makes 257 systems"},
		{"site: x\nsystems:\n  - {name: a%d, count: 3, type: water}\n"
		 "  - {name: a%d, count: 3, first: 2, type: water}\n",
		 4, "systems[1].name", "\"a2\" is there twice"},
		{"site: x\nsystems: [a]\n", 2, "systems[0]", "(allowed: a mapping)"},
		{"site: x\nsystems: [{name: B%d, count: 2, type: water}]\noverrides: {b1.engine: "
		 "{unit: "
		 "7}}\narming: [{device: b1.engine, by: a, why: b}]\n",
		 2, "systems[0].name", "no system name"},
		{"- a\n", 1, "", "is a list (allowed: a mapping)"},
		{"", 1, "", "is empty"},
		{"# nothing\n", 1, "", "is empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_one_error(bad[i].text, bad[i].line, bad[i].key, bad[i].hint);
}

static void
a_syntax_error_has_its_line_and_column(void **state)
{
	(void)state;
	assert_one_error("site: x\nsystems: [a\n", 3, "", "column 1");
	assert_one_error("site: x\n\tsystems: []\n", 2, "", "column 1");
	assert_one_error("site: x\n  b: {c: 1\n  d: 2}\n", 2, "", "column 4");
	assert_one_error("site: \"x\n", 2, "", "while scanning a quoted scalar");
	assert_one_error("site: x\nb: \x01\n", 2, "", "control characters are not allowed");
	assert_one_error("site: x\n\nb: \xff\n", 3, "", "invalid leading UTF-8 octet");
	assert_one_error("site: x\ny: @z\n", 2, "", "column 4");
}

static const char ten_errors[] = "site: bad\n"
				 "grid: imaginary\n"
				 "seed: -3\n"
				 "faults: perhaps\n"
				 "colour: blue\n"
				 "control_period_ms: 5\n"
				 "limits: {temp_c: 900, spread_k: 8}\n"
				 "systems:\n"
				 "  - {name: cs%02d, count: 900, type: water}\n"
				 "facility:\n"
				 "  - {name: water, profile: no_such_profile}\n"
				 "overrides:\n"
				 "  nobody: {spread_k: 6}\n"
				 "  cs03: {spread_k: wide}\n";

static void
ten_errors_are_ten_lines_in_the_order_of_the_file(void **state)
{
	static const struct {
		unsigned line;
		const char *key;
	} expected[] = {
		{2, "grid"},
		{3, "seed"},
		{4, "faults"},
		{5, "colour"},
		{6, "control_period_ms"},
		{7, "limits.temp_c"},
		{9, "systems[0].count"},
		{11, "facility[0].profile"},
		{13, "overrides.nobody"},
		{14, "overrides.cs03.spread_k"},
	};
	struct config_report r = {0};
	struct plant *p = NULL;

	(void)state;
	assert_int_equal(plant_parse(&p, ten_errors, strlen(ten_errors), "t.yaml", "config", &r),
			 -EINVAL);
	assert_null(p);
	assert_int_equal(r.n, 10);
	for (size_t i = 0; i < 10; i++)
		assert_error(&r, i, "t.yaml", expected[i].line, expected[i].key, "allowed: ");
	config_report_free(&r);
}

/* What stands in it is wrong whatever it names: all of it is told at once. */
static void
an_override_of_nothing_does_not_hide_its_other_errors(void **state)
{
	static const char text[] =
		"site: t\nsystems:\n  - {name: cs%02d, count: 2, type: water}\n"
		"overrides:\n  cs00.engin: {unit: many}\n  cs09: {spread_k: wide}\n";
	static const struct {
		unsigned line;
		const char *key;
	} expected[] = {{5, "overrides.cs00.engin"},
			{5, "overrides.cs00.engin.unit"},
			{6, "overrides.cs09"},
			{6, "overrides.cs09.spread_k"}};
	struct config_report r = {0};
	struct plant *p = NULL;

	(void)state;
	assert_int_equal(plant_parse(&p, text, strlen(text), "t.yaml", "config", &r), -EINVAL);
	assert_int_equal(r.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_error(&r, i, "t.yaml", expected[i].line, expected[i].key, "allowed: ");
	config_report_free(&r);
}

static void
other_rooms_may_add_errors_of_their_own(void **state)
{
	struct config_report r = {0};

	(void)state;
	config_report_add(&r, "%s:%d: scenario", "s.yaml", 7);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.errors[0].text, "s.yaml:7: scenario");
	config_report_free(&r);
	assert_int_equal(r.n, 0);
}

static void
errors_beyond_the_hundredth_are_counted(void **state)
{
	struct config_report r = {0};
	char text[8000] = GOOD_HEAD;
	struct plant *p = NULL;
	char *printed = NULL;
	size_t size = 0;
	FILE *f;

	(void)state;
	for (int i = 0; i < 150; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "zzzz%d: 1\n", i);
	assert_int_equal(plant_parse(&p, text, strlen(text), "t.yaml", "config", &r), -EINVAL);
	assert_int_equal(r.n, CONFIG_ERRORS_MAX);
	assert_int_equal(r.dropped, 50);
	f = open_memstream(&printed, &size);
	assert_non_null(f);
	config_report_print(&r, f);
	fclose(f);
	assert_non_null(strstr(printed, "and 50 more\n"));
	free(printed);
	config_report_free(&r);
}

static void
a_file_that_is_none_is_told_by_name(void **state)
{
	static const struct {
		const char *path;
		int rc;
		const char *hint;
	} files[] = {
		{"/nonexistent/plant.yaml", -ENOENT, "can't be read"},
		{"/dev/null", -EINVAL, "no regular file"},
		{"config", -EINVAL, "no regular file"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct config_report r = {0};
		struct plant *p = NULL;

		assert_int_equal(plant_load(&p, files[i].path, &r), files[i].rc);
		assert_int_equal(r.n, 1);
		assert_memory_equal(r.errors[0].text, files[i].path, strlen(files[i].path));
		assert_non_null(strstr(r.errors[0].text, files[i].hint));
		config_report_free(&r);
	}
}

/* Either a plant or at least one error; the leak sanitizer sees that nothing stays in memory. */
static void
survive(const char *text, size_t len)
{
	struct config_report r = {0};
	struct plant *p = NULL;
	int rc = plant_parse(&p, text, len, SINGLE, "config", &r);

	if ((rc == 0) != (p != NULL) || (rc == 0) != (r.n == 0))
		fail_msg("rc %d, plant %p, %zu errors in:\n%.*s", rc, (void *)p, r.n, (int)len,
			 text);
	plant_free(p);
	config_report_free(&r);
}

static void
every_truncation_loads_or_says_why(void **state)
{
	size_t len;
	char *text = file_text(SINGLE, &len);

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		char *copy = malloc(n + 1); /* so that a read behind the end is seen */

		assert_non_null(copy);
		memcpy(copy, text, n);
		survive(copy, n);
		free(copy);
	}
	free(text);
}

static void
two_thousand_mutations_load_or_say_why(void **state)
{
	static const char marks[] = "{}[]:,-&*!|>'\"%#~ \n\t0.\x01\xff";
	size_t len;
	char *text = file_text(SINGLE, &len), *copy = malloc(len);

	(void)state;
	assert_non_null(copy);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t key = text_mix(i), n = 1 + key % 3;

		memcpy(copy, text, len);
		for (uint64_t k = 0; k < n; k++) {
			key = text_mix(key);
			copy[(key >> 16) % len] = (key & 1)
							  ? marks[(key >> 8) % (sizeof(marks) - 1)]
							  : (char)(key >> 8);
		}
		survive(copy, len);
	}
	free(copy);
	free(text);
}

static void
deep_nesting_is_an_error_like_another(void **state)
{
	char text[20000];
	size_t n = (size_t)snprintf(text, sizeof(text), "%soverrides: ", GOOD_HEAD);

	(void)state;
	memset(text + n, '[', 5000);
	survive(text, n + 5000);
	memset(text + n + 5000, ']', 5000);
	survive(text, n + 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_stands_at_its_line_and_key),
		cmocka_unit_test(errors_of_systems_stand_at_their_line_and_key),
		cmocka_unit_test(a_syntax_error_has_its_line_and_column),
		cmocka_unit_test(ten_errors_are_ten_lines_in_the_order_of_the_file),
		cmocka_unit_test(an_override_of_nothing_does_not_hide_its_other_errors),
		cmocka_unit_test(other_rooms_may_add_errors_of_their_own),
		cmocka_unit_test(errors_beyond_the_hundredth_are_counted),
		cmocka_unit_test(a_file_that_is_none_is_told_by_name),
		cmocka_unit_test(every_truncation_loads_or_says_why),
		cmocka_unit_test(two_thousand_mutations_load_or_say_why),
		cmocka_unit_test(deep_nesting_is_an_error_like_another),
	};

	return cmocka_run_group_tests_name("config errors", tests, NULL, NULL);
}
