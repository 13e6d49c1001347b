/* SPDX-License-Identifier: Apache-2.0 */
/* Files of alarm records that are wrong, and wrong changes to records in a plant file. */
#include "tests/unit/config_fixture.h"

#include <math.h>
#include <sys/stat.h>

static void
changes_that_make_no_sense_stand_at_their_line(void **state)
{
	(void)state;
	assert_one_error(GOOD_HEAD "alarms:\n  pump_faild: {page: no}\n", 5, "alarms.pump_faild",
			 "did you mean \"pump_failed\"?");
	assert_one_error(GOOD_HEAD "alarms:\n  pump_failed: {limit: 3}\n", 5,
			 "alarms.pump_failed.limit", "means nothing to pump_failed");
	assert_one_error(GOOD_HEAD "alarms:\n  flow_low: {deadband: 0}\n", 5,
			 "alarms.flow_low.deadband", "allowed: above 0");
	assert_one_error(GOOD_HEAD "alarms:\n  flow_low: {priority: 1}\n", 5,
			 "alarms.flow_low.priority", "critical, high, medium, low");
	assert_one_error(GOOD_HEAD "alarms: {flow_low: {cause: x}}\n", 4, "alarms.flow_low.cause",
			 "unknown key");
	assert_one_error(GOOD_HEAD "paging: {parallel: 0}\n", 4, "paging.parallel", "1..64");
	assert_one_error(GOOD_HEAD "broker: {host: mqtt.example}\n", 4, "broker.host",
			 "is no address");
	assert_one_error(GOOD_HEAD "broker: {node: a/b}\n", 4, "broker.node",
			 "can't be part of a topic");
	assert_one_error(GOOD_HEAD "history: long\n", 4, "history", "full, short");
}

/* The shipped types and profiles with alarm files of one's own. */
struct folder {
	char dir[64], alarms[80];
};

static void
folder_open(struct folder *f)
{
	static const char *const subs[] = {"types", "profiles"};

	folder_make(f->dir);
	for (size_t i = 0; i < 2; i++) {
		char *target = realpath(i ? "config/profiles" : "config/types", NULL), path[80];

		assert_non_null(target);
		snprintf(path, sizeof(path), "%s/%s", f->dir, subs[i]);
		assert_int_equal(symlink(target, path), 0);
		free(target);
	}
	snprintf(f->alarms, sizeof(f->alarms), "%s/alarms", f->dir);
	assert_int_equal(mkdir(f->alarms, 0700), 0);
}

static void
folder_close(struct folder *f)
{
	char path[64];

	folder_remove(f->alarms);
	memcpy(path, f->dir, sizeof(path));
	folder_remove(path);
}

static struct plant *
load(const struct folder *f, struct config_report *r)
{
	struct plant *p = NULL;

	(void)plant_parse(&p, GOOD_HEAD, strlen(GOOD_HEAD), "t.yaml", f->dir, r);
	return p;
}

/* A record that is right but for what stands in `keys`, which begin in line 3. */
#define RECORD(keys)                                                                               \
	"alarms:\n"                                                                                \
	"- id: x\n" keys "\n"                                                                      \
	"  text: t\n  cause: c\n  consequence: c\n  action: a\n"
#define LEVEL "  harm: serious\n  respond_s: 900\n  priority: medium\n"
#define LOW_FLOW "  role: loop.flow\n  type: lo\n  limit: 3\n  deadband: 1\n" LEVEL

