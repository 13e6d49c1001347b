/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot made by hand: a cluster whose every number is written here, for views and verdicts. */
#ifndef ISOTHERM_TESTS_TUI_FIXTURE_H
#define ISOTHERM_TESTS_TUI_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "tui/model.h"

#define FIXTURE_NOW_NS INT64_C(100000000000)
#define FIXTURE_WALL_NS INT64_C(1795703518000000000) /* 2026-11-26T14:31:58Z */

/* What alarms there could be: these of each system, in this order. */
#define FIXTURE_SYSTEMS 64
enum fixture_alarm {
	FIXTURE_TMAX,
	FIXTURE_PUMP1,
	FIXTURE_PUMP2,
	FIXTURE_FLOW,
	FIXTURE_LEVEL,
	FIXTURE_ALARMS
};

static struct alarm_record fixture_records[] = {
	{.id = "tmax_alarm",
	 .text = "hottest reticle of {system} at 55 C",
	 .type = ALARM_HI,
	 .role = ROLE_CTL_TMAX,
	 .limit = 55,
	 .priority = ALARM_CRITICAL,
	 .page = true,
	 .respond_s = 300,
	 .cause = "The cooling no longer carries the heat away, and holding back the work is not "
		  "enough.",
	 .consequence = "At 65 C the system cuts its own power and the job is lost; above that the "
			"wafer ages fast.",
	 .action = "Look at flow, supply temperature and pumps of this system. If the temperature "
		   "still rises after one minute, stop its job."},
	{.id = "pump_failed",
	 .text = "pump {n} of {system} failed",
	 .type = ALARM_BIT,
	 .role = ROLE_PUMP_STATUS,
	 .bit = 1,
	 .priority = ALARM_HIGH,
	 .page = true,
	 .respond_s = 600,
	 .cause = "The pump's drive reports a fault.",
	 .consequence = "The other pump carries the loop alone: if it fails, the system trips.",
	 .action = "Send somebody with a spare pump; see that the other one runs."},
	{.id = "low_flow",
	 .text = "flow of {system} low",
	 .type = ALARM_LO,
	 .role = ROLE_LOOP_FLOW,
	 .limit = 35,
	 .priority = ALARM_MEDIUM,
	 .respond_s = 1800,
	 .cause = "A filter clogs, or a pump runs slow.",
	 .consequence = "Zones grow hot and work is held back.",
	 .action = "Look at the filter's pressure drop."},
	{.id = "level_low",
	 .text = "coolant level of {system} low",
	 .type = ALARM_LO,
	 .role = ROLE_LOOP_LEVEL,
	 .limit = 40,
	 .priority = ALARM_LOW,
	 .respond_s = 86400,
	 .cause = "Coolant evaporates.",
	 .consequence = "Below 20 % the pumps draw air.",
	 .action = "Top up within a week."},
};
static struct system_config fixture_systems[FIXTURE_SYSTEMS];
static struct alarm fixture_alarm_list[FIXTURE_SYSTEMS * FIXTURE_ALARMS];
static struct plant fixture_plant;

static void
fixture_plant_make(uint32_t n)
{
	static const uint32_t record[FIXTURE_ALARMS] = {0, 1, 1, 2, 3};
	fixture_plant = (struct plant){.systems = fixture_systems,
				       .n_systems = n,
				       .alarm_records = fixture_records,
				       .n_alarm_records = 4,
				       .alarms = fixture_alarm_list,
				       .n_alarms = n * FIXTURE_ALARMS};
	for (uint32_t k = 0; k < n; k++) {
		snprintf(fixture_systems[k].name, sizeof(fixture_systems[k].name), "cs%02u", k);
		for (uint32_t i = 0; i < FIXTURE_ALARMS; i++) {
			struct alarm *a = &fixture_alarm_list[k * FIXTURE_ALARMS + i];
			*a = (struct alarm){.record = record[i], .system = (int32_t)k};
			a->device = -1;
			a->element = i == FIXTURE_PUMP2;
			snprintf(a->key, sizeof(a->key), "cs%02u.%s%s", k,
				 fixture_records[record[i]].id,
				 i == FIXTURE_PUMP1   ? "[0]"
				 : i == FIXTURE_PUMP2 ? "[1]"
						      : "");
		}
	}
}

static struct sample
fixture_sample(double value)
{
	return sample_at(value, FIXTURE_NOW_NS - 100000000, QUALITY_GOOD, SAMPLE_SIMULATED);
}

