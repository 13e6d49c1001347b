/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/soak.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/job.h"
#include "controllers/control.h"
#include "controllers/holds.h"
#include "core/clock.h"
#include "engine_sim/sim.h"
#include "runner/bus.h"

#define TICK_NS INT64_C(100000000)
#define CONNECT_TICKS 20         /* by then every device has answered */
#define STOP_AT_ONCE_W_PER_S 1e6 /* nobody's feeds are harmed */
#define TICKS_MAX 1500           /* at most: a serial line takes long for 84 powers */

struct house {
	struct plant plant; /* the scenario's, with another job */
	struct job_config job;
	struct sim *sim;
	struct image *in, *ctl;
	struct control *control;
	struct bus bus;
	char reply[COMMAND_MAX + 1];
};

/* Each reticle by itself: one that is throttled holds up no other. */
static void
give_work(struct house *h, const struct scenario *sc)
{
	struct job_config *j = &h->job;
	h->plant = *sc->plant;
	*j = (struct job_config){.mode = JOB_MODE_IND,
				 .n_systems = h->plant.n_systems,
				 .n_reticles = RETICLES,
				 .density = 1.0,
				 .sparse_skip = 1.0,
				 .activity = 1.0,
				 .tokens_per_s = h->plant.job_tokens_per_s,
				 .tokens_full = h->plant.job_tokens_per_s,
				 .start_s = 0.0,
				 .end_s = (double)NAN,
				 .work_tokens = (double)NAN,
				 .weight = 1.0,
				 .batch = (double)NAN};
	snprintf(j->name, sizeof j->name, "soak");
	for (uint32_t s = 0; s < h->plant.n_systems; s++)
		j->on[s] = true;
	for (int i = 0; i < RETICLES; i++)
		j->reticle[i] = true;
	h->plant.control.operator_ramp_w_per_s = STOP_AT_ONCE_W_PER_S;
	h->plant.jobs = j;
	h->plant.n_jobs = 1;
}

static int
image_of(struct image **out, const struct plant *plant, const struct plant_layout *l)
{
	struct image_layout layout = {.name = l->name,
				      .n_groups = l->n_groups,
				      .first = l->first,
				      .period_ns = l->period_ns,
				      .table_hash = plant->hash,
				      .beat_ns = plant->control_period_ms * NS_PER_MS};
	return image_memory(out, &layout);
}

static int
open_house(struct house *h, const struct scenario *sc, const struct sweep *sweep,
	   struct errtext *err)
{
	/* its jobs' own times never come */
	struct sim_options sim = {.grid = sc->grid + 1,
				  .zero_s = 1e6,
				  .sweep = sweep,
				  .parts = bus_parts(sc->plant, sweep)};
	struct control_options control = {.kind = CONTROLLER_SPI,
					  .start_in_charge = true,
					  .keep_spread_limit = true,
					  .sweep = sweep};
	char why[200] = "";
	give_work(h, sc);
	int rc = sim_open(&h->sim, &h->plant, &sim, why, sizeof why);
	if (rc != 0)
		return errtext_set(err, rc, "soak: %s", why);
	rc = image_of(&h->in, &h->plant, &h->plant.in);
	if (rc == 0)
		rc = image_of(&h->ctl, &h->plant, &h->plant.ctl);
	if (rc == 0)
		(void)(image_here(h->in), image_here(h->ctl)); /* read where they are written */
	if (rc == 0)
		rc = control_open(&h->control, &h->plant, &control, h->in, h->ctl, 0);
	if (rc == 0)
		rc = bus_init(&h->bus, &h->plant, h->sim, h->in, h->ctl, sweep, 0);
	return rc == 0 ? 0 : errtext_set(err, rc, "soak: %s", strerror(-rc));
}

static void
close_house(struct house *h)
{
	bus_fini(&h->bus);
	control_close(h->control);
	image_close(h->in);
	image_close(h->ctl);
	sim_close(h->sim);
}

static void
tick(struct house *h)
{
	for (int64_t i = SIM_STEP_NS; i <= TICK_NS; i += SIM_STEP_NS) {
		sim_step(h->sim);
		if (i < TICK_NS && h->plant.n_lines > 0 && bus_is_busy(&h->bus))
			bus_turn(&h->bus, sim_now_ns(h->sim));
	}
	bus_turn(&h->bus, sim_now_ns(h->sim));
	control_step(h->control, sim_now_ns(h->sim), 0);
	bus_turn(&h->bus, sim_now_ns(h->sim));
}

static void
ask(struct house *h, const char *cmd, uint32_t system)
{
	char text[160];
	int n = snprintf(text, sizeof text,
			 "{\"cmd\": \"%s\", \"system\": \"%s\", \"why\": \"soak\"}", cmd,
			 h->plant.systems[system].name);
	struct hold_request req = {.access = ACCESS_ENGINEER,
				   .json = text,
				   .len = (size_t)n,
				   .now_ns = sim_now_ns(h->sim),
				   .wall_ns = sim_now_ns(h->sim)};
	control_ask(h->control, &req, NULL, h->reply);
}

/* At work first, which they are already; each is stopped when that is measured. Returns whether all are done. */
static bool
go_on(struct house *h, struct commissioned *out, bool stopped[])
{
	bool all = true;
	for (uint32_t s = 0; s < h->plant.n_systems; s++) {
		const struct commissioned *known = control_soak_of(h->control, s);
		if (known != NULL) {
			out[s] = *known;
			continue;
		}
		all = false;
		if (!stopped[s] && control_soaked(h->control, s, SOAK_LOADED)) {
			ask(h, "stop", s);
			stopped[s] = true;
		}
	}
	return all;
}

int
soak_scenario(const struct scenario *sc, const struct sweep *sweep, struct commissioned *out,
	      struct errtext *err)
{
	struct house *h = calloc(1, sizeof *h);
	bool *stopped = calloc(sc->plant->n_systems + 1u, sizeof *stopped);
	int rc = -ENOMEM;
	memset(out, 0, sc->plant->n_systems * sizeof *out);
	if (h != NULL && stopped != NULL)
		rc = open_house(h, sc, sweep, err);
	else
		(void)errtext_set(err, rc, "out of memory");
	for (int n = 1; rc == 0 && n <= TICKS_MAX; n++) {
		tick(h);
		for (uint32_t s = 0; n == CONNECT_TICKS && s < h->plant.n_systems; s++)
			ask(h, "commission", s);
		if (go_on(h, out, stopped))
			break;
	}
	if (h != NULL)
		close_house(h);
	free(stopped);
	free(h);
	return rc;
}
