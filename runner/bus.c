/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/bus.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/rtu.h"
#include "core/wide.h"

/* An answer in the same instant leads to the next request, so a device has many turns; but not this many. */
#define ACTIONS_MAX 10000

uint32_t
bus_parts(const struct plant *plant, const struct sweep *sweep)
{
	return sweep != NULL && plant->n_lines == 0 ? BUS_PARTS_MAX : 1;
}

static int
open_part(struct bus *b, uint32_t k, struct image *in, struct image *ctl, int64_t now_ns)
{
	struct bus_part *p = &b->parts[k];
	int rc = collect_open(&p->collect, b->plant, in, ctl, b->plant->seed, now_ns);

	p->from = plant_part(b->plant, k, b->n_parts);
	p->to = plant_part(b->plant, k + 1, b->n_parts);
	if (rc == 0 && b->n_parts > 1)
		collect_share(p->collect, p->from, p->to, k == 0);
	for (uint32_t d = p->from; d < p->to; d++)
		b->ports[d].collect = p->collect;
	return rc;
}

int
bus_init(struct bus *b, const struct plant *plant, struct sim *sim, struct image *in,
	 struct image *ctl, const struct sweep *sweep, int64_t now_ns)
{
	int rc = 0;

	*b = (struct bus){.plant = plant,
			  .sim = sim,
			  .sweep = sweep,
			  .n = plant->n_devices,
			  .n_parts = bus_parts(plant, sweep),
			  .turned_ns = INT64_MIN};
	b->wires = calloc(b->n + 1u, sizeof *b->wires);
	b->pieces = calloc((b->n + 1u) * (size_t)WIRE_QUEUE, sizeof *b->pieces);
	b->ports = calloc(b->n + 1u, sizeof *b->ports);
	if (b->wires == NULL || b->pieces == NULL || b->ports == NULL)
		rc = -ENOMEM;
	for (uint32_t k = 0; k < b->n_parts && rc == 0; k++)
		rc = open_part(b, k, in, ctl, now_ns);
	if (rc != 0) {
		bus_fini(b);
		return rc;
	}
	for (uint32_t d = 0; d < b->n; d++) {
		wire_init(&b->wires[d], plant->seed, plant->devices[d].name,
			  b->pieces + d * (size_t)WIRE_QUEUE);
		b->ports[d].line = plant->devices[d].line;
	}
	return 0;
}

void
bus_fini(struct bus *b)
{
	for (uint32_t k = 0; k < b->n_parts; k++)
		collect_close(b->parts[k].collect);
	free(b->wires);
	free(b->pieces);
	free(b->ports);
	*b = (struct bus){.n = 0};
}

uint64_t
bus_transactions(const struct bus *b)
{
	uint64_t n = 0;

	for (uint32_t k = 0; k < b->n_parts; k++)
		n += collect_transactions(b->parts[k].collect);
	return n;
}

bool
bus_is_busy(const struct bus *b)
{
	if (b->plant->n_lines > 0)
		return true;
	for (uint32_t d = 0; d < b->n; d++)
		if (b->wires[d].n > 0 || wire_is_disturbed(&b->wires[d]))
			return true;
	return false;
}

static void
break_connection(struct bus *b, uint32_t d, int64_t now_ns, const char *why)
{
	b->ports[d].connected = false;
	wire_reset(&b->wires[d]);
	collect_broken(b->ports[d].collect, d, now_ns, why);
}

static void
note(struct bus *b, uint32_t d, enum bus_record kind, const uint8_t *bytes, size_t len,
     int64_t now_ns)
{
	if (b->record)
		bus_writer_put(b->record, now_ns, d, kind, bytes, len);
}

/* A line is always there. What its device answers comes when all characters of request and answer have passed, on that
 * device's wire. */
static void
act_on_line(struct bus *b, const struct collect_action *a, int64_t now_ns)
{
	const struct line_config *l = &b->plant->lines[a->line];
	struct rtu_timing t = rtu_timing(l->baud, l->parity != PARITY_NONE, l->stop_bits);
	UNCLEARED uint8_t answer[WIRE_FRAME_MAX];
	int n;

	if (a->verb == COLLECT_CONNECT)
		collect_line_opened(b->ports[a->device].collect, (uint32_t)a->line, now_ns);
	if (a->verb != COLLECT_SEND)
		return;
	note(b, a->device, BUS_REQUEST, a->bytes, a->len, now_ns);
	n = b->replay ? bus_reader_answer(b->replay, a->device, a->bytes, a->len, answer)
		      : sim_line_answer(b->sim, (uint32_t)a->line, a->bytes, a->len, answer);
	if (n > 0)
		note(b, a->device, BUS_ANSWER, answer, (size_t)n, now_ns);
	if (n > 0)
		wire_answer(&b->wires[a->device], answer, (size_t)n,
			    now_ns + t.gap_ns + ((int64_t)a->len + n) * t.char_ns);
	b->ports[a->device].waiting = true;
}

