/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads, byte by byte from the field numbers of the specification; and what comes in, however it
 * is broken. */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>

#include "core/keyed.h"
#include "mqtt/payload.h"

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static uint8_t buffer[65536];

static void
assert_bytes(const struct payload_out *o, const uint8_t *bytes, size_t len)
{
	assert_int_equal(o->len, len);
	assert_memory_equal(o->data, bytes, len);
}

/* One metric, between timestamp 1 and seq 0. */
static void
encode(struct payload_out *o, const struct payload_metric *m)
{
	payload_begin(o, buffer, sizeof(buffer), 1);
	payload_add(o, m);
	assert_int_equal(payload_end(o, 0), 0);
}

/* --- what goes out --- */

static void
a_payload_without_metrics_is_its_timestamp_and_seq(void **state)
{
	struct payload_out o;

	(void)state;
	payload_begin(&o, buffer, sizeof(buffer), 300);
	assert_int_equal(payload_end(&o, 255), 0);
	assert_bytes(&o, BYTES(0x08, 0xAC, 0x02, 0x18, 0xFF, 0x01));
	payload_begin(&o, buffer, sizeof(buffer), PAYLOAD_NO_TIMESTAMP);
	assert_int_equal(payload_end(&o, PAYLOAD_NO_SEQ), 0);
	assert_int_equal(o.len, 0);
	payload_begin(&o, buffer, sizeof(buffer), 1);
	assert_int_equal(payload_end(&o, 0), 0);
	assert_bytes(&o, BYTES(0x08, 0x01, 0x18, 0x00)); /* seq 0 is said, not left out */
}

static void
a_double_by_alias_is_field_13(void **state)
{
	struct payload_out o;
	struct payload_metric m = {
		.alias = 7, .timestamp_ms = 2, .type = PAYLOAD_DOUBLE, .value = {.real = 1.5}};

	(void)state;
	encode(&o, &m);
	assert_bytes(&o, BYTES(0x08, 0x01, 0x12, 0x0D, 0x10, 0x07, 0x18, 0x02, 0x69, 0, 0, 0, 0, 0,
			       0, 0xF8, 0x3F, 0x18, 0x00));
}

static void
an_int64_is_two_s_complement_in_field_11(void **state)
{
	struct payload_out o;
	struct payload_metric m = {
		.alias = 7, .timestamp_ms = 2, .type = PAYLOAD_INT64, .value = {.integer = -1}};

	(void)state;
	encode(&o, &m);
	assert_bytes(&o, BYTES(0x08, 0x01, 0x12, 0x0F, 0x10, 0x07, 0x18, 0x02, 0x58, 0xFF, 0xFF,
			       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x18, 0x00));
}

static void
a_birth_s_metric_says_name_type_and_text(void **state)
{
	struct payload_out o;
	struct payload_metric m = {.name = "ab",
				   .timestamp_ms = 2,
				   .type = PAYLOAD_STRING,
				   .with_type = true,
				   .value = {.text = "xyz"}};

	(void)state;
	encode(&o, &m);
	assert_bytes(&o, BYTES(0x08, 0x01, 0x12, 0x0D, 0x0A, 0x02, 'a', 'b', 0x18, 0x02, 0x20, 0x0C,
			       0x7A, 0x03, 'x', 'y', 'z', 0x18, 0x00));
}

static void
a_metric_without_a_value_is_null_and_has_none(void **state)
{
	struct payload_out o;
	struct payload_metric m = {.alias = 1,
				   .timestamp_ms = 2,
				   .type = PAYLOAD_DOUBLE,
				   .with_type = true,
				   .is_null = true,
				   .value = {.real = 1.5}};

	(void)state;
	encode(&o, &m);
	assert_bytes(&o, BYTES(0x08, 0x01, 0x12, 0x08, 0x10, 0x01, 0x18, 0x02, 0x20, 0x0A, 0x38,
			       0x01, 0x18, 0x00));
}

