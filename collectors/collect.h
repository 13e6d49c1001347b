/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only bus master, as a pure engine: it is told what happened (time passed, bytes came, a
 * connection broke) and says what to do (send these bytes, open or close that connection). A TCP
 * shell and the scenario's memory wire drive it alike. Values go to the `in` image, heartbeat
 * included; demands come from the `ctl` image and are read back.
 *
 * One connection a device; one request in flight on it; all devices in flight at once. Devices on a
 * serial line share that line's one request.
 */
#ifndef ISOTHERM_COLLECTORS_COLLECT_H
#define ISOTHERM_COLLECTORS_COLLECT_H

#include <stddef.h>
#include <stdint.h>

#include "config/plant.h"
#include "core/image.h"

enum collect_verb {
	COLLECT_CONNECT, /* open a connection to the device's host and port, or the line's
			    port; answer by collect_connected / _broken, or _line_opened / _broken */
	COLLECT_SEND,    /* send bytes */
	COLLECT_CLOSE    /* close the connection, also one that is not there yet; no answer
			    expected, and nothing of it may be handed over any more */
};

#define COLLECT_NO_LINE (-1)

struct collect_action {
	enum collect_verb verb;
	uint32_t device; /* of a line's COLLECT_CONNECT and _CLOSE: any of its devices */
	int32_t line;    /* index of the serial line; COLLECT_NO_LINE: the device's connection */
	uint8_t bytes[260];
	size_t len;
};

enum collect_event {                        /* codes of the in image's events */
		     COLLECT_EVENT_LINK = 1 /* a device's verdict changed; value: enum link_state,
					       point: its LINK_STATE */
};

struct collect;

/* `in` is written, `ctl` (may be NULL: nothing is written to devices) read. Borrowed until
 * collect_close. */
int collect_open(struct collect **out, const struct plant *plant, struct image *in,
		 struct image *ctl, uint64_t seed, int64_t now_ns);
void collect_close(struct collect *c);
/* Before anything else: only devices from .. to - 1 are its. Others have the rest of the plant, which has no serial lines: they
 * write and read the same images, and threads may call them at the same time, so that events are told to nobody and only one of
 * them beats. */
void collect_share(struct collect *c, uint32_t from, uint32_t to, bool beats);
/* The controllers' region came, went or is a new one (image_attach / NULL). */
void collect_set_ctl(struct collect *c, struct image *ctl);

/* What to do now, at most `max` actions (call again while it returns max). Publishes what timed
 * out. Takes new demands as soon as the controllers have beaten again: called once more after a
 * control step, it sends what that step decided. */
size_t collect_due(struct collect *c, int64_t now_ns, struct collect_action *out, size_t max);
int64_t collect_next_ns(const struct collect *c); /* when to be called again */

void collect_connected(struct collect *c, uint32_t device, int64_t now_ns);
/* The connection is gone (or never came): no COLLECT_CLOSE follows. */
void collect_broken(struct collect *c, uint32_t device, int64_t now_ns, const char *why);
/* In pieces of any size. */
void collect_bytes(struct collect *c, uint32_t device, const uint8_t *bytes, size_t len,
		   int64_t now_ns);

/* The same of a serial line. */
void collect_line_opened(struct collect *c, uint32_t line, int64_t now_ns);
void collect_line_broken(struct collect *c, uint32_t line, int64_t now_ns, const char *why);
void collect_line_bytes(struct collect *c, uint32_t line, const uint8_t *bytes, size_t len,
			int64_t now_ns);

/* Share of a line's time that its reads take; more than 1 is too much. */
double collect_line_load(const struct collect *c, uint32_t line);

uint64_t collect_transactions(const struct collect *c);

#endif
