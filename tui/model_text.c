/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a snapshot: short names of states, and the sentence that says what is wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "tui/model.h"

const char *
model_mode_word(enum ctl_mode mode)
{
	switch (mode) {
	case CTL_OFF:
		return "OFF";
	case CTL_TRACK:
		return "TRACK";
	case CTL_AUTO:
		return "AUTO";
	case CTL_FAILSAFE:
		return "FAILSAFE";
	case CTL_HANDBACK:
		return "HANDBACK";
	case CTL_SHADOW:
		return "SHADOW";
	case CTL_STOPPED:
		return "STOPPED";
	case CTL_MAINTENANCE:
		return "MAINTENANCE";
	case CTL_MANUAL:
		return "MANUAL";
	}
	return "?";
}

const char *
model_mode_short(enum ctl_mode mode)
{
	switch (mode) {
	case CTL_FAILSAFE:
		return "FAIL";
	case CTL_HANDBACK:
		return "HANDB";
	case CTL_SHADOW:
		return "SHADW";
	case CTL_STOPPED:
		return "STOP";
	case CTL_MAINTENANCE:
		return "MAINT";
	case CTL_MANUAL:
		return "MANU";
	case CTL_OFF:
	case CTL_TRACK:
	case CTL_AUTO:
		break;
	}
	return model_mode_word(mode);
}

const char *
model_reason_word(enum ctl_reason reason)
{
	switch (reason) {
	case REASON_NONE:
		return "-";
	case REASON_SPREAD:
		return "spread";
	case REASON_TEMPERATURE:
		return "temperature";
	case REASON_CAP:
		return "power cap";
	case REASON_INPUT_LOST:
		return "lost inputs";
	case REASON_LOW_FLOW:
		return "low flow";
	case REASON_DEVICE:
		return "the device";
	case REASON_RAMP:
		return "ramp";
	case REASON_PACE:
		return "pace";
	case REASON_HAND:
		return "a duty set by hand";
	}
	return "?";
}

const char *
model_writer_word(enum plant_region region)
{
	static const char *const words[REGIONS] = {"collectors", "controllers", "alarms",
						   "paging",     "history",     "mqtt"};
	return region < REGIONS ? words[region] : "?";
}

const char *
model_link_word(const struct sample *state)
{
	static const char *const words[] = {"init", "ok", "COMM", "IDENTITY"};
	if (state->quality == QUALITY_NEVER || !(state->value >= 0 && state->value < 4))
		return "-";
	return words[(int)state->value];
}

char *
model_trip_words(uint32_t trip, char *out, size_t size)
{
	static const char *const words[] = {"temperature", "flow", "pumps", "leak", "current"};
	size_t used = 0;
	out[0] = '\0';
	for (uint32_t b = 0; b < sizeof(words) / sizeof(words[0]) && used < size; b++)
		if (trip & 1u << b) {
			int n = snprintf(out + used, size - used, "%s%s", used ? ", " : "",
					 words[b]);
			used += n > 0 ? (size_t)n : 0;
		}
	if (!used)
		snprintf(out, size, "word %u", trip);
	return out;
}

struct text {
	char *out;
	size_t size, used;
};

