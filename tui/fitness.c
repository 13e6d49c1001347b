/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/fitness.h"

#include <math.h>
#include <stdio.h>

#define PUMP_FAILED_BIT 2

const char *
fitness_word(enum fitness fit)
{
	static const char *const words[] = {"ready", "degraded", "no"};
	return words[fit];
}

/* What keeps every job away; NULL: nothing does. */
static const char *
bar(const struct model *m, const struct model_system *s)
{
	if (s->foreign)
		return "it is no system of ours";
	if (!m->writer[REGION_IN].status.alive)
		return "the collectors are silent";
	if (!m->writer[REGION_CTL].status.alive || !s->mode_live)
		return "the controllers are silent";
	if (s->trip)
		return "tripped";
	if (s->mode == CTL_STOPPED)
		return "stopped by a person";
	if (s->mode == CTL_MAINTENANCE)
		return "in maintenance";
	if (s->mode == CTL_FAILSAFE)
		return "its inputs are lost";
	return s->mode == CTL_OFF || s->mode == CTL_HANDBACK ? "not under control" : NULL;
}

static bool
pump_failed(const struct model_system *s)
{
	for (int k = 0; k < MODEL_PUMPS; k++)
		if (sample_usable(&s->pump_status[k]) &&
		    (lrint(s->pump_status[k].value) & PUMP_FAILED_BIT))
			return true;
	return false;
}

enum fitness
fitness_of(const struct model *m, uint32_t system, char *why, size_t size)
{
	const struct model_system *s = &m->systems[system];
	const struct sample *slow = &s->one[ROLE_CTL_STRAGGLER];
	const struct sample *fault = &s->one[ROLE_CTL_ACTUATOR_FAULT];
	const char *bars = bar(m, s);
	why[0] = '\0';
	if (bars) {
		snprintf(why, size, "%s", bars);
		return FIT_NO;
	}
	if (s->severity == CLASS_HELD)
		model_system_sentence(m, system, why, size);
	else if (s->mode == CTL_TRACK || s->mode == CTL_SHADOW)
		snprintf(why, size, "the controllers are not in charge of it yet");
	else if (pump_failed(s))
		snprintf(why, size, "a pump has failed");
	else if (sample_usable(fault) && fault->value > 0.5)
		snprintf(why, size, "an actuator does not do what it is asked: %s",
			 state_name(ROLE_CTL_ACTUATOR_FAULT, fault->value));
	else if (sample_usable(slow) && slow->value > 0.5)
		snprintf(why, size, "the slowest system of a job");
	else if (s->good < s->points)
		snprintf(why, size, "%u of %u points are not good", s->points - s->good, s->points);
	return why[0] ? FIT_DEGRADED : FIT_READY;
}
