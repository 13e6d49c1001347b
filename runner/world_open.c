/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario's rooms, opened and closed. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "engine_sim/state_file.h"
#include "runner/soak.h"
#include "runner/world_private.h"

#define NOMINAL_MARGIN_K                                                                           \
	0.46 /* of the spread's limit over the nominal spread, where no limit is given */

static struct sim_options
sim_options_of(const struct scenario *sc)
{
	return (struct sim_options){.start_supply_c = sc->start_supply_c,
				    .start_activity = sc->start_activity,
				    .zero_s = sc->warm_up_s,
				    .grid = sc->grid + 1};
}

static bool
moves_work(int controller)
{
	return controller == CONTROLLER_MPC;
}

static bool
changes_model(const struct scenario *sc)
{
	for (uint32_t i = 0; i < sc->n_events; i++)
		if (sc->events[i].kind == SCENARIO_SET &&
		    strstr(sc->events[i].change.path, "model.") != NULL)
			return true;
	return false;
}

int
world_check_changes(struct scenario *sc, struct config_report *report)
{
	struct sim_options opt = sim_options_of(sc);
	struct sim *sim = NULL;
	char why[256];
	int rc;

	if (sc->shares_free && !moves_work(sc->controller)) {
		config_report_add(
			report,
			"%s:%u: shares: free is not available: controller %s does not move "
			"work between reticles (allowed: fixed)",
			sc->path, sc->shares_line, scenario_controller_name(sc->controller));
		return -EINVAL;
	}
	rc = scenario_set_mode(sc, report);
	if (rc != 0)
		return rc;
	if (!changes_model(sc)) /* then the grid says nothing, and a fine one takes time to open */
		opt.grid = 1 + GRID_REFERENCE;
	rc = sim_open(&sim, sc->plant, &opt, why, sizeof why);
	if (rc != 0) {
		config_report_add(report, "%s: %s", sc->path, why);
		return rc;
	}
	for (uint32_t i = 0; i < sc->n_events; i++) {
		const struct scenario_event *e = &sc->events[i];

		if (e->kind != SCENARIO_SET || sim_set(sim, &e->change, why, sizeof why) == 0)
			continue;
		config_report_add(report, "%s:%u: events: %s", sc->path, e->line, why);
		rc = -EINVAL;
	}
	sim_close(sim);
	return rc;
}

static int
set_limits(struct world *w, struct errtext *err)
{
	struct plant *plant = w->sc->plant;

	for (uint32_t i = 0; i < plant->n_systems; i++) {
		struct system_config *s = &plant->systems[i];
		int rc;

		if (isfinite(w->sc->s_lim_k)) {
			s->spread_limit_k = w->sc->s_lim_k;
			continue;
		}
		rc = sim_nominal_spread(w->sim, i, &s->spread_limit_k);
		if (rc != 0)
			return errtext_set(err, rc, "%s: no nominal operating point", s->name);
		s->spread_limit_k += NOMINAL_MARGIN_K;
	}
	return 0;
}

static int
open_view(struct view_of *v, const struct plant_layout *layout, const struct plant *plant)
{
	struct image_layout image = {.name = layout->name,
				     .n_groups = layout->n_groups,
				     .first = layout->first,
				     .period_ns = layout->period_ns,
				     .table_hash = plant->hash,
				     .beat_ns = plant->control_period_ms * NS_PER_MS};
	size_t n = layout->first[layout->n_groups];

	v->layout = layout;
	v->seen = calloc(layout->n_groups + 1u, sizeof *v->seen);
	v->last = calloc(n + 1, sizeof *v->last);
	if (v->seen == NULL || v->last == NULL)
		return -ENOMEM;
	int rc = image_memory(&v->image, &image);
	v->now = rc == 0 ? image_here(v->image) : NULL;
	return rc;
}

static void
close_view(struct view_of *v)
{
	image_close(v->image);
	free(v->seen);
	free(v->last);
}

static int
open_memory(struct world *w)
{
	const struct plant *plant = w->sc->plant;
	int rc = open_view(&w->in, &plant->in, plant);

	if (rc == 0)
		rc = open_view(&w->ctl, &plant->ctl, plant);
	if (rc != 0)
		return rc;
	w->scores = calloc(plant->n_systems + 1u, sizeof *w->scores);
	w->probes = calloc(w->sc->n_probes + 1u, sizeof *w->probes);
	w->lines = calloc(WORLD_LOG_MAX, sizeof *w->lines);
	if (w->scores == NULL || w->probes == NULL || w->lines == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < plant->n_systems; i++)
		score_init(&w->scores[i], plant->systems[i].spread_limit_k,
			   plant->systems[i].temp_limit_c);
	for (uint32_t i = 0; i < w->sc->n_events; i++)
		w->any_wire |= w->sc->events[i].kind == SCENARIO_WIRE;
	return 0;
}

/* What soaks found before it all began. */
static int
give_soaks(struct world *w)
{
	struct commissioned *found = calloc(w->sc->plant->n_systems + 1u, sizeof *found);
	int rc = found == NULL ? -ENOMEM : soak_scenario(w->sc, crew_sweep(w->crew), found, NULL);

	for (uint32_t s = 0; rc == 0 && s < w->sc->plant->n_systems; s++)
		if (found[s].serial != 0)
			rc = control_commissioned(w->control, &found[s]);
	free(found);
	return rc;
}

