/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/gate.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { MBAP = 7, FC_AT = 7, PDU_AT = 8, EXCEPTION_LENGTH = 3 };

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
	memset(out, 0, sizeof *out);
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

/* Bytes of the answer's PDU after the function code: for a read, byte count and data; for a write,
 * its own address and value (5, 6) or address and count (15, 16) again. */
static enum gate_verdict
check_body(const struct gate_request *q, const uint8_t *bytes, size_t len, size_t whole,
	   struct gate_answer *out)
{
	const struct function *f = &FUNCTIONS[q->fc];
	if (f->write) {
		size_t n = len < whole ? len : whole;
		if (n > PDU_AT && memcmp(bytes + PDU_AT, q->bytes + PDU_AT, n - PDU_AT) != 0)
			return reject(out, GATE_ECHO);
	} else if (len > PDU_AT && bytes[PDU_AT] != data_bytes(f, q->count)) {
		return reject(out, GATE_BYTE_COUNT);
	}
	if (len < whole)
		return GATE_INCOMPLETE;
	if (len > whole)
		return reject(out, GATE_TRAILING);
	if (f->write)
		return GATE_GOOD;
	out->data = bytes + PDU_AT + 1;
	out->data_len = len - PDU_AT - 1;
	return GATE_GOOD;
}

enum gate_verdict
gate_check(const struct gate_request *q, const uint8_t *bytes, size_t len, struct gate_answer *out)
{
	const struct function *f = &FUNCTIONS[q->fc];
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < len && i < 4; i++) /* both ids, as far as they came */
		if (bytes[i] != q->bytes[i])
			return reject(out, i < 2 ? GATE_TRANSACTION : GATE_PROTOCOL);
	/* what may follow is known before it comes: the answer, or an exception */
	size_t good = f->write ? 6 : 3 + data_bytes(f, q->count);
	if (len > 4 && bytes[4] != 0)
		return reject(out, GATE_LENGTH);
	if (len > 5 && bytes[5] != good && bytes[5] != EXCEPTION_LENGTH)
		return reject(out, GATE_LENGTH);
	if (len > 6 && bytes[6] != q->unit)
		return reject(out, GATE_UNIT);
	if (len <= FC_AT)
		return GATE_INCOMPLETE;
	if (bytes[FC_AT] == (q->fc | 0x80u)) {
		if (get16(bytes + 4) != EXCEPTION_LENGTH)
			return reject(out, GATE_LENGTH);
		if (len <= PDU_AT)
			return GATE_INCOMPLETE;
		if (len > PDU_AT + 1)
			return reject(out, GATE_TRAILING);
		out->exception = bytes[PDU_AT];
		return GATE_EXCEPTION;
	}
	if (bytes[FC_AT] != q->fc)
		return reject(out, GATE_FUNCTION);
	if (get16(bytes + 4) != good)
		return reject(out, GATE_LENGTH);
	return check_body(q, bytes, len, 6 + good, out);
}
