/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config_fixture.h"

#include <math.h>

#include "config/identity.h"

#define PLANTS "config/plants/"
/* a system: FIELD points of its three devices, LINK points, CTL points */
#define FIELD_POINTS (525u + 155u + 29u + 55u)

static const char *const shipped[] = {PLANTS "single.yaml", PLANTS "cluster4.yaml",
				      PLANTS "cluster16.yaml", PLANTS "cluster64.yaml",
				      PLANTS "example_real.yaml"};
#define SHIPPED (sizeof(shipped) / sizeof(shipped[0]))

static uint32_t
roles_of(enum role_owner owner)
{
	uint32_t n = 0;

	for (unsigned r = 0; r < ROLES; r++)
		n += role_table[r].owner == owner && !role_is_ballast((enum role_id)r)
			     ? role_table[r].n
			     : 0;
	return n;
}

static void
parts_have_all_devices_and_cut_no_system(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHIPPED; i++) {
		struct plant *p = plant_at(shipped[i]);

		for (uint32_t n = 1; n < 5; n++) {
			assert_int_equal(plant_part(p, 0, n), 0);
			assert_int_equal(plant_part(p, n, n), p->n_devices);
			for (uint32_t k = 1; k < n; k++) {
				uint32_t d = plant_part(p, k, n);

				assert_true(d >= plant_part(p, k - 1, n));
				for (uint32_t a = 0; a < d; a++)
					for (uint32_t b = d; b < p->n_devices; b++)
						assert_int_not_equal(p->devices[a].system,
								     p->devices[b].system);
			}
		}
		plant_free(p);
	}
}

static void
each_shipped_plant_loads_with_its_counts(void **state)
{
	static const uint32_t systems[SHIPPED] = {1, 4, 16, 64, 4};

	(void)state;
	for (size_t i = 0; i < SHIPPED; i++) {
		struct plant *p = plant_at(shipped[i]);
		uint32_t n = systems[i];

		assert_int_equal(p->n_systems, n);
		assert_int_equal(p->n_devices, 3 * n + 3);
		assert_int_equal(p->n_in, n * FIELD_POINTS + 7 + 8 + 3 +
						  p->n_devices * roles_of(OWNER_LINK));
		assert_int_equal(p->n_ctl, n * roles_of(OWNER_CTL));
		assert_int_equal(p->n_points, p->n_in + p->n_ctl + roles_of(OWNER_ALARM) +
						      roles_of(OWNER_PAGE) + roles_of(OWNER_HIST) +
						      roles_of(OWNER_MQTT));
		assert_string_equal(p->systems[0].name, "cs00");
		assert_int_equal(p->control_period_ms, 100);
		plant_free(p);
	}
}

static void
a_mixed_row_has_water_and_air(void **state)
{
	struct plant *p = plant_at(PLANTS "mixed16.yaml");
	struct plant *air = plant_at(PLANTS "air16.yaml");

	(void)state;
	assert_int_equal(p->n_systems, 16);
	assert_int_equal(air->n_systems, 16);
	for (uint32_t s = 0; s < 16; s++) {
		assert_int_equal(p->systems[s].facility, s < 8 ? FACILITY_WATER : FACILITY_AIR);
		assert_int_equal(p->systems[s].machine, s);
		assert_true(fabs(p->systems[s].model.facility_kg_s - (s < 8 ? 0.9 : 4.0)) < 1e-12);
		assert_true(plant_role(p, (int32_t)s, ROLE_VALVE_CMD, 0) != NO_POINT);
		assert_int_equal(plant_role(p, (int32_t)s, ROLE_FAN_SPEED, 3) == NO_POINT, s < 8);
	}
	assert_true(plant_role(air, SITE, ROLE_DEW_POINT, 0) != NO_POINT);
	assert_true(plant_role(p, SITE, ROLE_AIR_SUPPLY, 0) != NO_POINT);
	plant_free(air);
	plant_free(p);
}

