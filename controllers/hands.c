/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/hands.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controllers/people.h"
#include "controllers/reshare.h"

#define PCT 100.0

static const struct kind {
	uint32_t first, n;
	enum role_id role;
	double scale; /* point's value = scale * value */
} KINDS[] = {
	{HAND_DUTY, RETICLES, ROLE_DUTY_CMD, 1.0},
	{HAND_PUMP, HAND_PUMPS, ROLE_PUMP_SPEED_CMD, PCT},
	{HAND_VALVE, 1, ROLE_VALVE_CMD, PCT},
	{HAND_SETPOINT, 1, ROLE_CTL_SUPPLY_SETPOINT, 1.0},
	{HAND_SHARE, RETICLES, ROLE_SHARE_CMD, 1.0},
};
#define N_KINDS (sizeof KINDS / sizeof KINDS[0])

static const struct kind *
kind_of(uint32_t output)
{
	size_t k = 0;
	while (output >= KINDS[k].first + KINDS[k].n)
		k++;
	return &KINDS[k];
}

void
hands_clear(struct hands *h)
{
	h->n = 0;
	for (int i = 0; i < HANDS; i++) {
		h->value[i] = (double)NAN;
		h->until_ns[i] = 0;
		h->reason[i] = 0;
	}
}

unsigned
hands_count(const struct hands *h)
{
	return h->n;
}

int64_t
hands_until_ns(const struct hands *h)
{
	int64_t last_ns = 0;
	for (int i = 0; i < HANDS; i++)
		if (isfinite(h->value[i]) && h->until_ns[i] > last_ns)
			last_ns = h->until_ns[i];
	return last_ns;
}

/* Where that reason stands, or may: one that no value has, but those that are set anew. -1: nowhere. */
static int
place_of(const struct hands *h, const struct hand_wish *w, const char *why)
{
	bool used[HAND_REASONS] = {false};
	int place = -1;
	for (uint32_t i = 0; i < HANDS; i++)
		if ((i < w->first || i >= w->first + w->n) && isfinite(h->value[i]))
			used[h->reason[i]] = true;
	for (int k = HAND_REASONS; k-- > 0;)
		if (!used[k])
			place = k;
	for (int k = 0; k < HAND_REASONS; k++)
		if (used[k] && strcmp(h->why[k], why) == 0)
			return k;
	return place;
}

bool
hands_set(struct hands *h, const struct hand_wish *w, int64_t until_ns, const char *why)
{
	int place = place_of(h, w, why);
	if (place < 0)
		return false;
	if (h->why[place] != why)
		snprintf(h->why[place], sizeof h->why[place], "%s", why);
	for (uint32_t i = w->first; i < w->first + w->n; i++) {
		h->n -= isfinite(h->value[i]) ? 1 : 0;
		h->n += isfinite(w->value) ? 1 : 0;
		h->value[i] = w->value;
		h->until_ns[i] = until_ns;
		h->reason[i] = (uint8_t)place;
	}
	return true;
}

unsigned
hands_expire(struct hands *h, int64_t now_ns)
{
	unsigned n = 0;
	for (int i = 0; i < HANDS; i++)
		if (isfinite(h->value[i]) && now_ns >= h->until_ns[i]) {
			h->value[i] = (double)NAN;
			n++;
		}
	h->n -= n;
	return n;
}

/* --- names --- */
__attribute__((format(printf, 3, 4))) static bool
wrong(char *error, size_t size, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(error, size, format, ap);
	va_end(ap);
	return false;
}

/* Name of the point of one output without its system's, or of all of a kind: that of their role. */
static bool
name_of(const struct plant *plant, uint32_t system, const struct kind *kind, int32_t one, char *out,
	size_t size)
{
	uint32_t id = plant_role(plant, (int32_t)system, kind->role, one < 0 ? 0 : (uint32_t)one);
	const struct role_info *role = &role_table[kind->role];
	if (id == NO_POINT)
		return false;
	if (one < 0)
		snprintf(out, size, "%s_%s", role->name, role->unit);
	else
		snprintf(out, size, "%s",
			 plant->points[id].name + strlen(plant->systems[system].name) + 1);
	return true;
}

static bool
none_such(const struct plant *plant, const char *name, int32_t system, char *error, size_t size)
{
	uint32_t of = system < 0 ? 0 : (uint32_t)system;
	char shown[NAME_MAX_LEN] = "that", list[N_KINDS * NAME_MAX_LEN] = "", one[NAME_MAX_LEN];
	size_t at = 0;
	if (name && people_characters(name) > 0 && strlen(name) < sizeof shown)
		snprintf(shown, sizeof shown, "%s", name);
	for (size_t k = 0; plant->n_systems > 0 && k < N_KINDS && at < sizeof list; k++)
		if ((plant->shares_free || KINDS[k].first != HAND_SHARE) &&
		    name_of(plant, of, &KINDS[k], KINDS[k].n > 1 ? -1 : 0, one, sizeof one))
			at += (size_t)snprintf(list + at, sizeof list - at, "%s%s.%s%s",
					       at ? ", " : "", plant->systems[of].name, one,
					       KINDS[k].n > 1 ? " (or of one)" : "");
	if (system < 0 && strchr(shown, '.') && plant->n_systems > 0)
		return wrong(error, size, "no system \"%.*s\" in this plant (it has %u: %s .. %s)",
			     (int)strcspn(shown, "."), shown, plant->n_systems,
			     plant->systems[0].name, plant->systems[plant->n_systems - 1].name);
	bool known = name && plant_point(plant, name) != NO_POINT;
	return wrong(error, size,
		     known ? "%s can't be set by hand; what can: %s"
			   : "no point \"%s\" in this plant; what can be set: %s",
		     shown, list);
}