static void
properties_are_keys_and_typed_values(void **state)
{
	struct payload_out o;
	struct payload_metric m = {
		.alias = 1,
		.timestamp_ms = 2,
		.type = PAYLOAD_BOOLEAN,
		.value = {.boolean = false},
		.property = {{"Quality", PAYLOAD_INT32, {.integer = PAYLOAD_STALE}},
			     {"ro", PAYLOAD_BOOLEAN, {.boolean = true}},
			     {"u", PAYLOAD_STRING, {.text = "K"}}},
		.n_properties = 3};

	(void)state;
	encode(&o, &m);
	assert_bytes(&o, BYTES(0x08, 0x01, 0x12, 0x2C, 0x10, 0x01, 0x18, 0x02, 0x4A, 0x24,
			       /* keys */
			       0x0A, 0x07, 'Q', 'u', 'a', 'l', 'i', 't', 'y', 0x0A, 0x02, 'r', 'o',
			       0x0A, 0x01, 'u',
			       /* values: Int32 500, Boolean true, String "K" */
			       0x12, 0x05, 0x08, 0x03, 0x18, 0xF4, 0x03, 0x12, 0x04, 0x08, 0x0B,
			       0x38, 0x01, 0x12, 0x05, 0x08, 0x0C, 0x42, 0x01, 'K',
			       /* the value: false is said */
			       0x70, 0x00, 0x18, 0x00));
}

static void
a_buffer_that_is_too_small_is_never_overrun(void **state)
{
	struct payload_out o;
	struct payload_metric m = {
		.name = "name", .timestamp_ms = 2, .type = PAYLOAD_DOUBLE, .value = {.real = 1.5}};

	(void)state;
	encode(&o, &m);
	size_t whole = o.len;
	for (size_t size = 0; size < whole; size++) {
		memset(buffer, 0xEE, sizeof(buffer));
		payload_begin(&o, buffer, size, 1);
		payload_add(&o, &m);
		assert_int_equal(payload_end(&o, 0), -ENOSPC);
		for (size_t i = size; i < whole; i++)
			assert_int_equal(buffer[i], 0xEE);
	}
	payload_begin(&o, buffer, whole, 1);
	payload_add(&o, &m);
	assert_int_equal(payload_end(&o, 0), 0);
}

/* --- what comes in --- */

/* Node Control/Rebirth = true, as tests/peers/make_rebirth.py writes it. */
static const uint8_t rebirth[] = {0x12, 0x1A, 0x0A, 0x14, 'N',  'o', 'd',  'e', ' ', 'C',
				  'o',  'n',  't',  'r',  'o',  'l', '/',  'R', 'e', 'b',
				  'i',  'r',  't',  'h',  0x20, 11,  0x70, 0x01};

static void
a_rebirth_is_understood(void **state)
{
	struct payload_in in;

	(void)state;
	assert_int_equal(payload_decode(rebirth, sizeof(rebirth), &in, NULL), 0);
	assert_int_equal(in.n, 1);
	assert_false(in.has_timestamp);
	assert_string_equal(in.metric[0].name, "Node Control/Rebirth");
	assert_int_equal(in.metric[0].type, PAYLOAD_BOOLEAN);
	assert_int_equal(in.metric[0].kind, PAYLOAD_IN_BOOLEAN);
	assert_true(in.metric[0].boolean);
}

static void
every_cut_of_it_is_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t len = 1; len < sizeof(rebirth); len++) {
		struct payload_in in;
		struct errtext err = {""};
		assert_int_equal(payload_decode(rebirth, len, &in, &err), -EBADMSG);
		assert_true(err.text[0] != '\0');
		assert_int_equal(in.n, 0);
	}
}

