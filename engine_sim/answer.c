/* SPDX-License-Identifier: Apache-2.0 */
/* One request, one answer: gate, fresh values, words or libmodbus, and what a write does. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "config/identity.h"
#include "core/keyed.h"
#include "core/rtu.h"
#include "engine_sim/registers.h"
#include "engine_sim/state.h"
#include "engine_sim/values.h"

#define LINE_UNIT 1     /* on libmodbus' own line, where all devices are one */
#define RTU_CRC 2       /* bytes of a check sum */
#define RTU_BROADCAST 0 /* Modbus over Serial Line 1.02, 2.2 */

/* The identity block beside the profile's own registers. */
static const struct gate_map identity_map = {
	.table[GATE_HOLDING] = {.first = IDENTITY_REG,
				.n = IDENTITY_COUNT,
				.cell = (uint8_t[IDENTITY_COUNT]){GATE_MAPPED, GATE_MAPPED,
								  GATE_MAPPED, GATE_MAPPED,
								  GATE_MAPPED, GATE_MAPPED}}};

/* Runs over the points of a request's range, each once. */
struct walk {
	const struct register_map *map;
	const struct gate_request *r;
	uint32_t at, id;
};

static uint32_t
first_of(const struct register_map *m, const struct gate_request *r)
{
	return (uint32_t)(r->address - m->gate.table[r->table].first);
}

static inline const struct point *
next_point(struct walk *w)
{
	const uint32_t *ids = w->map->table[w->r->table].point_at + first_of(w->map, w->r);

	for (; w->at < w->r->quantity; w->at++)
		if (ids[w->at] != NO_POINT && ids[w->at] != w->id) {
			w->id = ids[w->at];
			return &w->map->points[w->id];
		}
	return NULL;
}

static struct walk
walk_over(const struct sim_device *d, const struct gate_request *r)
{
	return (struct walk){.map = d->map, .r = r, .id = NO_POINT};
}

/* Values of n registers from `at` on, which one reading or several in a row fill: into out[n]. */
static void
make(const struct map_reading *of, uint32_t at, uint32_t n, struct asked *a, double *out)
{
	a->i = of->i + (at - of->at);
	if (of->values)
		of->values(a, n, out);
	else
		*out = of->value ? of->value(a) : (double)NAN;
}

/* Only what is asked for is made; registers that can be written hold what was written. Plain registers side by side are
 * made as numbers first, and coded at once; the noise of all comes before. */
static void
refresh(struct sim *sim, struct sim_device *d, const struct gate_request *r)
{
	const uint32_t first = first_of(d->map, r), end = first + r->quantity;
	const struct map_reading *of =
		d->map->table[r->table].reading + d->map->table[r->table].first_reading[first];
	const struct map_reading *last =
		d->map->table[r->table].reading + d->map->table[r->table].first_reading[end];
	UNCLEARED double values[GATE_WORDS_MAX], noise[GATE_WORDS_MAX + KEYED_SPARE];
	const uint32_t noises = of->noise;
	struct asked a = values_asked(sim, d);
	uint32_t from = first, to = first; /* values that are made and not yet coded */

	if (last->n > 0 && last->at < end) /* of several, some are behind the end */
		last++;
	keyed_normals_of(noise, last->noise - noises, values_sensors(sim, d)->seed,
			 d->map->table[r->table].noise_key + noises, a.tick);
	for (; of < last; of++) {
		uint32_t at = of->at > first ? of->at : first;
		uint32_t n = (of->at + of->n < end ? of->at + of->n : end) - at;

		if (!of->plain) { /* all of its words, whichever are asked for */
			const struct point *pt = &d->map->points[of->point];

			sim_registers_store(d, pt, sim_value(sim, d, pt));
			continue;
		}
		if (at > to) {
			sim_registers_fill(d, r->table, from, values + (from - first), to - from);
			from = at;
		}
		to = at + n;
		a.noise = noise + (of->noise - noises);
		make(of, at, n, &a, values + (at - first));
	}
	sim_registers_fill(d, r->table, from, values + (from - first), to - from);
}

/* The value that a write request brings for a point that lies wholly inside it. */
static double
brought(const struct gate_request *r, const struct point *pt)
{
	uint16_t words[REGISTER_WORDS_MAX] = {0};
	uint32_t at = (uint32_t)(pt->reg - r->address);

	for (uint32_t k = 0; k < pt->count && k < REGISTER_WORDS_MAX; k++) {
		uint32_t n = at + k;

		if (r->function == 5)
			words[k] = r->data[0] != 0;
		else if (r->function == 15)
			words[k] = r->data[n / 8] >> (n % 8) & 1;
		else
			words[k] = (uint16_t)(r->data[2 * n] << 8 | r->data[2 * n + 1]);
	}
	return registers_decode(pt, words);
}

static bool
values_legal(const struct sim_device *d, const struct gate_request *r)
{
	struct walk w = walk_over(d, r);

	for (const struct point *pt = next_point(&w); pt; pt = next_point(&w)) {
		double value = brought(r, pt), slack = 1e-9 * fabs(pt->scale);

		if (!(value >= pt->lo - slack && value <= pt->hi + slack))
			return false;
	}
	return true;
}

/* Sequence numbers last: they say that what they came with is there. */
static void
apply(struct sim *sim, struct sim_device *d, const struct gate_request *r)
{
	const struct point *seqs[2]; /* more of them there are not */
	uint32_t n = 0;
	struct walk w = walk_over(d, r);

	for (const struct point *pt = next_point(&w); pt; pt = next_point(&w)) {
		bool seq = pt->role == ROLE_ENGINE_SEQ_CMD || pt->role == ROLE_COOLING_SEQ_CMD;

		if (!seq)
			sim_demand(sim, d, pt, brought(r, pt));
		else if (n < sizeof(seqs) / sizeof(seqs[0]))
			seqs[n++] = pt;
	}
	for (uint32_t k = 0; k < n; k++)
		sim_demand(sim, d, seqs[k], brought(r, seqs[k]));
}

