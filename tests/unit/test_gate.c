/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collectors/gate.h"

struct reply {
	uint8_t bytes[2 * GATE_FRAME_MAX];
	size_t len;
};

static uint16_t
be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* What a flawless device answers; data bytes are 1, 2, 3 … */
static struct reply
flawless(const struct gate_request *q)
{
	struct reply r = {0};
	size_t pdu = 5;
	memcpy(r.bytes, q->bytes, 8);
	if (q->fc <= 4) {
		size_t n = q->fc <= 2 ? (q->count + 7u) / 8u : q->count * 2u;
		r.bytes[8] = (uint8_t)n;
		for (size_t i = 0; i < n; i++)
			r.bytes[9 + i] = (uint8_t)(i + 1);
		pdu = 2 + n;
	} else {
		memcpy(r.bytes + 8, q->bytes + 8, 4);
	}
	r.bytes[4] = 0;
	r.bytes[5] = (uint8_t)(1 + pdu);
	r.len = 7 + pdu;
	return r;
}

/* Copied to a buffer of its exact size, so that a sanitizer sees a byte read too far. */
static enum gate_verdict
check(const struct gate_request *q, const uint8_t *bytes, size_t len, struct gate_answer *out)
{
	uint8_t *exact = malloc(len != 0 ? len : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, len);
	enum gate_verdict v = gate_check(q, exact, len, out);
	if (v == GATE_GOOD && out->data != NULL) {
		assert_memory_equal(out->data, bytes + 9, out->data_len);
		assert_int_equal(out->data_len, len - 9);
	}
	free(exact);
	return v;
}

#define REQUESTS 10
static void
requests(struct gate_request q[REQUESTS])
{
	static const uint16_t values[123] = {1, 0, 3, 0x1234};
	assert_int_equal(0, gate_read(&q[0], 0xABCD, 1, 3, 0, 1));
	assert_int_equal(0, gate_read(&q[1], 0x0102, 7, 4, 0xFF00, 6));
	assert_int_equal(0, gate_read(&q[2], 0, 0, 4, 5, 125));
	assert_int_equal(0, gate_read(&q[3], 0xFFFF, 255, 1, 9, 1));
	assert_int_equal(0, gate_read(&q[4], 3, 1, 2, 9, 2000));
	assert_int_equal(0, gate_write(&q[5], 4, 1, 5, 9, 1, values));
	assert_int_equal(0, gate_write(&q[6], 5, 1, 6, 200, 1, values + 3));
	assert_int_equal(0, gate_write(&q[7], 6, 1, 15, 9, 11, values));
	assert_int_equal(0, gate_write(&q[8], 7, 1, 16, 100, 84, values));
	assert_int_equal(0, gate_write(&q[9], 8, 1, 16, 0, 123, values));
}

static void
requests_are_built_as_the_standard_writes_them(void **state)
{
	(void)state;
	struct gate_request q;
	static const uint8_t read[] = {0xAB, 0xCD, 0, 0, 0, 6, 9, 4, 0x01, 0x2C, 0, 84};
	assert_int_equal(0, gate_read(&q, 0xABCD, 9, 4, 300, 84));
	assert_int_equal(sizeof read, q.len);
	assert_memory_equal(read, q.bytes, q.len);
	static const uint8_t one[] = {0, 1, 0, 0, 0, 6, 1, 6, 0, 200, 0x12, 0x34};
	assert_int_equal(0, gate_write(&q, 1, 1, 6, 200, 1, (uint16_t[]){0x1234}));
	assert_int_equal(sizeof one, q.len);
	assert_memory_equal(one, q.bytes, q.len);
	static const uint8_t many[] = {0, 2, 0, 0, 0, 11, 1, 16, 0, 7, 0, 2, 4, 0x12, 0x34, 0, 5};
	assert_int_equal(0, gate_write(&q, 2, 1, 16, 7, 2, (uint16_t[]){0x1234, 5}));
	assert_int_equal(sizeof many, q.len);
	assert_memory_equal(many, q.bytes, q.len);
	static const uint8_t coil[] = {0, 3, 0, 0, 0, 6, 1, 5, 0, 7, 0xFF, 0};
	assert_int_equal(0, gate_write(&q, 3, 1, 5, 7, 1, (uint16_t[]){1}));
	assert_memory_equal(coil, q.bytes, q.len);
	/* the standard's own example of function 15: CD 01 from coil 19 on */
	static const uint8_t coils[] = {0, 4, 0, 0, 0, 9, 1, 15, 0, 19, 0, 10, 2, 0xCD, 1};
	static const uint16_t bits[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0};
	assert_int_equal(0, gate_write(&q, 4, 1, 15, 19, 10, bits));
	assert_int_equal(sizeof coils, q.len);
	assert_memory_equal(coils, q.bytes, q.len);
}

