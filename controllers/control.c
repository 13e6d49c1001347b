/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/control.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/advice.h"
#include "controllers/caps.h"
#include "controllers/cluster.h"
#include "controllers/commissions.h"
#include "controllers/explain.h"
#include "controllers/holds.h"
#include "controllers/inputs.h"
#include "controllers/jobbook.h"
#include "controllers/outputs.h"
#include "controllers/supervisor.h"
#include "core/clock.h"
#include "core/wide.h"

struct unit { /* one system */
	struct supervisor supervisor;
	struct explain explain;
	/* of the step */
	const struct view *view;
	struct account account;
	struct image_event events[EXPLAIN_EVENTS];
	int n_events;
	bool waits; /* for what must not be done of several systems at once */
};

struct control {
	const struct plant *plant;
	struct image *in, *ctl;
	struct inputs *inputs;
	struct outputs *outputs;
	struct holds *holds;
	struct caps *caps;
	struct cluster *cluster;
	struct commissions *commissions;
	struct jobbook *jobbook;
	struct advice *advice;
	struct cap_draw *draw;          /* [n_systems] */
	struct cluster_report *reports; /* [n_systems] */
	struct unit *units;
	uint64_t tick;
	int64_t now_ns;            /* of the last step */
	const struct sweep *sweep; /* NULL: none */
};

static struct supervisor_setup
setup_of(const struct plant *plant, const struct control_options *opt, uint32_t system)
{
	int32_t engine = plant_device_of(plant, (int32_t)system, "engine");
	int32_t cooling = plant_device_of(plant, (int32_t)system, "cooling");
	return (struct supervisor_setup){
		.law = law_of(opt->kind),
		.start_in_charge = opt->start_in_charge,
		.engine_shadow = engine >= 0 && !plant->devices[engine].armed,
		.cooling_shadow = cooling >= 0 && !plant->devices[cooling].armed,
		.has_cooling = cooling >= 0,
		.temp_limit_c = plant->systems[system].temp_limit_c,
		.spread_limit_k = plant->systems[system].spread_limit_k,
		.plant = plant,
		.system = system,
		.shares_free = opt->shares_free,
	};
}

int
control_open(struct control **out, const struct plant *plant, const struct control_options *opt,
	     struct image *in, struct image *ctl, int64_t now_ns)
{
	if (plant->control_period_ms != CONTROL_PERIOD_MS)
		return -ENOTSUP;
	struct control *c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->plant = plant;
	c->in = in;
	c->ctl = ctl;
	c->sweep = opt->sweep;
	c->units = calloc((size_t)plant->n_systems + 1, sizeof *c->units);
	int rc = c->units ? inputs_open(&c->inputs, plant) : -ENOMEM;
	if (rc == 0)
		rc = outputs_open(&c->outputs, plant);
	if (rc == 0)
		rc = holds_open(&c->holds, plant, now_ns);
	if (rc == 0)
		rc = caps_open(&c->caps, plant);
	if (rc == 0)
		rc = cluster_open(&c->cluster, plant);
	if (rc == 0)
		rc = commissions_open(&c->commissions, plant, !opt->keep_spread_limit);
	if (rc == 0)
		rc = jobbook_open(&c->jobbook, plant);
	if (rc == 0)
		rc = advice_open(&c->advice, plant);
	c->draw = calloc((size_t)plant->n_systems + 1, sizeof *c->draw);
	c->reports = calloc((size_t)plant->n_systems + 1, sizeof *c->reports);
	if (rc == 0 && (!c->draw || !c->reports))
		rc = -ENOMEM;
	if (rc < 0) {
		control_close(c);
		return rc;
	}
	for (uint32_t s = 0; s < plant->n_systems; s++) {
		struct supervisor_setup setup = setup_of(plant, opt, s);
		supervisor_init(&c->units[s].supervisor, &setup, now_ns);
		c->draw[s].input_w = c->draw[s].full_w = (double)NAN;
		explain_init(&c->units[s].explain, plant->systems[s].name, plant->job_tokens_per_s,
			     now_ns);
	}
	*out = c;
	return 0;
}

