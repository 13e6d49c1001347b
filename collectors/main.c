/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-collect: the collectors' engine on TCP, in real time. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "collectors/collect.h"
#include "collectors/tcp.h"
#include "config/plant.h"
#include "core/clock.h"
#include "core/image.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/notify.h"
#include "core/rundir.h"

#define ACTIONS 64
#define HOUSE_NS (100 * NS_PER_MS) /* looks for the controllers that often */

static struct {
	const char *plant_path;
	char run_dir[256];
	struct plant *plant;
	struct loop *loop;
	struct image *in, *ctl;
	struct collect *collect;
	struct tcp *tcp;
	struct cadence house;
	uint64_t events_seen;
	bool ctl_refused; /* said so */
} room;

static const char usage[] =
	"usage: isotherm-collect -c PLANT\n"
	"Reads and writes the devices of a plant. PLANT: a plant file in which every device has a "
	"port\n"
	"(isotherm-run writes one into the run folder).\n"
	"  -c, --config PLANT   plant file\n"
	"      --foreground     accepted; it never does anything else\n"
	"  -h, --help           this text\n"
	"  -V, --version        version\n"
	"Signals: TERM and INT end it; HUP checks the plant file and, if it is valid, starts "
	"afresh.\n"
	"Environment: ISOTHERM_RUN (run folder), ISOTHERM_CONFIG (types and profiles), "
	"NOTIFY_SOCKET.\n"
	"Exit codes: 0 ended by a signal, 64 usage, 66 no such plant file, 71 operating system,\n"
	"73 another isotherm-collect runs there, 78 the plant file is not valid.\n";

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
			puts("isotherm-collect " ISOTHERM_VERSION);
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
	for (uint32_t i = 0; i < (*out)->n_devices; i++)
		if ((*out)->devices[i].port == 0) {
			log_error("%s: %s has `port: auto`: only the simulator knows that port; "
				  "start the plant by isotherm-run",
				  room.plant_path, (*out)->devices[i].name);
			plant_free(*out);
			*out = NULL;
			return EX_CONFIG;
		}
	return 0;
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

/* A socket a device, and the rest; a cap of the system is met when it is met. */
static void
want_resources(void)
{
	struct rlimit r;
	(void)setpriority(PRIO_PROCESS, 0, -10);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int
start(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, 0};
	struct errtext err = {""};
	bool on_tmpfs = true;
	int rc = load(&room.plant);
	if (rc != 0)
		return rc;
	want_resources();
	if (rundir_find(true, room.run_dir, sizeof room.run_dir, &err) != 0 ||
	    rundir_make(room.run_dir, &on_tmpfs, &err) != 0) {
		log_error("run folder: %s", err.text);
		return EX_CANTCREAT;
	}
	if (!on_tmpfs)
		log_warning("%s is not on tmpfs: the disk may delay the bus", room.run_dir);
	rc = loop_open(&room.loop, signals);
	if (rc != 0) {
		log_error("event loop: %s", strerror(-rc));
		return EX_OSERR;
	}
	int64_t now_ns = clock_mono_ns();
	struct image_layout in = layout_of(&room.plant->in);
	if (image_create(&room.in, room.run_dir, &in, now_ns, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	rc = collect_open(&room.collect, room.plant, room.in, NULL, room.plant->seed, now_ns);
	if (rc == 0)
		rc = tcp_open(&room.tcp, room.plant, room.loop);
	if (rc != 0) {
		log_error("can't start: %s", strerror(-rc));
		return rc == -ERANGE ? EX_CONFIG : EX_OSERR;
	}
	cadence_start(&room.house, HOUSE_NS, now_ns);
	notify_ready("collecting");
	return 0;
}

static void
stop(void)
{
	tcp_close(room.tcp);
	collect_close(room.collect);
	image_close(room.ctl);
	image_close(room.in);
	loop_close(room.loop);
	plant_free(room.plant);
}

/* The controllers' image comes when they do, and is another one each time they start. */
static void
follow_ctl(int64_t now_ns)
{
	struct errtext err = {""};
	struct image_layout ctl = layout_of(&room.plant->ctl);
	bool attached = room.ctl != NULL;
	int rc = attached ? image_refresh(room.ctl, now_ns, &err)
			  : image_attach(&room.ctl, room.run_dir, &ctl, &err);
	if (rc == 1 || (rc == 0 && !attached)) {
		collect_set_ctl(room.collect, room.ctl);
		room.ctl_refused = false;
		log_info("takes demands from %s", ctl.name);
	} else if (rc < 0 && rc != -ENOENT && !room.ctl_refused) {
		room.ctl_refused = true;
		log_warning("%s", err.text);
	}
}

static void
work(int64_t now_ns)
{
	struct collect_action action[ACTIONS];
	struct image_event event[8];
	size_t n;
	if (cadence_due(&room.house, now_ns))
		follow_ctl(now_ns);
	do {
		n = collect_due(room.collect, now_ns, action, ACTIONS);
		for (size_t i = 0; i < n; i++)
			tcp_do(room.tcp, room.collect, &action[i], now_ns);
	} while (n == ACTIONS);
	while ((n = image_events(room.in, &room.events_seen, event, 8, NULL)) != 0)
		for (size_t i = 0; i < n; i++)
			if ((int)event[i].value == LINK_OK)
				log_info("%s", event[i].text);
			else
				log_warning("%s", event[i].text);
}

/* Returns the signal that ends it, or -errno. */
static int
serve(void)
{
	for (;;) {
		struct loop_event ev;
		int64_t due_ns = collect_next_ns(room.collect);
		if (room.house.next_ns < due_ns)
			due_ns = room.house.next_ns;
		int kind = loop_wait(room.loop, due_ns, &ev);
		if (kind < 0)
			return kind;
		if (kind == LOOP_FD)
			tcp_take(room.tcp, room.collect, &ev);
		if (kind == LOOP_SIGNAL && ev.status != SIGHUP)
			return ev.status;
		if (kind == LOOP_SIGNAL) {
			struct plant *fresh = NULL;
			if (load(&fresh) == 0) {
				plant_free(fresh);
				return SIGHUP;
			}
			log_warning("%s is not valid: going on with the old one", room.plant_path);
		}
		work(ev.now_ns);
	}
}

int
main(int argc, char **argv)
{
	log_open("isotherm-collect");
	int code = options(argc, argv);
	if (code >= 0)
		return code;
	code = start();
	if (code == 0) {
		int why = serve();
		if (why == SIGHUP) {
			log_info("starting afresh");
			loop_child_signals(room.loop);
			stop();
			execv(strchr(argv[0], '/') != NULL ? argv[0] : "/proc/self/exe", argv);
			log_error("exec: %s", strerror(errno));
			return EX_OSERR;
		}
		if (why < 0)
			log_error("event loop: %s", strerror(-why));
		code = why < 0 ? EX_OSERR : EX_OK;
		notify_stopping();
	}
	stop();
	return code;
}
