/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that the program itself fixes: roles, states, labels of reticles. */
#include "config/plant.h"

#include <math.h>
#include <string.h>

#include "config/identity.h"
#include "config/slots.h"
#include "config/text.h"

const struct role_info role_table[ROLES] = {
#define FIELD OWNER_FIELD
#define LINK OWNER_LINK
#define CTL OWNER_CTL
#define ALARM OWNER_ALARM
#define PAGE OWNER_PAGE
#define HIST OWNER_HIST
#define MQTT OWNER_MQTT
#define ROLE(id, name, n, unit, owner, deadband, what)                                             \
	[ROLE_##id] = {name, unit, what, n, owner, deadband},
#include "config/roles.def"
#undef ROLE
#undef FIELD
#undef LINK
#undef CTL
#undef ALARM
#undef PAGE
#undef HIST
#undef MQTT
};

bool
role_is_ballast(enum role_id role)
{
	return role == ROLE_BALLAST || role == ROLE_BALLAST_CMD || role == ROLE_CTL_BALLAST ||
	       role == ROLE_CTL_BALLAST_FAULT;
}

uint32_t
role_slot(enum role_id role, uint32_t index)
{
	uint32_t slot = index;

	for (unsigned r = 0; r < (unsigned)role; r++)
		slot += role_table[r].n;
	return slot;
}

uint32_t
role_slots(void)
{
	return role_slot(ROLES, 0);
}

uint32_t
role_owner_slots(enum role_owner owner)
{
	uint32_t n = 0;

	for (unsigned r = 0; r < ROLES; r++)
		n += role_table[r].owner == owner ? role_table[r].n : 0;
	return n;
}

enum role_id
role_by_name(const char *name)
{
	unsigned r = 0;

	while (r < ROLES && strcmp(role_table[r].name, name) != 0)
		r++;
	return (enum role_id)r;
}

const char *
role_near(const char *name)
{
	const char *near = NULL;

	for (unsigned r = 0; r < ROLES; r++)
		if (text_near(name, role_table[r].name) &&
		    (!near || text_distance(name, role_table[r].name) < text_distance(name, near)))
			near = role_table[r].name;
	return near;
}

#define STATES_MAX 10

struct state_names {
	enum role_id role;
	double first;
	const char *names[STATES_MAX];
};

static const struct state_names states[] = {
	{ROLE_LINK_STATE, LINK_INIT, {"starting", "ok", "no answer", "wrong identity"}},
	{ROLE_CTL_MODE,
	 CTL_OFF,
	 {"off", "track", "auto", "failsafe", "handback", "shadow", "stopped", "maintenance",
	  "manual"}},
	{ROLE_CTL_REASON,
	 REASON_NONE,
	 {"none", "spread", "temperature", "power cap", "input lost", "low flow", "device", "ramp",
	  "pace", "by hand"}},
	{ROLE_ENGINE_AUTHORITY, AUTHORITY_LOCAL, {"local", "supervisor", "maintenance"}},
	{ROLE_COOLING_AUTHORITY, AUTHORITY_LOCAL, {"local", "supervisor", "maintenance"}},
	{ROLE_JOB_MODE, JOB_MODE_IDLE, {"idle", "sync", "ind", "pipe", "part"}},
	{ROLE_JOB_SLOT_MODE, JOB_MODE_IDLE, {"none", "sync", "ind", "pipe"}},
	{ROLE_JOB_PHASE, PHASE_COMPUTE, {"compute", "stream", "barrier", "starved"}},
	{ROLE_LOOP_LEAK, 0, {"dry", "wet"}},
	{ROLE_PUMP_STATUS, 0, {"stopped", "running", "failed", "failed, running"}},
	{ROLE_FAN_STATUS, 0, {"stopped", "running", "failed", "failed, running"}},
	{ROLE_PSU_STATUS,
	 0,
	 {"stopped", "running", "failed", "failed, running", "no input", "running, no input",
	  "failed, no input"}},
};

/* Trips and faults of actuators are bits: one of them has a name, several are "several". */
static const char *
trip_name(double value)
{
	if (!(value >= 0) || value > UINT16_MAX)
		return "";
	switch ((int)value) {
	case 0:
		return "none";
	case TRIP_TEMPERATURE:
		return "temperature";
	case TRIP_FLOW:
		return "flow";
	case TRIP_PUMPS:
		return "pumps";
	case TRIP_LEAK:
		return "leak";
	case TRIP_CURRENT:
		return "current";
	default:
		return "several";
	}
}

static const char *
actuator_name(double value)
{
	if (!(value >= 0) || value > UINT16_MAX)
		return "";
	switch ((int)value) {
	case 0:
		return "none";
	case ACTUATOR_PUMP_1:
		return "pump 1";
	case ACTUATOR_PUMP_2:
		return "pump 2";
	case ACTUATOR_VALVE:
		return "valve or fans";
	case ACTUATOR_DUTY:
		return "duty";
	case ACTUATOR_BALLAST:
		return "ballast";
	default:
		return "several";
	}
}

const char *
state_name(enum role_id role, double value)
{
	if (role == ROLE_ENGINE_TRIP)
		return trip_name(value);
	if (role == ROLE_CTL_ACTUATOR_FAULT)
		return actuator_name(value);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const struct state_names *s = &states[i];
		double k = value - s->first;

		if (s->role != role)
			continue;
		/* NaN and halves are no state */
		if (!(k >= 0) || k > STATES_MAX - 1 || fabs(k - floor(k)) > 0 || !s->names[(int)k])
			return "";
		return s->names[(int)k];
	}
	return "";
}

const char *
alarm_priority_name(enum alarm_priority priority)
{
	switch (priority) {
	case ALARM_CRITICAL:
		return "critical";
	case ALARM_HIGH:
		return "high";
	case ALARM_MEDIUM:
		return "medium";
	case ALARM_LOW:
		return "low";
	}
	return "";
}

enum alarm_priority
alarm_priority_of(enum alarm_harm harm, double respond_s)
{
	static const enum alarm_priority table[3][3] = {
		[HARM_MAJOR] = {ALARM_CRITICAL, ALARM_HIGH, ALARM_MEDIUM},
		[HARM_SERIOUS] = {ALARM_HIGH, ALARM_MEDIUM, ALARM_LOW},
		[HARM_MINOR] = {ALARM_MEDIUM, ALARM_LOW, ALARM_LOW},
	};

	return table[harm][respond_s <= ALARM_SOON_S ? 0 : respond_s <= ALARM_LATER_S ? 1 : 2];
}

char *
reticle_label(uint32_t i, char out[4])
{
	uint32_t row = i / ZONES, column = i % ZONES + 1;
	char *p = out;

	if (i >= RETICLES) {
		out[0] = '?';
		out[1] = '\0';
		return out;
	}
	*p++ = (char)('A' + row);
	if (column >= 10)
		*p++ = '1';
	*p++ = (char)('0' + column % 10);
	*p = '\0';
	return out;
}

int32_t
reticle_index(const char *label)
{
	char own[4];

	for (uint32_t i = 0; i < RETICLES; i++) {
		const char *a = reticle_label(i, own), *b = label;

		while (*a && *a == *b) {
			a++;
			b++;
		}
		if (*a == *b)
			return (int32_t)i;
	}
	return -1;
}

uint16_t
identity_profile_word(const char *profile)
{
	uint64_t h = text_hash(profile);

	return (uint16_t)(h ^ (h >> 16) ^ (h >> 32) ^ (h >> 48));
}
