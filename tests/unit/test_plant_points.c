/* SPDX-License-Identifier: Apache-2.0 */
/* The point table of a plant, and how the images are cut. */
#include "tests/unit/config_fixture.h"

#define PLANTS "config/plants/"

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
every_role_of_a_system_and_the_site_is_found(void **state)
{
	struct plant *p = plant_at(PLANTS "cluster16.yaml");
	struct plant *mixed = plant_at(PLANTS "mixed16.yaml"); /* 8 and above: air */

	(void)state;
	for (unsigned r = 0; r < ROLES; r++)
		for (uint32_t i = 0; i < role_table[r].n; i++) {
			uint32_t id = plant_role(p, 3, (enum role_id)r, i);
			uint32_t site = plant_role(p, SITE, (enum role_id)r, i);

			if (role_table[r].owner == OWNER_LINK || role_is_ballast((enum role_id)r)) {
				assert_int_equal(id, NO_POINT);
				continue;
			}
			if (id == NO_POINT && site == NO_POINT &&
			    plant_role(mixed, 9, (enum role_id)r, i) == NO_POINT &&
			    plant_role(mixed, SITE, (enum role_id)r, i) == NO_POINT)
				fail_msg("role %s[%u] is nowhere", role_table[r].name, i);
			if (id != NO_POINT) {
				assert_int_equal(p->points[id].role, r);
				assert_int_equal(p->points[id].role_index, i);
				assert_int_equal(p->points[id].system, 3);
			}
		}
	assert_int_equal(plant_role(p, 16, ROLE_LOOP_FLOW, 0), NO_POINT);
	plant_free(mixed);
	assert_int_equal(plant_role(p, -2, ROLE_LOOP_FLOW, 0), NO_POINT);
	assert_int_equal(plant_role(p, 0, ROLE_LOOP_FLOW, 1), NO_POINT);
	plant_free(p);
}

static void
points_are_named_by_system_device_role_and_unit(void **state)
{
	static const struct {
		const char *name;
		enum role_id role;
		uint32_t index;
	} known[] = {
		{"cs07.loop.supply_temp_c", ROLE_LOOP_SUPPLY, 0},
		{"cs07.wafer.C12.temp_c", ROLE_RETICLE_TEMP, 35},
		{"cs15.wafer.G12.duty_cmd_frac", ROLE_DUTY_CMD, 83},
		{"cs00.pump[1].speed_pct", ROLE_PUMP_SPEED, 1},
		{"cs03.ctl.spread_k", ROLE_CTL_SPREAD, 0},
		{"cs03.ctl.mode", ROLE_CTL_MODE, 0},
		{"cs03.engine.link.state", ROLE_LINK_STATE, 0},
		{"site.meter.link.rtt_ms", ROLE_LINK_RTT, 0},
		{"site.meter.power_w", ROLE_METER_POWER, 0},
		{"site.water.supply_temp_c", ROLE_FACILITY_SUPPLY, 0},
		{"site.alarm.active", ROLE_ALARM_ACTIVE, 0},
		{"site.page.hook_ok", ROLE_PAGE_HOOK_OK, 0},
		{"site.hist.last_update_s", ROLE_HIST_LAST_UPDATE, 0},
		{"site.hist.free_pct", ROLE_HIST_FREE, 0},
		{"site.mqtt.connected", ROLE_MQTT_CONNECTED, 0},
	};
	struct plant *p = plant_at(PLANTS "cluster16.yaml");

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint32_t id = plant_point(p, known[i].name);

		if (id == NO_POINT)
			fail_msg("no point %s", known[i].name);
		assert_int_equal(p->points[id].role, known[i].role);
		assert_int_equal(p->points[id].role_index, known[i].index);
	}
	for (uint32_t i = 0; i < p->n_points; i++)
		assert_int_equal(plant_point(p, p->points[i].name), i);
	assert_int_equal(plant_point(p, "cs16.loop.flow_lpm"), NO_POINT);
	assert_int_equal(plant_point(p, ""), NO_POINT);
	plant_free(p);
}

static void
link_points_are_found_by_device_and_role(void **state)
{
	struct plant *p = plant_at(PLANTS "cluster4.yaml");

	(void)state;
	for (uint32_t d = 0; d < p->n_devices; d++)
		for (unsigned r = 0; r < ROLES; r++) {
			uint32_t id = plant_link(p, d, (enum role_id)r);

			if (role_table[r].owner != OWNER_LINK) {
				assert_int_equal(id, NO_POINT);
				continue;
			}
			assert_int_equal(p->points[id].role, r);
			assert_int_equal(p->points[id].device, d);
		}
	assert_int_equal(plant_link(p, p->n_devices, ROLE_LINK_STATE), NO_POINT);
	plant_free(p);
}

static void
field_points_of_a_device_stand_in_the_order_of_reads(void **state)
{
	struct plant *p = plant_at(PLANTS "single.yaml");

	(void)state;
	for (uint32_t d = 0; d < p->n_devices; d++) {
		const struct point *pt = &p->points[p->devices[d].first_point];

		for (uint32_t i = 1; i < p->devices[d].n_points; i++) {
			if (pt[i].scan != pt[i - 1].scan)
				assert_true(pt[i].scan > pt[i - 1].scan);
			else if (pt[i].fc != pt[i - 1].fc)
				assert_true(pt[i].fc > pt[i - 1].fc);
			else
				assert_true(pt[i].reg >= pt[i - 1].reg + pt[i - 1].count);
		}
	}
	plant_free(p);
}