static void
values_are_taken_as_they_stand_on_the_wire(void **state)
{
	static const struct {
		uint8_t bytes[12];
		size_t len;
		enum payload_in_value kind;
		double value;
	} row[] = {
		{{0x50, 0x05}, 2, PAYLOAD_IN_INTEGER, 5},            /* int_value */
		{{0x58, 0x06}, 2, PAYLOAD_IN_INTEGER, 6},            /* long_value */
		{{0x65, 0, 0, 0xC0, 0x3F}, 5, PAYLOAD_IN_REAL, 1.5}, /* float_value */
		{{0x69, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F}, 9, PAYLOAD_IN_REAL, 1.5},
		{{0x70, 0x01}, 2, PAYLOAD_IN_BOOLEAN, 1},
		{{0x7A, 0x01, 'x'}, 3, PAYLOAD_IN_TEXT, 0},
		{{0x82, 0x01, 0x01, 'x'}, 4, PAYLOAD_IN_OTHER, 0}, /* bytes_value */
		{{0x8A, 0x01, 0x00}, 3, PAYLOAD_IN_OTHER, 0},      /* a data set */
		{{0x92, 0x01, 0x00}, 3, PAYLOAD_IN_OTHER, 0},      /* a template */
		{{0x38, 0x01, 0x70, 0x01}, 4, PAYLOAD_IN_NONE, 0}, /* null, whatever the value */
		{{0x10, 0x05}, 2, PAYLOAD_IN_NONE, 0},             /* an alias alone */
		{{0xF8, 0x3F, 0x01}, 3, PAYLOAD_IN_NONE, 0},       /* a field nobody knows */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		uint8_t message[16] = {0x12, (uint8_t)row[i].len};
		struct payload_in in;
		memcpy(message + 2, row[i].bytes, row[i].len);
		assert_int_equal(payload_decode(message, row[i].len + 2, &in, NULL), 0);
		assert_int_equal(in.n, 1);
		assert_int_equal(in.metric[0].kind, row[i].kind);
		double value = row[i].kind == PAYLOAD_IN_INTEGER ? (double)in.metric[0].integer
			       : row[i].kind == PAYLOAD_IN_REAL  ? in.metric[0].real
								 : in.metric[0].boolean;
		assert_true(fabs(value - row[i].value) < 1e-12);
	}
}

static void
assert_refused(const uint8_t *bytes, size_t len, const char *why)
{
	struct payload_in in;
	struct errtext err = {""};

	assert_int_equal(payload_decode(bytes, len, &in, &err), -EBADMSG);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void
what_is_no_payload_is_refused(void **state)
{
	(void)state;
	assert_refused(BYTES(0x00), "number is none");
	assert_refused(BYTES(0x80), "number is cut off");
	assert_refused(BYTES(0x0B), "no known kind"); /* a group begins */
	assert_refused(BYTES(0x0C), "no known kind");
	assert_refused(BYTES(0x0F), "no known kind");
	assert_refused(BYTES(0x08), "cut off");
	assert_refused(BYTES(0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02),
		       "too long");
	assert_refused(BYTES(0x12, 0x05, 0x00), "longer than the message");
	assert_refused(BYTES(0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01),
		       "longer than the message");
	assert_refused(BYTES(0x12, 0x04, 0x0A, 0x02, 'a', 0), "NUL");
	/* known fields of another kind than they have */
	assert_refused(BYTES(0x0A, 0x01, 0x05), "no Sparkplug payload");
	assert_refused(BYTES(0x10, 0x05), "no Sparkplug payload");
	assert_refused(BYTES(0x12, 0x02, 0x68, 0x01), "no Sparkplug payload");
}

static void
what_is_too_much_is_refused(void **state)
{
	uint8_t *many = calloc(1, PAYLOAD_IN_BYTES + 1);

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i < PAYLOAD_IN_METRICS + 1; i++)
		memcpy(many + 2 * i, "\x12\x00", 2); /* an empty metric */
	struct payload_in in;
	assert_int_equal(payload_decode(many, (size_t)2 * PAYLOAD_IN_METRICS, &in, NULL), 0);
	assert_int_equal(in.n, PAYLOAD_IN_METRICS);
	assert_refused(many, 2 * PAYLOAD_IN_METRICS + 2, "too many metrics");
	assert_refused(many, PAYLOAD_IN_BYTES + 1, "too many");
	for (size_t i = 0; i < PAYLOAD_IN_BYTES; i += 2)
		memcpy(many + i, "\x18\x01", 2);
	assert_refused(many, PAYLOAD_IN_BYTES, "too many fields");
	free(many);
}

