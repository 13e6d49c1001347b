/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-control: the controllers' core in real time. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/plant.h"
#include "controllers/control.h"
#include "core/clock.h"
#include "core/image.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/notify.h"
#include "core/rundir.h"

#define HAND_BACK_NS (2 * NS_PER_S)    /* devices confirm a release by then, or not at all */
#define OVERRUN_LOG_NS (60 * NS_PER_S) /* late periods are told that often at most */
#define EVENTS 16

static struct {
	const char *plant_path;
	char run_dir[256];
	struct plant *plant;
	struct loop *loop;
	struct image *in, *ctl;
	struct control *control;
	struct cadence cadence;
	uint64_t events_seen, overruns_told;
	int64_t overruns_told_ns;
	int64_t end_ns;  /* of a hand-back; 0: none asked */
	bool in_refused; /* said so */
} room;

static const char usage[] =
	"usage: isotherm-control -c PLANT\n"
	"Decides duty, pumps and valve of each system of a plant, ten times a second.\n"
	"  -c, --config PLANT   plant file\n"
	"      --foreground     accepted; it never does anything else\n"
	"  -h, --help           this text\n"
	"  -V, --version        version\n"
	"Signals: TERM and INT hand every system back to its devices' own control (2 s at most), "
	"then\n"
	"end it; HUP checks the plant file and, if it is valid, starts afresh without a bump.\n"
	"Environment: ISOTHERM_RUN (run folder), ISOTHERM_CONFIG (types and profiles), "
	"NOTIFY_SOCKET.\n"
	"Exit codes: 0 ended by a signal, 64 usage, 66 no such plant file, 70 internal error (the\n"
	"fail-safe demands stand), 71 operating system, 73 another isotherm-control runs there, "
	"78 the\n"
	"plant file is not valid.\n";

