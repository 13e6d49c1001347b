/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-control: the controllers' core in real time. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "controllers/commission_file.h"
#include "controllers/control.h"
#include "controllers/holds.h"
#include "controllers/holds_file.h"
#include "core/clock.h"
#include "core/command.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/rundir.h"
#include "core/users.h"
#include "shell/daemon.h"
#include "shell/images.h"

#define HAND_BACK_NS (2 * NS_PER_S)    /* devices confirm a release by then, or not at all */
#define OVERRUN_LOG_NS (60 * NS_PER_S) /* late periods are told that often at most */
#define KEEP_AGAIN_NS NS_PER_S         /* what could not be recorded is tried again so often */
#define SOAK_SLOW_NS (10 * NS_PER_S)
#define SOAK_END_NS (2 * NS_PER_S) /* at an end: what a soak found is waited for so long */
#define EVENTS 16

static struct {
	struct daemon daemon;
	struct follower in;
	struct image *ctl;
	struct control *control;
	struct command_server *commands;
	struct users *users;
	struct holds_file file[CONTROL_KEPT];
	struct hold_keeper keeper[CONTROL_KEPT];
	struct commission_files soaks;
	int64_t soaks_ns;      /* last look at them */
	int64_t soak_begun_ns; /* to write one */
	bool soaks_failed, soak_slow_told;
	struct cadence cadence;
	uint64_t events_seen, overruns_told;
	int64_t overruns_told_ns;
	int64_t end_ns;                /* of a hand-back; 0: none asked */
	int64_t keep_ns[CONTROL_KEPT]; /* last try to record what people asked for */
	int keep_rc[CONTROL_KEPT];     /* … and what came of it */
} room;

static const struct {
	const char *file, *what;
} kept[CONTROL_KEPT] = {
	[CONTROL_HOLDS] = {"control.holds", "what people hold"},
	[CONTROL_CAPS] = {"control.caps", "which power caps stand"},
};

/* 0 or an exit code. */
static int
check_period(const struct plant *plant, const char *path)
{
	if (plant->control_period_ms == CONTROL_PERIOD_MS)
		return 0;
	log_error("%s: control_period_ms: the controllers are made for %d", path,
		  CONTROL_PERIOD_MS);
	return EX_CONFIG;
}

