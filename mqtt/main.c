/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm-mqtt: the door to the building management system. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/rundir.h"
#include "mqtt/bdseq.h"
#include "mqtt/client.h"
#include "mqtt/holders.h"
#include "mqtt/session.h"
#include "mqtt/tree.h"
#include "shell/daemon.h"
#include "shell/images.h"

#define TICK_NS (1 * NS_PER_S)
#define SETTLE_NS (10 * NS_PER_S) /* the first births wait so long for the devices, at most */
#define LEAVE_NS (1 * NS_PER_S)   /* for the last words */
#define REFUSED_NS                                                                                 \
	(10 * NS_PER_S) /* of refused commands one is named that often; the others are counted */
#define BURST 16        /* actions between two looks at the loop */

enum door { SPARKPLUG, TREE, DOORS };

static struct {
	struct daemon daemon;
	struct follower follower[REGIONS];
	struct snapshot snap;
	struct holders *holders;
	struct image *out;
	struct sample *values; /* of mqtt.img */
	struct cadence tick;
	struct moment at;
	int64_t start_ns, end_ns; /* end_ns 0: nobody asked for it */
	bool named;               /* a broker is */
	bool started;
	bool more; /* a burst was cut off */
	struct bdseq bdseq;
	bool bdseq_failed; /* said so */
	struct session *session;
	struct tree *tree;
	struct client *client[DOORS];
	char id[DOORS][128];
	char told[DOORS][160]; /* why it is not connected, as it was said last; "" it is */
	bool told_any[DOORS];
	int64_t refused_told_ns;
	uint64_t refused_told;
} room;

static const char *const door_name[DOORS] = {"Sparkplug", "JSON tree"};
static const enum plant_region followed[] = {REGION_IN, REGION_CTL, REGION_ALM};
#define FOLLOWED (sizeof(followed) / sizeof(*followed))

/* --- what the connections do --- */

/* A verdict that changed. */
static void
tell_link(enum door door, const char *why)
{
	const struct plant_broker *b = &room.daemon.plant->broker;

	if (room.told_any[door] && strcmp(room.told[door], why) == 0)
		return;
	room.told_any[door] = true;
	snprintf(room.told[door], sizeof(room.told[door]), "%s", why);
	if (why[0] == '\0')
		log_info("%s: connected to the broker at %s port %u", door_name[door], b->host,
			 b->port);
	else
		log_warning("%s: no connection to the broker at %s port %u: %s", door_name[door],
			    b->host, b->port, why);
}

/* The number is on the disk before the CONNECT that carries it goes out. */
static void
use_bdseq(void)
{
	struct errtext err = {""};
	int rc = bdseq_store(&room.bdseq, session_bdseq(room.session), &err);

	if (rc != 0 && !room.bdseq_failed)
		log_warning("%s: after a restart births are numbered as they were before it",
			    err.text);
	room.bdseq_failed = rc != 0;
	session_connect_sent(room.session);
}

static void
take_command(const struct client_event *ev)
{
	struct errtext why = {""};
	int64_t now_ns = room.at.now_ns;

	if (session_message(room.session, ev->topic, ev->payload, ev->len, ev->retained, &why) == 0)
		return;
	if (room.refused_told != 0 && now_ns - room.refused_told_ns < REFUSED_NS)
		return; /* tell_refused counts it */
	room.refused_told = session_counts(room.session).refused;
	room.refused_told_ns = now_ns;
	log_warning("command on %.100s refused: %s (%llu refused)", ev->topic, why.text,
		    (unsigned long long)room.refused_told);
}

/* How many more were refused since one was named. */
static void
tell_refused(int64_t now_ns)
{
	uint64_t refused = session_counts(room.session).refused;

	if (refused == room.refused_told || now_ns - room.refused_told_ns < REFUSED_NS)
		return;
	log_warning("%llu more commands refused (%llu refused)",
		    (unsigned long long)(refused - room.refused_told), (unsigned long long)refused);
	room.refused_told = refused;
	room.refused_told_ns = now_ns;
}

static void
sparkplug_sink(void *data, const struct client_event *ev)
{
	(void)data;
	switch (ev->kind) {
	case CLIENT_REACHED:
		use_bdseq();
		break;
	case CLIENT_CONNACK:
		tell_link(SPARKPLUG, "");
		session_connack(room.session, room.at.now_ns);
		break;
	case CLIENT_SUBACK:
		session_suback(room.session, room.at.now_ns);
		break;
	case CLIENT_MESSAGE:
		take_command(ev);
		break;
	case CLIENT_BROKEN:
		tell_link(SPARKPLUG, ev->why);
		session_broken(room.session, room.at.now_ns);
		break;
	}
}