static void
generations_are_types_of_one_model(void **state)
{
	struct plant *p = plant_at(PLANTS "generations.yaml");
	static const int32_t machines[] = {0, 1, 2, 3, 4, 4, 6, 7};

	(void)state;
	assert_int_equal(p->n_systems, 8);
	for (uint32_t s = 0; s < 8; s++) {
		bool foreign = s >= 6;

		assert_int_equal(p->systems[s].machine, machines[s]);
		assert_int_equal(plant_role(p, (int32_t)s, ROLE_RETICLE_TEMP, 0) == NO_POINT,
				 foreign);
		assert_int_equal(plant_role(p, (int32_t)s, ROLE_DUTY_CMD, 0) == NO_POINT, foreign);
		assert_true(plant_role(p, (int32_t)s, ROLE_POWER_INPUT, 0) != NO_POINT);
		assert_true(plant_role(p, (int32_t)s, ROLE_LOOP_RETURN, 0) != NO_POINT);
	}
	assert_true(fabs(p->systems[0].model.cores - 400000.0) < 1e-9);
	assert_true(fabs(p->systems[2].model.cores - 850000.0) < 1e-9);
	assert_int_equal(p->systems[0].facility, FACILITY_AIR);
	plant_free(p);
}

static void
types_and_profiles_are_found_by_key_and_by_environment(void **state)
{
	char *here = realpath("config", NULL), dir[64], path[80], text[4400];
	struct plant *p;

	(void)state;
	assert_non_null(here);
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/p.yaml", dir);
	snprintf(text, sizeof(text), "%sconfig_dir: %s\n", GOOD_HEAD, here);
	file_write(dir, "p.yaml", text);
	p = plant_at(path);
	assert_string_equal(p->config_dir, here);
	plant_free(p);
	file_write(dir, "p.yaml", GOOD_HEAD);
	assert_int_equal(setenv("ISOTHERM_CONFIG", "config", 1), 0);
	p = plant_at(path);
	assert_string_equal(p->config_dir, here);
	plant_free(p);
	assert_int_equal(unsetenv("ISOTHERM_CONFIG"), 0);
	free(here);
	folder_remove(dir);
}

static void
assert_same_plant(const struct plant *a, const struct plant *b)
{
	assert_memory_equal(a->hash, b->hash, sizeof(a->hash));
	assert_string_equal(a->site, b->site);
	assert_string_equal(a->config_dir, b->config_dir);
	assert_int_equal(a->seed, b->seed);
	assert_int_equal(a->faults_allowed, b->faults_allowed);
	assert_int_equal(a->job_mode, b->job_mode);
	assert_memory_equal(&a->control, &b->control, sizeof(a->control));
	assert_int_equal(a->n_systems, b->n_systems);
	for (uint32_t i = 0; i < a->n_systems; i++) {
		const struct system_config *x = &a->systems[i], *y = &b->systems[i];

		assert_string_equal(x->name, y->name);
		assert_string_equal(x->type, y->type);
		assert_string_equal(x->wafer_csv, y->wafer_csv);
		assert_int_equal(x->serial, y->serial);
		assert_int_equal(x->wafer_seed, y->wafer_seed);
		assert_memory_equal(&x->spread_limit_k, &y->spread_limit_k, sizeof(double));
		assert_memory_equal(&x->temp_limit_c, &y->temp_limit_c, sizeof(double));
	}
	assert_int_equal(a->n_devices, b->n_devices);
	for (uint32_t i = 0; i < a->n_devices; i++) {
		const struct device *x = &a->devices[i], *y = &b->devices[i];

		assert_string_equal(x->name, y->name);
		assert_string_equal(x->host, y->host);
		assert_int_equal(x->port, y->port);
		assert_int_equal(x->unit, y->unit);
		assert_int_equal(x->line, y->line);
		assert_int_equal(x->serial, y->serial);
		assert_int_equal(x->simulated, y->simulated);
		assert_int_equal(x->armed, y->armed);
	}
	assert_int_equal(a->n_lines, b->n_lines);
	for (uint32_t i = 0; i < a->n_lines; i++) {
		const struct line_config *x = &a->lines[i], *y = &b->lines[i];

		assert_string_equal(x->name, y->name);
		assert_string_equal(x->path, y->path);
		assert_string_equal(x->serve, y->serve);
		assert_int_equal(x->baud, y->baud);
		assert_int_equal(x->parity, y->parity);
		assert_int_equal(x->stop_bits, y->stop_bits);
	}
	assert_int_equal(a->history, b->history);
	assert_string_equal(a->paging.hook, b->paging.hook);
	assert_int_equal(a->paging.parallel, b->paging.parallel);
	assert_int_equal(a->paging.tries, b->paging.tries);
	assert_memory_equal(&a->paging.timeout_s, &b->paging.timeout_s, sizeof(double));
	assert_memory_equal(&a->paging.retry_s, &b->paging.retry_s, sizeof(double));
	assert_string_equal(a->broker.host, b->broker.host);
	assert_int_equal(a->broker.port, b->broker.port);
	assert_string_equal(a->broker.group, b->broker.group);
	assert_string_equal(a->broker.node, b->broker.node);
	assert_string_equal(a->broker.user, b->broker.user);
	assert_int_equal(a->n_alarm_records, b->n_alarm_records);
	assert_memory_equal(a->alarm_records, b->alarm_records,
			    a->n_alarm_records * sizeof(*a->alarm_records));
	assert_int_equal(a->n_alarms, b->n_alarms);
	assert_memory_equal(a->alarms, b->alarms, a->n_alarms * sizeof(*a->alarms));
	assert_int_equal(a->n_arming, b->n_arming);
	for (uint32_t i = 0; i < a->n_arming; i++) {
		assert_int_equal(a->arming[i].device, b->arming[i].device);
		assert_string_equal(a->arming[i].by, b->arming[i].by);
		assert_string_equal(a->arming[i].why, b->arming[i].why);
	}
}