void
control_close(struct control *c)
{
	if (!c)
		return;
	inputs_close(c->inputs);
	outputs_close(c->outputs);
	holds_close(c->holds);
	caps_close(c->caps);
	cluster_close(c->cluster);
	commissions_close(c->commissions);
	jobbook_close(c->jobbook);
	advice_close(c->advice);
	free(c->draw);
	free(c->reports);
	free(c->units);
	free(c);
}

void
control_set_in(struct control *c, struct image *in)
{
	inputs_let_go(c->inputs);
	c->in = in;
}

static void
emit(struct control *c, uint32_t system, struct image_event *e)
{
	if (e->code == CONTROL_EVENT_MODE || e->code == CONTROL_EVENT_AUTHORITY)
		e->point = outputs_point(c->outputs, system, ROLE_CTL_MODE);
	else if (e->code == CONTROL_EVENT_CLUSTER)
		e->point = outputs_point(c->outputs, system, ROLE_CTL_STRAGGLER);
	else if (e->code == CONTROL_EVENT_ZONE)
		e->point = outputs_point(c->outputs, system, ROLE_CTL_CLOGGED);
	else if (e->code == CONTROL_EVENT_LIMIT)
		e->point = outputs_point(c->outputs, system, ROLE_CTL_REASON);
	image_emit(c->ctl, e);
}

/* Of those that hold a system, and those who were not let. */
static void
tell_holds(struct control *c)
{
	UNCLEARED struct image_event e;
	uint32_t system;
	while (holds_line(c->holds, &e, &system)) {
		if (!isfinite(e.value))
			e.value = c->units[system].supervisor.verdict.mode;
		emit(c, system, &e);
	}
}

/* Of caps of one system, and of all: who sees to it that the journal has them does not care. */
static void
tell_caps(struct control *c)
{
	struct image_event e;
	int32_t system;
	while (caps_line(c->caps, &e, &system)) {
		if (system != SITE)
			e.value = c->units[system].supervisor.verdict.mode;
		else
			e.value = 0.0;
		if (system == SITE)
			image_emit(c->ctl, &e);
		else
			emit(c, (uint32_t)system, &e);
	}
}

static void
tell_commissions(struct control *c)
{
	UNCLEARED struct image_event e;
	int32_t system;
	while (commissions_line(c->commissions, &e, &system)) {
		if (!isfinite(e.value))
			e.value = c->units[system].supervisor.verdict.mode;
		emit(c, (uint32_t)system, &e);
	}
}

static void
report(struct cluster_report *r, const struct view *v, const struct account *a,
       const struct supervisor *s)
{
	r->ours = (s->mode == CTL_AUTO || s->mode == CTL_STOPPED) && !s->setup.engine_shadow;
	r->capped = s->mode == CTL_AUTO && isfinite(s->cap.watts) &&
		    (s->out.limit == REASON_CAP || s->cap_scale_frac < 1.0);
	r->still = s->mode == CTL_STOPPED || s->verdict.trip != 0;
	for (int k = 0; k < JOBS_MAX; k++) {
		double id = isfinite(v->slot_id[k]) ? law_clamp(v->slot_id[k], 0.0, 65535.0) : 0.0;
		r->job[k] = (uint16_t)lrint(id);
		r->wait_frac[k] = v->slot_wait_frac[k];
		bool paced =
			isfinite(v->slot_mode[k]) && (lrint(v->slot_mode[k]) == JOB_MODE_SYNC ||
						      lrint(v->slot_mode[k]) == JOB_MODE_PIPE);
		r->paced[k] = paced;
		r->full_per_s[k] = a->job_full[k];
		r->rate_frac[k] = v->slot_rate_frac[k];
		r->own_frac[k] = s->own_frac[k];
		r->asked_frac[k] = s->asked_frac[k];
		r->batch_frac[k] = v->slot_batch_frac[k];
	}
}

