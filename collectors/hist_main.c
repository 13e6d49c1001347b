/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-hist: what the plant's images show, once a second, into files that librrd keeps. Nobody
 * waits for it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "collectors/hist_store.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/rundir.h"
#include "shell/daemon.h"
#include "shell/images.h"

#define TICK_NS (50 * NS_PER_MS)
#define HELD_NS (30 * NS_PER_S) /* a clock that is no good for so long is no small thing */
#define FREE_EVERY 10           /* seconds between looks at the free space */

static struct {
	struct daemon daemon;
	struct hist_plan plan;
	struct hist_feed feed;
	struct hist_store store;
	struct image *own;
	struct follower in, ctl;
	struct sample *in_sample, *ctl_sample, *own_sample;
	struct cadence tick, second;
	int64_t good_ns; /* when the clock was last good */
	enum hist_clock_state said;
	double free_pct;
} room;

static int
open_images(int64_t now_ns)
{
	const struct plant *plant = room.daemon.plant;
	struct image_layout own = images_layout(plant, &plant->hist);
	struct errtext err = {""};

	if (image_create(&room.own, room.daemon.run_dir, &own, now_ns, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	images_follower_init(&room.in, plant, &plant->in, room.daemon.run_dir);
	images_follower_init(&room.ctl, plant, &plant->ctl, room.daemon.run_dir);
	room.in_sample = calloc(plant->in.first[plant->in.n_groups] + 1, sizeof(struct sample));
	room.ctl_sample = calloc(plant->ctl.first[plant->ctl.n_groups] + 1, sizeof(struct sample));
	room.own_sample =
		calloc(plant->hist.first[plant->hist.n_groups] + 1, sizeof(struct sample));
	if (room.in_sample == NULL || room.ctl_sample == NULL || room.own_sample == NULL) {
		log_error("out of memory");
		return EX_OSERR;
	}
	return 0;
}

/* Sizes as they will be, files or not. */
static void
say_plan(void)
{
	const struct hist_plan *plan = &room.plan;
	uint64_t all = 0, of_systems = 0;

	for (uint32_t i = 0; i < plan->n_files; i++) {
		const struct hist_column *c = &plan->columns[plan->files[i].first];
		uint64_t bytes = hist_file_bytes(&plan->files[i]);
		all += bytes;
		if (plan->plant->points[c->point].system != SITE)
			of_systems += bytes;
	}
	log_info("%u points in %u files, %.1f MB (%.1f MB a system) in %s", plan->n_columns,
		 plan->n_files, (double)all / 1e6,
		 plan->plant->n_systems ? (double)of_systems / 1e6 / plan->plant->n_systems : 0.0,
		 room.store.dir);
}

static int
start(void)
{
	const struct plant *plant = room.daemon.plant;
	struct errtext err = {""};
	char state_dir[256];
	int64_t now_ns = clock_mono_ns();
	int rc = open_images(now_ns);

	if (rc != 0)
		return rc;
	rc = statedir_find(state_dir, sizeof(state_dir), &err);
	if (rc == 0)
		rc = hist_plan_open(&room.plan, plant, &err);
	if (rc != 0) {
		log_error("%s", err.text);
		return EX_CONFIG;
	}
	rc = hist_feed_open(&room.feed, &room.plan);
	if (rc == 0)
		rc = hist_store_open(&room.store, &room.plan, state_dir);
	if (rc != 0) {
		log_error("can't start: %s", strerror(-rc));
		return EX_OSERR;
	}
	say_plan();
	room.good_ns = now_ns;
	room.said = HIST_CLOCK_GOOD;
	room.free_pct = hist_store_free_pct(&room.store);
	cadence_start(&room.tick, TICK_NS, now_ns);
	cadence_start(&room.second, NS_PER_S, now_ns);
	notify_ready("keeping the history");
	return 0;
}

static void
stop(void)
{
	if (room.store.plan != NULL)
		hist_store_close(&room.store);
	hist_feed_close(&room.feed);
	hist_plan_close(&room.plan);
	images_follower_fini(&room.in);
	images_follower_fini(&room.ctl);
	image_close(room.own);
	free(room.in_sample);
	free(room.ctl_sample);
	free(room.own_sample);
}

/* --- the second's samples --- */

static void
read_region(struct follower *f, enum plant_region region, struct sample *samples, int64_t now_ns)
{
	(void)images_follow(f, now_ns);
	if (f->image == NULL)
		return;
	(void)image_read_all(f->image, now_ns, samples);
	hist_feed_take(&room.feed, region, samples);
}

static void
say_clock(int64_t wall_ns)
{
	static const char *const text[] = {
		[HIST_CLOCK_GOOD] = "goes on: history is written",
		[HIST_CLOCK_UNSET] = "is not set: no history until it is",
		[HIST_CLOCK_JUMPED] =
			"jumped forward: no history until it has stood so for a while",
		[HIST_CLOCK_BEHIND] = "is behind the last row: no history until it has passed it",
	};
	enum hist_clock_state state = room.feed.clock.state;
	char utc[40];

	if (state == room.said)
		return;
	room.said = state;
	clock_utc_text(wall_ns, utc, sizeof(utc));
	if (state == HIST_CLOCK_GOOD)
		log_info("the wall clock (%s) %s", utc, text[state]);
	else
		log_warning("the wall clock (%s) %s", utc, text[state]);
}

static void
set_aside_ahead(void)
{
	int32_t file = hist_feed_ahead(&room.feed);
	struct errtext why;

	if (file < 0)
		return;
	errtext_set(&why, 0, "%s/%s: its last row is in the future", room.store.dir,
		    room.plan.files[file].name);
	hist_store_set_aside(&room.store, &room.feed, (uint32_t)file, why.text);
}

static void
write_rows(int64_t now_ns, int64_t wall_ns)
{
	uint32_t file;

	if (hist_feed_begin(&room.feed, now_ns, wall_ns)) {
		read_region(&room.in, REGION_IN, room.in_sample, now_ns);
		read_region(&room.ctl, REGION_CTL, room.ctl_sample, now_ns);
		set_aside_ahead();
	}
	say_clock(wall_ns);
	if (room.feed.clock.state == HIST_CLOCK_GOOD)
		room.good_ns = now_ns;
	while (hist_feed_next(&room.feed, wall_ns, &file))
		hist_store_write(&room.store, &room.feed, file);
}

/* --- what it says of itself --- */

static void
set(enum role_id role, double value, int64_t now_ns)
{
	uint32_t index, point = plant_role(room.daemon.plant, SITE, role, 0);

	if (point == NO_POINT || plant_where(room.daemon.plant, point, &index) != REGION_HIST)
		return;
	room.own_sample[index] = isfinite(value) ? sample_at(value, now_ns, QUALITY_GOOD, 0)
						 : sample_at(0, now_ns, QUALITY_BAD, 0);
}

static void
publish(int64_t now_ns)
{
	const struct hist_store *s = &room.store;
	bool held = now_ns - room.good_ns > HELD_NS;

	if (room.second.ticks % FREE_EVERY == 0)
		room.free_pct = hist_store_free_pct(s);
	set(ROLE_HIST_FILES, s->n_open, now_ns);
	set(ROLE_HIST_SET_ASIDE, (double)s->set_aside, now_ns);
	set(ROLE_HIST_UPDATES, (double)s->updates, now_ns);
	set(ROLE_HIST_WRITE_OK, s->n_failing == 0 && !held, now_ns);
	set(ROLE_HIST_LAST_UPDATE, (double)s->last_update_s, now_ns);
	set(ROLE_HIST_FREE, room.free_pct, now_ns);
	image_publish(room.own, 0, room.own_sample);
}

static void
work(int64_t now_ns)
{
	int64_t wall_ns = clock_wall_ns();

	if (!cadence_due(&room.tick, now_ns))
		return;
	image_beat(room.own, now_ns, room.tick.ticks, room.tick.overruns);
	if (wall_ns >= HIST_CLOCK_FLOOR_S * NS_PER_S)
		hist_store_open_some(&room.store, &room.feed, wall_ns / NS_PER_S);
	write_rows(now_ns, wall_ns);
	hist_store_sync_some(&room.store, now_ns);
	if (cadence_due(&room.second, now_ns))
		publish(now_ns);
}

static int
serve(void)
{
	for (;;) {
		struct loop_event ev;
		int kind = loop_wait(room.daemon.loop, room.tick.next_ns, &ev);

		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		if (kind == LOOP_SIGNAL && daemon_signal(&room.daemon, &ev))
			return EX_OK;
		work(ev.now_ns);
	}
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = {
		.program = "isotherm-hist",
		.what = "Keeps the history of a plant in RRD files, STATE/rrd/*.rrd; "
			"STATE/rrd/points.json says what is where.\n",
		.more = "A file that is wrong is set aside as NAME.bad-TIME and begun anew.\n",
		.check = NULL,
		.urgent = false,
	};
	static const struct daemon_parts parts = {start, serve, stop};
	return daemon_main(&room.daemon, &info, &parts, argc, argv);
}