/* Write, read again, compare. */
static void
round_trip(struct plant *p)
{
	char dir[64], path[80];
	struct plant *again;

	folder_make(dir);
	snprintf(path, sizeof(path), "%s/plant.yaml", dir);
	assert_int_equal(plant_write_resolved(p, path), 0);
	again = plant_at(path);
	assert_same_plant(p, again);
	plant_free(again);
	assert_int_equal(plant_write_resolved(p, "/nonexistent/plant.yaml"), -ENOENT);
	folder_remove(dir);
}

static void
a_resolved_file_is_the_same_plant_with_its_ports(void **state)
{
	(void)state;
	for (size_t k = 0; k < SHIPPED; k++) {
		struct plant *p = plant_at(shipped[k]);

		round_trip(p);
		for (uint32_t d = 0; d < p->n_devices; d++)
			if (p->devices[d].port == 0 && p->devices[d].line < 0)
				p->devices[d].port = (uint16_t)(40000 + d);
		round_trip(p);
		plant_free(p);
	}
}

static void
a_resolved_file_keeps_texts_that_need_quoting(void **state)
{
	struct plant *p = plant_of(
		GOOD_HEAD
		"control: {duty_kp_per_k: 0.1, margin_k: 0.30000000000000004}\n"
		"job: {mode: ind, tokens_per_s: 1234.5}\nseed: 18446744073709551615\n"
		"history: short\n"
		"paging: {hook: 'a \"b\" c', timeout_s: 0.1, parallel: 1, tries: 3, retry_s: 0.7}\n"
		"broker: {host: \"::1\", port: 18830, group: a.b, node: n-1, user: 'x: \"y\"'}\n"
		"overrides:\n"
		"  cs01: {spread_k: 6.1, temp_c: 48, serial: 4294967295, wafer_seed: "
		"0xFFFFFFFFFFFFFFFF}\n"
		"  cs01.engine: {source: real, host: \"::1\", port: 502, unit: 0, write: armed}\n"
		"arming:\n"
		"  - {device: cs01.engine, by: 'J. \"Q\" Doe \\ Söhne', why: \"#1: {a}, [b]: "
		"c\"}\n");

	(void)state;
	assert_true(p->systems[1].wafer_seed == UINT64_MAX);
	assert_int_equal(p->systems[1].serial, UINT32_MAX);
	round_trip(p);
	plant_free(p);
}

