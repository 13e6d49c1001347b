/* SPDX-License-Identifier: Apache-2.0 */
/* From images (in memory) and a run folder (in /tmp) to snapshots. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "core/image.h"
#include "tui/attach.h"
#include "tui/model.h"

#define SECOND INT64_C(1000000000)
#define NOW (1000 * SECOND)

static const char plant_text[] = "site: test\n"
				 "systems:\n"
				 "  - {name: cs%02d, count: 3, type: water}\n"
				 "facility:\n"
				 "  - {name: water, profile: facility_water}\n";

struct rig { /* a plant, its two images in memory, and a model of it */
	struct plant *plant;
	struct image *in, *ctl;
	struct sample *in_samples, *ctl_samples;
	struct model_input input;
	struct model m;
};

static struct image_layout
layout_of(const struct plant *p, const struct plant_layout *l)
{
	return (struct image_layout){l->name,      l->n_groups, l->first,
				     l->period_ns, p->hash,     INT64_C(100000000)};
}

static void
rig_open(struct rig *r)
{
	struct config_report report = {0};
	*r = (struct rig){0};
	int rc = plant_parse(&r->plant, plant_text, strlen(plant_text), "test.yaml", "config",
			     &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(rc, 0);
	struct image_layout in = layout_of(r->plant, &r->plant->in);
	struct image_layout ctl = layout_of(r->plant, &r->plant->ctl);
	assert_int_equal(image_memory(&r->in, &in), 0);
	assert_int_equal(image_memory(&r->ctl, &ctl), 0);
	r->in_samples = calloc(in.first[in.n_groups], sizeof(struct sample));
	r->ctl_samples = calloc(ctl.first[ctl.n_groups], sizeof(struct sample));
	assert_non_null(r->in_samples);
	assert_non_null(r->ctl_samples);
	assert_int_equal(
		model_init(&r->m, r->plant->n_systems, r->plant->n_devices, r->plant->n_alarms), 0);
	model_describe(&r->m, r->plant);
}

static void
rig_close(struct rig *r)
{
	image_close(r->in);
	image_close(r->ctl);
	free(r->in_samples);
	free(r->ctl_samples);
	model_fini(&r->m);
	plant_free(r->plant);
}

static struct sample *
in_of(struct rig *r, int32_t system, enum role_id role, uint32_t index)
{
	uint32_t id = plant_role(r->plant, system, role, index);
	assert_true(id < r->plant->n_in);
	return &r->in_samples[id];
}

static struct sample *
ctl_of(struct rig *r, int32_t system, enum role_id role)
{
	uint32_t id = plant_role(r->plant, system, role, 0);
	assert_true(id >= r->plant->n_in && id < r->plant->n_points);
	assert_int_equal(r->plant->points[id].owner, OWNER_CTL);
	return &r->ctl_samples[id - r->plant->n_in];
}

/* Every point GOOD now, with values that make sense for what the tests look at. */
static void
rig_good(struct rig *r)
{
	const struct plant *p = r->plant;
	uint32_t n_ctl = p->ctl.first[p->ctl.n_groups];
	for (uint32_t i = 0; i < p->n_in + n_ctl; i++) {
		struct sample *s = i < p->n_in ? &r->in_samples[i] : &r->ctl_samples[i - p->n_in];
		*s = sample_at(0, NOW, QUALITY_GOOD, SAMPLE_SIMULATED);
	}
	for (uint32_t d = 0; d < p->n_devices; d++)
		r->in_samples[plant_link(p, d, ROLE_LINK_STATE)].value = LINK_OK;
	for (int32_t k = 0; k < (int32_t)p->n_systems; k++) {
		for (uint32_t i = 0; i < RETICLES; i++)
			in_of(r, k, ROLE_RETICLE_TEMP, i)->value = 40 + 0.05 * i;
		in_of(r, k, ROLE_POWER_INPUT, 0)->value = 21000;
		ctl_of(r, k, ROLE_CTL_MODE)->value = CTL_AUTO;
		ctl_of(r, k, ROLE_CTL_SPREAD)->value = 4 + k;
		ctl_of(r, k, ROLE_CTL_TMAX)->value = 44.2;
		ctl_of(r, k, ROLE_CTL_LIMITED_AGE)->value = 100;
	}
}

/* Publish, read back judged at now_ns, and fill. */
static void
rig_fill(struct rig *r, int64_t now_ns, bool deadband)
{
	const struct plant *p = r->plant;
	for (uint32_t g = 0; g < p->in.n_groups; g++)
		image_publish(r->in, g, &r->in_samples[p->in.first[g]]);
	for (uint32_t g = 0; g < p->ctl.n_groups; g++)
		image_publish(r->ctl, g, &r->ctl_samples[p->ctl.first[g]]);
	image_beat(r->in, NOW, 1, 0);
	image_beat(r->ctl, NOW, 1, 0);
	image_read_all(r->in, now_ns, r->in_samples);
	image_read_all(r->ctl, now_ns, r->ctl_samples);
	r->input.plant = p;
	r->input.samples[REGION_IN] = r->in_samples;
	r->input.samples[REGION_CTL] = r->ctl_samples;
	image_status(r->in, now_ns, &r->input.status[REGION_IN]);
	image_status(r->ctl, now_ns, &r->input.status[REGION_CTL]);
	r->input.now_ns = now_ns;
	r->input.deadband = deadband;
	model_fill(&r->m, &r->input);
}

static void
a_good_plant_is_summarised(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r);
	rig_good(&r);
	rig_fill(&r, NOW, false);
	assert_string_equal(r.m.site, "test");
	assert_string_equal(r.m.systems[2].name, "cs02");
	assert_string_equal(r.m.systems[2].label, "02");
	assert_int_equal(r.m.systems[2].n_devices, 3);
	assert_int_equal(r.m.good, r.m.points);
	assert_int_equal(r.m.simulated, r.m.points);
	assert_true(r.m.points > 3 * 500);
	assert_int_equal(r.m.modes[CTL_AUTO], 3);
	assert_int_equal(r.m.systems[0].hottest, RETICLES - 1);
	assert_int_equal(r.m.systems[0].coldest, 0);
	assert_true(fabs(r.m.input_w.value - 63000) < 1e-6);
	assert_int_equal(r.m.spread_system, 2); /* cs02 has the widest */
	assert_int_equal(r.m.order[0], 2);
	assert_int_equal(r.m.order[2], 0);
	assert_true(r.m.health.healthy);
	rig_close(&r);
}

