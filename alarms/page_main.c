/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-page: takes pages from isotherm-alarm and runs the hook of the plant for each. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "alarms/hooks.h"
#include "alarms/page.h"
#include "alarms/page_desk.h"
#include "core/clock.h"
#include "core/command.h"
#include "core/log.h"
#include "core/notify.h"
#include "shell/daemon.h"
#include "shell/hook_file.h"
#include "shell/images.h"

#define CHECK_NS NS_PER_S           /* the hook is looked at that often */
#define TERMINATE_NS (3 * NS_PER_S) /* hooks have gone by then, or can't go */

static struct {
	struct daemon daemon;
	struct image *image;
	struct command_server *server;
	struct hooks *hooks;
	struct page_desk *desk;
	struct cadence beat, check;
	struct command_request request;
	bool hook_ok;
	int64_t end_ns; /* of the program; 0 not asked to end */
} room;

/* --- showing --- */

static void
publish(int64_t now_ns)
{
	const struct plant *plant = room.daemon.plant;
	const struct page_desk_counts *counts = page_desk_counts(room.desk);
	const struct {
		enum role_id role;
		double value;
	} points[] = {
		{ROLE_PAGE_PENDING, counts->pending},
		{ROLE_PAGE_DELIVERED, (double)counts->delivered},
		{ROLE_PAGE_FAILED, counts->failed},
		{ROLE_PAGE_HOOK_OK, room.hook_ok},
		{ROLE_PAGE_RUNNING, hooks_running(room.hooks)},
	};
	struct sample samples[sizeof(points) / sizeof(points[0])] = {0};
	uint32_t index;

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (plant_where(plant, plant_role(plant, SITE, points[i].role, 0), &index) ==
			    REGION_PAGE &&
		    index < sizeof(samples) / sizeof(samples[0]))
			samples[index] = sample_at(points[i].value, now_ns, QUALITY_GOOD, 0);
	image_publish(room.image, 0, samples);
	image_beat(room.image, now_ns, room.beat.ticks, room.beat.overruns);
}

static void
check_hook(void)
{
	struct errtext err = {""};
	bool ok = hook_file_check(room.daemon.plant->paging.hook, &err) == 0;

	if (ok != room.hook_ok && ok)
		log_info("pages go to %s", room.daemon.plant->paging.hook);
	else if (ok != room.hook_ok)
		log_warning("the hook can't be run: %s", err.text);
	room.hook_ok = ok;
}

/* --- answering --- */

static void
reply(int connection, const struct page_intent *page, bool ok, const char *why)
{
	char text[COMMAND_MAX + 1];
	json_t *root = json_pack("{ss ss si sb ss}", "key", page->key, "action",
				 page_action_name(page->action), "attempt", (int)page->attempt,
				 "ok", ok ? 1 : 0, "why", why);
	size_t n = root ? json_dumpb(root, text, COMMAND_MAX, JSON_COMPACT) : 0;

	json_decref(root);
	text[n <= COMMAND_MAX ? n : 0] = '\0';
	(void)command_reply(room.server, connection, text); /* who has gone asks again */
}

static void
refuse(int connection, const char *why)
{
	char text[512];
	json_t *root = json_pack("{sb ss}", "ok", 0, "error", why);
	size_t n = root ? json_dumpb(root, text, sizeof(text) - 1, JSON_COMPACT) : 0;

	json_decref(root);
	text[n < sizeof(text) ? n : 0] = '\0';
	(void)command_reply(room.server, connection, text);
}

/* A page's try is over: everybody who waits for it hears. */
static void
finish(uint32_t ticket, bool ok, const char *why)
{
	const struct page_intent *page;
	int connection;

	page = page_desk_page(room.desk, ticket);
	if (ok)
		log_info("%s: %s delivered, try %u", page->key, page_action_name(page->action),
			 page->attempt);
	else
		log_warning("%s: %s not delivered, try %u: %s", page->key,
			    page_action_name(page->action), page->attempt, why);
	page_desk_end(room.desk, ticket, ok, clock_mono_ns());
	while (page_desk_answer(room.desk, &connection, &page))
		reply(connection, page, ok, why);
}

/* --- working --- */