static void
devices_on_lines_are_resolved_with_the_path_of_their_line(void **state)
{
	struct plant *p = plant_of(
		GOOD_HEAD "lines:\n"
			  "  - {name: sim}\n"
			  "  - {name: rack, path: /dev/ttyUSB0, baud: 9600, parity: odd, stop: 2}\n"
			  "  - {name: both, path: /dev/ttyS0, serve: /dev/ttyS1, parity: none}\n"
			  "overrides:\n"
			  "  cs00.cooling: {line: sim, unit: 11}\n"
			  "  cs00.power: {line: sim, unit: 12}\n"
			  "  cs01.power: {line: rack, source: real, unit: 247}\n"
			  "  cs01.cooling: {line: both}\n");

	(void)state;
	assert_int_equal(p->n_lines, 3);
	assert_string_equal(p->lines[0].path, "");
	assert_string_equal(p->lines[0].serve, "auto");
	assert_int_equal(p->lines[0].baud, 19200);
	assert_int_equal(p->lines[0].parity, PARITY_EVEN);
	assert_string_equal(p->lines[1].serve, "");
	assert_int_equal(p->lines[1].stop_bits, 2);
	assert_int_equal(p->devices[plant_device(p, "cs00.power")].line, 0);
	assert_int_equal(p->devices[plant_device(p, "cs01.power")].line, 1);
	assert_int_equal(p->devices[plant_device(p, "cs01.cooling")].unit, 1);
	assert_int_equal(p->devices[plant_device(p, "cs00.engine")].line, -1);
	round_trip(p);
	snprintf(p->lines[0].path, sizeof(p->lines[0].path), "/run/isotherm/line-sim");
	round_trip(p);
	plant_free(p);
}

static void
an_override_changes_the_system_or_device_it_names_alone(void **state)
{
	struct plant *p =
		plant_of(GOOD_HEAD "overrides:\n"
				   "  cs01: {spread_k: 6, wafer_csv: config/wafers/reference.csv}\n"
				   "  cs00.cooling: {port: 1502, unit: 9, write: shadow}\n"
				   "  site.meter: {host: 10.0.0.1, port: 502, source: real}\n"
				   "facility: [{name: meter, profile: schneider_iem3000}]\n");
	const struct device *d;

	(void)state;
	assert_true(fabs(p->systems[0].spread_limit_k - 8) < 1e-9);
	assert_true(fabs(p->systems[1].spread_limit_k - 6) < 1e-9);
	assert_true(fabs(p->systems[1].temp_limit_c - 50) < 1e-9);
	assert_string_equal(p->systems[0].wafer_csv, "");
	assert_int_equal(p->systems[1].wafer_csv[0], '/');
	assert_int_not_equal(p->systems[0].wafer_seed, p->systems[1].wafer_seed);
	d = &p->devices[plant_device(p, "cs00.cooling")];
	assert_int_equal(d->port, 1502);
	assert_int_equal(d->unit, 9);
	assert_true(d->simulated && !d->armed);
	d = &p->devices[plant_device(p, "cs01.cooling")];
	assert_int_equal(d->port, 0);
	assert_true(d->simulated && d->armed);
	d = &p->devices[plant_device(p, "site.meter")];
	assert_true(!d->simulated && !d->armed);
	assert_string_equal(d->host, "10.0.0.1");
	plant_free(p);
}

#define REAL_ENGINE(more)                                                                          \
	GOOD_HEAD "overrides:\n  cs00.engine: {source: real, host: 10.0.0.1, port: 502" more "}\n" \
		  "arming: [{device: cs00.engine, by: a, why: b}]\n"

static void
a_real_device_is_in_shadow_unless_an_entry_arms_it(void **state)
{
	const char *name = NULL;
	struct plant *p = plant_of(REAL_ENGINE(""));

	(void)state;
	assert_false(p->devices[0].armed);
	assert_true(plant_has_real_device(p, &name));
	assert_string_equal(name, "cs00.engine");
	plant_free(p);
	p = plant_of(REAL_ENGINE(", write: armed"));
	assert_true(p->devices[0].armed);
	plant_free(p);
	p = plant_of(GOOD_HEAD);
	assert_false(plant_has_real_device(p, NULL));
	plant_free(p);
}

static void
a_device_may_have_another_profile_than_its_type_says(void **state)
{
	struct plant *p =
		plant_of("site: x\nsystems: [{name: lab, type: water}]\n"
			 "overrides: {lab.power: {profile: schneider_iem3000, source: real, "
			 "host: 10.0.0.1, port: 502}}\n");

	(void)state;
	assert_string_equal(p->systems[0].name, "lab");
	assert_int_not_equal(plant_point(p, "lab.meter.power_w"), NO_POINT);
	assert_int_equal(plant_role(p, 0, ROLE_PSU_POWER, 0), NO_POINT);
	plant_free(p);
}