static void
fixture_wafer(struct model_system *s, uint32_t k)
{
	double hi = -1000, lo = 1000, sum = 0;
	for (uint32_t i = 0; i < RETICLES; i++) {
		uint32_t x = i % ZONES, y = i / ZONES;
		double c = 40 + 0.6 * y + 0.125 * ((i * 7 + k * 5) % 9) + 0.05 * (double)x;
		s->temp_c[i] = fixture_sample(c);
		s->power_w[i] = fixture_sample(200 + (double)((i * 11 + k) % 17));
		s->duty_frac[i] = fixture_sample(1);
		s->share_frac[i] = fixture_sample(1);
		hi = c > hi ? c : hi;
		lo = c < lo ? c : lo;
		sum += c;
	}
	s->one[ROLE_CTL_SPREAD] = fixture_sample(hi - lo);
	s->one[ROLE_CTL_TMAX] = fixture_sample(hi);
	s->one[ROLE_CTL_TMIN] = fixture_sample(lo);
	s->one[ROLE_CTL_TMEAN] = fixture_sample(sum / RETICLES);
	s->one[ROLE_CTL_HOTTEST] = fixture_sample(78);
	s->one[ROLE_CTL_COLDEST] = fixture_sample(0);
}

static void
fixture_scalars(struct model_system *s, uint32_t k)
{
	const struct {
		enum role_id role;
		double value;
	} scalars[] = {
		{ROLE_WAFER_POWER, 17380 + 10.0 * k},
		{ROLE_WAFER_CURRENT, 19900 + 10.0 * k},
		{ROLE_WAFER_VOLTAGE, 0.8745},
		{ROLE_CORES_ACTIVE, 850000},
		{ROLE_PLATE_INLET, 24.02},
		{ROLE_PLATE_OUTLET, 28.2},
		{ROLE_PLATE_DP, 40.4},
		{ROLE_ENGINE_TRIP, 0},
		{ROLE_ENGINE_AUTHORITY, AUTHORITY_SUPERVISOR},
		{ROLE_COOLING_AUTHORITY, AUTHORITY_SUPERVISOR},
		{ROLE_ENGINE_FOLDBACK, 1},
		{ROLE_JOB_MODE, 1},
		{ROLE_JOB_RATE, 1},
		{ROLE_JOB_TOKENS, 2000},
		{ROLE_JOB_UTILISATION, 1},
		{ROLE_LOOP_FLOW, 60.1},
		{ROLE_LOOP_SUPPLY, 24.0},
		{ROLE_LOOP_RETURN, 28.7},
		{ROLE_LOOP_LEVEL, 98},
		{ROLE_FILTER_DP, 12},
		{ROLE_VALVE, 47},
		{ROLE_HX_FACILITY_IN, 20},
		{ROLE_HX_FACILITY_OUT, 29.8},
		{ROLE_HX_FACILITY_FLOW, 25.4},
		{ROLE_POWER_INPUT, 21330 + 10.0 * k},
		{ROLE_CTL_MODE, CTL_AUTO},
		{ROLE_CTL_REASON, REASON_NONE},
		{ROLE_CTL_DUTY, 1},
		{ROLE_CTL_COST_TOKENS, 0},
		{ROLE_CTL_COST_POWER, 0},
		{ROLE_CTL_LIMITED_AGE, 3600},
		{ROLE_CTL_SUPPLY_SETPOINT, 24},
		{ROLE_CTL_TOKENS_FULL, 2000},
	};
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++)
		s->one[scalars[i].role] = fixture_sample(scalars[i].value);
	for (int i = 0; i < MODEL_PUMPS; i++) {
		s->pump_speed_pct[i] = fixture_sample(80);
		s->pump_status[i] = fixture_sample(1);
	}
	for (int i = 0; i < PSUS; i++) {
		s->psu_power_w[i] = fixture_sample(1650);
		s->psu_status[i] = fixture_sample(1);
	}
	for (int i = 0; i < MODEL_LEAKS; i++)
		s->leak[i] = fixture_sample(0);
}

static void
fixture_devices(struct model *m, uint32_t k)
{
	static const char *const kinds[] = {"engine", "cooling", "power"};
	static const uint32_t points[] = {520, 28, 51};
	struct model_system *s = &m->systems[k];
	s->first_device = 3 * k;
	s->n_devices = 3;
	for (uint32_t i = 0; i < 3; i++) {
		struct model_device *d = &m->devices[3 * k + i];
		snprintf(d->name, sizeof(d->name), "%s.%s", s->name, kinds[i]);
		snprintf(d->kind, sizeof(d->kind), "%s", kinds[i]);
		snprintf(d->host, sizeof(d->host), "127.0.0.1");
		d->port = (uint16_t)(41000 + 3 * k + i);
		d->unit = 1;
		d->system = (int32_t)k;
		d->simulated = d->armed = true;
		d->points = d->good = points[i];
		d->state = fixture_sample(LINK_OK);
		d->transactions = fixture_sample(4711);
		d->errors = fixture_sample(0);
		d->rtt_ms = fixture_sample(1.5);
		d->would_write = fixture_sample(0);
		d->mismatch = fixture_sample(0);
		d->not_good_ns = INT64_MIN;
		s->points += points[i];
	}
	s->good = s->simulated = s->points;
	m->points += s->points;
	m->good += s->good;
	m->simulated += s->simulated;
}