/* -1: go on; else the exit code. */
static int
options(int argc, char **argv)
{
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
					      {"foreground", no_argument, NULL, 'f'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {NULL, 0, NULL, 0}};
	int o;
	while ((o = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1)
		switch (o) {
		case 'c':
			room.plant_path = optarg;
			break;
		case 'f':
			break;
		case 'h':
			fputs(usage, stdout);
			return EX_OK;
		case 'V':
			puts("isotherm-control " ISOTHERM_VERSION);
			return EX_OK;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	if (room.plant_path != NULL && optind == argc)
		return -1;
	fputs(usage, stderr);
	return EX_USAGE;
}

/* 0 or an exit code, with the reasons on stderr. */
static int
load(struct plant **out)
{
	struct config_report report = {0};
	int rc = plant_load(out, room.plant_path, &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	if (rc != 0)
		return rc == -EINVAL ? EX_CONFIG : EX_NOINPUT;
	if ((*out)->control_period_ms == CONTROL_PERIOD_MS)
		return 0;
	log_error("%s: control_period_ms: the controllers are made for %d", room.plant_path,
		  CONTROL_PERIOD_MS);
	plant_free(*out);
	*out = NULL;
	return EX_CONFIG;
}

static struct image_layout
layout_of(const struct plant_layout *l)
{
	return (struct image_layout){.name = l->name,
				     .n_groups = l->n_groups,
				     .first = l->first,
				     .period_ns = l->period_ns,
				     .table_hash = room.plant->hash,
				     .beat_ns = room.plant->control_period_ms * NS_PER_MS};
}

static int
start(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, 0};
	static const struct control_options opt = {.kind = CONTROLLER_SPI};
	struct errtext err = {""};
	bool on_tmpfs = true;
	int rc = load(&room.plant);
	if (rc != 0)
		return rc;
	(void)setpriority(PRIO_PROCESS, 0, -10); /* where that is allowed */
	if (rundir_find(true, room.run_dir, sizeof room.run_dir, &err) != 0 ||
	    rundir_make(room.run_dir, &on_tmpfs, &err) != 0) {
		log_error("run folder: %s", err.text);
		return EX_CANTCREAT;
	}
	if (!on_tmpfs)
		log_warning("%s is not on tmpfs: the disk may delay control", room.run_dir);
	rc = loop_open(&room.loop, signals);
	if (rc != 0) {
		log_error("event loop: %s", strerror(-rc));
		return EX_OSERR;
	}
	int64_t now_ns = clock_mono_ns();
	struct image_layout ctl = layout_of(&room.plant->ctl);
	if (image_create(&room.ctl, room.run_dir, &ctl, now_ns, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	rc = control_open(&room.control, room.plant, &opt, NULL, room.ctl, now_ns);
	if (rc != 0) {
		log_error("can't start: %s", strerror(-rc));
		return EX_OSERR;
	}
	cadence_start(&room.cadence, room.plant->control_period_ms * NS_PER_MS, now_ns);
	notify_ready("controlling");
	return 0;
}

static void
stop(void)
{
	control_close(room.control);
	image_close(room.in);
	image_close(room.ctl);
	loop_close(room.loop);
	plant_free(room.plant);
}

/* The collectors' image comes when they do, and is another one each time they start. */
static void
follow_in(int64_t now_ns)
{
	struct errtext err = {""};
	struct image_layout in = layout_of(&room.plant->in);
	bool attached = room.in != NULL;
	int rc = attached ? image_refresh(room.in, now_ns, &err)
			  : image_attach(&room.in, room.run_dir, &in, &err);
	if (rc == 1 || (rc == 0 && !attached)) {
		control_set_in(room.control, room.in);
		room.in_refused = false;
		log_info("takes readings from %s", in.name);
	} else if (rc < 0 && rc != -ENOENT && !room.in_refused) {
		room.in_refused = true;
		log_warning("%s", err.text);
	}
}

static void
tell(int64_t now_ns)
{
	struct image_event event[EVENTS];
	size_t n;
	while ((n = image_events(room.ctl, &room.events_seen, event, EVENTS, NULL)) != 0)
		for (size_t i = 0; i < n; i++)
			log_info("%s", event[i].text);
	if (room.cadence.overruns == room.overruns_told ||
	    (room.overruns_told != 0 && now_ns - room.overruns_told_ns < OVERRUN_LOG_NS))
		return;
	log_warning("%llu periods skipped: too late (%llu since the start)",
		    (unsigned long long)(room.cadence.overruns - room.overruns_told),
		    (unsigned long long)room.cadence.overruns);
	room.overruns_told = room.cadence.overruns;
	room.overruns_told_ns = now_ns;
}

/* Returns the exit code that is due now, or -1. */
static int
work(int64_t now_ns)
{
	if (!cadence_due(&room.cadence, now_ns))
		return -1;
	follow_in(now_ns);
	control_step(room.control, now_ns, room.cadence.overruns);
	tell(now_ns);
	if (control_failed(room.control)) {
		log_error("internal error: a law gave no number; the fail-safe demands stand");
		return EX_SOFTWARE;
	}
	if (room.end_ns == 0)
		return -1;
	if (control_handed_back(room.control)) {
		log_info("every device has confirmed its release");
		return EX_OK;
	}
	if (now_ns < room.end_ns)
		return -1;
	log_warning("not every device has confirmed its release: it will miss the sequence number");
	return EX_OK;
}

static bool
plant_is_valid(void)
{
	struct plant *fresh = NULL;
	if (load(&fresh) != 0) {
		log_warning("%s is not valid: going on with the old one", room.plant_path);
		return false;
	}
	plant_free(fresh);
	return true;
}

/* Returns an exit code, or -SIGHUP to start afresh. */
static int
serve(void)
{
	for (;;) {
		struct loop_event ev;
		int kind = loop_wait(room.loop, room.cadence.next_ns, &ev);
		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		if (kind == LOOP_SIGNAL && ev.status == SIGHUP) {
			if (room.end_ns == 0 && plant_is_valid())
				return -SIGHUP;
		} else if (kind == LOOP_SIGNAL) {
			if (room.end_ns != 0)
				return EX_OK; /* asked twice: at once */
			control_hand_back(room.control);
			room.end_ns = ev.now_ns + HAND_BACK_NS;
			notify_stopping();
		}
		int code = work(ev.now_ns);
		if (code >= 0)
			return code;
	}
}

int
main(int argc, char **argv)
{
	log_open("isotherm-control");
	int code = options(argc, argv);
	if (code >= 0)
		return code;
	code = start();
	if (code == 0)
		code = serve();
	if (code == -SIGHUP) {
		/* nothing is released: the next one tracks what is applied and goes on */
		log_info("starting afresh");
		loop_child_signals(room.loop);
		stop();
		execv(strchr(argv[0], '/') != NULL ? argv[0] : "/proc/self/exe", argv);
		log_error("exec: %s", strerror(errno));
		return EX_OSERR;
	}
	stop();
	return code;
}
