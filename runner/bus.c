/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/bus.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* An answer in the same instant leads to the next request, so a turn is many rounds; but not this many. */
#define ROUNDS_MAX 10000

int
bus_init(struct bus *b, const struct plant *plant, struct sim *sim, struct collect *collect)
{
	*b = (struct bus){.sim = sim, .collect = collect, .n = plant->n_devices};
	b->wires = calloc(b->n + 1u, sizeof *b->wires);
	b->connected = calloc(b->n + 1u, sizeof *b->connected);
	if (b->wires == NULL || b->connected == NULL) {
		bus_fini(b);
		return -ENOMEM;
	}
	for (uint32_t d = 0; d < b->n; d++)
		wire_init(&b->wires[d], plant->seed, plant->devices[d].name);
	return 0;
}

void
bus_fini(struct bus *b)
{
	free(b->wires);
	free(b->connected);
	b->wires = NULL;
	b->connected = NULL;
	b->n = 0;
}

bool
bus_is_busy(const struct bus *b)
{
	for (uint32_t d = 0; d < b->n; d++)
		if (b->wires[d].n > 0 || wire_is_disturbed(&b->wires[d]))
			return true;
	return false;
}

static void
break_connection(struct bus *b, uint32_t d, int64_t now_ns, const char *why)
{
	b->connected[d] = false;
	wire_reset(&b->wires[d]);
	collect_broken(b->collect, d, now_ns, why);
}

static void
act(struct bus *b, const struct collect_action *a, int64_t now_ns)
{
	uint8_t answer[WIRE_FRAME_MAX];
	uint32_t d = a->device;
	int n;

	switch (a->verb) {
	case COLLECT_CONNECT:
		wire_reset(&b->wires[d]);
		b->connected[d] = !sim_offline(b->sim, d);
		if (b->connected[d])
			collect_connected(b->collect, d, now_ns);
		else
			collect_broken(b->collect, d, now_ns, "connection refused");
		break;
	case COLLECT_SEND:
		if (!b->connected[d])
			break;
		n = sim_answer(b->sim, d, a->bytes, a->len, answer);
		if (n > 0)
			wire_answer(&b->wires[d], answer, (size_t)n, now_ns);
		break;
	case COLLECT_CLOSE:
		b->connected[d] = false;
		wire_reset(&b->wires[d]);
		break;
	}
}

static bool
deliver(struct bus *b, int64_t now_ns)
{
	uint8_t bytes[WIRE_FRAME_MAX];
	bool any = false;

	for (uint32_t d = 0; d < b->n; d++) {
		size_t len;

		if (b->connected[d] && sim_offline(b->sim, d))
			break_connection(b, d, now_ns, "closed by the device");
		while (b->connected[d] && (len = wire_take(&b->wires[d], now_ns, bytes)) > 0) {
			collect_bytes(b->collect, d, bytes, len, now_ns);
			any = true;
		}
	}
	return any;
}

void
bus_turn(struct bus *b, int64_t now_ns)
{
	size_t n = 1;
	int rounds = 0;

	while (deliver(b, now_ns) || n > 0) {
		n = collect_due(b->collect, now_ns, b->actions, BUS_ACTIONS);
		for (size_t i = 0; i < n; i++)
			act(b, &b->actions[i], now_ns);
		assert(rounds < ROUNDS_MAX);
		if (++rounds == ROUNDS_MAX)
			return;
	}
}
