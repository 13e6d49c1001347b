/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/world.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alarms/engine.h"
#include "controllers/holds.h"
#include "core/clock.h"
#include "core/wide.h"
#include "engine_sim/state_file.h"
#include "runner/request.h"
#include "runner/world_private.h"

#define EVENTS_AT_ONCE 16

const char *
world_line_kind_name(enum world_line_kind kind)
{
	switch (kind) {
	case WORLD_CHANGE:
		return "change";
	case WORLD_WIRE:
		return "wire";
	case WORLD_CONTROL:
		return "control";
	case WORLD_ALARM:
		return "alarm";
	case WORLD_PAGE:
		return "page";
	case WORLD_COMMAND:
		return "command";
	}
	return "";
}

static double
scenario_time(const struct world *w, int64_t now_ns)
{
	return (double)(now_ns - w->zero_ns) / (double)NS_PER_S;
}

static int64_t
plant_time(const struct world *w, double scenario_s)
{
	return w->zero_ns + llround(scenario_s * (double)NS_PER_S);
}

static void
say(struct world *w, double at_s, enum world_line_kind kind, const char *text)
{
	struct world_line *line;

	if (at_s < 0.0)
		return; /* the warm-up is nobody's business */
	if (w->n_lines == WORLD_LOG_MAX) {
		w->lines_lost++;
		return;
	}
	line = &w->lines[w->n_lines++];
	line->at_s = at_s;
	line->kind = kind;
	(void)snprintf(line->text, sizeof line->text, "%.159s", text);
}

/* --- a tick --- */

static int
make_changes(struct world *w, int64_t now_ns, struct errtext *err)
{
	const struct scenario *sc = w->sc;
	UNCLEARED char text[200], why[200];

	for (; w->next_set < sc->n_events; w->next_set++) {
		const struct scenario_event *e = &sc->events[w->next_set];
		int rc;

		if (plant_time(w, e->at_s) > now_ns)
			return 0;
		if (e->kind != SCENARIO_SET)
			continue;
		rc = sim_set(w->sim, &e->change, why, sizeof why);
		if (rc != 0)
			return errtext_set(err, rc, "%s:%u: events: %s", sc->path, e->line, why);
		if (e->change.over_s > 0.0)
			(void)snprintf(text, sizeof text, "%s=%g over %gs", e->change.path,
				       e->change.value, e->change.over_s);
		else
			(void)snprintf(text, sizeof text, "%s=%g", e->change.path, e->change.value);
		say(w, e->at_s, WORLD_CHANGE, text);
	}
	return 0;
}

/* The caps that are due in this tick. */
static void
look_at_caps(struct world *w)
{
	int64_t now_ns = sim_now_ns(w->sim);

	if (w->control == NULL)
		return;
	w->site_cap_w = control_cap_w(w->control, SITE, now_ns);
	for (uint32_t s = 0; s < w->sc->plant->n_systems; s++)
		w->scores[s].cap_w = control_cap_w(w->control, (int32_t)s, now_ns);
}

/* Of the one that all have together, each its part of what all draw now. */
static void
share_cap(struct world *w)
{
	struct sim_glance now;
	double sum_w = 0.0;

	for (uint32_t s = 0; s < w->sc->plant->n_systems; s++) {
		sim_glance(w->sim, s, &now);
		sum_w += now.input_w;
	}
	for (uint32_t s = 0; s < w->sc->plant->n_systems; s++) {
		double own_w = control_cap_w(w->control, (int32_t)s, sim_now_ns(w->sim));

		sim_glance(w->sim, s, &now);
		w->scores[s].cap_w = fmin(own_w, w->site_cap_w * now.input_w / fmax(sum_w, 1.0));
	}
}

static void
score(struct world *w)
{
	const struct scenario *sc = w->sc;
	double t_s = scenario_time(w, sim_now_ns(w->sim) - SIM_STEP_NS / 2); /* in mid-step */
	bool scored = t_s > sc->scored_s[0] && t_s < sc->scored_s[1];
	UNCLEARED struct sim_glance now;

	if (t_s < 0.0)
		return;
	if (isfinite(w->site_cap_w))
		share_cap(w);
	for (uint32_t s = 0; s < sc->plant->n_systems; s++) {
		sim_glance(w->sim, s, &now);
		score_step(&w->scores[s], &now, (double)SIM_STEP_NS / (double)NS_PER_S, scored);
	}
}