static void say(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
say(struct text *t, const char *format, ...)
{
	if (t->used >= t->size)
		return;
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(t->out + t->used, t->size - t->used, format, ap);
	va_end(ap);
	t->used += n > 0 ? (size_t)n : 0;
}

static bool
reticle(const struct sample *s, char out[4])
{
	if (!sample_usable(s) || s->value < 0 || s->value > RETICLES - 1)
		return false;
	reticle_label((uint32_t)s->value, out);
	return true;
}

static void
say_measure(struct text *t, const struct model_system *s, enum ctl_reason reason)
{
	char hot[4], cold[4];
	bool named = reticle(&s->one[ROLE_CTL_HOTTEST], hot);
	if (reason == REASON_TEMPERATURE && named && model_live(&s->tmax_c))
		say(t, ": %s at %.1f C (limit %.1f)", hot, s->tmax_c.value, s->temp_limit_c);
	else if (reason == REASON_SPREAD && named && reticle(&s->one[ROLE_CTL_COLDEST], cold) &&
		 model_live(&s->spread_k))
		say(t, ": %s %.1f K above %s (limit %.1f)", hot, s->spread_k.value, cold,
		    s->spread_limit_k);
}

static void
say_cost(struct text *t, const struct model_system *s)
{
	const struct sample *cost = &s->one[ROLE_CTL_COST_TOKENS];
	if (model_live(cost))
		say(t, ", costs %.0f tokens/s", cost->value);
}

/* Who, why and the cost first: a narrow screen cuts the end. */
static void
say_held(struct text *t, const struct model_system *s)
{
	const struct sample *duty = &s->one[ROLE_CTL_DUTY];
	bool over_c = model_live(&s->tmax_c) && s->tmax_c.value > s->temp_limit_c;
	enum ctl_reason reason = s->reason_live ? s->reason : REASON_NONE;
	if (s->mode == CTL_STOPPED) {
		say(t, "%s stopped by a person, until it is started by one", s->name);
		return;
	}
	if (reason == REASON_RAMP)
		say(t, "%s coming back after a takeover", s->name);
	else if (reason != REASON_NONE)
		say(t, "%s held back by %s", s->name, model_reason_word(reason));
	else
		say(t, "%s over a limit", s->name);
	say_cost(t, s);
	say_measure(t, s,
		    reason != REASON_NONE ? reason
		    : over_c              ? REASON_TEMPERATURE
					  : REASON_SPREAD);
	if (model_live(duty))
		say(t, ", duty %.2f", duty->value);
}

static void
say_device(struct text *t, const struct model_device *d)
{
	uint32_t bad = d->points - d->good;
	int state = sample_usable(&d->state) ? (int)d->state.value : -1;
	if (state == LINK_COMM)
		say(t, "%s does not answer (COMM), %u points old", d->name, bad);
	else if (state == LINK_IDENTITY)
		say(t, "%s is not what the configuration says, %u points bad", d->name, bad);
	else if (state == LINK_INIT)
		say(t, "%s is not connected yet", d->name);
	else
		say(t, "%s: %u of %u points not good", d->name, bad, d->points);
}

static void
say_data(struct text *t, const struct model *m, const struct model_system *s)
{
	for (uint32_t i = 0; i < s->n_devices && s->first_device + i < m->n_devices; i++)
		if (m->devices[s->first_device + i].good < m->devices[s->first_device + i].points) {
			say_device(t, &m->devices[s->first_device + i]);
			return;
		}
	say(t, "%s: %u of %u points not good", s->name, s->points - s->good, s->points);
}

static void
say_failsafe(struct text *t, const struct model *m, const struct model_system *s)
{
	if (!s->mode_live)
		say(t, "%s: nobody controls it but the device itself", s->name);
	else
		say(t, "%s control is %s", s->name, model_mode_word(s->mode));
	if (s->good < s->points) {
		say(t, ": ");
		say_data(t, m, s);
	} else if (s->mode_live) {
		say_cost(t, s);
	}
}

enum system_class
model_system_sentence(const struct model *m, uint32_t system, char *out, size_t size)
{
	struct text t = {out, size, 0};
	char words[80];
	out[0] = '\0';
	if (system >= m->n_systems)
		return CLASS_OK;
	const struct model_system *s = &m->systems[system];
	switch (s->severity) {
	case CLASS_OK:
		break;
	case CLASS_HELD:
		say_held(&t, s);
		break;
	case CLASS_DATA:
		say_data(&t, m, s);
		break;
	case CLASS_FAILSAFE:
		say_failsafe(&t, m, s);
		break;
	case CLASS_TRIP:
		say(&t, "%s TRIPPED by %s; reset by hand once the cause is gone", s->name,
		    model_trip_words(s->trip, words, sizeof(words)));
		break;
	}
	return s->severity;
}

bool
model_trusted(const struct model *m)
{
	return m->writer[REGION_IN].status.alive && m->writer[REGION_CTL].status.alive &&
	       !m->problem[0];
}

/* What concerns all: the run can't be read, or a room is silent. */
static enum system_class
say_rooms(struct text *t, const struct model *m)
{
	if (m->problem[0]) {
		say(t, "%s", m->problem);
		return CLASS_TRIP;
	}
	if (!m->writer[REGION_IN].there)
		say(t, "collectors have published nothing yet");
	else if (!m->writer[REGION_IN].status.alive)
		say(t, "collectors silent for %.0f s: every value is old",
		    (double)m->writer[REGION_IN].age_ns / 1e9);
	else if (!m->writer[REGION_CTL].there)
		say(t, "controllers have published nothing yet: devices are in local control");
	else if (!m->writer[REGION_CTL].status.alive)
		say(t, "controllers silent for %.0f s: devices go to local control",
		    (double)m->writer[REGION_CTL].age_ns / 1e9);
	return t->used ? CLASS_FAILSAFE : CLASS_OK;
}

enum system_class
model_sentence(const struct model *m, char *out, size_t size, uint32_t *more)
{
	struct text t = {out, size, 0};
	out[0] = '\0';
	*more = 0;
	enum system_class rooms = say_rooms(&t, m);
	if (rooms != CLASS_OK || m->n_systems == 0)
		return rooms;
	for (uint32_t i = 1; i < m->n_systems; i++)
		*more += m->systems[m->order[i]].severity != CLASS_OK;
	return model_system_sentence(m, m->order[0], out, size);
}

bool
model_held_by(const struct model_system *s, int64_t *uid, int64_t *until_wall_ns)
{
	const struct sample *by = &s->one[ROLE_CTL_HELD_BY], *until = &s->one[ROLE_CTL_HELD_UNTIL];
	if (!sample_usable(by) || !held_by_anybody(by->value))
		return false;
	*uid = by->value < 0 ? -1 : (int64_t)by->value;
	*until_wall_ns = sample_usable(until) ? (int64_t)until->value * NS_PER_S : 0;
	return true;
}