/* Why no job should start there; NULL: it may. */
static const char *
unfit(const struct supervisor *s)
{
	if (s->verdict.trip)
		return "it has tripped";
	switch (s->mode) {
	case CTL_STOPPED:
		return "a person has stopped it";
	case CTL_MAINTENANCE:
		return "it is in maintenance";
	case CTL_FAILSAFE:
		return "its inputs are lost";
	case CTL_OFF:
	case CTL_HANDBACK:
		return "nobody controls it";
	case CTL_TRACK:
	case CTL_AUTO:
	case CTL_SHADOW:
	case CTL_MANUAL:
		break;
	}
	return NULL;
}

/* Of the jobs there, once a second of each system, in turn. */
static void
count_jobs(struct control *c, uint32_t system, const struct view *v, const struct supervisor *s)
{
	struct job_use use = {.input_w = v->input_w, .unfit = unfit(s)};
	if (c->tick % LAW_STEPS_PER_S != 0)
		return;
	use.unknown = true;
	for (int k = 0; k < JOBS_MAX; k++)
		use.unknown = use.unknown && !isfinite(v->slot_id[k]);
	for (int i = 0; i < RETICLES; i++)
		if (s->in.jobs.slot[i] < JOBS_MAX)
			use.reticles[s->in.jobs.slot[i]] += 1.0;
	jobbook_take(c->jobbook, system, &c->reports[system], &use);
}

static void
tell_jobs(struct control *c)
{
	struct image_event e;
	int32_t system;
	while (jobbook_line(c->jobbook, &e, &system)) {
		if (!isfinite(e.value))
			e.value = 0.0;
		image_emit(c->ctl, &e);
	}
}

/* Who holds up a job that runs on several systems. */
static void
step_cluster(struct control *c, int64_t now_ns)
{
	struct image_event e;
	uint32_t system;
	cluster_pace(c->cluster, c->reports);
	if (c->tick % LAW_STEPS_PER_S != 0)
		return;
	jobbook_step(c->jobbook, now_ns);
	tell_jobs(c);
	cluster_step(c->cluster, c->reports, now_ns);
	while (cluster_line(c->cluster, &e, &system))
		emit(c, system, &e);
}

/* Who holds it, for those who see numbers alone. */
static void
account_for(struct account *a, const struct hold *hold)
{
	bool ends = hold->kind == HOLD_MAINTENANCE || hold->kind == HOLD_MANUAL;
	a->held_by = hold->kind == HOLD_NONE      ? HELD_BY_NOBODY
		     : hold->uid == PEOPLE_NOBODY ? HELD_BY_SOMEBODY
						  : hold->uid;
	a->held_until_s = ends ? floor((double)hold->until_wall_ns / (double)NS_PER_S) : 0.0;
}

/* From its inputs to its demands and points: touches nothing of another system. */
static void
step_alone(struct control *c, uint32_t system)
{
	struct unit *u = &c->units[system];
	const struct view *v = u->view;
	/* the once-a-second parts of many systems are spread over the ticks of a second */
	bool second = (c->tick + system) % LAW_STEPS_PER_S == 0;
	supervisor_step(&u->supervisor, &c->plant->control, v, second, c->now_ns);
	c->draw[system] = supervisor_draw(&u->supervisor, &c->plant->control);
	outputs_demands(c->outputs, c->ctl, system, &u->supervisor.demands, c->now_ns);
	u->n_events = explain_step(&u->explain, &c->plant->control, &u->supervisor, v, c->now_ns,
				   &u->account, u->events);
	account_for(&u->account, holds_of(c->holds, system));
	report(&c->reports[system], v, &u->account, &u->supervisor);
	for (int k = 0; k < JOBS_MAX; k++) {
		c->draw[system].job[k] = c->reports[system].job[k];
		c->draw[system].tokens_per_s[k] = c->reports[system].full_per_s[k];
	}
	const struct straggler *slow = cluster_straggler(c->cluster, system);
	u->account.straggler_job = slow->job;
	u->account.straggler_cost = slow->cost_per_s;
	u->account.straggler_wait_frac = slow->wait_frac;
	outputs_points(c->outputs, c->ctl, system, &u->account, &u->supervisor, v, c->now_ns);
}