static int
open_rooms(struct world *w)
{
	const struct plant *plant = w->sc->plant;
	struct control_options control = {.kind = (enum controller_kind)w->sc->controller,
					  .shares_free = w->sc->shares_free,
					  .keep_spread_limit = true,
					  .start_in_charge = true,
					  .sweep = crew_sweep(w->crew)};
	int rc = bus_init(&w->bus, plant, w->sim, w->in.image, w->ctl.image, crew_sweep(w->crew),
			  w->begin_ns);

	if (rc == 0 && w->sc->controller != SCENARIO_OFF)
		rc = control_open(&w->control, plant, &control, w->in.image, w->ctl.image,
				  w->begin_ns);
	if (rc == 0 && w->control != NULL)
		rc = give_soaks(w);
	w->bus.record = w->record;
	w->bus.replay = w->replay;
	if (rc == 0)
		rc = desk_open(&w->desk, w->sc, w->in.image, w->ctl.image, w->begin_ns);
	return rc;
}

/* The plant's time goes on where a saved one stood; the scenario's begins anew. */
static int
begin_from(struct world *w, const struct world_options *opt, struct errtext *err)
{
	int rc = 0;

	if (opt->restore_path)
		rc = state_file_restore(w->sim, opt->restore_path, err);
	if (rc < 0)
		return rc;
	w->begin_ns = sim_now_ns(w->sim);
	if (w->begin_ns % WORLD_TICK_NS != 0)
		return errtext_set(err, -EINVAL,
				   "%s: was saved between two ticks of 100 ms, at %.2f s",
				   opt->restore_path, (double)w->begin_ns / (double)NS_PER_S);
	w->zero_ns = w->begin_ns + llround(w->sc->warm_up_s * 10.0) * WORLD_TICK_NS;
	if (opt->restore_path)
		sim_zero(w->sim, w->zero_ns);
	w->save_path = opt->save_path;
	w->save_ns = w->zero_ns + llround(opt->save_at_s * 10.0) * WORLD_TICK_NS;
	if (w->save_path && !(opt->save_at_s <= w->sc->duration_s && w->save_ns > w->begin_ns))
		return errtext_set(err, -EINVAL, "--save-at %g: not within the scenario",
				   opt->save_at_s);
	return 0;
}

int
world_open(struct world **out, struct scenario *sc, const struct world_options *opt,
	   struct errtext *err)
{
	struct world *w = calloc(1, sizeof *w);
	struct sim_options sim_options = sim_options_of(sc);
	char why[200] = "";
	int rc = -ENOMEM;

	if (w == NULL)
		return errtext_set(err, rc, "out of memory");
	w->sc = sc;
	rc = crew_open(&w->crew, sc->plant->n_systems, opt->threads);
	if (rc != 0) {
		(void)errtext_set(err, rc, "no second thread: %s", strerror(-rc));
		goto out;
	}
	sim_options.sweep = crew_sweep(w->crew);
	sim_options.parts = bus_parts(sc->plant, sim_options.sweep);
	w->trace_path = opt->trace_path;
	w->site_cap_w = (double)NAN;
	if (sc->plant->control_period_ms * NS_PER_MS % WORLD_TICK_NS != 0) {
		rc = errtext_set(err, -EINVAL,
				 "control_period_ms: %d (allowed in a scenario: a multiple of 100)",
				 sc->plant->control_period_ms);
		goto out;
	}
	if (sc->grid >= 0)
		sc->plant->grid = (enum grid)sc->grid;
	rc = sim_open(&w->sim, sc->plant, &sim_options, why, sizeof why);
	if (rc != 0) {
		(void)errtext_set(err, rc, "simulator: %s", why);
		goto out;
	}
	rc = begin_from(w, opt, err);
	if (rc == 0)
		rc = set_limits(w, err);
	if (rc != 0)
		goto out;
	if (opt->record_path)
		rc = bus_writer_open(&w->record, sc->plant, opt->record_path, err);
	if (rc == 0 && opt->replay_path)
		rc = bus_reader_open(&w->replay, sc->plant, opt->replay_path, err);
	if (rc != 0)
		goto out;
	rc = truth_file_open(&w->truth, opt->truth_path, err);
	if (rc != 0)
		goto out;
	rc = open_memory(w);
	if (rc == 0)
		rc = open_rooms(w);
	if (rc != 0) {
		(void)errtext_set(err, rc, "can't open the rooms: %s", strerror(-rc));
		goto out;
	}
out:
	if (rc != 0)
		world_close(w);
	else
		*out = w;
	return rc;
}

void
world_close(struct world *w)
{
	char digest[TRACE_DIGEST_TEXT];

	if (w == NULL)
		return;
	if (w->trace != NULL)
		(void)trace_close(w->trace, digest, NULL);
	(void)truth_file_close(w->truth, NULL);
	desk_close(w->desk);
	bus_fini(&w->bus);
	(void)bus_writer_close(w->record, NULL);
	bus_reader_close(w->replay);
	control_close(w->control);
	sim_close(w->sim);
	crew_close(w->crew);
	close_view(&w->in);
	close_view(&w->ctl);
	free(w->scores);
	free(w->probes);
	free(w->lines);
	free(w);
}
