/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-collect: the collectors' engine on TCP and serial lines, in real time. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sysexits.h>

#include "collectors/collect.h"
#include "collectors/rtu.h"
#include "collectors/tcp.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/notify.h"
#include "shell/daemon.h"
#include "shell/images.h"

#define ACTIONS 64
#define LOOK_NS (100 * NS_PER_MS) /* looks for the controllers that often */

static struct {
	struct daemon daemon;
	struct image *in;
	struct follower ctl;
	struct collect *collect;
	struct tcp *tcp;
	struct rtu *rtu;
	struct cadence look;
	uint64_t events_seen;
} room;

static bool
has_address(const struct plant *plant, const struct device *d)
{
	return d->line >= 0 ? plant->lines[d->line].path[0] != '\0' : d->port != 0;
}

/* 0 or an exit code. */
static int
check_ports(const struct plant *plant, const char *path)
{
	for (uint32_t i = 0; i < plant->n_devices; i++)
		if (!has_address(plant, &plant->devices[i])) {
			log_error("%s: %s has `%s: auto`: only the simulator knows that; "
				  "start the plant by isotherm-run",
				  path, plant->devices[i].name,
				  plant->devices[i].line >= 0 ? "path" : "port");
			return EX_CONFIG;
		}
	return 0;
}

/* Who answers for what is written to hardware. */
static void
log_arming(const struct plant *plant)
{
	for (uint32_t i = 0; i < plant->n_arming; i++) {
		const struct plant_arming *a = &plant->arming[i];
		const struct device *d = &plant->devices[a->device];
		if (!d->simulated && d->armed)
			log_info("%s is armed by %s: %s", d->name, a->by, a->why);
	}
}

static void
log_lines(const struct plant *plant)
{
	for (uint32_t i = 0; i < plant->n_lines; i++) {
		const struct line_config *l = &plant->lines[i];
		double load = collect_line_load(room.collect, i);
		if (load > 1)
			log_warning(
				"line %s: %d baud are too slow: reads of its units need %.1f times "
				"what it carries; they come late",
				l->name, (int)l->baud, load);
		else if (load > 0)
			log_info("line %s: reads of its units take %.0f %% of its time", l->name,
				 load * 100);
	}
}

static int
start(void)
{
	const struct plant *plant = room.daemon.plant;
	struct image_layout layout = images_layout(plant, &plant->in);
	struct errtext err = {""};
	int64_t now_ns = clock_mono_ns();
	if (image_create(&room.in, room.daemon.run_dir, &layout, now_ns, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	images_follower_init(&room.ctl, plant, &plant->ctl, room.daemon.run_dir);
	int rc = collect_open(&room.collect, plant, room.in, NULL, plant->seed, now_ns);
	if (rc == 0)
		rc = tcp_open(&room.tcp, plant, room.daemon.loop);
	if (rc == 0)
		rc = rtu_open(&room.rtu, plant, room.daemon.loop);
	if (rc != 0) {
		log_error("can't start: %s", strerror(-rc));
		return rc == -ERANGE ? EX_CONFIG : EX_OSERR;
	}
	cadence_start(&room.look, LOOK_NS, now_ns);
	log_arming(plant);
	log_lines(plant);
	notify_ready("collecting");
	return 0;
}

static void
stop(void)
{
	tcp_close(room.tcp);
	rtu_close(room.rtu);
	collect_close(room.collect);
	images_follower_fini(&room.ctl);
	image_close(room.in);
}

/* Verdicts that changed, out of the image's own events. */
static void
log_verdicts(void)
{
	struct image_event event[8];
	size_t n;
	while ((n = image_events(room.in, &room.events_seen, event, 8, NULL)) != 0)
		for (size_t i = 0; i < n; i++)
			if ((int)event[i].value == LINK_OK)
				log_info("%s", event[i].text);
			else
				log_warning("%s", event[i].text);
}

static void
work(int64_t now_ns)
{
	struct collect_action action[ACTIONS];
	size_t n;
	if (cadence_due(&room.look, now_ns) && images_follow(&room.ctl, now_ns)) {
		collect_set_ctl(room.collect, room.ctl.image);
		log_info("takes demands from %s", room.ctl.layout.name);
	}
	/* what waits in a port is no silence */
	rtu_drain(room.rtu, room.collect, now_ns);
	do {
		n = collect_due(room.collect, now_ns, action, ACTIONS);
		for (size_t i = 0; i < n; i++)
			if (action[i].line != COLLECT_NO_LINE)
				rtu_do(room.rtu, room.collect, &action[i], now_ns);
			else
				tcp_do(room.tcp, room.collect, &action[i], now_ns);
	} while (n == ACTIONS);
	log_verdicts();
}

static void
take(const struct loop_event *ev)
{
	if (!rtu_take(room.rtu, room.collect, ev))
		tcp_take(room.tcp, room.collect, ev);
}

static int
serve(void)
{
	for (;;) {
		struct loop_event ev;
		int64_t due_ns = collect_next_ns(room.collect);
		if (room.look.next_ns < due_ns)
			due_ns = room.look.next_ns;
		int kind = loop_wait(room.daemon.loop, due_ns, &ev);
		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		if (kind == LOOP_FD)
			take(&ev);
		else if (kind == LOOP_SIGNAL && daemon_signal(&room.daemon, &ev))
			return EX_OK;
		work(ev.now_ns);
	}
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = {
		.program = "isotherm-collect",
		.what = "Reads and writes the devices of a plant. PLANT: a plant file in which "
			"every "
			"device has a port\n(isotherm-run writes one into the run folder).\n",
		.more = "",
		.check = check_ports,
		.urgent = true,
	};
	static const struct daemon_parts parts = {start, serve, stop};
	return daemon_main(&room.daemon, &info, &parts, argc, argv);
}