static void
nothing_read_is_nothing_shown(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r);
	r.input.plant = r.plant;
	r.input.now_ns = NOW;
	model_fill(&r.m, &r.input);
	assert_int_equal(r.m.good, 0);
	assert_int_equal(r.m.input_w.quality, QUALITY_NEVER);
	assert_int_equal(r.m.spread_system, r.m.n_systems);
	assert_false(sample_usable(&r.m.systems[0].spread_k));
	assert_int_equal(r.m.mode_unknown, 3);
	assert_false(r.m.health.healthy);
	rig_close(&r);
}

static void
every_value_is_old_after_three_periods_of_silence(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r);
	rig_good(&r);
	rig_fill(&r, NOW + 200 * SECOND, false);
	assert_int_equal(r.m.good, 0);
	assert_false(r.m.writer[REGION_IN].status.alive);
	assert_false(sample_usable(&r.m.systems[0].spread_k));
	assert_int_equal(r.m.systems[0].spread_k.quality, QUALITY_STALE);
	assert_false(r.m.systems[0].mode_live);
	rig_close(&r);
}

static void
one_lost_device_takes_no_other_with_it(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r);
	rig_good(&r);
	int32_t d = plant_device(r.plant, "cs01.engine");
	assert_true(d >= 0);
	const struct device *dev = &r.plant->devices[d];
	for (uint32_t i = 0; i < dev->n_points; i++)
		r.in_samples[dev->first_point + i].quality = QUALITY_COMM;
	rig_fill(&r, NOW, false);
	assert_int_equal(r.m.devices[d].good, 0);
	assert_int_equal(r.m.points - r.m.good, dev->n_points);
	assert_int_equal(r.m.systems[1].severity, CLASS_DATA);
	assert_int_equal(r.m.systems[0].severity, CLASS_OK);
	assert_int_equal(r.m.order[0], 1);
	/* the controllers' figure comes from temperatures that are not there any more */
	assert_false(sample_usable(&r.m.systems[1].spread_k));
	/* a sum without it says that it is incomplete */
	assert_int_equal(r.m.input_w.quality, QUALITY_GOOD);
	assert_int_equal(r.m.tokens_per_s.quality, QUALITY_UNCERTAIN);
	rig_close(&r);
}