/* Does the device drop its connection now? */
static bool
drops(struct bus *b, uint32_t d, int64_t now_ns)
{
	return b->replay ? bus_reader_next(b->replay, d, BUS_BROKEN, now_ns)
			 : sim_offline(b->sim, d);
}

static void
act(struct bus *b, const struct collect_action *a, int64_t now_ns)
{
	UNCLEARED uint8_t answer[WIRE_FRAME_MAX];
	uint32_t d = a->device;
	struct bus_port *port = &b->ports[d];
	int n;

	switch (a->verb) {
	case COLLECT_CONNECT:
		wire_reset(&b->wires[d]);
		port->connected = b->replay ? bus_reader_next(b->replay, d, BUS_CONNECTED, now_ns)
					    : !sim_offline(b->sim, d);
		if (b->replay && !port->connected)
			(void)bus_reader_next(b->replay, d, BUS_REFUSED, now_ns);
		note(b, d, port->connected ? BUS_CONNECTED : BUS_REFUSED, NULL, 0, now_ns);
		if (port->connected)
			collect_connected(port->collect, d, now_ns);
		else
			collect_broken(port->collect, d, now_ns, "connection refused");
		break;
	case COLLECT_SEND:
		if (!port->connected)
			break;
		note(b, d, BUS_REQUEST, a->bytes, a->len, now_ns);
		n = b->replay ? bus_reader_answer(b->replay, d, a->bytes, a->len, answer)
			      : sim_answer(b->sim, d, a->bytes, a->len, answer);
		if (n <= 0)
			break;
		note(b, d, BUS_ANSWER, answer, (size_t)n, now_ns);
		if (wire_passes(&b->wires[d])) {
			collect_bytes(port->collect, d, answer, (size_t)n, now_ns);
			break;
		}
		wire_answer(&b->wires[d], answer, (size_t)n, now_ns);
		port->waiting = true;
		break;
	case COLLECT_CLOSE:
		port->connected = false;
		wire_reset(&b->wires[d]);
		break;
	}
}

/* What has come from device d. */
static void
deliver(struct bus *b, uint32_t d, int64_t now_ns)
{
	struct bus_port *port = &b->ports[d];
	struct wire *w = &b->wires[d];
	UNCLEARED uint8_t bytes[WIRE_FRAME_MAX];
	size_t len;

	while ((port->line >= 0 || port->connected) && (len = wire_take(w, now_ns, bytes)) > 0)
		if (port->line >= 0)
			collect_line_bytes(port->collect, (uint32_t)port->line, bytes, len, now_ns);
		else
			collect_bytes(port->collect, d, bytes, len, now_ns);
	port->waiting = w->n > 0;
}

/* What time has brought since the last turn. */
static void
look_around(struct bus *b, const struct bus_part *p, int64_t now_ns)
{
	for (uint32_t d = p->from; d < p->to; d++) {
		if (b->ports[d].connected && drops(b, d, now_ns)) {
			note(b, d, BUS_BROKEN, NULL, 0, now_ns);
			break_connection(b, d, now_ns, "closed by the device");
		}
		if (b->ports[d].waiting)
			deliver(b, d, now_ns);
	}
}

static void
turn_part(void *context, uint32_t k)
{
	struct bus *b = context;
	const struct bus_part *p = &b->parts[k];
	struct collect_action action;
	uint64_t left = (uint64_t)ACTIONS_MAX * (b->n + 1);

	if (b->fresh)
		look_around(b, p, b->turned_ns);
	/* each is answered before the next: so a device says all it has to say while its memory is at hand */
	for (; left > 0 && collect_due(p->collect, b->turned_ns, &action, 1) > 0; left--) {
		if (action.line != COLLECT_NO_LINE)
			act_on_line(b, &action, b->turned_ns);
		else
			act(b, &action, b->turned_ns);
		if (b->ports[action.device].waiting)
			deliver(b, action.device, b->turned_ns);
	}
	assert(left > 0);
}

void
bus_turn(struct bus *b, int64_t now_ns)
{
	bool in_turn = b->record != NULL || b->replay != NULL; /* there is one file of it */

	b->fresh = now_ns != b->turned_ns;
	b->turned_ns = now_ns;
	sweep_each(in_turn ? NULL : b->sweep, b->n_parts, turn_part, b);
}
