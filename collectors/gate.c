/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/gate.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { UNIT_AT = 6, FC_AT = 7, PDU_AT = 8, EXCEPTION_PDU = 2, RTU_CRC = 2 };

/* One row a function code that we send. */
struct function {
	uint16_t count_max;
	bool write, bits, many;
};
static const struct function FUNCTIONS[] = {
	[1] = {GATE_READ_BITS_MAX, .bits = true},
	[2] = {GATE_READ_BITS_MAX, .bits = true},
	[3] = {GATE_READ_REGISTERS_MAX},
	[4] = {GATE_READ_REGISTERS_MAX},
	[5] = {1, .write = true, .bits = true},
	[6] = {1, .write = true},
	[15] = {GATE_WRITE_BITS_MAX, .write = true, .bits = true, .many = true},
	[16] = {GATE_WRITE_REGISTERS_MAX, .write = true, .many = true},
};

const char *
gate_reason_text(enum gate_reason reason)
{
	static const char *const text[GATE_REASONS] = {
		[GATE_FITS] = "fits",
		[GATE_TRANSACTION] = "wrong transaction id",
		[GATE_PROTOCOL] = "wrong protocol id",
		[GATE_LENGTH] = "wrong length",
		[GATE_UNIT] = "wrong unit id",
		[GATE_FUNCTION] = "wrong function code",
		[GATE_BYTE_COUNT] = "wrong byte count",
		[GATE_ECHO] = "write confirmed with other words",
		[GATE_TRAILING] = "bytes beyond the answer",
		[GATE_CHECKSUM] = "wrong check sum",
	};
	return reason < GATE_REASONS ? text[reason] : "?";
}

static void
put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned
get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static const struct function *
function_of(uint8_t fc)
{
	if (fc >= sizeof FUNCTIONS / sizeof *FUNCTIONS || FUNCTIONS[fc].count_max == 0)
		return NULL;
	return &FUNCTIONS[fc];
}

static size_t
data_bytes(const struct function *f, size_t count)
{
	return f->bits ? (count + 7) / 8 : count * 2;
}

/* Header and address; the PDU's rest, `body` bytes from its register on, is the caller's. */
static void
begin(struct gate_request *out, uint16_t transaction, uint8_t unit, uint8_t fc, uint16_t reg,
      uint16_t count, size_t body)
{
	memset(out->bytes, 0, PDU_AT + body);
	out->transaction = transaction;
	out->unit = unit;
	out->fc = fc;
	out->reg = reg;
	out->count = count;
	out->len = PDU_AT + body;
	put16(out->bytes, transaction);
	put16(out->bytes + 4, (unsigned)(out->len - 6));
	out->bytes[6] = unit;
	out->bytes[FC_AT] = fc;
	put16(out->bytes + PDU_AT, reg);
}

static const struct function *
legal(uint8_t fc, uint16_t reg, uint16_t count, bool write)
{
	const struct function *f = function_of(fc);
	if (f == NULL || f->write != write || count == 0 || count > f->count_max ||
	    (uint32_t)reg + count > 0x10000)
		return NULL;
	return f;
}

int
gate_read(struct gate_request *out, uint16_t transaction, uint8_t unit, uint8_t fc, uint16_t reg,
	  uint16_t count)
{
	if (legal(fc, reg, count, false) == NULL)
		return -EINVAL;
	begin(out, transaction, unit, fc, reg, count, 4);
	put16(out->bytes + PDU_AT + 2, count);
	return 0;
}

int
gate_write(struct gate_request *out, uint16_t transaction, uint8_t unit, uint8_t fc, uint16_t reg,
	   uint16_t count, const uint16_t *values)
{
	const struct function *f = legal(fc, reg, count, true);
	if (f == NULL)
		return -EINVAL;
	if (!f->many) {
		begin(out, transaction, unit, fc, reg, count, 4);
		put16(out->bytes + PDU_AT + 2, f->bits && values[0] != 0 ? 0xFF00 : values[0]);
		return 0;
	}
	size_t n = data_bytes(f, count);
	begin(out, transaction, unit, fc, reg, count, 5 + n);
	put16(out->bytes + PDU_AT + 2, count);
	out->bytes[PDU_AT + 4] = (uint8_t)n;
	uint8_t *data = out->bytes + PDU_AT + 5;
	for (unsigned i = 0; i < count; i++)
		if (!f->bits)
			put16(data + 2 * (size_t)i, values[i]);
		else if (values[i] != 0)
			data[i / 8] = (uint8_t)(data[i / 8] | 1u << i % 8);
	return 0;
}