static void
without_controllers_the_spread_is_the_screens_own_estimate(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r);
	rig_good(&r);
	for (uint32_t i = 0; i < r.plant->ctl.first[r.plant->ctl.n_groups]; i++)
		r.ctl_samples[i].quality = QUALITY_STALE;
	in_of(&r, 0, ROLE_RETICLE_TEMP, 5)->quality = QUALITY_BAD;
	rig_fill(&r, NOW, false);
	const struct sample *s = &r.m.systems[0].spread_k;
	assert_int_equal(s->quality, QUALITY_UNCERTAIN);
	assert_true(s->flags & SAMPLE_SUBSTITUTED);
	assert_true(fabs(s->value - 0.05 * (RETICLES - 1)) < 1e-9);
	rig_close(&r);
}

static void
a_dead_band_holds_the_shown_value_but_not_its_quality(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r);
	rig_good(&r);
	rig_fill(&r, NOW, true);
	struct sample *t = in_of(&r, 0, ROLE_RETICLE_TEMP, 0);
	t->value = 40.125; /* the role's dead-band is 0.25 */
	rig_fill(&r, NOW, true);
	assert_true(fabs(r.m.systems[0].temp_c[0].value - 40) < 1e-9);
	t->value = 40.25;
	rig_fill(&r, NOW, true);
	assert_true(fabs(r.m.systems[0].temp_c[0].value - 40.25) < 1e-9);
	t->value = 40.3;
	t->quality = QUALITY_COMM;
	rig_fill(&r, NOW, true);
	assert_int_equal(r.m.systems[0].temp_c[0].quality, QUALITY_COMM);
	rig_close(&r);
}

static void
the_list_does_not_dance_with_the_noise(void **state)
{
	struct rig r;
	(void)state;
	rig_open(&r);
	rig_good(&r);
	ctl_of(&r, 0, ROLE_CTL_SPREAD)->value = 6.05;
	ctl_of(&r, 1, ROLE_CTL_SPREAD)->value = 6.00;
	ctl_of(&r, 2, ROLE_CTL_SPREAD)->value = 2;
	rig_fill(&r, NOW, false);
	assert_int_equal(r.m.order[0], 0);
	ctl_of(&r, 1, ROLE_CTL_SPREAD)->value = 6.08;
	rig_fill(&r, NOW, false);
	assert_int_equal(r.m.order[0], 0);
	ctl_of(&r, 1, ROLE_CTL_SPREAD)->value = 6.5;
	rig_fill(&r, NOW, false);
	assert_int_equal(r.m.order[0], 1);
	rig_close(&r);
}

static void
newest_events_come_first_and_the_oldest_leave(void **state)
{
	struct model m;
	(void)state;
	assert_int_equal(model_init(&m, 1, 1, 0), 0);
	for (uint32_t i = 1; i <= MODEL_EVENTS + 3; i++) {
		struct image_event e = {.seq = i};
		model_event(&m, &e, i);
	}
	assert_int_equal(m.n_events, MODEL_EVENTS);
	assert_int_equal(m.events[0].seq, MODEL_EVENTS + 3);
	assert_int_equal(m.events[MODEL_EVENTS - 1].seq, 4);
	model_fini(&m);
}