static void
each_error_of_a_record_stands_at_its_line_and_key(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *key, *hint;
	} bad[] = {
		{RECORD("  rule: 1\n" LOW_FLOW), 3, "alarms[0].rule", "unknown key"},
		{RECORD("  type: above\n  role: loop.flow\n" LEVEL), 3, "alarms[0].type", "hi, lo"},
		{RECORD("  type: stale\n  role: loop.flw\n" LEVEL), 4, "alarms[0].role",
		 "did you mean \"loop.flow\"?"},
		{RECORD("  type: lo\n  limit: 3\n  role: loop.flow\n" LEVEL), 2,
		 "alarms[0].deadband", "is missing"},
		{RECORD("  type: lo\n  role: loop.flow\n  deadband: 1\n" LEVEL), 2,
		 "alarms[0].limit", "is missing"},
		{RECORD("  deadband: 0\n  limit: 3\n  type: hi\n  role: loop.flow\n" LEVEL), 3,
		 "alarms[0].deadband", "above 0"},
		{RECORD("  bit: 1\n" LOW_FLOW), 3, "alarms[0].bit", "means nothing to type lo"},
		{RECORD("  type: bit\n  role: pump.status\n" LEVEL), 2, "alarms[0].bit",
		 "is missing"},
		{RECORD("  type: bit\n  bit: 32\n  role: pump.status\n" LEVEL), 4, "alarms[0].bit",
		 "0..31"},
		{RECORD("  type: equals\n  state: dreaming\n  role: ctl.mode\n" LEVEL), 4,
		 "alarms[0].state", "failsafe"},
		{RECORD("  type: not\n  role: ctl.mode\n" LEVEL), 2, "alarms[0].state",
		 "is missing"},
		{RECORD("  type: stale\n  limit: 3\n  role: ctl.mode\n" LEVEL), 4,
		 "alarms[0].limit", "types hi and lo"},
		{RECORD("  limit_role: link.state\n" LOW_FLOW), 3, "alarms[0].limit_role",
		 "is a device's"},
		{RECORD("  limit_role: x\n" LOW_FLOW), 3, "alarms[0].limit_role", "is no role"},
		{RECORD("  on_delay_s: 301\n" LOW_FLOW), 3, "alarms[0].on_delay_s", "0..300"},
		{RECORD("  on_delay_s: -1\n" LOW_FLOW), 3, "alarms[0].on_delay_s", "0..86400"},
		{RECORD("  priority: high\n  harm: minor\n  respond_s: 1000\n  type: stale\n"
			"  role: loop.flow\n"),
		 3, "alarms[0].priority", "(allowed: low)"},
		{"alarms:\n- {id: x, type: stale, role: loop.flow, text: t, harm: minor, "
		 "respond_s: 9,\n   priority: medium, cause: c, consequence: c, action: ''}\n",
		 3, "alarms[0].action", "1..239"},
		{"alarms:\n- {id: x, type: stale, role: loop.flow, text: t, harm: minor, "
		 "respond_s: 9,\n   priority: medium, cause: c, consequence: c}\n",
		 2, "alarms[0].action", "is missing"},
		{"alarms:\n- {id: X, type: stale, role: loop.flow, text: t, harm: minor, "
		 "respond_s: 9,\n   priority: medium, cause: c, consequence: c, action: a}\n",
		 2, "alarms[0].id", "is no id"},
		{"alarms:\n- {id: x, type: stale, role: loop.flow, harm: minor, respond_s: 9,\n"
		 "   text: 'pump {k}', priority: medium, cause: c, consequence: c, action: a}\n",
		 3, "alarms[0].text", "{system}, {device}, {n}"},
		{"alarms: {}\n", 1, "alarms", "is a mapping"},
		{"alarms: [x]\n", 1, "alarms[0]", "is a single value"},
		{"alarm: []\nalarms: []\n", 1, "alarm", "did you mean \"alarms\"?"},
	};
	struct folder f;

	(void)state;
	folder_open(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_report r = {0};
		char file[100];

		file_write(f.alarms, "x.yaml", bad[i].text);
		snprintf(file, sizeof(file), "%s/x.yaml", f.alarms);
		assert_null(load(&f, &r));
		if (r.n != 1) {
			config_report_print(&r, stderr);
			fail_msg("%zu errors, not 1, in:\n%s", r.n, bad[i].text);
		}
		assert_error(&r, 0, file, bad[i].line, bad[i].key, bad[i].hint);
		config_report_free(&r);
	}
	folder_close(&f);
}