static void
tree_sink(void *data, const struct client_event *ev)
{
	(void)data;
	switch (ev->kind) {
	case CLIENT_REACHED:
		break;
	case CLIENT_CONNACK:
		tell_link(TREE, "");
		tree_connack(room.tree, room.at.now_ns);
		break;
	case CLIENT_SUBACK:
		tree_suback(room.tree, room.at.now_ns);
		break;
	case CLIENT_MESSAGE:
		tree_message(room.tree, ev->topic, ev->len, ev->retained);
		break;
	case CLIENT_BROKEN:
		tell_link(TREE, ev->why);
		tree_broken(room.tree, room.at.now_ns);
		break;
	}
}

/* --- start and stop --- */

static int
open_images(int64_t now_ns)
{
	const struct plant *plant = room.daemon.plant;
	struct image_layout layout = images_layout(plant, &plant->mqtt);
	struct errtext err = {""};

	layout.beat_ns = TICK_NS;
	if (image_create(&room.out, room.daemon.run_dir, &layout, now_ns, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	room.snap.plant = plant;
	room.values = calloc(layout.first[layout.n_groups] + 1u, sizeof(*room.values));
	for (size_t i = 0; i < FOLLOWED; i++) {
		const struct plant_layout *l = plant_layout_of(plant, followed[i]);
		images_follower_init(&room.follower[followed[i]], plant, l, room.daemon.run_dir);
		room.snap.region[followed[i]] =
			calloc(l->first[l->n_groups] + 1u, sizeof(struct sample));
		if (room.snap.region[followed[i]] == NULL || room.values == NULL) {
			log_error("out of memory");
			return EX_OSERR;
		}
	}
	return 0;
}

static int
open_door(enum door door, void (*sink)(void *, const struct client_event *))
{
	const struct plant_broker *b = &room.daemon.plant->broker;
	struct client_options opt = {.host = b->host,
				     .port = b->port,
				     .id = room.id[door],
				     .user = b->user,
				     .password = getenv("ISOTHERM_MQTT_PASSWORD"),
				     .sink = sink};

	/* The same after a restart, so that a session that is half open is taken over; and the same
	 * for a second node of that name, so that the two get in each other's way where all see it */
	snprintf(room.id[door], sizeof(room.id[door]), "isotherm-%s-%s%s", b->group, b->node,
		 door == TREE ? "-tree" : "");
	return client_open(&room.client[door], room.daemon.loop, &opt);
}

static int
open_sessions(int64_t now_ns)
{
	const struct plant *plant = room.daemon.plant;
	struct errtext err = {""};
	char state[256];
	uint8_t bdseq = 0;
	int rc = statedir_find(state, sizeof(state), &err);

	if (rc == 0)
		rc = bdseq_open(&room.bdseq, state, &bdseq, &err);
	if (rc != 0)
		log_warning("%s", err.text); /* and on: it is better to be heard */
	rc = session_open(&room.session, plant, ISOTHERM_VERSION, bdseq, now_ns, &err);
	if (rc == 0)
		rc = tree_open(&room.tree, plant, ISOTHERM_VERSION, &err);
	if (rc == 0)
		rc = holders_open(&room.holders, plant);
	if (rc != 0) {
		log_error("%s", err.text);
		return rc == -EINVAL ? EX_CONFIG : EX_OSERR;
	}
	if (open_door(SPARKPLUG, sparkplug_sink) != 0 || open_door(TREE, tree_sink) != 0) {
		log_error("can't start: out of memory");
		return EX_OSERR;
	}
	tree_start(room.tree, now_ns);
	return 0;
}

static int
start(void)
{
	int64_t now_ns = clock_mono_ns();
	int code = open_images(now_ns);

	room.start_ns = now_ns;
	room.named = room.daemon.plant->broker.host[0] != '\0';
	if (code == 0 && room.named)
		code = open_sessions(now_ns);
	if (code != 0)
		return code;
	if (!room.named)
		log_info("the plant names no broker: nothing is published");
	cadence_start(&room.tick, TICK_NS, now_ns);
	notify_ready(room.named ? "publishing" : "no broker is named");
	return 0;
}

static void
stop(void)
{
	for (int i = 0; i < DOORS; i++)
		client_close(room.client[i]);
	session_close(room.session);
	tree_close(room.tree);
	holders_close(room.holders);
	for (size_t i = 0; i < FOLLOWED; i++) {
		images_follower_fini(&room.follower[followed[i]]);
		free(room.snap.region[followed[i]]);
	}
	free(room.values);
	image_close(room.out);
}

/* --- once a second --- */

static void
read_images(int64_t now_ns)
{
	for (size_t i = 0; i < FOLLOWED; i++) {
		struct follower *f = &room.follower[followed[i]];
		if (images_follow(f, now_ns))
			log_info("publishes from %s", f->layout.name);
		if (f->image != NULL)
			image_read_all(f->image, now_ns, room.snap.region[followed[i]]);
	}
}

/* Has every device been found, or found missing? */
static bool
settled(int64_t now_ns)
{
	const struct plant *p = room.daemon.plant;

	if (now_ns - room.start_ns >= SETTLE_NS)
		return true;
	for (uint32_t i = 0; i < p->n_devices; i++) {
		const struct sample *s =
			snapshot_point(&room.snap, plant_link(p, i, ROLE_LINK_STATE));
		if (s == NULL || !sample_usable(s) || (int)s->value == LINK_INIT)
			return false;
	}
	return true;
}

static void
set_value(enum role_id role, double value)
{
	const struct plant *p = room.daemon.plant;
	uint32_t index = 0;

	if (plant_where(p, plant_role(p, SITE, role, 0), &index) == REGION_MQTT)
		room.values[index] = sample_at(value, room.at.now_ns, QUALITY_GOOD, 0);
}

static void
publish_own(void)
{
	struct session_counts c = {0};
	uint64_t tree = 0;

	if (room.named) {
		c = session_counts(room.session);
		tree = tree_messages(room.tree);
	}
	set_value(ROLE_MQTT_CONNECTED, room.named && session_up(room.session));
	set_value(ROLE_MQTT_MESSAGES, (double)(c.messages + tree));
	set_value(ROLE_MQTT_BIRTHS, (double)c.births);
	set_value(ROLE_MQTT_COMMANDS, (double)c.commands);
	set_value(ROLE_MQTT_REFUSED, (double)c.refused);
	set_value(ROLE_MQTT_CONNECTS, (double)c.connects);
	image_publish(room.out, 0, room.values);
	image_beat(room.out, room.at.now_ns, room.tick.ticks, room.tick.overruns);
}

static void
tick(void)
{
	int64_t now_ns = room.at.now_ns;

	if (!cadence_due(&room.tick, now_ns))
		return;
	if (room.named) {
		read_images(now_ns);
		holders_step(room.holders, &room.snap, room.daemon.run_dir, now_ns);
		session_samples(room.session, &room.snap, now_ns);
		tree_samples(room.tree);
		if (!room.started && settled(now_ns)) {
			room.started = true;
			session_start(room.session, now_ns);
		}
		for (int i = 0; i < DOORS; i++)
			client_tick(room.client[i]);
		tell_refused(now_ns);
	}
	publish_own();
}

/* --- the loop --- */

/* What the sessions want done, a bounded part of it. */
static void
pump(void)
{
	struct action a;
	int n = 0;

	if (!room.named)
		return;
	while (n < BURST && session_next(room.session, &room.snap, room.at,
					 client_room(room.client[SPARKPLUG]), &a)) {
		if (a.kind == ACTION_CLOSE && room.end_ns == 0)
			tell_link(SPARKPLUG, "it does not answer");
		client_do(room.client[SPARKPLUG], &a);
		n++;
	}
	while (n < BURST &&
	       tree_next(room.tree, &room.snap, room.at, client_room(room.client[TREE]), &a)) {
		if (a.kind == ACTION_CLOSE && room.end_ns == 0)
			tell_link(TREE, "it does not answer");
		client_do(room.client[TREE], &a);
		n++;
	}
	room.more = n == BURST;
}

static int64_t
due_ns(void)
{
	int64_t due = room.more ? room.at.now_ns : room.tick.next_ns;

	if (room.named && session_wake_ns(room.session) < due)
		due = session_wake_ns(room.session);
	if (room.named && tree_wake_ns(room.tree) < due)
		due = tree_wake_ns(room.tree);
	return room.end_ns != 0 && room.end_ns < due ? room.end_ns : due;
}

static bool
left(void)
{
	if (!room.named || room.at.now_ns >= room.end_ns)
		return true;
	return session_stopped(room.session) && tree_stopped(room.tree) &&
	       client_idle(room.client[SPARKPLUG]) && client_idle(room.client[TREE]);
}

static void
leave(void)
{
	room.end_ns = room.at.now_ns + LEAVE_NS;
	if (room.named) {
		session_stop(room.session);
		tree_stop(room.tree);
	}
}

static int
serve(void)
{
	for (;;) {
		struct loop_event ev;
		int kind = loop_wait(room.daemon.loop, due_ns(), &ev);
		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		room.at = (struct moment){ev.now_ns, clock_wall_ns()};
		if (kind == LOOP_FD && !client_take(room.client[SPARKPLUG], &ev))
			client_take(room.client[TREE], &ev);
		if (kind == LOOP_SIGNAL && room.end_ns == 0 && daemon_signal(&room.daemon, &ev))
			leave();
		tick();
		pump();
		if (room.end_ns != 0 && left())
			return EX_OK;
	}
}

int
main(int argc, char **argv)
{
	static const struct daemon_info info = {
		.program = "isotherm-mqtt",
		.what = "Publishes a plant to an MQTT broker: as a Sparkplug B edge node, and as a "
			"tree of JSON.\n",
		.more = "Environment: ISOTHERM_MQTT_PASSWORD, of the user that the plant file "
			"names.\n",
		.check = NULL,
		.urgent = false,
	};
	static const struct daemon_parts parts = {start, serve, stop};
	return daemon_main(&room.daemon, &info, &parts, argc, argv);
}