/* It writes samples: those of the tick before must be in the trace by then. */
static void
turn_bus(struct world *w, int64_t now_ns)
{
	crew_end(w->crew);
	bus_turn(&w->bus, now_ns);
}

static int
step_plant(struct world *w, struct errtext *err)
{
	const int64_t steps = WORLD_TICK_NS / SIM_STEP_NS;

	look_at_caps(w);
	for (int64_t i = 1; i <= steps; i++) {
		int rc = make_changes(w, sim_now_ns(w->sim), err);

		if (rc != 0)
			return rc;
		sim_step(w->sim);
		score(w);
		/* A late answer comes when it comes, not with the next tick. */
		if (i < steps && (w->any_wire || w->sc->plant->n_lines > 0) && bus_is_busy(&w->bus))
			turn_bus(w, sim_now_ns(w->sim));
	}
	return 0;
}

static void
say_wire(struct world *w, const struct scenario_event *e)
{
	const struct wire_fault *f = &e->fault;
	char text[200];
	int n = snprintf(text, sizeof text, "%s:", w->sc->plant->devices[e->device].name);

	if (f->delay_p > 0.0)
		n += snprintf(text + n, sizeof text - (size_t)n, " delay %g ms of %g",
			      f->delay_s * 1000.0, f->delay_p);
	if (f->drop_p > 0.0)
		n += snprintf(text + n, sizeof text - (size_t)n, " drop %g", f->drop_p);
	if (f->corrupt_p > 0.0)
		n += snprintf(text + n, sizeof text - (size_t)n, " corrupt %g", f->corrupt_p);
	if (f->split_p > 0.0)
		n += snprintf(text + n, sizeof text - (size_t)n, " split %g", f->split_p);
	if (f->repeat_p > 0.0)
		n += snprintf(text + n, sizeof text - (size_t)n, " repeat %g", f->repeat_p);
	if (isfinite(e->for_s))
		(void)snprintf(text + n, sizeof text - (size_t)n, " for %g s", e->for_s);
	say(w, e->at_s, WORLD_WIRE, text);
}

/* A fault holds for the ticks in [at_s, at_s + for_s). */
static void
disturb_wires(struct world *w, int64_t now_ns)
{
	const struct scenario *sc = w->sc;

	if (!w->any_wire)
		return;
	for (uint32_t d = 0; d < w->bus.n; d++)
		w->bus.wires[d].fault = (struct wire_fault){0};
	for (uint32_t i = 0; i < sc->n_events; i++) {
		const struct scenario_event *e = &sc->events[i];

		if (e->kind != SCENARIO_WIRE || plant_time(w, e->at_s) > now_ns)
			continue;
		if (i >= w->next_said) {
			say_wire(w, e);
			w->next_said = i + 1;
		}
		if (isinf(e->for_s) || now_ns < plant_time(w, e->at_s + e->for_s))
			wire_fault_add(&w->bus.wires[e->device].fault, &e->fault);
	}
}

static void
take_events(struct world *w, uint32_t tick)
{
	struct image_event events[EVENTS_AT_ONCE];
	uint64_t lost = 0;
	size_t n;

	do {
		n = image_events(w->ctl.image, &w->events_seen, events, EVENTS_AT_ONCE, &lost);
		for (size_t i = 0; i < n; i++) {
			trace_event(w->trace, tick, TRACE_EVENT, &events[i]);
			say(w, scenario_time(w, events[i].time_ns), WORLD_CONTROL, events[i].text);
		}
	} while (n == EVENTS_AT_ONCE);
	w->lines_lost += (uint32_t)lost;
}

/* --- what is expected of points --- */