static void
errors_of_several_records_and_files_are_all_told(void **state)
{
	struct config_report r = {0};
	char file[2][100];
	struct folder f;

	(void)state;
	folder_open(&f);
	file_write(f.alarms, "b.yaml", RECORD(LOW_FLOW) "- 3\n- {id: y}\n");
	file_write(f.alarms, "a.yaml", RECORD(LOW_FLOW) "- {id: z, [\n");
	snprintf(file[0], sizeof(file[0]), "%s/a.yaml", f.alarms);
	snprintf(file[1], sizeof(file[1]), "%s/b.yaml", f.alarms);
	assert_null(load(&f, &r));
	assert_int_equal(r.n, 11);
	assert_non_null(strstr(r.errors[0].text, file[0]));
	assert_non_null(strstr(r.errors[0].text, "not YAML"));
	assert_error(&r, 1, file[1], 15, "alarms[1]", "is a single value");
	assert_error(&r, 2, file[1], 16, "alarms[2].text", "is missing");
	config_report_free(&r);
	folder_close(&f);
}

static void
an_id_that_two_files_give_is_told_with_both_places(void **state)
{
	struct config_report r = {0};
	struct folder f;
	char file[100];

	(void)state;
	folder_open(&f);
	file_write(f.alarms, "a.yaml", RECORD(LOW_FLOW));
	file_write(f.alarms, "b.yaml", RECORD(LOW_FLOW));
	snprintf(file, sizeof(file), "%s/b.yaml", f.alarms);
	assert_null(load(&f, &r));
	assert_int_equal(r.n, 1);
	assert_error(&r, 0, file, 2, "alarms[0].id", "first in line 2 of a.yaml");
	config_report_free(&r);
	folder_close(&f);
}

static void
assert_text(const struct plant *p, const char *key, const char *text)
{
	char out[128];

	assert_string_equal(alarm_text(p, (uint32_t)plant_alarm(p, key), out, sizeof(out)), text);
}

static void
files_are_read_in_the_order_of_their_names(void **state)
{
	struct config_report r = {0};
	struct folder f;
	struct plant *p;

	(void)state;
	folder_open(&f);
	file_write(f.alarms, "b.yaml", RECORD(LOW_FLOW));
	file_write(f.alarms, "a.yaml",
		   "alarms:\n- {id: lost, type: stale, role: wafer.reticle_temp, text: '{n}', "
		   "harm: minor,\n   respond_s: 900, priority: low, cause: c, consequence: c, "
		   "action: a}\n"
		   "- {id: still, type: not, state: ok, role: link.state, text: '{device}', harm: "
		   "minor,\n   respond_s: 900, priority: low, cause: c, consequence: c, "
		   "action: a}\n");
	file_write(f.alarms, "notes.txt", "not a record\n");
	p = load(&f, &r);
	config_report_print(&r, stderr);
	assert_non_null(p);
	assert_int_equal(p->n_alarm_records, 3);
	assert_string_equal(p->alarm_records[0].id, "lost");
	assert_string_equal(p->alarm_records[2].id, "x");
	assert_true(fabs(p->alarm_records[1].limit - LINK_OK) < 1e-9);
	assert_int_equal(p->n_alarms, 2 * (RETICLES + 3 + 1));
	assert_text(p, "cs01.lost[83]", "G12");
	assert_text(p, "cs01.power.still", "cs01.power");
	plant_free(p);
	folder_close(&f);
}

static void
a_folder_without_alarms_is_wrong_an_empty_one_is_not(void **state)
{
	struct config_report r = {0};
	struct folder f;
	struct plant *p;

	(void)state;
	folder_open(&f);
	p = load(&f, &r);
	assert_non_null(p);
	assert_int_equal(p->n_alarms, 0);
	assert_int_equal(p->alm.n_groups, 1);
	plant_free(p);
	assert_int_equal(rmdir(f.alarms), 0);
	assert_null(load(&f, &r));
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.errors[0].text, "has no alarms/"));
	config_report_free(&r);
	assert_int_equal(mkdir(f.alarms, 0700), 0);
	folder_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_that_make_no_sense_stand_at_their_line),
		cmocka_unit_test(each_error_of_a_record_stands_at_its_line_and_key),
		cmocka_unit_test(errors_of_several_records_and_files_are_all_told),
		cmocka_unit_test(an_id_that_two_files_give_is_told_with_both_places),
		cmocka_unit_test(files_are_read_in_the_order_of_their_names),
		cmocka_unit_test(a_folder_without_alarms_is_wrong_an_empty_one_is_not),
	};

	return cmocka_run_group_tests_name("alarm files", tests, NULL, NULL);
}
