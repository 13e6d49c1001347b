/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>

#include "core/keyed.h"
#include "runner/trace.h"

#define N 8

static char folder[] = "/tmp/isotherm-trace-XXXXXX", path[64];
static uint8_t hash[32], bytes[1 << 20];
static struct sample now[N];
static struct traced last[N];
static struct trace *trace;

static void
assert_near(double found, double expected, double epsilon)
{
	if (!(fabs(found - expected) <= epsilon))
		fail_msg("%.12g is not %.12g", found, expected);
}

static int
setup(void **state)
{
	(void)state;
	memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/t", folder);
	memset(now, 0, sizeof now);
	memset(last, 0, sizeof last);
	for (size_t i = 0; i < sizeof hash; i++)
		hash[i] = (uint8_t)i;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void
begin(const char *where)
{
	struct trace_about about = {.table_hash = hash,
				    .tick_ns = 100000000,
				    .zero_tick = 200,
				    .n_in = 5,
				    .n_points = N};
	struct errtext err;

	assert_int_equal(trace_open(&trace, where, &about, &err), 0);
}

static size_t
end(char digest[TRACE_DIGEST_TEXT])
{
	FILE *in;
	size_t n;

	assert_int_equal(trace_close(trace, digest, NULL), 0);
	in = fopen(path, "re");
	if (in == NULL)
		return 0;
	n = fread(bytes, 1, sizeof bytes, in);
	(void)fclose(in);
	return n;
}

static uint32_t
u32_at(size_t at)
{
	return (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8 | (uint32_t)bytes[at + 2] << 16 |
	       (uint32_t)bytes[at + 3] << 24;
}

static double
f64_at(size_t at)
{
	uint64_t bits = (uint64_t)u32_at(at) | (uint64_t)u32_at(at + 4) << 32;
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

static void
a_trace_begins_with_what_it_is_about(void **state)
{
	char digest[TRACE_DIGEST_TEXT];

	(void)state;
	begin(path);
	assert_int_equal(end(digest), TRACE_HEADER_BYTES);
	assert_memory_equal(bytes, "isotrace", 8);
	assert_int_equal(u32_at(8), TRACE_VERSION);
	assert_int_equal(u32_at(12), TRACE_HEADER_BYTES);
	assert_memory_equal(bytes + 16, hash, 32);
	assert_int_equal(u32_at(48), 100000000);
	assert_int_equal(u32_at(52), 200);
	assert_int_equal(u32_at(56), 5);
	assert_int_equal(u32_at(60), N);
}

static void
a_record_holds_tick_point_value_quality_and_flags(void **state)
{
	char digest[TRACE_DIGEST_TEXT];

	(void)state;
	begin(path);
	now[2] = (struct sample){
		.value = -12.625, .time_ns = 5, .quality = QUALITY_GOOD, .flags = SAMPLE_SIMULATED};
	trace_samples(trace, 1234567, 100, now, last, N);
	assert_int_equal(end(digest), TRACE_HEADER_BYTES + TRACE_RECORD_BYTES);
	assert_int_equal(u32_at(64), 1234567);
	assert_int_equal(u32_at(68), 102);
	assert_near(f64_at(72), -12.625, 0.0);
	assert_int_equal(u32_at(80), QUALITY_GOOD);
	assert_int_equal(u32_at(84), SAMPLE_SIMULATED);
}

static void
only_a_change_of_value_quality_or_flags_is_recorded(void **state)
{
	char digest[TRACE_DIGEST_TEXT];

	(void)state;
	begin(path);
	now[0] = (struct sample){.value = 1.0, .quality = QUALITY_GOOD};
	trace_samples(trace, 1, 0, now, last, N); /* one */
	now[0].time_ns = 99;
	trace_samples(trace, 2, 0, now, last, N); /* time alone: none */
	now[0].quality = QUALITY_COMM;
	trace_samples(trace, 3, 0, now, last, N); /* two */
	now[0].flags = SAMPLE_MANUAL;
	trace_samples(trace, 4, 0, now, last, N); /* three */
	now[0].value = (double)NAN;
	trace_samples(trace, 5, 0, now, last, N); /* four */
	trace_samples(trace, 6, 0, now, last, N); /* the same NAN: none */
	assert_int_equal(end(digest), TRACE_HEADER_BYTES + 4 * TRACE_RECORD_BYTES);
}

/* Which of many change, and how many there are, makes no difference to what is said of each. */
static void
each_of_many_is_recorded_where_it_changed_and_nowhere_else(void **state)
{
	static struct sample many[61];
	static struct traced before[61];
	char digest[TRACE_DIGEST_TEXT];
	uint32_t expected[2000], n = 0;
	size_t len;

	(void)state;
	memset(many, 0, sizeof many);
	memset(before, 0, sizeof before);
	begin(path);
	for (uint32_t t = 1; t <= 61; t++) {
		for (uint32_t i = 0; i < t; i++) {
			struct sample *s = &many[i], was = *s;
			sample_date(s, t);
			if (keyed_uniform(5, t, i) > 0.1)
				continue;
			if (i % 3 == 0)
				s->value = t;
			else if (i % 3 == 1)
				s->quality = (1 + t % 5) & 7u;
			else
				s->flags = (1 + t % 5) & 7u;
			if (i % 3 == 0 || s->quality != was.quality || s->flags != was.flags)
				expected[n++] = 1000 * t + i;
		}
		trace_samples(trace, t, 0, many, before, t);
		assert_memory_equal(&many[t - 1].value, &before[t - 1].value, sizeof(double));
	}
	assert_in_range(n, 100, 1000);
	len = end(digest);
	assert_int_equal(len, TRACE_HEADER_BYTES + n * TRACE_RECORD_BYTES);
	for (uint32_t k = 0; k < n; k++)
		assert_int_equal(1000 * u32_at(64 + 24 * k) + u32_at(68 + 24 * k), expected[k]);
}

static void
an_event_says_its_code_and_what_it_is_about(void **state)
{
	struct image_event e = {
		.seq = 3, .code = 2, .point = 77, .value = 4.5, .text = "held back"};
	char digest[TRACE_DIGEST_TEXT];

	(void)state;
	begin(path);
	trace_event(trace, 9, TRACE_EVENT, &e);
	assert_int_equal(end(digest), TRACE_HEADER_BYTES + TRACE_RECORD_BYTES);
	assert_int_equal(u32_at(64), 9);
	assert_int_equal(u32_at(68), TRACE_EVENT);
	assert_near(f64_at(72), 4.5, 0.0);
	assert_int_equal(u32_at(80), 2);
	assert_int_equal(u32_at(84), 77);
}

/* Enough to pass through the buffer several times. */
static void
write_much(double from)
{
	for (uint32_t t = 0; t < 2000; t++) {
		for (int i = 0; i < N; i++)
			now[i] = (struct sample){.value = from + t, .quality = QUALITY_GOOD};
		trace_samples(trace, t, 0, now, last, N);
	}
}

static void
the_digest_is_the_sha256_of_the_file(void **state)
{
	char digest[TRACE_DIGEST_TEXT], expected[TRACE_DIGEST_TEXT] = "";
	uint8_t sum[32];
	unsigned n = 0;

	(void)state;
	begin(path);
	write_much(1.0);
	size_t len = end(digest);
	assert_int_equal(len, TRACE_HEADER_BYTES + 2000 * N * TRACE_RECORD_BYTES);
	assert_int_equal(EVP_Digest(bytes, len, sum, &n, EVP_sha256(), NULL), 1);
	for (size_t i = 0; i < n; i++)
		(void)snprintf(expected + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(digest, expected);
}

static void
the_digest_is_the_same_without_a_file(void **state)
{
	char with[TRACE_DIGEST_TEXT], without[TRACE_DIGEST_TEXT], other[TRACE_DIGEST_TEXT];

	(void)state;
	begin(path);
	write_much(1.0);
	(void)end(with);
	memset(last, 0, sizeof last);
	begin(NULL);
	write_much(1.0);
	assert_int_equal(trace_close(trace, without, NULL), 0);
	memset(last, 0, sizeof last);
	begin(NULL);
	write_much(1.5);
	assert_int_equal(trace_close(trace, other, NULL), 0);
	assert_string_equal(with, without);
	assert_string_not_equal(with, other);
}

static void
a_file_that_can_not_be_made_is_said_at_once(void **state)
{
	struct trace_about about = {.table_hash = hash, .tick_ns = 1};
	struct errtext err = {""};

	(void)state;
	assert_int_equal(trace_open(&trace, "/nowhere/t", &about, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/t"));
}

static void
a_full_disk_is_not_passed_over(void **state)
{
	struct errtext err = {""};
	char digest[TRACE_DIGEST_TEXT];

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	begin("/dev/full");
	write_much(1.0);
	assert_int_equal(trace_close(trace, digest, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "/dev/full"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_trace_begins_with_what_it_is_about, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_record_holds_tick_point_value_quality_and_flags,
						setup, teardown),
		cmocka_unit_test_setup_teardown(only_a_change_of_value_quality_or_flags_is_recorded,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			each_of_many_is_recorded_where_it_changed_and_nowhere_else, setup,
			teardown),
		cmocka_unit_test_setup_teardown(an_event_says_its_code_and_what_it_is_about, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_digest_is_the_sha256_of_the_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_digest_is_the_same_without_a_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_that_can_not_be_made_is_said_at_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_is_not_passed_over, setup, teardown),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