/* libmodbus writes its answer as it would to a serial line, which is a pipe of our own; the header
 * that it has on TCP is ours. */
static int
by_library(const struct voice *v, const uint8_t *request, size_t len, modbus_mapping_t *registers,
	   uint8_t *out)
{
	uint8_t whole[GATE_ADU_MAX] = {0}; /* libmodbus may read past a short request's end */
	uint8_t frame[GATE_ADU_MAX];
	size_t unit_at = GATE_MBAP - 1, pdu = len - GATE_MBAP;
	ssize_t n;

	memcpy(whole, request + unit_at, 1 + pdu);
	whole[0] = LINE_UNIT;
	if (modbus_reply(v->modbus, whole, (int)(1 + pdu) + RTU_CRC, registers) < 0)
		return 0;
	n = read(v->wire[0], frame, sizeof(frame)) - RTU_CRC;
	if (n < 2)
		return 0;
	memcpy(out + GATE_MBAP, frame + 1, (size_t)n - 1);
	return sim_gate_head(request, (size_t)n - 1, out);
}

/* To a request that is whole and legal. */
static int
reply(const struct voice *v, const uint8_t *request, size_t len, const struct gate_request *r,
      modbus_mapping_t *registers, uint8_t *out)
{
	if (!r->write && r->table == GATE_HOLDING)
		return sim_gate_words(
			request, registers->tab_registers + r->address - registers->start_registers,
			r->quantity, out);
	if (!r->write && r->table == GATE_INPUT)
		return sim_gate_words(request,
				      registers->tab_input_registers + r->address -
					      registers->start_input_registers,
				      r->quantity, out);
	return by_library(v, request, len, registers, out);
}

static bool
speaks(const struct sim *sim, uint32_t device)
{
	return sim->devices[device].config->simulated && !sim_offline(sim, device);
}

/* As a device says it that has done what was asked: the request's beginning again. */
static int
acknowledge(const uint8_t *request, uint8_t *out)
{
	const size_t pdu = 5; /* function, and a single value or address and quantity */

	memcpy(out + GATE_MBAP, request + GATE_MBAP, pdu);
	return sim_gate_head(request, pdu, out);
}

/* A whole frame with a unit's MBAP header, whichever way it came. */
static int
answer(struct sim *sim, struct sim_device *d, const uint8_t *request, size_t len, uint8_t *out)
{
	struct gate_request r = {0};
	enum gate_exception code;
	int n;

	sim_registers_identity(d);
	code = sim_gate_check(&d->map->gate, request, len, &r);
	if (code == GATE_ADDRESS && r.table == GATE_HOLDING && !r.write &&
	    sim_gate_covers(&identity_map, r.table, r.address, r.quantity, false))
		return reply(d->voice, request, len, &r, d->identity, out);
	if (code == GATE_OK && r.write && !values_legal(d, &r))
		code = GATE_VALUE;
	if (code != GATE_OK)
		return sim_gate_refuse(request, code, out);
	if (r.write && d->write_lost > 0.5)
		return acknowledge(request, out);
	if (!r.write && !d->stands)
		refresh(sim, d, &r);
	if (!r.write)
		odd_points_store(sim, d, r.table, r.address, (uint32_t)r.address + r.quantity);
	n = reply(d->voice, request, len, &r, d->registers, out);
	if (r.write && n > 0 && d->not_applied < 0.5)
		apply(sim, d, &r);
	return n;
}

int
sim_answer(struct sim *sim, uint32_t device, const uint8_t *request, size_t len, uint8_t *out)
{
	struct sim_device *d = &sim->devices[device];

	if (!speaks(sim, device) || len < GATE_MBAP + 1 ||
	    sim_gate_frame_length(request, len) != (int)len || request[6] != d->config->unit)
		return 0;
	return answer(sim, d, request, len, out);
}

int
sim_line_answer(struct sim *sim, uint32_t line, const uint8_t *frame, size_t len, uint8_t *out)
{
	uint8_t request[GATE_ADU_MAX] = {0}, reply_to[GATE_ADU_MAX];
	size_t pdu = len - 3; /* between unit and check sum */
	bool all = len > 0 && frame[0] == RTU_BROADCAST;
	int sent = 0;

	if (len < RTU_FRAME_MIN || len > RTU_FRAME_MAX || !rtu_sealed(frame, len))
		return 0;
	request[5] = (uint8_t)(pdu + 1);
	memcpy(request + GATE_MBAP - 1, frame, pdu + 1);
	/* what is asked of all can't be answered: only writes make sense */
	if (all && frame[1] < 5)
		return 0;
	for (uint32_t i = 0; i < sim->plant->n_devices; i++) {
		struct sim_device *d = &sim->devices[i];
		int n;

		if (d->config->line != (int32_t)line || !speaks(sim, i) ||
		    (!all && d->config->unit != frame[0]))
			continue;
		n = answer(sim, d, request, GATE_MBAP + pdu, reply_to);
		if (all || n <= GATE_MBAP)
			continue;
		memcpy(out, reply_to + GATE_MBAP - 1, (size_t)n - GATE_MBAP + 1);
		sent = (int)rtu_seal(out, (size_t)n - GATE_MBAP + 1);
	}
	return sent;
}

int
sim_frame_length(const uint8_t *bytes, size_t len)
{
	return sim_gate_frame_length(bytes, len);
}

bool
sim_offline(const struct sim *sim, uint32_t device)
{
	return sim->devices[device].offline > 0.5;
}