/* All well. Change what the test is about, then call model_summarise. */
static void
fixture_open(struct model *m, uint32_t n)
{
	if (model_init(m, n, 3 * n, FIXTURE_ALARMS * n))
		return;
	fixture_plant_make(n);
	m->alarms.plant = &fixture_plant;
	m->alarms.now_ns = FIXTURE_NOW_NS;
	m->alarms.wall_ns = FIXTURE_WALL_NS;
	snprintf(m->site, sizeof(m->site), "cluster%u", n);
	m->now_ns = FIXTURE_NOW_NS;
	m->wall_ns = FIXTURE_WALL_NS;
	for (int r = REGION_IN; r <= REGION_CTL; r++) {
		m->writer[r] = (struct model_writer){.there = true, .age_ns = 100000000};
		m->writer[r].status.alive = true;
	}
	m->run = (struct run_info){.there = true, .n_rooms = 1};
	m->run.rooms[0] = (struct model_room){.name = "collectors", .pid = 101, .up = true};
	m->facility[ROLE_FACILITY_SUPPLY] = fixture_sample(20);
	for (uint32_t k = 0; k < n; k++) {
		struct model_system *s = &m->systems[k];
		snprintf(s->name, sizeof(s->name), "cs%02u", k);
		snprintf(s->label, sizeof(s->label), "%02u", k % 100);
		s->spread_limit_k = 8;
		s->temp_limit_c = 50;
		fixture_wafer(s, k);
		fixture_scalars(s, k);
		fixture_devices(m, k);
	}
	model_summarise(m);
}

/* System k held back by its spread. */
static void __attribute__((unused)) fixture_hold(struct model *m, uint32_t k)
{
	struct model_system *s = &m->systems[k];
	for (uint32_t y = 0; y < ROWS; y++) {
		s->temp_c[y * ZONES + 5].value += 3.2;
		s->duty_frac[y * ZONES + 5].value = 0.93;
	}
	s->one[ROLE_CTL_SPREAD].value = 7.62;
	s->one[ROLE_CTL_TMAX].value = 47.5;
	s->one[ROLE_CTL_HOTTEST].value = 77;
	s->one[ROLE_CTL_REASON].value = REASON_SPREAD;
	s->one[ROLE_CTL_DUTY].value = 0.93;
	s->one[ROLE_CTL_COST_TOKENS].value = 140;
	s->one[ROLE_CTL_LIMITED_AGE].value = 0;
	s->one[ROLE_JOB_TOKENS].value = 1860;
}

/* Device d of system k does not answer: its points are COMM, the engine's temperatures old. */
static void __attribute__((unused)) fixture_lose(struct model *m, uint32_t k, uint32_t d)
{
	struct model_system *s = &m->systems[k];
	struct model_device *dev = &m->devices[3 * k + d];
	dev->state.value = LINK_COMM;
	s->good -= dev->points;
	m->good -= dev->points;
	dev->good = 0;
	dev->not_good_ns = m->now_ns;
	if (d != 0)
		return;
	for (uint32_t i = 0; i < RETICLES; i++) {
		struct sample *const of[] = {&s->temp_c[i], &s->power_w[i], &s->duty_frac[i],
					     &s->share_frac[i]};
		for (size_t j = 0; j < sizeof(of) / sizeof(of[0]); j++) {
			of[j]->quality = QUALITY_COMM;
			sample_date(of[j], m->now_ns - 5000000000);
		}
	}
	for (int r = ROLE_WAFER_POWER; r <= ROLE_JOB_UTILISATION; r++)
		if (s->one[r].quality == QUALITY_GOOD)
			s->one[r].quality = QUALITY_COMM;
	s->one[ROLE_CTL_MODE].value = CTL_FAILSAFE;
	s->one[ROLE_CTL_REASON].value = REASON_INPUT_LOST;
}

/* There is a room for alarms, and all of them are normal. */
static void __attribute__((unused)) fixture_watch(struct model *m)
{
	m->writer[REGION_ALM] = m->writer[REGION_IN];
	snprintf(m->run.rooms[m->run.n_rooms].name, sizeof(m->run.rooms[0].name), "alarms");
	m->run.rooms[m->run.n_rooms++].up = true;
	for (uint32_t i = 0; i < m->alarms.n; i++) {
		m->alarms.all[i].live = true;
		m->alarms.all[i].limit = model_alarm_record(m, i)->limit;
	}
}

/* An alarm of system k, raised so long ago. */
static uint32_t __attribute__((unused))
fixture_raise(struct model *m, uint32_t k, enum fixture_alarm which, enum alarm_state state,
	      double value, int ago_s)
{
	uint32_t i = k * FIXTURE_ALARMS + which;
	struct model_alarm *a = &m->alarms.all[i];
	a->state = state;
	a->episode = 7;
	a->raised_wall_ns = FIXTURE_WALL_NS - ago_s * INT64_C(1000000000);
	a->at_change = a->input = fixture_sample(value);
	return i;
}

#endif
