/* SPDX-License-Identifier: Apache-2.0 */
/* A plant's samples in plain memory, for the sessions of the MQTT room. */
#ifndef ISOTHERM_TESTS_MQTT_RIG_H
#define ISOTHERM_TESTS_MQTT_RIG_H

#include "tests/unit/config_fixture.h"

#include "core/clock.h"
#include "mqtt/action.h"
#include "mqtt/snapshot.h"

#define RIG_PLANT                                                                                  \
	"site: test\nsystems:\n  - {name: cs%02d, count: 2, type: water}\n"                        \
	"facility:\n  - {name: water, profile: facility_water}\n"                                  \
	"broker: {host: 127.0.0.1, group: g, node: n}\n"
#define RIG_WALL_NS INT64_C(1795708249000000000)

struct rig {
	struct plant *plant;
	struct snapshot snap;
	struct moment at;
};

static inline struct sample *
rig_sample(struct rig *r, const char *point)
{
	uint32_t index = 0, id = plant_point(r->plant, point);

	if (id == NO_POINT)
		fail_msg("no point %s", point);
	enum plant_region where = plant_where(r->plant, id, &index);
	assert_non_null(r->snap.region[where]);
	return &r->snap.region[where][index];
}

/* A new good value, measured now. */
static inline void
rig_set(struct rig *r, const char *point, double value)
{
	struct sample *s = rig_sample(r, point);

	*s = sample_at(value, r->at.now_ns, QUALITY_GOOD, s->flags);
}

static inline void
rig_quality(struct rig *r, const char *point, enum quality q)
{
	rig_sample(r, point)->quality = q;
}

static inline struct sample *
rig_alarm(struct rig *r, const char *key, enum alarm_field field)
{
	int32_t alarm = plant_alarm(r->plant, key);

	if (alarm < 0)
		fail_msg("no alarm %s", key);
	return &r->snap.region[REGION_ALM][ALARM_FIELDS * (uint32_t)alarm + (uint32_t)field];
}

static inline void
rig_link(struct rig *r, uint32_t device, enum link_state state)
{
	uint32_t index = 0;

	plant_where(r->plant, plant_link(r->plant, device, ROLE_LINK_STATE), &index);
	r->snap.region[REGION_IN][index].value = state;
}

/* Time goes on; what is good is measured anew, with the same value. */
static inline void
rig_pass(struct rig *r, int64_t ns)
{
	r->at.now_ns += ns;
	r->at.wall_ns += ns;
	for (int k = 0; k < REGIONS; k++) {
		const struct plant_layout *l = plant_layout_of(r->plant, (enum plant_region)k);
		for (uint32_t i = 0; r->snap.region[k] && i < l->first[l->n_groups]; i++)
			if (r->snap.region[k][i].quality == QUALITY_GOOD)
				sample_date(&r->snap.region[k][i], r->at.now_ns);
	}
}

/* Everything good and 0, every link up, every alarm normal. */
static inline void
rig_open(struct rig *r, const char *text)
{
	static const enum plant_region region[] = {REGION_IN, REGION_CTL, REGION_ALM};

	*r = (struct rig){.plant = plant_of(text), .at = {100 * NS_PER_S, RIG_WALL_NS}};
	r->snap.plant = r->plant;
	for (size_t i = 0; i < sizeof(region) / sizeof(*region); i++) {
		const struct plant_layout *l = plant_layout_of(r->plant, region[i]);
		uint32_t n = l->first[l->n_groups];
		struct sample *s = calloc(n + 1u, sizeof(*s));
		assert_non_null(s);
		for (uint32_t k = 0; k < n; k++)
			s[k] = sample_at(0, r->at.now_ns, QUALITY_GOOD, SAMPLE_SIMULATED);
		r->snap.region[region[i]] = s;
	}
	for (uint32_t d = 0; d < r->plant->n_devices; d++)
		rig_link(r, d, LINK_OK);
}

static inline void
rig_close(struct rig *r)
{
	for (int k = 0; k < REGIONS; k++)
		free(r->snap.region[k]);
	plant_free(r->plant);
}

#endif