/* One that has a new engine block waits for its turn, since what soaks found is of all. */
static void
step_system(void *context, uint32_t system)
{
	struct control *c = context;
	struct unit *u = &c->units[system];
	const struct hold *hold = holds_of(c->holds, system);
	supervisor_hold(&u->supervisor, hold->kind);
	supervisor_hands(&u->supervisor,
			 hold->kind == HOLD_MANUAL ? holds_hands(c->holds, system) : NULL);
	supervisor_allow(&u->supervisor, caps_allowance(c->caps, system));
	supervisor_order(&u->supervisor, cluster_order(c->cluster, system));
	u->view = inputs_view(c->inputs, system, c->now_ns);
	u->waits = commissions_awaits(c->commissions, system, u->view);
	if (!u->waits)
		step_alone(c, system);
}

/* What must be done in turn: what it has in common with others, and what is said of it. */
static void
end_step(struct control *c, uint32_t system)
{
	struct unit *u = &c->units[system];
	if (u->waits) {
		commissions_before(c->commissions, system, &u->supervisor, u->view, c->now_ns);
		step_alone(c, system);
	}
	commissions_after(c->commissions, system, &u->supervisor, u->view, c->now_ns);
	tell_commissions(c);
	count_jobs(c, system, u->view, &u->supervisor);
	for (int k = 0; k < u->n_events; k++)
		emit(c, system, &u->events[k]);
}

void
control_step(struct control *c, int64_t now_ns, uint64_t overruns)
{
	const uint32_t n = c->plant->n_systems;
	c->now_ns = now_ns;
	inputs_snapshot(c->inputs, c->in, now_ns);
	caps_step(c->caps, c->draw, now_ns);
	tell_caps(c);
	for (uint32_t s = 0; s < n; s++) {
		holds_step(c->holds, s, now_ns);
		tell_holds(c);
	}
	sweep_each(c->sweep, n, step_system, c);
	for (uint32_t s = 0; s < n; s++)
		end_step(c, s);
	step_cluster(c, now_ns);
	image_beat(c->ctl, now_ns, ++c->tick, overruns);
}

bool
control_failed(const struct control *c)
{
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		if (supervisor_failed(&c->units[s].supervisor))
			return true;
	return false;
}

void
control_hand_back(struct control *c)
{
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		supervisor_hand_back(&c->units[s].supervisor);
}

bool
control_handed_back(const struct control *c)
{
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		if (!supervisor_handed_back(&c->units[s].supervisor))
			return false;
	return true;
}

/* A system for who asks where a job should run, at what was read last. */
static void
see_for_advice(void *context, uint32_t system, struct advice_system *out)
{
	struct control *c = context;
	const struct supervisor *s = &c->units[system].supervisor;
	const struct view *v = inputs_view(c->inputs, system, c->now_ns);
	supervisor_foretell(s, &c->plant->control, v, out);
	out->unfit = unfit(s);
	out->draws_w = caps_draws_w(c->caps, c->draw, system);
	out->cap_w = caps_due_w(c->caps, (int32_t)system, c->now_ns);
}

static bool
ask_advice(struct control *c, const struct hold_request *req, char *result)
{
	struct advice_source source = {.see = see_for_advice,
				       .context = c,
				       .site_cap_w = caps_due_w(c->caps, SITE, req->now_ns)};
	return advice_ask(c->advice, req, &source, result);
}