/* Every group is what its index says, one after the other without a gap. */
static void
groups_partition_the_samples(void **state)
{
	(void)state;
	for (size_t k = 0; k < SHIPPED; k++) {
		struct plant *p = plant_at(shipped[k]);
		uint32_t next = 0, group = 0;

		assert_string_equal(p->in.name, "in-0.img");
		assert_string_equal(p->ctl.name, "ctl.img");
		for (uint32_t d = 0; d < p->n_devices; d++) {
			for (int c = 0; c < SCAN_CLASSES; c++) {
				int32_t g = plant_in_group(p, d, (enum scan_class)c);

				if (g < 0)
					continue;
				assert_int_equal(g, group++);
				assert_int_equal(p->in.first[g], next);
				assert_int_equal(p->in.period_ns[g],
						 p->devices[d].scan_ms[c] * INT64_C(1000000));
				for (next = p->in.first[g]; next < p->in.first[g + 1]; next++) {
					assert_int_equal(p->points[next].device, d);
					assert_int_equal(p->points[next].scan, c);
					assert_int_equal(p->points[next].owner, OWNER_FIELD);
				}
			}
			assert_int_equal(plant_link_group(p, d), group);
			assert_int_equal(p->in.first[group], next);
			assert_int_equal(p->devices[d].first_link, next);
			assert_int_equal(p->in.period_ns[group], INT64_C(1000000000));
			next = p->in.first[++group];
		}
		assert_int_equal(group, p->in.n_groups);
		assert_int_equal(next, p->n_in);
		plant_free(p);
	}
}

static void
ctl_groups_hold_the_systems_then_the_demands(void **state)
{
	struct plant *p = plant_at(PLANTS "cluster4.yaml");
	uint32_t group = 0, next = p->n_ctl;

	(void)state;
	for (uint32_t s = 0; s < p->n_systems; s++) {
		assert_int_equal(plant_ctl_group(p, s), group++);
		assert_int_equal(p->ctl.first[group] - p->ctl.first[group - 1],
				 roles_of(OWNER_CTL));
	}
	assert_int_equal(p->ctl.first[group], next);
	for (uint32_t d = 0; d < p->n_devices; d++) {
		int32_t g = plant_demand_group(p, d);

		if (!strcmp(p->devices[d].kind, "power") || !strcmp(p->devices[d].kind, "meter") ||
		    !strcmp(p->devices[d].kind, "sim")) {
			assert_int_equal(g, -1);
			continue;
		}
		assert_int_equal(g, group++);
		assert_int_equal(p->ctl.first[g], next);
		for (uint32_t i = 0; i < p->devices[d].n_points; i++) {
			const struct point *pt = &p->points[p->devices[d].first_point + i];

			assert_int_equal(pt->demand, pt->writable ? next++ : NO_POINT);
		}
	}
	assert_int_equal(group, p->ctl.n_groups);
	assert_int_equal(p->ctl.first[group], next);
	for (uint32_t g = 0; g < p->ctl.n_groups; g++)
		assert_int_equal(p->ctl.period_ns[g], INT64_C(100000000));
	plant_free(p);
}

static void
every_sample_of_a_region_is_one_point_demand_or_alarm(void **state)
{
	struct plant *p = plant_at(PLANTS "cluster4.yaml");
	uint32_t n[REGIONS] = {0}, index;

	(void)state;
	for (uint32_t i = 0; i < p->n_points; i++) {
		enum plant_region r = plant_where(p, i, &index);

		assert_true((unsigned)r < REGIONS);
		if (r == REGION_ALM && n[r] == 0)
			n[r] = ALARM_FIELDS * p->n_alarms;
		assert_int_equal(index, n[r]++);
	}
	assert_int_equal(plant_where(p, p->n_points, &index), REGIONS);
	assert_int_equal(plant_where(p, NO_POINT, &index), REGIONS);
	for (uint32_t i = 0; i < p->n_in; i++)
		n[REGION_CTL] += p->points[i].writable;
	for (unsigned r = 0; r < REGIONS; r++) {
		const struct plant_layout *l = plant_layout_of(p, (enum plant_region)r);

		assert_int_equal(l->first[0], 0);
		assert_int_equal(l->first[l->n_groups], n[r]);
		for (uint32_t g = 0; g < l->n_groups; g++)
			assert_true(l->first[g + 1] > l->first[g] && l->period_ns[g] > 0);
	}
	assert_null(plant_layout_of(p, REGIONS));
	assert_string_equal(p->alm.name, "alm.img");
	assert_string_equal(p->page.name, "page.img");
	assert_string_equal(p->hist.name, "hist.img");
	assert_string_equal(p->mqtt.name, "mqtt.img");
	assert_int_equal(p->alm.n_groups,
			 (p->n_alarms + ALARMS_PER_GROUP - 1) / ALARMS_PER_GROUP + 1);
	plant_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_of_a_system_and_the_site_is_found),
		cmocka_unit_test(points_are_named_by_system_device_role_and_unit),
		cmocka_unit_test(link_points_are_found_by_device_and_role),
		cmocka_unit_test(field_points_of_a_device_stand_in_the_order_of_reads),
		cmocka_unit_test(groups_partition_the_samples),
		cmocka_unit_test(ctl_groups_hold_the_systems_then_the_demands),
		cmocka_unit_test(every_sample_of_a_region_is_one_point_demand_or_alarm),
	};

	return cmocka_run_group_tests_name("plant points", tests, NULL, NULL);
}