/* What a soak found is kept under the serial number: another plant's wafers must not have the same. */
static void
serial_numbers_are_of_their_plant(void **state)
{
	static const char *const TEXT[] = {
		"site: x\nseed: 1\nsystems: [{name: cs%02d, count: 256, type: water}]\n",
		"site: x\nseed: 2\nsystems: [{name: cs%02d, count: 256, type: water}]\n",
		"site: y\nseed: 1\nsystems: [{name: cs%02d, count: 256, type: water}]\n",
	};
	struct plant *p[3], *again = plant_of(TEXT[0]);

	(void)state;
	for (int k = 0; k < 3; k++)
		p[k] = plant_of(TEXT[k]);
	for (uint32_t s = 0; s < 256; s++) {
		assert_int_equal(p[0]->systems[s].serial, again->systems[s].serial);
		assert_int_equal(p[0]->systems[s].serial, p[0]->systems[0].serial + s);
		assert_int_not_equal(p[0]->systems[s].serial, p[1]->systems[s].serial);
		assert_int_not_equal(p[0]->systems[s].serial, p[2]->systems[s].serial);
	}
	for (int k = 0; k < 3; k++)
		plant_free(p[k]);
	plant_free(again);
}

static void
entries_may_count_from_another_number(void **state)
{
	struct plant *p =
		plant_of("site: x\nsystems:\n"
			 "  - {name: \"row%d-a\", count: 2, first: 9, type: water}\n"
			 "  - {name: cs%03d, count: 2, first: 99, type: water, serial: 7}\n");

	(void)state;
	assert_string_equal(p->systems[0].name, "row9-a");
	assert_string_equal(p->systems[1].name, "row10-a");
	assert_string_equal(p->systems[2].name, "cs099");
	assert_string_equal(p->systems[3].name, "cs100");
	assert_int_equal(p->systems[3].serial, 8);
	assert_int_equal(plant_system(p, "cs100"), 3);
	assert_int_equal(plant_system(p, "cs101"), -1);
	assert_int_equal(plant_device_of(p, 3, "power"), plant_device(p, "cs100.power"));
	assert_int_equal(plant_device_of(p, 3, "meter"), -1);
	plant_free(p);
}

static void
the_largest_plant_loads_and_keeps_its_hash(void **state)
{
	struct plant *p = plant_of("site: x\nsystems: [{name: cs%03d, count: 256, type: water}]\n");
	struct plant *q = plant_of("site: y\nsystems: [{name: cs%03d, count: 256, type: water}]\n"
				   "limits: {spread_k: 5}\n");
	struct plant *other =
		plant_of("site: x\nsystems: [{name: ds%03d, count: 256, type: water}]\n");

	(void)state;
	assert_int_equal(p->n_systems, 256);
	assert_memory_equal(p->hash, q->hash, sizeof(p->hash));
	assert_memory_not_equal(p->hash, other->hash, sizeof(p->hash));
	plant_free(p);
	plant_free(q);
	plant_free(other);
}

static void
control_parameters_and_job_have_their_defaults(void **state)
{
	struct plant *p = plant_of(GOOD_HEAD "control: {track_s: 5}\n");

	(void)state;
	assert_true(fabs(p->control.duty_kp_per_k - 0.04) < 1e-12);
	assert_true(fabs(p->control.integral_lo + 0.8) < 1e-12);
	assert_true(fabs(p->control.track_s - 5) < 1e-12);
	assert_int_equal(p->job_mode, JOB_MODE_SYNC);
	assert_true(fabs(p->job_tokens_per_s - 2000) < 1e-9);
	assert_false(p->faults_allowed);
	plant_free(p);
}

static void
reticle_labels_go_there_and_back(void **state)
{
	char label[4];

	(void)state;
	for (uint32_t i = 0; i < RETICLES; i++)
		assert_int_equal(reticle_index(reticle_label(i, label)), i);
	assert_string_equal(reticle_label(0, label), "A1");
	assert_string_equal(reticle_label(35, label), "C12");
	assert_string_equal(reticle_label(83, label), "G12");
	assert_string_equal(reticle_label(84, label), "?");
	assert_int_equal(reticle_index("H1"), -1);
	assert_int_equal(reticle_index("A0"), -1);
	assert_int_equal(reticle_index("A13"), -1);
	assert_int_equal(reticle_index("A1x"), -1);
	assert_int_equal(reticle_index(""), -1);
}

