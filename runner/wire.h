/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory wire of a scenario: what a device answers on its way to the collectors, byte for byte, in plant
 * time. It can delay, drop, corrupt, split and repeat an answer; which one it hits is keyed by (seed, wire,
 * number of the answer), so that the same file and seed hit the same answers.
 */
#ifndef ISOTHERM_RUNNER_WIRE_H
#define ISOTHERM_RUNNER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_FRAME_MAX 260
#define WIRE_QUEUE 16
#define WIRE_CORRUPT_BYTES                                                                         \
	9 /* MBAP header, function code, byte count: where a changed bit must never pass */

struct wire_fault { /* probabilities 0..1 of an answer; zeroed: a perfect wire */
	double delay_s, delay_p;
	double drop_p;    /* never comes */
	double corrupt_p; /* one bit of the first WIRE_CORRUPT_BYTES flipped */
	double split_p;   /* comes in two pieces */
	double repeat_p;  /* comes twice */
};

struct wire_piece {
	int64_t due_ns;
	size_t len;
	uint8_t bytes[WIRE_FRAME_MAX];
};

struct wire {
	struct wire_fault fault;
	uint64_t answers;  /* so far, dropped ones too */
	uint32_t first, n; /* in the queue */
	uint64_t seed, signal;
	struct wire_piece *queue; /* [WIRE_QUEUE]: first .. first + n - 1, round */
};

/* `queue` holds WIRE_QUEUE pieces and is borrowed; apart from the wire, since mostly nothing is in it. */
void wire_init(struct wire *w, uint64_t seed, const char *name, struct wire_piece *queue);
/* The connection is gone, and with it what was under way. */
void wire_reset(struct wire *w);
/* The device answers. Does that arrive at once and as it is? Then it need not be put on the wire by wire_answer, and is
 * counted already. */
bool wire_passes(struct wire *w);
/* The device answers at now_ns. */
void wire_answer(struct wire *w, const uint8_t *bytes, size_t len, int64_t now_ns);
/* The next piece that has arrived: its length, 0 if there is none. */
size_t wire_take(struct wire *w, int64_t now_ns, uint8_t out[WIRE_FRAME_MAX]);

bool wire_is_disturbed(const struct wire *w);

/* The greater of each: faults that overlap in time. */
void wire_fault_add(struct wire_fault *to, const struct wire_fault *other);

#endif
