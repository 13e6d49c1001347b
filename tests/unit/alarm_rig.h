/* SPDX-License-Identifier: Apache-2.0 */
/* Two systems with alarms of our own, images in memory, a clock that is counted, and a journal that
 * fails when it is told to. */
#ifndef ISOTHERM_TESTS_ALARM_RIG_H
#define ISOTHERM_TESTS_ALARM_RIG_H

#include "tests/unit/config_fixture.h"

#include <math.h>
#include <sys/stat.h>

#include "alarms/engine.h"
#include "core/clock.h"
#include "shell/images.h"

#define STEP_NS (100 * NS_PER_MS)
#define WALL_0_NS (INT64_C(1795700000) * NS_PER_S) /* a day in 2026 */

static const char RIG_ALARMS[] =
	"alarms:\n"
	"  - {id: pump_failed, text: '{system}: pump {n} failed', type: bit, role: pump.status, "
	"bit: 1,"
	" off_delay_s: 1, harm: serious, respond_s: 300, priority: high, page: yes,"
	" cause: \"The drive's breaker.\", consequence: One pump alone., action: Change it.}\n"
	"  - {id: leak_wet, text: '{system}: leak rope {n} is wet', type: equals, role: loop.leak,"
	" state: wet, harm: major, respond_s: 300, priority: critical, page: yes, latched: yes,"
	" cause: Water., consequence: Damage., action: Go and look.}\n"
	"  - {id: flow_low, text: '{system}: coolant flow low', type: lo, role: loop.flow, limit: "
	"42,"
	" deadband: 1.5, on_delay_s: 1, off_delay_s: 1, harm: serious, respond_s: 1800,"
	" priority: medium, cause: A valve., consequence: Less work., action: Open it.}\n"
	"  - {id: flow_lost, text: '{system}: no reading of the flow', type: stale, role: "
	"loop.flow,"
	" on_delay_s: 1, harm: serious, respond_s: 1800, priority: medium, cause: The line.,"
	" consequence: Blind., action: Look.}\n"
	"  - {id: control_silent, text: The controllers are silent, type: bit, role: alarm.silent,"
	" bit: 1, on_delay_s: 1, harm: serious, respond_s: 300, priority: high, cause: It hangs.,"
	" consequence: Nobody decides., action: Look.}\n"
	"  - {id: page_failed, text: A page could not be delivered, type: hi, role: page.failed,"
	" limit: 0.5, deadband: 0.4, harm: serious, respond_s: 300, priority: high, cause: No net.,"
	" consequence: Nobody came., action: Call.}\n"
	"  - {id: journal_bad, text: \"The journal can't be written\", type: equals,"
	" role: alarm.journal_ok, state: '0', harm: serious, respond_s: 300, priority: high,"
	" cause: Full., consequence: Forgetful., action: Make room.}\n";

#define PUMP0 "cs00.pump_failed[0]"
#define LEAK0 "cs00.leak_wet[0]"
#define FLOW0 "cs00.flow_low"

struct rig {
	char folder[64];
	struct plant *plant;
	struct image *image[REGIONS];
	struct sample *sample[REGIONS]; /* what the next step publishes */
	bool quiet[REGIONS];            /* writes nothing */
	struct engine *engine;
	struct journal *journal;
	int64_t now_ns, wall_ns;
	char reply[COMMAND_MAX + 1];
	uint64_t events_seen;
};

static struct rig rig;

static inline void
rig_plant(void)
{
	static const char *const shared[] = {"types", "profiles"};
	char from[512], to[128];

	folder_make(rig.folder);
	snprintf(to, sizeof(to), "%s/alarms", rig.folder);
	assert_int_equal(mkdir(to, 0700), 0);
	file_write(to, "test.yaml", RIG_ALARMS);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(getcwd(from, sizeof(from) - 32));
		strcat(strcat(from, "/config/"), shared[i]);
		snprintf(to, sizeof(to), "%s/%s", rig.folder, shared[i]);
		assert_int_equal(symlink(from, to), 0);
	}
	struct config_report report = {0};
	int rc = plant_parse(&rig.plant, GOOD_HEAD, strlen(GOOD_HEAD), "t.yaml", rig.folder,
			     &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(rc, 0);
}

static inline void
rig_remove_plant(void)
{
	char path[128];

	plant_free(rig.plant);
	snprintf(path, sizeof(path), "%s/alarms", rig.folder);
	folder_remove(path);
	folder_remove(rig.folder);
}

/* The writer's sample of a role of the first system, or of the site. */
static inline struct sample *
rig_sample(enum role_id role, uint32_t element)
{
	uint32_t point = plant_role(rig.plant, 0, role, element), index = 0;

	if (point == NO_POINT)
		point = plant_role(rig.plant, SITE, role, element);
	enum plant_region region = plant_where(rig.plant, point, &index);
	assert_true(region < REGIONS);
	return &rig.sample[region][index];
}

static inline void
rig_set(enum role_id role, uint32_t element, double value)
{
	rig_sample(role, element)->value = value;
	rig_sample(role, element)->quality = QUALITY_GOOD;
}

static inline void
rig_calm(void)
{
	for (int r = 0; r < REGIONS; r++) {
		const struct plant_layout *l = plant_layout_of(rig.plant, (enum plant_region)r);

		for (uint32_t i = 0; i < l->first[l->n_groups]; i++)
			rig.sample[r][i].quality = QUALITY_GOOD;
	}
	for (uint32_t i = 0; i < rig.plant->n_points; i++) {
		uint32_t index = 0;
		enum plant_region region = plant_where(rig.plant, i, &index);

		if (rig.plant->points[i].role == ROLE_LOOP_FLOW)
			rig.sample[region][index].value = 60.0;
		if (rig.plant->points[i].role == ROLE_CTL_MODE)
			rig.sample[region][index].value = CTL_AUTO;
	}
}

