/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modbus at its narrowest point: a request is built here, and nothing that a device sends gets
 * past here unless it is, byte for byte, one whole answer to the request in flight. Pure.
 *
 * An answer is refused at the first byte that can't be right, so a wrong frame costs no waiting; one
 * that may still become right is "incomplete", and the caller's deadline for the whole frame ends
 * that. After a refusal the stream's framing is lost: close the connection, or wait until the line is
 * silent.
 */
#ifndef ISOTHERM_COLLECTORS_GATE_H
#define ISOTHERM_COLLECTORS_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/rtu.h"

#define GATE_FRAME_MAX 260u           /* MBAP (7) + PDU (253): Modbus TCP guide, 4.1 */
#define GATE_READ_REGISTERS_MAX 125u  /* application protocol 6.3, 6.4 */
#define GATE_READ_BITS_MAX 2000u      /* 6.1, 6.2 */
#define GATE_WRITE_REGISTERS_MAX 123u /* 6.12 */
#define GATE_WRITE_BITS_MAX 1968u     /* 6.11 */

enum gate_verdict { GATE_INCOMPLETE, GATE_GOOD, GATE_EXCEPTION, GATE_REJECT };
enum gate_reason {
	GATE_FITS,
	GATE_TRANSACTION,
	GATE_PROTOCOL,
	GATE_LENGTH,
	GATE_UNIT,
	GATE_FUNCTION,
	GATE_BYTE_COUNT,
	GATE_ECHO,
	GATE_TRAILING,
	GATE_CHECKSUM, /* serial lines */
	GATE_REASONS
};
const char *gate_reason_text(enum gate_reason reason); /* "wrong transaction id", … */

struct gate_request {
	uint16_t transaction;
	uint8_t unit, fc;
	uint16_t reg, count; /* registers, or coils for functions 1, 2, 5, 15 */
	uint8_t bytes[GATE_FRAME_MAX];
	size_t len;
};

struct gate_answer {
	enum gate_reason reason; /* of a GATE_REJECT */
	uint8_t exception;       /* of a GATE_EXCEPTION: any code, also those no standard names */
	const uint8_t *data;     /* of a GATE_GOOD read: register or coil bytes, inside the frame */
	size_t data_len;
};

/* Functions 1..4. 0, or -EINVAL if no legal request can ask for that. */
int gate_read(struct gate_request *out, uint16_t transaction, uint8_t unit, uint8_t fc,
	      uint16_t reg, uint16_t count);
/* Functions 5, 6, 15, 16; `values` holds `count` registers, or coils as 0 and not 0. */
int gate_write(struct gate_request *out, uint16_t transaction, uint8_t unit, uint8_t fc,
	       uint16_t reg, uint16_t count, const uint16_t *values);

/* All bytes that came on the connection since the request was sent. */
enum gate_verdict gate_check(const struct gate_request *request, const uint8_t *bytes, size_t len,
			     struct gate_answer *out);

/* The same request and answers on a serial line: unit, PDU and check sum. Nothing in an answer says
 * which registers it holds, so it must also be the only thing that comes before the line is silent. */
size_t gate_rtu_frame(const struct gate_request *request, uint8_t out[RTU_FRAME_MAX]);
size_t gate_rtu_answer_length(const struct gate_request *request); /* of one that is no exception */
enum gate_verdict gate_check_rtu(const struct gate_request *request, const uint8_t *bytes,
				 size_t len, struct gate_answer *out);

#endif