static void
what_no_legal_request_asks_is_not_built(void **state)
{
	(void)state;
	struct gate_request q;
	uint16_t values[200] = {0};
	assert_int_equal(-EINVAL, gate_read(&q, 1, 1, 4, 0, 0));
	assert_int_equal(-EINVAL, gate_read(&q, 1, 1, 4, 0, 126));
	assert_int_equal(-EINVAL, gate_read(&q, 1, 1, 1, 0, 2001));
	assert_int_equal(-EINVAL, gate_read(&q, 1, 1, 4, 0xFFFF, 2));
	assert_int_equal(0, gate_read(&q, 1, 1, 4, 0xFFFF, 1));
	assert_int_equal(-EINVAL, gate_write(&q, 1, 1, 16, 0, 124, values));
	assert_int_equal(-EINVAL, gate_write(&q, 1, 1, 6, 0, 2, values));
	for (unsigned fc = 0; fc < 256; fc++) {
		if (fc < 1 || fc > 4)
			assert_int_equal(-EINVAL, gate_read(&q, 1, 1, (uint8_t)fc, 0, 1));
		if (fc != 5 && fc != 6 && fc != 15 && fc != 16)
			assert_int_equal(-EINVAL, gate_write(&q, 1, 1, (uint8_t)fc, 0, 1, values));
	}
}

static void
every_beginning_of_a_good_answer_is_incomplete(void **state)
{
	(void)state;
	struct gate_request q[REQUESTS];
	struct gate_answer a;
	requests(q);
	for (int i = 0; i < REQUESTS; i++) {
		struct reply r = flawless(&q[i]);
		for (size_t n = 0; n < r.len; n++)
			assert_int_equal(GATE_INCOMPLETE, check(&q[i], r.bytes, n, &a));
		assert_int_equal(GATE_GOOD, check(&q[i], r.bytes, r.len, &a));
	}
}

static void
every_changed_bit_of_the_first_nine_bytes_is_refused(void **state)
{
	(void)state;
	struct gate_request q[REQUESTS];
	struct gate_answer a;
	requests(q);
	for (int i = 0; i < REQUESTS; i++)
		for (unsigned bit = 0; bit < 9 * 8; bit++) {
			struct reply r = flawless(&q[i]);
			r.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(GATE_REJECT, check(&q[i], r.bytes, r.len, &a));
			assert_int_not_equal(GATE_FITS, a.reason);
			/* … and never later than the first exception frame could have been told */
			for (size_t n = 0; n < r.len; n++)
				assert_int_not_equal(GATE_GOOD, check(&q[i], r.bytes, n, &a));
			assert_int_equal(GATE_REJECT, check(&q[i], r.bytes, 9, &a));
		}
}

static void
a_changed_data_byte_is_exactly_that_change(void **state)
{
	(void)state;
	struct gate_request q[REQUESTS];
	struct gate_answer a;
	requests(q);
	for (int i = 0; i < REQUESTS; i++) {
		if (q[i].fc > 4)
			continue;
		struct reply whole = flawless(&q[i]);
		for (size_t at = 9; at < whole.len; at++) {
			struct reply r = whole;
			r.bytes[at] ^= 0x5A;
			assert_int_equal(GATE_GOOD, gate_check(&q[i], r.bytes, r.len, &a));
			assert_int_equal(whole.len - 9, a.data_len);
			for (size_t k = 0; k < a.data_len; k++)
				assert_int_equal(whole.bytes[9 + k] ^ (9 + k == at ? 0x5A : 0),
						 a.data[k]);
		}
	}
}

static void
each_refusal_has_its_reason(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		enum gate_reason reason;
	} row[] = {{0, GATE_TRANSACTION}, {1, GATE_TRANSACTION}, {2, GATE_PROTOCOL},
		   {3, GATE_PROTOCOL},    {4, GATE_LENGTH},      {5, GATE_LENGTH},
		   {6, GATE_UNIT},        {7, GATE_FUNCTION},    {8, GATE_BYTE_COUNT}};
	struct gate_request q;
	struct gate_answer a;
	gate_read(&q, 77, 1, 4, 0, 10);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct reply r = flawless(&q);
		r.bytes[row[i].at] ^= 0x10;
		assert_int_equal(GATE_REJECT, check(&q, r.bytes, r.len, &a));
		assert_int_equal(row[i].reason, a.reason);
	}
	for (int r = 0; r < GATE_REASONS; r++)
		assert_true(strlen(gate_reason_text((enum gate_reason)r)) > 1);
}