/* Property sets within properties, 1,000 deep: a decoder that descends would use up its stack. */
static void
a_message_that_goes_too_deep_is_refused(void **state)
{
	uint8_t deep[12000];
	size_t at = sizeof(deep);

	(void)state;
	for (int i = 0; i < 1001; i++) {
		size_t len = sizeof(deep) - at;
		uint8_t tag =
			i % 2 == 0 ? 0x4A : 0x12; /* property set in a value, value in a set */
		deep[--at] = (uint8_t)(len >> 14 & 0x7F);
		deep[--at] = (uint8_t)(len >> 7 & 0x7F) | 0x80;
		deep[--at] = (uint8_t)(len & 0x7F) | 0x80;
		deep[--at] = tag;
	}
	size_t len = sizeof(deep) - at;
	uint8_t head[8] = {0x12, (uint8_t)(len & 0x7F) | 0x80, (uint8_t)(len >> 7 & 0x7F) | 0x80,
			   (uint8_t)(len >> 14)};
	at -= 4;
	memcpy(deep + at, head, 4);
	assert_refused(deep + at, sizeof(deep) - at, "too deep");
}

/* A command with all there is: metadata, properties within properties, a data set, a template. */
static const uint8_t rich[] = {
	0x08, 0x05, 0x12, 0x65, 0x0A, 0x03, 0x61, 0x2F, 0x62, 0x10, 0x05, 0x18, 0x07, 0x20, 0x10,
	0x28, 0x01, 0x42, 0x05, 0x12, 0x01, 0x78, 0x18, 0x02, 0x4A, 0x33, 0x0A, 0x01, 0x6B, 0x0A,
	0x01, 0x6C, 0x0A, 0x01, 0x6D, 0x12, 0x0E, 0x08, 0x14, 0x4A, 0x0A, 0x0A, 0x01, 0x71, 0x12,
	0x05, 0x08, 0x03, 0x18, 0xC0, 0x01, 0x12, 0x06, 0x08, 0x0C, 0x42, 0x02, 0x75, 0x76, 0x12,
	0x10, 0x08, 0x15, 0x52, 0x0C, 0x0A, 0x0A, 0x0A, 0x01, 0x71, 0x12, 0x05, 0x08, 0x03, 0x18,
	0xC0, 0x01, 0x8A, 0x01, 0x19, 0x08, 0x02, 0x12, 0x01, 0x63, 0x12, 0x01, 0x64, 0x18, 0x03,
	0x18, 0x0C, 0x22, 0x0B, 0x0A, 0x02, 0x08, 0x02, 0x0A, 0x05, 0x32, 0x03, 0x61, 0x62, 0x63,
	0x12, 0x25, 0x0A, 0x01, 0x74, 0x20, 0x13, 0x92, 0x01, 0x1D, 0x0A, 0x01, 0x31, 0x12, 0x0C,
	0x0A, 0x01, 0x6D, 0x69, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1A, 0x08, 0x0A,
	0x01, 0x70, 0x10, 0x0C, 0x42, 0x01, 0x7A, 0x28, 0x01, 0x18, 0x09, 0x22, 0x04, 0x75, 0x75,
	0x69, 0x64, 0x2A, 0x04, 0x62, 0x6F, 0x64, 0x79};

