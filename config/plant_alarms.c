/* SPDX-License-Identifier: Apache-2.0 */
#include "config/plant_alarms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where an alarm would stand, and the points it needs. */
struct place {
	int32_t system, device;
	uint32_t element, point;
	const char *prefix; /* of its key */
};

/* The point that carries the limit: of the system, else of the site; of the same element, if it has
 * as many. */
static uint32_t
limit_point(const struct plant *p, const struct alarm_record *r, const struct place *at)
{
	enum role_id role = (enum role_id)r->limit_role;
	uint32_t element = role_table[role].n == role_table[r->role].n ? at->element : 0;
	uint32_t id = plant_role(p, at->system, role, element);

	return id != NO_POINT ? id : plant_role(p, SITE, role, element);
}

/* Add the alarm if the plant has its points. The array is there the second time, not the first. */
static void
add(struct plant *p, uint32_t record, const struct place *at)
{
	const struct alarm_record *r = &p->alarm_records[record];
	uint32_t limit = NO_POINT;
	struct alarm *a;

	if (at->point == NO_POINT)
		return;
	if (r->limit_role >= 0) {
		limit = limit_point(p, r, at);
		if (limit == NO_POINT)
			return;
	}
	a = p->alarms ? &p->alarms[p->n_alarms] : NULL;
	p->n_alarms++;
	if (!a)
		return;
	/* the lengths fit: a system's name has at most 15 bytes, a device's 28 */
	if (role_table[r->role].n > 1)
		snprintf(a->key, sizeof(a->key), "%.15s.%.31s[%u]", at->prefix, r->id, at->element);
	else
		snprintf(a->key, sizeof(a->key), "%.28s.%.31s", at->prefix, r->id);
	a->record = record;
	a->system = at->system;
	a->device = at->device;
	a->element = at->element;
	a->point = at->point;
	a->limit_point = limit;
}

/* One a device of the system. */
static void
add_devices(struct plant *p, uint32_t record, int32_t system)
{
	for (uint32_t d = 0; d < p->n_devices; d++) {
		struct place at = {
			.system = system, .device = (int32_t)d, .prefix = p->devices[d].name};

		if (p->devices[d].system != system)
			continue;
		at.point = plant_link(p, d, (enum role_id)p->alarm_records[record].role);
		add(p, record, &at);
	}
}

/* One an element of the role. */
static void
add_elements(struct plant *p, uint32_t record, int32_t system)
{
	enum role_id role = (enum role_id)p->alarm_records[record].role;

	for (uint32_t i = 0; i < role_table[role].n; i++) {
		uint32_t id = plant_role(p, system, role, i);
		struct place at = {
			.system = system,
			.device = id == NO_POINT ? -1 : p->points[id].device,
			.element = i,
			.point = id,
			.prefix = system == SITE ? "site" : p->systems[system].name,
		};

		add(p, record, &at);
	}
}

static void
expand(struct plant *p)
{
	p->n_alarms = 0;
	for (uint32_t s = 0; s <= p->n_systems; s++) {
		int32_t system = s < p->n_systems ? (int32_t)s : SITE;

		for (uint32_t r = 0; r < p->n_alarm_records; r++) {
			if (!p->alarm_records[r].enabled)
				continue;
			if (role_table[p->alarm_records[r].role].owner == OWNER_LINK)
				add_devices(p, r, system);
			else
				add_elements(p, r, system);
		}
	}
}

int
plant_alarms_make(struct plant *p)
{
	expand(p);
	p->alarms = calloc(p->n_alarms + 1u, sizeof(*p->alarms));
	if (!p->alarms)
		return -ENOMEM;
	expand(p);
	return 0;
}

/* What stands for the place at `mark`, "{n}"; NULL: no place. Its length goes to *len. */
static const char *
place_value(const struct plant *p, const struct alarm *a, const char *mark, size_t *len, char *buf,
	    size_t size)
{
	if (!strncmp(mark, "{system}", 8)) {
		*len = 8;
		return a->system == SITE ? "site" : p->systems[a->system].name;
	}
	if (!strncmp(mark, "{device}", 8)) {
		*len = 8;
		return a->device < 0 ? "" : p->devices[a->device].name;
	}
	if (strncmp(mark, "{n}", 3) != 0)
		return NULL;
	*len = 3;
	if (role_table[p->alarm_records[a->record].role].n == RETICLES)
		return reticle_label(a->element, buf);
	snprintf(buf, size, "%u", a->element + 1);
	return buf;
}

char *
alarm_text(const struct plant *p, uint32_t alarm, char *out, size_t size)
{
	const struct alarm *a = &p->alarms[alarm];
	const char *s = p->alarm_records[a->record].text, *value;
	char buf[16];
	size_t n = 0, len = 0, add_len;

	while (*s && n + 1 < size) {
		value = *s == '{' ? place_value(p, a, s, &len, buf, sizeof(buf)) : NULL;
		if (!value) {
			out[n++] = *s++;
			continue;
		}
		add_len = strlen(value);
		if (add_len > size - 1 - n)
			add_len = size - 1 - n;
		memcpy(out + n, value, add_len);
		n += add_len;
		s += len;
	}
	if (size)
		out[n] = '\0';
	return out;
}
