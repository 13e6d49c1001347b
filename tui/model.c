/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/model.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
model_init(struct model *m, uint32_t n_systems, uint32_t n_devices, uint32_t n_alarms)
{
	*m = (struct model){.n_systems = n_systems, .n_devices = n_devices};
	m->systems = calloc(n_systems + 1u, sizeof(*m->systems));
	m->devices = calloc(n_devices + 1u, sizeof(*m->devices));
	m->order = calloc(n_systems + 1u, sizeof(*m->order));
	if (!m->systems || !m->devices || !m->order || model_alarms_init(&m->alarms, n_alarms)) {
		model_fini(m);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n_systems; i++)
		m->order[i] = i;
	return 0;
}

void
model_fini(struct model *m)
{
	free(m->systems);
	free(m->devices);
	free(m->order);
	model_alarms_fini(&m->alarms);
	*m = (struct model){0};
}

/* Characters that all names begin with, but no digit of what follows: cs00 … cs15 give "cs". */
static size_t
common_prefix(const struct plant *p)
{
	const char *first = p->n_systems ? p->systems[0].name : "";
	size_t n = strlen(first);
	for (uint32_t i = 1; i < p->n_systems; i++) {
		size_t k = 0;
		while (k < n && p->systems[i].name[k] == first[k])
			k++;
		n = k;
	}
	while (n > 0 && first[n - 1] >= '0' && first[n - 1] <= '9')
		n--;
	return p->n_systems > 1 ? n : 0;
}

static void
describe_system(struct model_system *s, const struct system_config *c, size_t prefix)
{
	size_t len = strlen(c->name);
	const char *label = c->name + (prefix < len ? prefix : 0);
	if (strlen(label) >= sizeof(s->label))
		label = c->name + len - (sizeof(s->label) - 1);
	snprintf(s->name, sizeof(s->name), "%s", c->name);
	snprintf(s->label, sizeof(s->label), "%s", label);
	s->facility = c->facility;
	s->spread_limit_k = c->spread_limit_k;
	s->temp_limit_c = c->temp_limit_c;
	s->first_device = UINT32_MAX;
	s->hottest = s->coldest = RETICLES;
	s->age_ns = -1;
}

void
model_describe(struct model *m, const struct plant *plant)
{
	size_t prefix = common_prefix(plant);
	snprintf(m->site, sizeof(m->site), "%s", plant->site);
	m->alarms.plant = plant;
	for (uint32_t i = 0; i < m->n_systems && i < plant->n_systems; i++) {
		describe_system(&m->systems[i], &plant->systems[i], prefix);
		m->systems[i].foreign =
			plant_role(plant, (int32_t)i, ROLE_RETICLE_TEMP, 0) == NO_POINT;
		for (uint32_t k = 0; k < JOBS_MAX; k++)
			if (plant_role(plant, (int32_t)i, ROLE_JOB_SLOT_ID, k) != NO_POINT)
				m->systems[i].n_slots = k + 1;
	}
	for (uint32_t i = 0; i < m->n_devices && i < plant->n_devices; i++) {
		const struct device *from = &plant->devices[i];
		struct model_device *to = &m->devices[i];
		snprintf(to->name, sizeof(to->name), "%s", from->name);
		snprintf(to->kind, sizeof(to->kind), "%s", from->kind);
		snprintf(to->host, sizeof(to->host), "%s", from->host);
		to->port = from->port;
		if (from->line >= 0)
			snprintf(to->line, sizeof(to->line), "%s", plant->lines[from->line].name);
		to->unit = from->unit;
		to->system = from->system;
		to->simulated = from->simulated;
		to->armed = from->armed;
		to->not_good_ns = INT64_MIN;
		if (from->system == SITE || from->system >= (int32_t)m->n_systems)
			continue;
		struct model_system *s = &m->systems[from->system];
		if (s->first_device == UINT32_MAX)
			s->first_device = i;
		s->n_devices = i - s->first_device + 1;
	}
}