static inline void
rig_engine(void)
{
	assert_int_equal(engine_open(&rig.engine, rig.plant, rig.journal, rig.image[REGION_ALM],
				     rig.now_ns, rig.wall_ns),
			 0);
	engine_set_image(rig.engine, REGION_IN, rig.image[REGION_IN]);
	engine_set_image(rig.engine, REGION_CTL, rig.image[REGION_CTL]);
	engine_set_image(rig.engine, REGION_PAGE, rig.image[REGION_PAGE]);
}

/* All but the engine. */
static inline void
rig_open(void)
{
	memset(&rig, 0, sizeof(rig));
	rig.now_ns = 1000 * NS_PER_S;
	rig.wall_ns = WALL_0_NS;
	rig_plant();
	for (int r = 0; r < REGIONS; r++) {
		const struct plant_layout *l = plant_layout_of(rig.plant, (enum plant_region)r);
		struct image_layout layout = images_layout(rig.plant, l);

		assert_int_equal(image_memory(&rig.image[r], &layout), 0);
		rig.sample[r] = calloc(l->first[l->n_groups] + 1u, sizeof(struct sample));
		assert_non_null(rig.sample[r]);
	}
	rig_calm();
}

static inline void
rig_close(void)
{
	engine_close(rig.engine);
	for (int r = 0; r < REGIONS; r++) {
		image_close(rig.image[r]);
		free(rig.sample[r]);
	}
	rig_remove_plant();
}

static inline void
rig_publish(void)
{
	for (int r = 0; r < REGIONS; r++) {
		const struct plant_layout *l = plant_layout_of(rig.plant, (enum plant_region)r);

		if (r == REGION_ALM || rig.quiet[r])
			continue;
		for (uint32_t i = 0; i < l->first[l->n_groups]; i++)
			sample_date(&rig.sample[r][i], rig.now_ns);
		for (uint32_t g = 0; g < l->n_groups; g++)
			image_publish(rig.image[r], g, &rig.sample[r][l->first[g]]);
		image_beat(rig.image[r], rig.now_ns, 1, 0);
	}
}

static inline void
rig_steps(unsigned n)
{
	while (n-- > 0) {
		rig.now_ns += STEP_NS;
		rig.wall_ns += STEP_NS;
		rig_publish();
		engine_step(rig.engine, rig.now_ns, rig.wall_ns, 0);
	}
}

/* --- what alm.img shows --- */

static inline struct sample
rig_field(const char *key, enum alarm_field field)
{
	int32_t alarm = plant_alarm(rig.plant, key);
	struct sample all[4096] = {0};

	assert_true(alarm >= 0);
	image_read_all(rig.image[REGION_ALM], rig.now_ns, all);
	return all[(uint32_t)alarm * ALARM_FIELDS + field];
}

static inline enum alarm_state
rig_state(const char *key)
{
	return (enum alarm_state)lrint(rig_field(key, ALARM_FIELD_STATE).value);
}

static inline double
rig_point(enum role_id role)
{
	uint32_t index = 0;
	struct sample all[4096] = {0};

	assert_int_equal(plant_where(rig.plant, plant_role(rig.plant, SITE, role, 0), &index),
			 REGION_ALM);
	image_read_all(rig.image[REGION_ALM], rig.now_ns, all);
	return all[index].value;
}

/* Whether one of the events since the last time begins so. */
static inline bool
rig_told(const char *text)
{
	struct image_event event[64];
	bool found = false;
	size_t n;

	while ((n = image_events(rig.image[REGION_ALM], &rig.events_seen, event, 64, NULL)) != 0)
		for (size_t i = 0; i < n; i++)
			found |= strncmp(event[i].text, text, strlen(text)) == 0;
	return found;
}

/* --- people --- */

static inline bool
rig_ask_as(enum access_level access, const char *request)
{
	const struct engine_who who = {.access = access, .uid = 1234, .user = "jane"};

	engine_command(rig.engine, &who, request, rig.reply, rig.now_ns, rig.wall_ns);
	return strstr(rig.reply, "\"ok\":true") != NULL;
}

static inline bool
rig_ask(const char *request)
{
	return rig_ask_as(ACCESS_OPERATE, request);
}

/* --- pages --- */

/* One page must be due; how it ends is the caller's to say. */
static inline struct page_intent
rig_page(void)
{
	struct page_intent page;

	assert_true(engine_take_page(rig.engine, rig.now_ns, &page));
	return page;
}

static inline void
rig_page_ends(const struct page_intent *page, bool delivered)
{
	struct page_result result = {
		.id = page->id, .attempt = page->attempt, .delivered = delivered};

	strcpy(result.why, delivered ? "" : "exit 1");
	engine_page_result(rig.engine, &result, rig.now_ns, rig.wall_ns);
}

static inline void
rig_delivers(enum page_action action, const char *key)
{
	struct page_intent page = rig_page();

	assert_int_equal(page.action, action);
	assert_string_equal(page.key, key);
	rig_page_ends(&page, true);
}

static inline void
rig_no_page(void)
{
	struct page_intent page;

	if (engine_take_page(rig.engine, rig.now_ns, &page))
		fail_msg("a page: %s %s", page_action_name(page.action), page.key);
}

#endif