static void
run_json_is_read_and_rubbish_is_not(void **state)
{
	struct run_info info;
	const char *text = "{\"site\": \"test\", \"pid\": 7, \"state_dir\": \"/s\", \"pids\": "
			   "[{\"room\": \"collectors\", \"pid\": 8, \"restarts\": 2, "
			   "\"last_restart_mono_ns\": 5}], \"down\": [{\"room\": \"controllers\", "
			   "\"why\": \"exit 1\"}]}";
	(void)state;
	assert_int_equal(run_info_parse(text, &info), 0);
	assert_int_equal(info.pid, 7);
	assert_int_equal(info.n_rooms, 2);
	assert_string_equal(info.rooms[0].name, "collectors");
	assert_int_equal(info.rooms[0].restarts, 2);
	assert_int_equal(info.rooms[0].last_restart_ns, 5);
	assert_true(info.rooms[0].up);
	assert_string_equal(info.rooms[1].why, "exit 1");
	assert_false(info.rooms[1].up);
	assert_int_equal(run_info_parse("", &info), -EINVAL);
	assert_int_equal(run_info_parse("[1]", &info), -EINVAL);
	assert_int_equal(run_info_parse("{\"pids\": 7, \"pid\": \"x\"}", &info), 0);
	assert_int_equal(info.n_rooms, 0);
}