static void
look_at_points(struct world *w, int64_t now_ns)
{
	const struct probe_view view = {.scenario = w->sc,
					.in = w->in.now,
					.ctl = w->ctl.now,
					.t_s = scenario_time(w, now_ns)};

	for (uint32_t i = 0; i < w->sc->n_probes; i++) {
		const struct scenario_probe *p = &w->sc->probes[i];
		int64_t from = plant_time(w, p->from_s), to = plant_time(w, p->to_s);

		if (to < from + WORLD_TICK_NS - 1 && p->to_s <= p->from_s)
			to = from + WORLD_TICK_NS - 1;
		if (now_ns >= from && now_ns <= to && !w->probes[i].failed)
			probe_look(&w->probes[i], p, &view);
	}
}

const char *
world_probe_failure(const struct world *w, uint32_t probe)
{
	return probe_failure(&w->probes[probe]);
}

/* --- the alarms --- */

static void
take_alarm_events(struct world *w, uint32_t tick)
{
	struct image_event event;
	uint32_t alarm;

	while (desk_event(w->desk, &event, &alarm)) {
		event.point = alarm;
		trace_event(w->trace, tick, TRACE_ALARM, &event);
		say(w, scenario_time(w, event.time_ns),
		    event.code == ENGINE_EVENT_PAGE ? WORLD_PAGE : WORLD_ALARM, event.text);
	}
}

static void
ask_controllers(struct world *w, const struct scenario_event *e, int64_t now_ns, char *line,
		size_t size)
{
	struct hold_request req = {.uid = e->uid,
				   .access = ACCESS_ENGINEER,
				   .json = e->request,
				   .len = strlen(e->request),
				   .now_ns = now_ns,
				   .wall_ns = now_ns};

	if (w->control != NULL)
		control_ask(w->control, &req, NULL, w->reply);
	else
		(void)snprintf(w->reply, sizeof w->reply,
			       "{\"ok\": false, \"error\": \"nobody controls\"}");
	(void)request_done(e->request, w->reply, line, size);
}

static void
ask_commands(struct world *w, int64_t now_ns)
{
	const struct scenario *sc = w->sc;
	char line[400];

	for (; w->next_command < sc->n_events; w->next_command++) {
		const struct scenario_event *e = &sc->events[w->next_command];

		if (plant_time(w, e->at_s) > now_ns)
			return;
		if (e->kind != SCENARIO_COMMAND)
			continue;
		if (e->to_controllers)
			ask_controllers(w, e, now_ns, line, sizeof line);
		else
			desk_ask(w->desk, e->request, now_ns, line, sizeof line);
		say(w, e->at_s, WORLD_COMMAND, line);
	}
}

/* A region's samples and where they stand in the trace; a group that nothing happened to is as it was. */
static void
record_region(struct world *w, struct view_of *v, uint32_t first)
{
	for (uint32_t g = 0; g < v->layout->n_groups; g++) {
		uint32_t at = v->layout->first[g];

		if (image_has_moved(v->image, g, &v->seen[g]))
			trace_samples(w->trace, w->recorded_tick, first + at, v->now + at,
				      v->last + at, v->layout->first[g + 1] - at);
	}
}

static void
record_samples(void *context)
{
	struct world *w = context;

	record_region(w, &w->in, 0);
	record_region(w, &w->ctl, w->sc->plant->n_in);
}

/* Samples stay what they are until the next turn of the bus: while the plant steps, there is time to record them. */
static void
record(struct world *w, uint32_t tick, int64_t now_ns)
{
	image_settle(w->in.image, now_ns);
	image_settle(w->ctl.image, now_ns);
	take_events(w, tick);
	take_alarm_events(w, tick);
	look_at_points(w, now_ns);
	w->recorded_tick = tick;
	crew_begin(w->crew, record_samples, w);
}

static void
write_truth(struct world *w)
{
	double t_s = scenario_time(w, sim_now_ns(w->sim));
	struct sim_truth truth;

	if (w->truth == NULL || t_s < 0.0)
		return;
	for (uint32_t s = 0; s < w->sc->plant->n_systems; s++) {
		sim_truth(w->sim, s, &truth);
		truth_file_put(w->truth, t_s, w->sc->plant->systems[s].name, &truth);
	}
}

/* Do the controllers stand still in this tick? */
static bool
is_stalled(const struct world *w, int64_t now_ns)
{
	for (uint32_t i = 0; i < w->sc->n_events; i++) {
		const struct scenario_event *e = &w->sc->events[i];

		if (e->kind == SCENARIO_STALL && now_ns >= plant_time(w, e->at_s) &&
		    now_ns < plant_time(w, e->at_s + e->for_s))
			return true;
	}
	return false;
}

