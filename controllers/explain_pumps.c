/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of pumps, and of actuators that do not do what they are asked. */
#include <math.h>
#include <stdio.h>

#include "controllers/explain_state.h"

static void
tell_actuator(struct telling *t, enum actuator_bit bit, const char *name, bool fault,
	      const struct actuator_watch *w)
{
	const char *other = bit == ACTUATOR_PUMP_1   ? "; pump 2 takes over"
			    : bit == ACTUATOR_PUMP_2 ? "; pump 1 takes over"
						     : "";
	if (!fault)
		explain_tell(t, CONTROL_EVENT_ACTUATOR, bit, "%s does what it is asked again",
			     name);
	else
		explain_tell(t, CONTROL_EVENT_ACTUATOR, bit,
			     "FAULT: %s is at %.0f %%, asked for %.0f %%%s", name,
			     100.0 * w->read_frac, 100.0 * w->asked_frac,
			     w->read_frac < w->asked_frac ? other : "");
}

/* One line each time that one of them falls out or comes back. */
static void
tell_actuators(struct telling *t, const struct actuators *a)
{
	const struct actuator_watch *duty = a->worst >= 0 ? &a->duty[a->worst] : NULL;
	const struct actuator_watch *ballast =
		a->worst_ballast >= 0 ? &a->ballast[a->worst_ballast] : NULL;
	const struct {
		enum actuator_bit bit;
		const char *name;
		const struct actuator_watch *watch;
		int reticle; /* that is furthest off, -1 none is */
	} all[] = {{ACTUATOR_PUMP_1, "pump 1", &a->pump[0], -1},
		   {ACTUATOR_PUMP_2, "pump 2", &a->pump[1], -1},
		   {ACTUATOR_VALVE, "facility valve or fans", &a->valve, -1},
		   {ACTUATOR_DUTY, "duty of ", duty, a->worst},
		   {ACTUATOR_BALLAST, "ballast of ", ballast, a->worst_ballast}};
	uint32_t moved = a->faults ^ t->x->actuator_faults;
	for (size_t k = 0; moved && k < sizeof all / sizeof all[0]; k++) {
		bool each = all[k].bit == ACTUATOR_DUTY || all[k].bit == ACTUATOR_BALLAST;
		char name[32], place[4] = "";
		if (!(moved & all[k].bit))
			continue;
		if (all[k].reticle >= 0)
			reticle_label((uint32_t)all[k].reticle, place);
		snprintf(name, sizeof name, "%s%s", all[k].name,
			 each && !all[k].watch ? "each reticle" : place);
		tell_actuator(t, all[k].bit, name, (a->faults & all[k].bit) != 0, all[k].watch);
	}
	t->x->actuator_faults = a->faults;
}

static void
tell_pump(struct telling *t, const struct verdict *d, double pump_frac)
{
	if (d->pump_alarm == t->x->pump_alarm || !isfinite(pump_frac))
		return; /* where nothing is asked of the pumps they are another's matter */
	t->x->pump_alarm = d->pump_alarm;
	if (d->pump_alarm)
		explain_tell(t, CONTROL_EVENT_PUMP, 1.0,
			     "a pump failed: both are asked for %.0f %%", 100.0 * pump_frac);
	else
		explain_tell(t, CONTROL_EVENT_PUMP, 0.0, "both pumps run again");
}

/* Who hears a pump change its speed may know why. */
static void
tell_turn(struct telling *t, const struct pump_turns *turns)
{
	int was = t->x->pump_lead;
	t->x->pump_lead = turns->lead;
	if (was < 0 || turns->lead < 0 || was == turns->lead)
		return;
	explain_tell(t, CONTROL_EVENT_PUMP, 0.0,
		     "pump %d leads now: %.3g h of full speed, pump %d %.3g h", turns->lead + 1,
		     turns->hours[turns->lead], was + 1, turns->hours[was]);
}

void
explain_pumps(struct telling *t, const struct supervisor *s)
{
	tell_actuators(t, &s->actuators);
	tell_pump(t, &s->verdict, s->demands.pump_frac);
	tell_turn(t, &s->turns);
}