static enum gate_verdict
reject(struct gate_answer *out, enum gate_reason reason)
{
	out->reason = reason;
	return GATE_REJECT;
}

/* What an answer's PDU holds when it is one: function code, byte count and data for a read; for a
 * write, its own address and value (5, 6) or address and count (15, 16) again. */
static size_t
good_length(const struct gate_request *q)
{
	const struct function *f = &FUNCTIONS[q->fc];
	return f->write ? 5 : 2 + data_bytes(f, q->count);
}

/* A PDU that begins with the right function code, as far as it came; whole bytes are right, and
 * `tail` more may follow that are not its own. */
static enum gate_verdict
check_pdu(const struct gate_request *q, const uint8_t *pdu, size_t len, size_t tail,
	  struct gate_answer *out)
{
	const struct function *f = &FUNCTIONS[q->fc];
	bool exception = (pdu[0] & 0x80) != 0;
	size_t whole = exception ? EXCEPTION_PDU : good_length(q), n = len < whole ? len : whole;
	if (!exception && f->write && memcmp(pdu, q->bytes + FC_AT, n) != 0)
		return reject(out, GATE_ECHO);
	if (!exception && !f->write && len > 1 && pdu[1] != data_bytes(f, q->count))
		return reject(out, GATE_BYTE_COUNT);
	if (len < whole + tail)
		return GATE_INCOMPLETE;
	if (len > whole + tail)
		return reject(out, GATE_TRAILING);
	if (exception) {
		out->exception = pdu[1];
		return GATE_EXCEPTION;
	}
	if (f->write)
		return GATE_GOOD;
	out->data = pdu + 2;
	out->data_len = whole - 2;
	return GATE_GOOD;
}

static bool
fits(const struct gate_request *q, uint8_t fc)
{
	return fc == q->fc || fc == (q->fc | 0x80u);
}

enum gate_verdict
gate_check(const struct gate_request *q, const uint8_t *bytes, size_t len, struct gate_answer *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < len && i < 4; i++) /* both ids, as far as they came */
		if (bytes[i] != q->bytes[i])
			return reject(out, i < 2 ? GATE_TRANSACTION : GATE_PROTOCOL);
	/* what may follow is known before it comes: the answer, or an exception; and the unit */
	size_t good = good_length(q) + 1, exception = EXCEPTION_PDU + 1;
	if (len > 4 && bytes[4] != 0)
		return reject(out, GATE_LENGTH);
	if (len > 5 && bytes[5] != good && bytes[5] != exception)
		return reject(out, GATE_LENGTH);
	if (len > 6 && bytes[6] != q->unit)
		return reject(out, GATE_UNIT);
	if (len <= FC_AT)
		return GATE_INCOMPLETE;
	if (!fits(q, bytes[FC_AT]))
		return reject(out, GATE_FUNCTION);
	if (get16(bytes + 4) != (bytes[FC_AT] == q->fc ? good : exception))
		return reject(out, GATE_LENGTH);
	return check_pdu(q, bytes + FC_AT, len - FC_AT, 0, out);
}

/* --- serial lines: unit, PDU, check sum --- */

size_t
gate_rtu_frame(const struct gate_request *q, uint8_t out[RTU_FRAME_MAX])
{
	memcpy(out, q->bytes + UNIT_AT, q->len - UNIT_AT);
	return rtu_seal(out, q->len - UNIT_AT);
}

size_t
gate_rtu_answer_length(const struct gate_request *q)
{
	return 1 + good_length(q) + RTU_CRC;
}

enum gate_verdict
gate_check_rtu(const struct gate_request *q, const uint8_t *bytes, size_t len,
	       struct gate_answer *out)
{
	memset(out, 0, sizeof *out);
	if (len > 0 && bytes[0] != q->unit)
		return reject(out, GATE_UNIT);
	if (len < 2)
		return GATE_INCOMPLETE;
	if (!fits(q, bytes[1]))
		return reject(out, GATE_FUNCTION);
	enum gate_verdict v = check_pdu(q, bytes + 1, len - 1, RTU_CRC, out);
	if ((v == GATE_GOOD || v == GATE_EXCEPTION) && !rtu_sealed(bytes, len)) {
		memset(out, 0, sizeof *out);
		return reject(out, GATE_CHECKSUM);
	}
	return v;
}