static void
states_have_names_and_other_values_none(void **state)
{
	static const char *const trips[] = {"temperature", "flow", "pumps", "leak", "current"};

	(void)state;
	assert_string_equal(state_name(ROLE_CTL_MODE, CTL_FAILSAFE), "failsafe");
	assert_string_equal(state_name(ROLE_CTL_REASON, REASON_RAMP), "ramp");
	assert_string_equal(state_name(ROLE_LINK_STATE, LINK_IDENTITY), "wrong identity");
	assert_string_equal(state_name(ROLE_ENGINE_AUTHORITY, AUTHORITY_SUPERVISOR), "supervisor");
	for (int i = 0; i < 5; i++)
		assert_string_equal(state_name(ROLE_ENGINE_TRIP, 1 << i), trips[i]);
	assert_string_equal(state_name(ROLE_ENGINE_TRIP, 0), "none");
	assert_string_equal(state_name(ROLE_ENGINE_TRIP, TRIP_LEAK | TRIP_FLOW), "several");
	assert_string_equal(state_name(ROLE_ENGINE_TRIP, -1), "");
	assert_string_equal(state_name(ROLE_CTL_MODE, CTL_MAINTENANCE), "maintenance");
	assert_string_equal(state_name(ROLE_CTL_MODE, CTL_MANUAL), "manual");
	assert_string_equal(state_name(ROLE_CTL_REASON, REASON_HAND), "by hand");
	assert_string_equal(state_name(ROLE_CTL_MODE, CTL_MANUAL + 1), "");
	assert_string_equal(state_name(ROLE_CTL_MODE, 9), "");
	assert_string_equal(state_name(ROLE_CTL_MODE, -1), "");
	assert_string_equal(state_name(ROLE_CTL_MODE, 1.5), "");
	assert_string_equal(state_name(ROLE_CTL_MODE, (double)NAN), "");
	assert_string_equal(state_name(ROLE_LOOP_FLOW, 1), "");
}

static void
profiles_have_different_identity_words(void **state)
{
	static const char *const names[] = {"engine_block",   "cooling_unit", "power_shelf",
					    "facility_water", "simulator",    "schneider_iem3000"};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(identity_profile_word(names[i]),
					     identity_profile_word(names[k]));
}

static void
the_manual_names_every_key_and_role(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	config_manual(f);
	fclose(f);
	assert_non_null(strstr(text, "| `spread_k` | number | 0.5..50 k |"));
	assert_non_null(strstr(text, "| `register` | integer |"));
	assert_non_null(strstr(text, "| `duty_kp_per_k` |"));
	assert_non_null(strstr(text, "| serious | high | medium | low |"));
	for (unsigned r = 0; r < ROLES; r++)
		assert_non_null(strstr(text, role_table[r].name));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shipped_plant_loads_with_its_counts),
		cmocka_unit_test(parts_have_all_devices_and_cut_no_system),
		cmocka_unit_test(a_mixed_row_has_water_and_air),
		cmocka_unit_test(generations_are_types_of_one_model),
		cmocka_unit_test(types_and_profiles_are_found_by_key_and_by_environment),
		cmocka_unit_test(a_resolved_file_is_the_same_plant_with_its_ports),
		cmocka_unit_test(a_resolved_file_keeps_texts_that_need_quoting),
		cmocka_unit_test(devices_on_lines_are_resolved_with_the_path_of_their_line),
		cmocka_unit_test(an_override_changes_the_system_or_device_it_names_alone),
		cmocka_unit_test(a_real_device_is_in_shadow_unless_an_entry_arms_it),
		cmocka_unit_test(a_device_may_have_another_profile_than_its_type_says),
		cmocka_unit_test(serial_numbers_are_of_their_plant),
		cmocka_unit_test(entries_may_count_from_another_number),
		cmocka_unit_test(the_largest_plant_loads_and_keeps_its_hash),
		cmocka_unit_test(control_parameters_and_job_have_their_defaults),
		cmocka_unit_test(reticle_labels_go_there_and_back),
		cmocka_unit_test(states_have_names_and_other_values_none),
		cmocka_unit_test(profiles_have_different_identity_words),
		cmocka_unit_test(the_manual_names_every_key_and_role),
	};

	return cmocka_run_group_tests_name("plant", tests, NULL, NULL);
}