static void
run_hooks(int64_t now_ns)
{
	struct hook_call call = {
		.program = room.daemon.plant->paging.hook,
		.timeout_ns = (int64_t)(room.daemon.plant->paging.timeout_s * (double)NS_PER_S)};
	uint32_t ticket;

	while (room.end_ns == 0 &&
	       hooks_running(room.hooks) < (uint32_t)room.daemon.plant->paging.parallel &&
	       page_desk_next(room.desk, &ticket, &call.page, &call.json)) {
		struct errtext err = {""};
		int slot = hooks_start(room.hooks, &call, now_ns, &err);

		if (slot < 0)
			finish(ticket, false, err.text);
		else
			page_desk_running(room.desk, ticket, (uint32_t)slot);
	}
}

static void
take_request(const struct loop_event *ev)
{
	struct errtext err = {""};

	if (command_take(room.server, ev, &room.request) != 1)
		return;
	if (room.request.access < ACCESS_ENGINEER)
		refuse(room.request.connection, "only the user of the alarm program sends pages");
	else if (room.end_ns != 0)
		refuse(room.request.connection, "ending");
	else if (page_desk_take(room.desk, room.request.connection, room.request.text, &err) != 0)
		refuse(room.request.connection, err.text);
}

static void
work(int64_t now_ns)
{
	hooks_step(room.hooks, now_ns);
	run_hooks(now_ns);
	if (cadence_due(&room.check, now_ns))
		check_hook();
	if (cadence_due(&room.beat, now_ns)) {
		page_desk_tidy(room.desk, now_ns);
		publish(now_ns);
	}
}

static int64_t
next_ns(void)
{
	int64_t hooks_ns = hooks_due_ns(room.hooks);
	int64_t beat_ns =
		room.beat.next_ns < room.check.next_ns ? room.beat.next_ns : room.check.next_ns;

	return hooks_ns < beat_ns ? hooks_ns : beat_ns;
}

static int
start(void)
{
	const struct plant *plant = room.daemon.plant;
	struct image_layout layout = images_layout(plant, &plant->page);
	struct errtext err = {""};
	int64_t now_ns = clock_mono_ns();

	if (image_create(&room.image, room.daemon.run_dir, &layout, now_ns, &err) != 0 ||
	    command_open(&room.server, room.daemon.loop, room.daemon.run_dir, "page", &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	int rc = hooks_open(&room.hooks, room.daemon.loop, (uint32_t)plant->paging.parallel);
	if (rc == 0)
		rc = page_desk_open(&room.desk, (uint32_t)plant->paging.tries);
	if (rc != 0) {
		log_error("can't start: %s", strerror(-rc));
		return EX_OSERR;
	}
	cadence_start(&room.beat, plant->control_period_ms * NS_PER_MS, now_ns);
	cadence_start(&room.check, CHECK_NS, now_ns);
	room.hook_ok = true;
	check_hook();
	publish(now_ns);
	notify_ready("paging");
	return 0;
}

static void
stop(void)
{
	hooks_close(room.hooks);
	page_desk_close(room.desk);
	command_close(room.server);
	image_close(room.image);
}

/* Hooks are asked to end, then made to; what they had is tried again by whoever sent it. */
static bool
ended(int64_t now_ns)
{
	return room.end_ns != 0 && (hooks_quiet(room.hooks) || now_ns >= room.end_ns);
}

static int
serve(void)
{
	for (;;) {
		struct loop_event ev;
		struct hook_end end;
		int kind = loop_wait(room.daemon.loop, next_ns(), &ev);

		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		if (kind == LOOP_SIGNAL && room.end_ns == 0 && daemon_signal(&room.daemon, &ev)) {
			room.end_ns = ev.now_ns + TERMINATE_NS;
			hooks_terminate(room.hooks, ev.now_ns);
		}
		int rc = hooks_event(room.hooks, &ev, &end);
		if (rc == 1)
			finish(page_desk_ticket(room.desk, end.slot), end.ok, end.why);
		else if (rc == -ENOENT && kind == LOOP_FD)
			take_request(&ev);
		work(ev.now_ns);
		if (ended(ev.now_ns))
			return EX_OK;
	}
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = {
		.program = "isotherm-page",
		.what = "Runs the hook of a plant for each page of its alarms.\n",
		.more = "The hook gets the page as JSON on stdin and ISO_* in its environment; "
			"ISOTHERM_PAGE_COMMAND\nis handed on to it.\n",
	};
	static const struct daemon_parts parts = {start, serve, stop};
	return daemon_main(&room.daemon, &info, &parts, argc, argv);
}