static void
random_changes_of_a_payload_are_decoded_or_refused(void **state)
{
	unsigned taken = 0, refused = 0;
	struct payload_in whole;

	(void)state;
	assert_int_equal(payload_decode(rich, sizeof(rich), &whole, NULL), 0);
	assert_int_equal(whole.n, 2);
	for (uint64_t n = 0; n < 200000; n++) {
		uint8_t bytes[sizeof(rich) + sizeof(rebirth)];
		struct payload_in in;
		struct errtext err = {""};
		bool small = n % 2 == 0;
		size_t len = small ? sizeof(rebirth) : sizeof(rich);
		memcpy(bytes, small ? rebirth : rich, len);
		for (uint64_t k = 0; k <= keyed_u64(1, 0, n) % 4; k++)
			bytes[keyed_u64(2, k, n) % len] = (uint8_t)keyed_u64(3, k, n);
		len = keyed_u64(4, 0, n) % 4 == 0 ? keyed_u64(5, 0, n) % (len + 1) : len;
		int rc = payload_decode(bytes, len, &in, &err);
		if (rc == 0)
			taken++;
		else
			refused++;
		assert_true(rc == 0 || (rc == -EBADMSG && err.text[0] != '\0'));
		assert_true(in.n <= PAYLOAD_IN_METRICS);
		for (uint32_t i = 0; i < in.n; i++)
			assert_true(strlen(in.metric[i].name) < PAYLOAD_NAME_BYTES);
	}
	assert_true(taken > 1000 && refused > 1000);
}

static void
random_bytes_are_decoded_or_refused(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < 100000; n++) {
		uint8_t bytes[64];
		struct payload_in in;
		struct errtext err = {""};
		size_t len = keyed_u64(6, 0, n) % (sizeof(bytes) + 1);
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)keyed_u64(7, i, n);
		int rc = payload_decode(bytes, len, &in, &err);
		assert_true(rc == 0 || (rc == -EBADMSG && err.text[0] != '\0'));
	}
}

static void
what_goes_out_comes_back_in(void **state)
{
	struct payload_out o;
	struct payload_in in;
	struct payload_metric m = {.name = "a name",
				   .alias = 3,
				   .timestamp_ms = 2,
				   .type = PAYLOAD_INT64,
				   .with_type = true,
				   .value = {.integer = INT64_MIN},
				   .property = {{"Quality", PAYLOAD_INT32, {.integer = 192}}},
				   .n_properties = 1};

	(void)state;
	encode(&o, &m);
	assert_int_equal(payload_decode(o.data, o.len, &in, NULL), 0);
	assert_true(in.has_timestamp && in.timestamp_ms == 1);
	assert_string_equal(in.metric[0].name, "a name");
	assert_true(in.metric[0].has_alias && in.metric[0].alias == 3);
	assert_int_equal(in.metric[0].type, PAYLOAD_INT64);
	assert_true((int64_t)in.metric[0].integer == INT64_MIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_payload_without_metrics_is_its_timestamp_and_seq),
		cmocka_unit_test(a_double_by_alias_is_field_13),
		cmocka_unit_test(an_int64_is_two_s_complement_in_field_11),
		cmocka_unit_test(a_birth_s_metric_says_name_type_and_text),
		cmocka_unit_test(a_metric_without_a_value_is_null_and_has_none),
		cmocka_unit_test(properties_are_keys_and_typed_values),
		cmocka_unit_test(a_buffer_that_is_too_small_is_never_overrun),
		cmocka_unit_test(a_rebirth_is_understood),
		cmocka_unit_test(every_cut_of_it_is_refused_with_a_reason),
		cmocka_unit_test(values_are_taken_as_they_stand_on_the_wire),
		cmocka_unit_test(what_is_no_payload_is_refused),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(a_message_that_goes_too_deep_is_refused),
		cmocka_unit_test(random_changes_of_a_payload_are_decoded_or_refused),
		cmocka_unit_test(random_bytes_are_decoded_or_refused),
		cmocka_unit_test(what_goes_out_comes_back_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