static int
tick_once(struct world *w, uint32_t tick, struct errtext *err)
{
	int64_t now_ns;
	bool control_due;
	int rc = step_plant(w, err);

	if (rc != 0)
		return rc;
	now_ns = sim_now_ns(w->sim);
	write_truth(w);
	disturb_wires(w, now_ns);
	turn_bus(w, now_ns);
	control_due = now_ns % (w->sc->plant->control_period_ms * NS_PER_MS) == 0;
	if (control_due && w->control != NULL && !is_stalled(w, now_ns))
		control_step(w->control, now_ns, 0);
	turn_bus(w, now_ns);
	ask_commands(w, now_ns);
	if (control_due)
		desk_step(w->desk, now_ns);
	record(w, tick, now_ns);
	if (w->save_path && now_ns == w->save_ns)
		return state_file_save(w->sim, w->save_path, err);
	return 0;
}

/* Points of collectors and controllers: the table may hold others after them, which no trace has. */
static uint32_t
points_published(const struct plant *plant)
{
	uint32_t n = plant->n_in;

	while (n < plant->n_points && plant->points[n].owner == OWNER_CTL)
		n++;
	return n;
}

static int
open_trace(struct world *w, struct errtext *err)
{
	const struct plant *plant = w->sc->plant;
	struct trace_about about = {.table_hash = plant->hash,
				    .tick_ns = (uint32_t)WORLD_TICK_NS,
				    .zero_tick = (uint32_t)(w->zero_ns / WORLD_TICK_NS),
				    .n_in = plant->n_in,
				    .n_points = points_published(plant)};

	return trace_open(&w->trace, w->trace_path, &about, err);
}

int
world_run(struct world *w, struct world_result *result, struct errtext *err)
{
	uint32_t zero = (uint32_t)(w->zero_ns / WORLD_TICK_NS);
	uint32_t last = zero + (uint32_t)ceil(w->sc->duration_s * 10.0 - 1e-6);
	uint64_t before = 0;
	int rc = open_trace(w, err), trace_rc;

	*result = (struct world_result){.trace_failed = rc != 0};
	if (rc != 0)
		return rc;
	for (uint32_t tick = (uint32_t)(w->begin_ns / WORLD_TICK_NS) + 1; tick <= last && rc == 0;
	     tick++) {
		rc = tick_once(w, tick, err);
		if (tick == zero)
			before = bus_transactions(&w->bus);
	}
	crew_end(w->crew);
	result->n_lines = w->n_lines;
	result->lines_lost = w->lines_lost;
	result->desk_lost = desk_lost(w->desk);
	result->transactions = bus_transactions(&w->bus) - before;
	if (rc == 0 && w->replay && bus_reader_strayed(w->replay) > 0)
		rc = errtext_set(err, -EPROTO, "%llu requests were others when it was recorded",
				 (unsigned long long)bus_reader_strayed(w->replay));
	trace_rc = bus_writer_close(w->record, rc == 0 ? err : NULL);
	w->record = w->bus.record = NULL;
	if (trace_rc != 0 && rc == 0)
		rc = trace_rc;
	trace_rc = truth_file_close(w->truth, rc == 0 ? err : NULL);
	w->truth = NULL;
	if (trace_rc != 0 && rc == 0)
		rc = trace_rc;
	trace_rc = trace_close(w->trace, result->digest, rc == 0 ? err : NULL);
	w->trace = NULL;
	result->trace_failed = trace_rc != 0;
	return rc != 0 ? rc : trace_rc;
}

void
world_job(const struct world *w, uint32_t job, struct sim_job_truth *out)
{
	sim_job(w->sim, job, out);
}

const struct score *
world_score(const struct world *w, uint32_t system)
{
	return &w->scores[system];
}

const struct desk *
world_desk(const struct world *w)
{
	return w->desk;
}

double
world_time_s(const struct world *w, int64_t plant_ns)
{
	return scenario_time(w, plant_ns);
}

const struct world_line *
world_lines(const struct world *w)
{
	return w->lines;
}