/* --- run folders --- */

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
no_run_folder_an_empty_one_and_a_dead_one_are_not_running(void **state)
{
	struct attach a;
	struct errtext err = {""};
	char dir[64];
	(void)state;
	folder_make(dir);
	setenv("ISOTHERM_RUN", "/tmp/isotherm-test-there-is-none", 1);
	setenv("ISOTHERM_CONFIG", "config", 1);
	assert_int_equal(attach_open(&a, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no run folder"));
	setenv("ISOTHERM_RUN", dir, 1);
	assert_int_equal(attach_open(&a, &err), -ENOENT);
	write_file(dir, "plant.yaml", plant_text);
	assert_int_equal(attach_open(&a, &err), -ENOENT);
	assert_non_null(strstr(err.text, "left behind"));
	folder_remove(dir);
}

static void
a_living_writer_is_running_and_its_values_are_read(void **state)
{
	struct rig r;
	struct attach a;
	struct errtext err = {""};
	struct image *in;
	char dir[64];
	(void)state;
	rig_open(&r);
	rig_good(&r);
	folder_make(dir);
	setenv("ISOTHERM_RUN", dir, 1);
	setenv("ISOTHERM_CONFIG", "config", 1);
	write_file(dir, "plant.yaml", plant_text);
	struct image_layout layout = layout_of(r.plant, &r.plant->in);
	assert_int_equal(image_create(&in, dir, &layout, NOW, &err), 0);
	for (uint32_t g = 0; g < r.plant->in.n_groups; g++)
		image_publish(in, g, &r.in_samples[r.plant->in.first[g]]);
	image_beat(in, NOW, 1, 3);
	assert_int_equal(attach_open(&a, &err), 0);
	assert_int_equal(attach_update(&a, NOW, 0, false, &err), 0);
	assert_int_equal(a.model.good, a.model.points);
	assert_int_equal(a.model.writer[REGION_IN].status.overruns, 3);
	assert_false(a.model.writer[REGION_CTL].there);
	/* the controllers come later */
	struct image *ctl;
	layout = layout_of(r.plant, &r.plant->ctl);
	assert_int_equal(image_create(&ctl, dir, &layout, NOW, &err), 0);
	struct image_event e = {.time_ns = NOW - SECOND, .text = "hello"};
	image_emit(ctl, &e);
	image_beat(ctl, NOW, 1, 0);
	assert_int_equal(attach_update(&a, NOW, 50 * SECOND, false, &err), 0);
	assert_true(a.model.writer[REGION_CTL].there);
	assert_int_equal(a.model.n_events, 1);
	assert_string_equal(a.model.events[0].text, "hello");
	assert_true(a.model.event_wall_ns[0] == 49 * SECOND);
	attach_close(&a);
	image_close(in);
	image_close(ctl);
	folder_remove(dir);
	rig_close(&r);
}

static void
another_point_table_is_running_but_unreadable(void **state)
{
	struct rig r;
	struct attach a;
	struct errtext err = {""};
	struct image *in;
	uint8_t hash[32] = {1};
	char dir[64];
	(void)state;
	rig_open(&r);
	folder_make(dir);
	setenv("ISOTHERM_RUN", dir, 1);
	setenv("ISOTHERM_CONFIG", "config", 1);
	write_file(dir, "plant.yaml", plant_text);
	struct image_layout layout = layout_of(r.plant, &r.plant->in);
	layout.table_hash = hash;
	assert_int_equal(image_create(&in, dir, &layout, NOW, &err), 0);
	assert_int_equal(attach_open(&a, &err), -EPROTO);
	assert_non_null(strstr(err.text, "in-0.img"));
	write_file(dir, "plant.yaml", "site: [\n");
	assert_int_equal(attach_open(&a, &err), -EPROTO);
	assert_non_null(strstr(err.text, "plant.yaml"));
	image_close(in);
	folder_remove(dir);
	rig_close(&r);
}

/* The alarms' image of another table: everything else is shown, and alarms are not watched. */
static void
an_alarm_image_that_cannot_be_read_hides_nothing_else(void **state)
{
	struct rig r;
	struct attach a;
	struct errtext err = {""};
	struct image *in, *alm;
	uint8_t hash[32] = {1};
	char dir[64];
	(void)state;
	rig_open(&r);
	rig_good(&r);
	folder_make(dir);
	setenv("ISOTHERM_RUN", dir, 1);
	setenv("ISOTHERM_CONFIG", "config", 1);
	write_file(dir, "plant.yaml", plant_text);
	struct image_layout layout = layout_of(r.plant, &r.plant->in);
	assert_int_equal(image_create(&in, dir, &layout, NOW, &err), 0);
	for (uint32_t g = 0; g < r.plant->in.n_groups; g++)
		image_publish(in, g, &r.in_samples[r.plant->in.first[g]]);
	image_beat(in, NOW, 1, 0);
	layout = layout_of(r.plant, &r.plant->alm);
	layout.table_hash = hash;
	assert_int_equal(image_create(&alm, dir, &layout, NOW, &err), 0);
	image_beat(alm, NOW, 1, 0);
	assert_int_equal(attach_open(&a, &err), 0);
	assert_int_equal(attach_update(&a, NOW, 0, false, &err), 0);
	assert_int_equal(a.model.good, a.model.points);
	assert_false(a.model.writer[REGION_ALM].there);
	/* it starts again as the one that is meant */
	image_close(alm);
	layout.table_hash = r.plant->hash;
	assert_int_equal(image_create(&alm, dir, &layout, NOW, &err), 0);
	image_beat(alm, NOW, 1, 7);
	attach_alarms(&a, NOW, 0);
	assert_true(model_alarms_live(&a.model));
	assert_int_equal(a.model.writer[REGION_ALM].status.overruns, 7);
	attach_close(&a);
	image_close(in);
	image_close(alm);
	folder_remove(dir);
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_plant_is_summarised),
		cmocka_unit_test(nothing_read_is_nothing_shown),
		cmocka_unit_test(every_value_is_old_after_three_periods_of_silence),
		cmocka_unit_test(one_lost_device_takes_no_other_with_it),
		cmocka_unit_test(without_controllers_the_spread_is_the_screens_own_estimate),
		cmocka_unit_test(a_dead_band_holds_the_shown_value_but_not_its_quality),
		cmocka_unit_test(the_list_does_not_dance_with_the_noise),
		cmocka_unit_test(newest_events_come_first_and_the_oldest_leave),
		cmocka_unit_test(run_json_is_read_and_rubbish_is_not),
		cmocka_unit_test(no_run_folder_an_empty_one_and_a_dead_one_are_not_running),
		cmocka_unit_test(a_living_writer_is_running_and_its_values_are_read),
		cmocka_unit_test(another_point_table_is_running_but_unreadable),
		cmocka_unit_test(an_alarm_image_that_cannot_be_read_hides_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