static void
lengths_that_disagree_are_refused(void **state)
{
	(void)state;
	static const unsigned lengths[] = {0, 1, 2, 3, 4, 22, 24, 255, 256 + 23, 65535};
	struct gate_request q;
	struct gate_answer a;
	gate_read(&q, 77, 1, 4, 0, 10);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct reply r = flawless(&q);
		assert_int_equal(23, r.bytes[5]);
		r.bytes[4] = (uint8_t)(lengths[i] >> 8);
		r.bytes[5] = (uint8_t)lengths[i];
		assert_int_equal(GATE_REJECT, check(&q, r.bytes, r.len, &a));
		assert_int_equal(GATE_LENGTH, a.reason);
	}
	/* consistent in itself, but not what was asked: one register less, one more */
	for (int n = 9; n <= 11; n += 2) {
		struct gate_request other;
		gate_read(&other, 77, 1, 4, 0, (uint16_t)n);
		struct reply r = flawless(&other);
		assert_int_equal(GATE_REJECT, check(&q, r.bytes, r.len, &a));
	}
}

static void
whatever_follows_the_answer_is_refused(void **state)
{
	(void)state;
	struct gate_request q[REQUESTS], next;
	struct gate_answer a;
	requests(q);
	for (int i = 0; i < REQUESTS; i++) {
		struct reply one = flawless(&q[i]), two = one;
		two.bytes[two.len++] = 0;
		assert_int_equal(GATE_REJECT, check(&q[i], two.bytes, two.len, &a));
		/* the answer twice in one segment */
		memcpy(two.bytes + one.len, one.bytes, one.len);
		two.len = 2 * one.len;
		assert_int_equal(GATE_REJECT, check(&q[i], two.bytes, two.len, &a));
	}
	/* a late or repeated answer meets the next request */
	gate_read(&next, (uint16_t)(q[0].transaction + 1), q[0].unit, q[0].fc, q[0].reg,
		  q[0].count);
	struct reply late = flawless(&q[0]);
	assert_int_equal(GATE_REJECT, check(&next, late.bytes, late.len, &a));
	assert_int_equal(GATE_TRANSACTION, a.reason);
}

static void
exceptions_give_their_code_whatever_it_is(void **state)
{
	(void)state;
	struct gate_request q[REQUESTS];
	struct gate_answer a;
	requests(q);
	for (int i = 0; i < REQUESTS; i++)
		for (unsigned code = 0; code < 256; code++) {
			struct reply r = flawless(&q[i]);
			r.bytes[4] = 0;
			r.bytes[5] = 3;
			r.bytes[7] |= 0x80;
			r.bytes[8] = (uint8_t)code;
			for (size_t n = 0; n < 9; n++)
				assert_int_equal(GATE_INCOMPLETE, check(&q[i], r.bytes, n, &a));
			assert_int_equal(GATE_EXCEPTION, check(&q[i], r.bytes, 9, &a));
			assert_int_equal(code, a.exception);
			assert_int_equal(GATE_REJECT, check(&q[i], r.bytes, 10, &a));
			r.bytes[7] ^= 1; /* of another function */
			assert_int_equal(GATE_REJECT, check(&q[i], r.bytes, 9, &a));
		}
}

static void
a_write_confirmed_with_other_words_is_refused(void **state)
{
	(void)state;
	struct gate_request q[REQUESTS];
	struct gate_answer a;
	requests(q);
	for (int i = 0; i < REQUESTS; i++) {
		if (q[i].fc <= 4)
			continue;
		struct reply r = flawless(&q[i]);
		assert_int_equal(12, r.len);
		assert_int_equal(q[i].reg, be16(r.bytes + 8));
		for (unsigned bit = 8 * 8; bit < 12 * 8; bit++) {
			struct reply bad = r;
			bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(GATE_REJECT, check(&q[i], bad.bytes, bad.len, &a));
			assert_int_equal(GATE_ECHO, a.reason);
			/* at once, not after the rest */
			assert_int_equal(GATE_REJECT, check(&q[i], bad.bytes, bit / 8 + 1, &a));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_built_as_the_standard_writes_them),
		cmocka_unit_test(what_no_legal_request_asks_is_not_built),
		cmocka_unit_test(every_beginning_of_a_good_answer_is_incomplete),
		cmocka_unit_test(every_changed_bit_of_the_first_nine_bytes_is_refused),
		cmocka_unit_test(a_changed_data_byte_is_exactly_that_change),
		cmocka_unit_test(each_refusal_has_its_reason),
		cmocka_unit_test(lengths_that_disagree_are_refused),
		cmocka_unit_test(whatever_follows_the_answer_is_refused),
		cmocka_unit_test(exceptions_give_their_code_whatever_it_is),
		cmocka_unit_test(a_write_confirmed_with_other_words_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
