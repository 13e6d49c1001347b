/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-alarm: the alarms of a plant, judged and journalled, in real time. */
#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "alarms/engine.h"
#include "alarms/journal.h"
#include "alarms/pager.h"
#include "core/clock.h"
#include "core/command.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/rundir.h"
#include "core/users.h"
#include "shell/daemon.h"
#include "shell/images.h"

#define EVENTS 16

static const enum plant_region sources[] = {REGION_IN, REGION_CTL, REGION_PAGE, REGION_HIST,
					    REGION_MQTT};
#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static struct {
	struct daemon daemon;
	struct image *alm;
	struct follower source[SOURCES];
	struct journal *journal;
	struct engine *engine;
	struct command_server *server;
	struct command_request request;
	char reply[COMMAND_MAX + 1];
	struct pager *pager;
	struct users *users;
	struct cadence cadence;
	uint64_t events_seen;
	bool alone; /* told that nobody takes pages */
} room;

static int
open_journal(int64_t wall_ns)
{
	char state_dir[256];
	struct errtext err = {""};
	int rc = statedir_find(state_dir, sizeof(state_dir), &err);

	if (rc == 0)
		rc = journal_open(&room.journal, state_dir, wall_ns);
	if (rc != 0) {
		log_error("state folder: %s", err.text[0] ? err.text : strerror(-rc));
		return EX_OSERR;
	}
	return 0;
}

static int
start(void)
{
	const struct plant *plant = room.daemon.plant;
	struct image_layout layout = images_layout(plant, &plant->alm);
	struct errtext err = {""};
	int64_t now_ns = clock_mono_ns(), wall_ns = clock_wall_ns();

	/* The journal first: checking it may take a moment in which a new image would show nothing.
	 * If another one of us is there, it is locked, and left alone; the image's lock tells. */
	int code = open_journal(wall_ns);
	if (code != 0)
		return code;
	if (image_create(&room.alm, room.daemon.run_dir, &layout, now_ns, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	int rc = engine_open(&room.engine, plant, room.journal, room.alm, now_ns, wall_ns);
	if (rc == 0)
		rc = pager_open(&room.pager, room.daemon.loop, room.daemon.run_dir);
	if (rc == 0)
		rc = users_open(&room.users, "/etc/passwd");
	if (rc != 0) {
		log_error("can't start: %s", strerror(-rc));
		return EX_OSERR;
	}
	if (command_open(&room.server, room.daemon.loop, room.daemon.run_dir, "alarm", &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	for (size_t i = 0; i < SOURCES; i++) {
		images_follower_init(&room.source[i], plant, plant_layout_of(plant, sources[i]),
				     room.daemon.run_dir);
		engine_set_image(room.engine, sources[i], NULL);
	}
	cadence_start(&room.cadence, plant->control_period_ms * NS_PER_MS, now_ns);
	notify_ready("watching");
	return 0;
}

static void
stop(void)
{
	command_close(room.server);
	pager_close(room.pager);
	engine_close(room.engine);
	journal_close(room.journal);
	users_close(room.users);
	for (size_t i = 0; i < SOURCES; i++)
		images_follower_fini(&room.source[i]);
	image_close(room.alm);
}

/* What happened, out of the image's own events. */
static void
log_events(void)
{
	struct image_event event[EVENTS];
	size_t n;

	while ((n = image_events(room.alm, &room.events_seen, event, EVENTS, NULL)) != 0)
		for (size_t i = 0; i < n; i++)
			if (event[i].code == ENGINE_EVENT_JOURNAL && event[i].value < 0.5)
				log_error("%s", event[i].text);
			else
				log_info("%s", event[i].text);
}

static void
send_pages(int64_t now_ns)
{
	struct page_intent page;

	while (pager_ready(room.pager, now_ns) && engine_take_page(room.engine, now_ns, &page)) {
		int rc = pager_send(room.pager, &page, now_ns);

		if (rc != 0)
			engine_page_unsent(room.engine, page.id, now_ns);
		if (rc != 0 && !room.alone)
			log_warning("nobody takes pages: page.sock: %s; they wait", strerror(-rc));
		room.alone = rc != 0;
	}
}

static void
take_command(const struct loop_event *ev)
{
	char name[32];

	if (command_take(room.server, ev, &room.request) != 1)
		return;
	struct engine_who who = {
		.access = room.request.access,
		.uid = room.request.uid,
		.user = users_name(room.users, room.request.uid, name, sizeof(name))};
	engine_command(room.engine, &who, room.request.text, room.reply, ev->now_ns,
		       clock_wall_ns());
	(void)command_reply(room.server, room.request.connection, room.reply);
}

static void
take_event(const struct loop_event *ev)
{
	struct page_result result;

	switch (pager_event(room.pager, ev, &result)) {
	case PAGER_RESULT:
		engine_page_result(room.engine, &result, ev->now_ns, clock_wall_ns());
		break;
	case PAGER_LOST:
		engine_page_unsent(room.engine, result.id, ev->now_ns);
		break;
	case PAGER_NOTHING:
		break;
	default:
		take_command(ev);
	}
}

static void
work(int64_t now_ns)
{
	if (cadence_due(&room.cadence, now_ns)) {
		for (size_t i = 0; i < SOURCES; i++)
			if (images_follow(&room.source[i], now_ns))
				engine_set_image(room.engine, sources[i], room.source[i].image);
		engine_step(room.engine, now_ns, clock_wall_ns(), room.cadence.overruns);
	}
	send_pages(now_ns);
	log_events();
}

static int
serve(void)
{
	for (;;) {
		struct loop_event ev;
		int kind = loop_wait(room.daemon.loop, room.cadence.next_ns, &ev);

		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		if (kind == LOOP_FD)
			take_event(&ev);
		else if (kind == LOOP_SIGNAL && daemon_signal(&room.daemon, &ev))
			return EX_OK;
		work(ev.now_ns);
	}
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = {
		.program = "isotherm-alarm",
		.what = "Watches a plant, keeps the journal of its alarms and has people called "
			"(by isotherm-page).\n",
		.more = "The journal is alarms/journal.db in the state folder.\n",
	};
	static const struct daemon_parts parts = {start, serve, stop};
	return daemon_main(&room.daemon, &info, &parts, argc, argv);
}