/* Where a system's samples of a role go besides one[]. */
static const struct {
	enum role_id role;
	size_t at;
	uint32_t n;
} arrays[] = {
	{ROLE_RETICLE_TEMP, offsetof(struct model_system, temp_c), RETICLES},
	{ROLE_RETICLE_POWER, offsetof(struct model_system, power_w), RETICLES},
	{ROLE_DUTY, offsetof(struct model_system, duty_frac), RETICLES},
	{ROLE_SHARE, offsetof(struct model_system, share_frac), RETICLES},
	{ROLE_BALLAST, offsetof(struct model_system, ballast_w), RETICLES},
	{ROLE_PUMP_SPEED, offsetof(struct model_system, pump_speed_pct), MODEL_PUMPS},
	{ROLE_PUMP_STATUS, offsetof(struct model_system, pump_status), MODEL_PUMPS},
	{ROLE_PSU_POWER, offsetof(struct model_system, psu_power_w), PSUS},
	{ROLE_PSU_STATUS, offsetof(struct model_system, psu_status), PSUS},
	{ROLE_RETICLE_JOB, offsetof(struct model_system, job_of), RETICLES},
	{ROLE_JOB_SLOT_ID, offsetof(struct model_system, slot_id), JOBS_MAX},
	{ROLE_JOB_SLOT_MODE, offsetof(struct model_system, slot_mode), JOBS_MAX},
	{ROLE_JOB_SLOT_RATE, offsetof(struct model_system, slot_rate_frac), JOBS_MAX},
	{ROLE_JOB_SLOT_TOKENS, offsetof(struct model_system, slot_tokens_per_s), JOBS_MAX},
	{ROLE_JOB_SLOT_WAIT, offsetof(struct model_system, slot_wait_frac), JOBS_MAX},
	{ROLE_CTL_JOB_COST, offsetof(struct model_system, slot_cost), JOBS_MAX},
	{ROLE_LOOP_LEAK, offsetof(struct model_system, leak), MODEL_LEAKS},
	{ROLE_CTL_ZONE_FLOW, offsetof(struct model_system, zone_flow_frac), ZONES},
};

static struct sample *
element(struct model_system *s, enum role_id role, uint32_t i)
{
	for (size_t k = 0; k < sizeof(arrays) / sizeof(arrays[0]); k++)
		if (arrays[k].role == role)
			return i < arrays[k].n
				       ? (struct sample *)(void *)((char *)s + arrays[k].at) + i
				       : NULL;
	return NULL;
}

static const struct {
	enum role_id role;
	size_t at;
} links[] = {
	{ROLE_LINK_STATE, offsetof(struct model_device, state)},
	{ROLE_LINK_TRANSACTIONS, offsetof(struct model_device, transactions)},
	{ROLE_LINK_ERRORS, offsetof(struct model_device, errors)},
	{ROLE_LINK_RTT, offsetof(struct model_device, rtt_ms)},
	{ROLE_LINK_WOULD_WRITE, offsetof(struct model_device, would_write)},
	{ROLE_LINK_MISMATCH, offsetof(struct model_device, mismatch)},
};

static struct sample *
link_sample(struct model_device *d, enum role_id role)
{
	for (size_t k = 0; k < sizeof(links) / sizeof(links[0]); k++)
		if (links[k].role == role)
			return (struct sample *)(void *)((char *)d + links[k].at);
	return NULL;
}

/* A shown value stays while it moves less than its dead-band; time, quality and flags are always
 * the new ones. */
static void
put(struct sample *to, const struct sample *from, double deadband)
{
	double before = to->value;
	bool keep = deadband > 0 && to->quality == from->quality &&
		    fabs(from->value - before) < deadband;
	*to = *from;
	if (keep)
		to->value = before;
}

static void
count(struct model *m, const struct point *pt, const struct sample *s)
{
	bool good = s->quality == QUALITY_GOOD;
	bool simulated = (s->flags & SAMPLE_SIMULATED) != 0;
	m->points++;
	m->good += good;
	m->simulated += simulated;
	if (pt->device >= 0 && pt->device < (int32_t)m->n_devices) {
		m->devices[pt->device].points++;
		m->devices[pt->device].good += good;
	}
	if (pt->system >= 0 && pt->system < (int32_t)m->n_systems) {
		m->systems[pt->system].points++;
		m->systems[pt->system].good += good;
		m->systems[pt->system].simulated += simulated;
	}
}

