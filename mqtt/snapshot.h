/* SPDX-License-Identifier: Apache-2.0 */
/* What the other rooms say, as read from their images and judged: what the sessions publish from. */
#ifndef ISOTHERM_MQTT_SNAPSHOT_H
#define ISOTHERM_MQTT_SNAPSHOT_H

#include "config/plant.h"
#include "core/sample.h"

#define SNAPSHOT_WHY 804 /* 200 characters */

struct snapshot {
	const struct plant *plant;
	/* All samples of a region, zeroed (never) until there is one; NULL: nobody reads that one. */
	struct sample *region[REGIONS];
	const char (*why)[SNAPSHOT_WHY]; /* [n_systems]: of who holds it; NULL: nobody asks */
};

/* The sample of a point, or NULL if its region is not read. */
static inline const struct sample *
snapshot_point(const struct snapshot *s, uint32_t point)
{
	uint32_t index = 0;
	enum plant_region where =
		point != NO_POINT ? plant_where(s->plant, point, &index) : REGIONS;

	return where < REGIONS && s->region[where] ? &s->region[where][index] : NULL;
}

static inline const struct sample *
snapshot_alarm(const struct snapshot *s, uint32_t alarm, enum alarm_field field)
{
	return &s->region[REGION_ALM][ALARM_FIELDS * alarm + (uint32_t)field];
}

/* Is the state of alarms known now? */
static inline bool
snapshot_alarms_known(const struct snapshot *s)
{
	return s->plant->n_alarms != 0 && sample_usable(snapshot_alarm(s, 0, ALARM_FIELD_STATE));
}

#endif