/* What is so of a system, for who wants to hold it. */
static void
see_for_hold(void *context, uint32_t system, struct hold_sight *out)
{
	const struct control *c = context;
	const struct supervisor *s = &c->units[system].supervisor;
	out->mode = s->verdict.mode;
	for (int i = 0; i < RETICLES; i++)
		out->works[i] = supervisor_works(s, i);
}

static void
ask_holds(struct control *c, const struct hold_request *req, const struct hold_keeper *keeper,
	  char *result)
{
	struct hold_request seen = *req;
	seen.see = see_for_hold;
	seen.context = c;
	holds_ask(c->holds, &seen, keeper, result);
}

void
control_ask(struct control *c, const struct hold_request *req, const struct hold_keeper *keepers,
	    char *result)
{
	if (ask_advice(c, req, result))
		return;
	if (jobbook_ask(c->jobbook, req, result)) {
		tell_jobs(c);
		return;
	}
	if (!caps_ask(c->caps, req, c->draw, keepers ? &keepers[CONTROL_CAPS] : NULL, result) &&
	    !commissions_ask(c->commissions, req, result))
		ask_holds(c, req, keepers ? &keepers[CONTROL_HOLDS] : NULL, result);
	tell_caps(c);
	tell_commissions(c);
	tell_holds(c);
}

int
control_commissioned(struct control *c, const struct commissioned *known)
{
	return commissions_put(c->commissions, known);
}

const struct commissioned *
control_fresh_soak(struct control *c)
{
	return commissions_unkept(c->commissions);
}

void
control_soak_not_kept(struct control *c, uint32_t serial)
{
	commissions_not_kept(c->commissions, serial);
}

bool
control_soaked(const struct control *c, uint32_t system, enum soak_stage stage)
{
	return commissions_did(c->commissions, system, stage);
}

const struct commissioned *
control_soak_of(const struct control *c, uint32_t system)
{
	return commissions_of(c->commissions, c->units[system].supervisor.estimate.serial);
}

static int
recall_caps(struct control *c, const char *text, size_t len, int64_t now_ns, int64_t wall_ns,
	    struct errtext *err)
{
	int rc = caps_recall(c->caps, text, len, now_ns, wall_ns, err);
	for (int32_t s = SITE; s < (int32_t)c->plant->n_systems; s++) {
		caps_tell_standing(c->caps, s, now_ns, wall_ns);
		tell_caps(c);
	}
	return rc;
}

int
control_recall(struct control *c, enum control_kept what, const char *text, size_t len,
	       int64_t now_ns, int64_t wall_ns, struct errtext *err)
{
	if (what == CONTROL_CAPS)
		return recall_caps(c, text, len, now_ns, wall_ns, err);
	int rc = holds_recall(c->holds, text, len, now_ns, wall_ns, err);
	for (uint32_t s = 0; s < c->plant->n_systems; s++) {
		if (holds_of(c->holds, s)->kind == HOLD_MANUAL)
			supervisor_hands_ended(&c->units[s].supervisor);
		holds_tell_held(c->holds, s, now_ns);
		tell_holds(c);
	}
	return rc;
}

bool
control_unkept(const struct control *c, enum control_kept what)
{
	return what == CONTROL_CAPS ? caps_unkept(c->caps) : holds_unkept(c->holds);
}

int
control_keep(struct control *c, enum control_kept what, const struct hold_keeper *keeper)
{
	return what == CONTROL_CAPS ? caps_keep(c->caps, keeper) : holds_keep(c->holds, keeper);
}

double
control_cap_w(const struct control *c, int32_t system, int64_t now_ns)
{
	return caps_due_w(c->caps, system, now_ns);
}

uint32_t
control_stopped(const struct control *c)
{
	uint32_t n = 0;
	for (uint32_t s = 0; s < c->plant->n_systems; s++)
		n += holds_of(c->holds, s)->kind == HOLD_STOP;
	return n;
}