static void
take(struct model *m, const struct point *pt, const struct sample *s, bool deadband)
{
	/* the controllers' figures are shown to a tenth: theirs is half of that */
	double band = !deadband ? 0 : pt->owner == OWNER_CTL ? 2 * pt->deadband : pt->deadband;
	if (pt->owner == OWNER_LINK) {
		struct sample *to = pt->device >= 0 && pt->device < (int32_t)m->n_devices
					    ? link_sample(&m->devices[pt->device], pt->role)
					    : NULL;
		if (to)
			*to = *s;
		return;
	}
	if (pt->owner == OWNER_FIELD)
		count(m, pt, s);
	if (pt->system < 0 || pt->system >= (int32_t)m->n_systems) {
		if (pt->role_index == 0)
			put(&m->facility[pt->role], s, band);
		return;
	}
	struct model_system *sys = &m->systems[pt->system];
	if (pt->role_index == 0)
		put(&sys->one[pt->role], s, band);
	struct sample *to = element(sys, pt->role, pt->role_index);
	if (to)
		put(to, s, band);
}

static void
zero_counts(struct model *m)
{
	m->points = m->good = m->simulated = 0;
	for (uint32_t i = 0; i < m->n_devices; i++)
		m->devices[i].points = m->devices[i].good = 0;
	for (uint32_t i = 0; i < m->n_systems; i++)
		m->systems[i].points = m->systems[i].good = m->systems[i].simulated = 0;
}

static void
take_not_good(struct model *m, const struct plant *p, const int64_t *not_good_ns)
{
	for (uint32_t d = 0; d < m->n_devices; d++) {
		m->devices[d].not_good_ns = INT64_MIN;
		for (int c = 0; c < SCAN_CLASSES && not_good_ns; c++) {
			int32_t g = plant_in_group(p, d, (enum scan_class)c);
			if (g >= 0 && not_good_ns[g] > m->devices[d].not_good_ns)
				m->devices[d].not_good_ns = not_good_ns[g];
		}
	}
}

static void
take_writer(struct model_writer *w, bool there, const struct image_status *status, int64_t now_ns)
{
	w->there = there;
	w->status = *status;
	w->age_ns = now_ns - status->heartbeat_ns;
}

void
model_fill(struct model *m, const struct model_input *input)
{
	const struct plant *p = input->plant;
	m->now_ns = input->now_ns;
	m->wall_ns = input->wall_ns;
	m->run = input->run;
	for (int r = 0; r < REGIONS; r++)
		take_writer(&m->writer[r], input->samples[r] != NULL, &input->status[r],
			    input->now_ns);
	zero_counts(m);
	for (uint32_t i = 0; i < p->n_points; i++)
		take(m, &p->points[i], model_sample(input, i), input->deadband);
	take_not_good(m, p, input->not_good_ns);
	model_alarms_take(m, input);
	model_summarise(m);
}

void
model_fill_alarms(struct model *m, const struct model_input *input)
{
	take_writer(&m->writer[REGION_ALM], input->samples[REGION_ALM] != NULL,
		    &input->status[REGION_ALM], input->now_ns);
	model_alarms_take(m, input);
	model_alarms_summarise(m);
}

void
model_event(struct model *m, const struct image_event *event, int64_t wall_ns)
{
	size_t keep = m->n_events < MODEL_EVENTS ? m->n_events : MODEL_EVENTS - 1;
	memmove(m->events + 1, m->events, keep * sizeof(m->events[0]));
	memmove(m->event_wall_ns + 1, m->event_wall_ns, keep * sizeof(m->event_wall_ns[0]));
	m->events[0] = *event;
	m->event_wall_ns[0] = wall_ns;
	m->n_events = (uint32_t)keep + 1;
}