bool
hands_find(const struct plant *plant, const char *name, struct hand_wish *out, char *error,
	   size_t size)
{
	const char *dot = name ? strchr(name, '.') : NULL;
	char word[NAME_MAX_LEN];
	int32_t system = -1;
	if (dot && (size_t)(dot - name) < sizeof word) {
		memcpy(word, name, (size_t)(dot - name));
		word[dot - name] = '\0';
		system = plant_system(plant, word);
	}
	for (size_t k = 0; system >= 0 && k < N_KINDS; k++)
		for (int32_t one = KINDS[k].n > 1 ? -1 : 0; one < (int32_t)KINDS[k].n; one++) {
			if (!name_of(plant, (uint32_t)system, &KINDS[k], one, word, sizeof word) ||
			    strcmp(word, dot + 1) != 0)
				continue;
			out->system = (uint32_t)system;
			out->first = KINDS[k].first + (one < 0 ? 0 : (uint32_t)one);
			out->n = one < 0 ? KINDS[k].n : 1;
			snprintf(out->name, sizeof out->name, "%s", word);
			return true;
		}
	return none_such(plant, name, system, error, size);
}

/* --- values --- */
static void
bounds(const struct plant *plant, const struct kind *kind, uint32_t id, double *lo, double *hi)
{
	const struct control_params *p = &plant->control;
	const struct point *pt = &plant->points[id];
	*lo = pt->lo;
	*hi = pt->hi;
	if (kind->first == HAND_PUMP) {
		*lo = fmax(*lo, PCT * p->pump_min_frac);
		*hi = fmin(*hi, PCT * p->pump_max_frac);
	} else if (kind->first == HAND_VALVE) {
		*lo = fmax(*lo, PCT * p->valve_min_frac);
	} else if (kind->first == HAND_SETPOINT) {
		*lo = p->supply_lo_c;
		*hi = p->supply_hi_c;
	} else if (kind->first == HAND_SHARE) {
		*lo = fmax(*lo, RESHARE_LO);
		*hi = fmin(*hi, RESHARE_HI);
	}
}

bool
hands_value(const struct plant *plant, double value, struct hand_wish *out, char *error,
	    size_t size)
{
	const struct kind *kind = kind_of(out->first);
	const char *system = plant->systems[out->system].name;
	uint32_t id = plant_role(plant, (int32_t)out->system, kind->role, out->first - kind->first);
	int32_t device = kind->first == HAND_SETPOINT
				 ? plant_device_of(plant, (int32_t)out->system, "cooling")
				 : plant->points[id].device;
	double lo, hi;
	bounds(plant, kind, id, &lo, &hi);
	if (kind->first == HAND_SHARE && !plant->shares_free)
		return wrong(
			error, size,
			"%s.%s: work stays where it is in this plant (shares: free lets it move)",
			system, out->name);
	if (kind->first == HAND_SHARE && out->n > 1)
		lo = hi = 1.0; /* the mean of a job */
	if (!(value >= lo && value <= hi))
		return wrong(error, size, "%s.%s must be %g..%g%s%s", system, out->name, lo, hi,
			     plant->points[id].unit[0] ? " " : "", plant->points[id].unit);
	if (device >= 0 && !plant->devices[device].armed)
		return wrong(error, size,
			     "%s is in shadow, nothing is sent to it: arm it in the plant file, or "
			     "set %s at the device itself",
			     plant->devices[device].name, out->name);
	out->value = value / kind->scale;
	return true;
}

static bool
alike(const struct hands *h, const struct kind *kind)
{
	for (uint32_t i = kind->first; i < kind->first + kind->n; i++)
		if (!(fabs(h->value[i] - h->value[kind->first]) < 1e-9) ||
		    h->until_ns[i] != h->until_ns[kind->first] ||
		    h->reason[i] != h->reason[kind->first])
			return false;
	return true;
}

bool
hands_next(const struct hands *h, const struct plant *plant, uint32_t system, uint32_t *at,
	   struct hand_wish *out, int64_t *until_ns)
{
	while (*at < HANDS && !isfinite(h->value[*at]))
		++*at;
	if (*at >= HANDS)
		return false;
	const struct kind *kind = kind_of(*at);
	bool all = kind->n > 1 && *at == kind->first && alike(h, kind);
	*out = (struct hand_wish){.system = system,
				  .first = *at,
				  .n = all ? kind->n : 1,
				  .value = kind->scale * h->value[*at],
				  .reason = h->reason[*at]};
	*until_ns = h->until_ns[*at];
	name_of(plant, system, kind, all ? -1 : (int32_t)(*at - kind->first), out->name,
		sizeof out->name);
	*at += out->n;
	return true;
}