/* What people asked for when the program before this one ended, however it did. */
static int
recall(enum control_kept k, int64_t now_ns)
{
	struct holds_file *file = &room.file[k];
	struct errtext err = {""};
	char *text = NULL;
	size_t len = 0;
	if (holds_file_name(file, room.daemon.run_dir, kept[k].file, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	room.keeper[k] = (struct hold_keeper){holds_file_keep, file};
	int rc = holds_file_read(file, &text, &len, &err);
	if (rc == 0) {
		rc = control_recall(room.control, k, text, len, now_ns, clock_wall_ns(), &err);
		if (rc != 0)
			log_error("%s: %s", file->path, err.text);
	} else if (rc != -ENOENT) {
		log_error("%s: %s is lost", err.text, kept[k].what);
	}
	free(text);
	return 0;
}

/* --- what soaks found --- */
static int
soak_put(void *arg, const struct commissioned *c, struct errtext *err)
{
	(void)arg;
	int rc = commissioned_check(c, &room.daemon.plant->control, err);
	if (rc == 0 && control_commissioned(room.control, c) != 0)
		log_warning("engine block %" PRIu32 ": too many are known, its soak is not used",
			    c->serial);
	return rc;
}

static void
soak_say(void *arg, const char *line)
{
	(void)arg;
	log_error("%s", line);
}

/* Without a folder soaks last as long as this program does. */
static void
load_soaks(void)
{
	char state_dir[256];
	struct errtext err = {""};
	if (statedir_find(state_dir, sizeof state_dir, &err) != 0 ||
	    commission_files_open(&room.soaks, state_dir, &err) != 0) {
		log_warning("%s: soaks will not outlive this program", err.text);
		return;
	}
	commission_files_load(&room.soaks, soak_put, soak_say, NULL);
}

/* One at a time, once a second; one that failed again and again until it is kept. */
static void
keep_soaks(int64_t now_ns)
{
	if (!room.soaks.dir[0] || now_ns - room.soaks_ns < KEEP_AGAIN_NS)
		return;
	room.soaks_ns = now_ns;
	uint32_t serial = room.soaks.serial;
	bool wrote = room.soaks.child != 0;
	int rc = commission_files_poll(&room.soaks);
	if (rc == 0) {
		if (!room.soak_slow_told && now_ns - room.soak_begun_ns > SOAK_SLOW_NS)
			log_warning("%s: the soak of engine block %" PRIu32 " has been written for "
				    "more than %d s: the disk hangs",
				    room.soaks.dir, serial, (int)(SOAK_SLOW_NS / NS_PER_S));
		room.soak_slow_told |= now_ns - room.soak_begun_ns > SOAK_SLOW_NS;
		return;
	}
	if (rc < 0) {
		control_soak_not_kept(room.control, serial);
		if (!room.soaks_failed)
			log_error("%s: the soak of engine block %" PRIu32 " can't be written, and "
				  "would not outlive a restart",
				  room.soaks.dir, serial);
	} else if (wrote) {
		log_info("%s: the soak of engine block %" PRIu32 " is kept", room.soaks.dir,
			 serial);
	}
	room.soaks_failed = rc < 0;
	room.soak_slow_told = false;
	room.soak_begun_ns = now_ns;
	const struct commissioned *c = control_fresh_soak(room.control);
	if (c && commission_files_keep(&room.soaks, c) != 0)
		control_soak_not_kept(room.control, c->serial);
}

/* At an end: the child that writes ends with us, and the devices have their release already. */
static bool
soaks_kept(int64_t now_ns)
{
	room.soaks_ns = now_ns - KEEP_AGAIN_NS;
	keep_soaks(now_ns);
	return room.soaks.child == 0;
}

static int
start(void)
{
	const struct plant *plant = room.daemon.plant;
	const struct control_options opt = {.kind = plant->law == PLANT_MPC ? CONTROLLER_MPC
									    : CONTROLLER_SPI,
					    .shares_free = plant->shares_free};
	struct image_layout layout = images_layout(plant, &plant->ctl);
	struct errtext err = {""};
	int64_t now_ns = clock_mono_ns();
	if (image_create(&room.ctl, room.daemon.run_dir, &layout, now_ns, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	images_follower_init(&room.in, plant, &plant->in, room.daemon.run_dir);
	int rc = control_open(&room.control, plant, &opt, NULL, room.ctl, now_ns);
	if (rc != 0) {
		log_error("can't start: %s", strerror(-rc));
		return EX_OSERR;
	}
	for (int k = 0; k < CONTROL_KEPT; k++) {
		int code = recall((enum control_kept)k, now_ns);
		if (code != 0)
			return code;
	}
	load_soaks();
	if (users_open(&room.users, "/etc/passwd") != 0)
		return EX_OSERR;
	if (command_open(&room.commands, room.daemon.loop, room.daemon.run_dir, "control", &err) !=
	    0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	cadence_start(&room.cadence, CONTROL_PERIOD_MS * NS_PER_MS, now_ns);
	notify_ready("controlling");
	return 0;
}

static void
stop(void)
{
	command_close(room.commands);
	room.commands = NULL;
	users_close(room.users);
	control_close(room.control);
	images_follower_fini(&room.in);
	image_close(room.ctl);
}

static void
log_overruns(int64_t now_ns)
{
	uint64_t n = room.cadence.overruns;
	if (n == room.overruns_told ||
	    (room.overruns_told != 0 && now_ns - room.overruns_told_ns < OVERRUN_LOG_NS))
		return;
	log_warning("%" PRIu64 " periods skipped: too late (%" PRIu64 " since the start)",
		    n - room.overruns_told, n);
	room.overruns_told = n;
	room.overruns_told_ns = now_ns;
}

/* Decisions, out of the image's own events. */
static void
log_decisions(void)
{
	struct image_event event[EVENTS];
	size_t n;
	while ((n = image_events(room.ctl, &room.events_seen, event, EVENTS, NULL)) != 0)
		for (size_t i = 0; i < n; i++)
			log_info("%s", event[i].text);
}

/* Is the hand-back over? */
static bool
handed_back(int64_t now_ns)
{
	if (room.end_ns == 0)
		return false;
	bool back = control_handed_back(room.control);
	if (!back && now_ns < room.end_ns)
		return false;
	if (!soaks_kept(now_ns) && now_ns < room.end_ns + SOAK_END_NS)
		return false;
	if (back) {
		log_info("every device that is released has confirmed it");
		return true;
	}
	log_warning("not every device has confirmed its release: "
		    "it will miss the sequence number instead");
	return true;
}

/* Once when it changed by itself, then once a second until it succeeds. */
static void
keep(enum control_kept k, int64_t now_ns)
{
	if (!control_unkept(room.control, k) ||
	    (room.keep_rc[k] != 0 && now_ns - room.keep_ns[k] < KEEP_AGAIN_NS))
		return;
	int rc = control_keep(room.control, k, &room.keeper[k]), was = room.keep_rc[k];
	room.keep_ns[k] = now_ns;
	room.keep_rc[k] = rc;
	if (rc != 0 && rc != was)
		log_error("%s: %s: %s would not outlive a restart", room.file[k].path,
			  strerror(-rc), kept[k].what);
	else if (rc == 0 && was != 0)
		log_info("%s: %s is recorded again", room.file[k].path, kept[k].what);
}

static void
answer(const struct command_request *req, int64_t now_ns)
{
	struct hold_request ask = {
		.uid = req->uid,
		.access = req->access,
		.json = req->text,
		.len = req->len,
		.now_ns = now_ns,
		.wall_ns = clock_wall_ns(),
		.name = users_known(room.users, req->uid),
	};
	char result[COMMAND_MAX + 1] = "{\"ok\":false,\"error\":\"the controllers are ending\"}";
	if (room.end_ns == 0)
		control_ask(room.control, &ask, room.keeper, result);
	command_reply(room.commands, req->connection, result);
	log_decisions();
}

/* Returns the exit code that is due now, or -1. */
static int
work(int64_t now_ns)
{
	if (!cadence_due(&room.cadence, now_ns))
		return -1;
	if (images_follow(&room.in, now_ns)) {
		control_set_in(room.control, room.in.image);
		log_info("takes readings from %s", room.in.layout.name);
	}
	control_step(room.control, now_ns, room.cadence.overruns);
	log_decisions();
	log_overruns(now_ns);
	for (int k = 0; k < CONTROL_KEPT; k++)
		keep((enum control_kept)k, now_ns);
	keep_soaks(now_ns);
	if (control_failed(room.control)) {
		log_error("internal error: a law gave no number; the fail-safe demands stand");
		return EX_SOFTWARE;
	}
	return handed_back(now_ns) ? EX_OK : -1;
}

/*
 * True if it ends now. To start afresh nothing is released: the next one tracks what is applied and
 * goes on. An end is a hand-back first; asked twice, it is at once.
 */
static bool
signalled(const struct loop_event *ev)
{
	bool ending = room.end_ns != 0;
	if (ev->status == SIGHUP)
		return !ending && daemon_signal(&room.daemon, ev);
	if (ending)
		return true;
	uint32_t stopped = control_stopped(room.control);
	if (stopped)
		log_warning("%u stopped system%s not released: without the controllers a device "
			    "keeps off for 3 s, then follows its local control",
			    stopped, stopped == 1 ? " is" : "s are");
	control_hand_back(room.control);
	room.end_ns = ev->now_ns + HAND_BACK_NS;
	return false;
}

static int
serve(void)
{
	struct command_request req;
	for (;;) {
		struct loop_event ev;
		int kind = loop_wait(room.daemon.loop, room.cadence.next_ns, &ev);
		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		if (kind == LOOP_SIGNAL && signalled(&ev))
			return EX_OK;
		if (kind == LOOP_FD && command_take(room.commands, &ev, &req) == 1)
			answer(&req, ev.now_ns);
		int code = work(ev.now_ns);
		if (code >= 0)
			return code;
	}
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = {
		.program = "isotherm-control",
		.what = "Decides duty, pumps and valve of each system of a plant, ten times a "
			"second.\n",
		.more = "TERM and INT first hand every system back to its devices' own control, "
			"2 s at most;\nwhat a person has stopped is not released.\n"
			"What people ask for (isotherm stop, start, maintenance, commission, cap) "
			"comes in by "
			"control.sock\nin the run folder, and outlives this program in "
			"control.holds and control.caps\nthere.\n"
			"Exit code 70: internal error; the fail-safe demands stand.\n",
		.check = check_period,
		.urgent = true,
	};
	static const struct daemon_parts parts = {start, serve, stop};
	return daemon_main(&room.daemon, &info, &parts, argc, argv);
}
