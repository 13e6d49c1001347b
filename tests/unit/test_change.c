/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <errno.h>
#include <locale.h>
#include <math.h>

#include "config/change.h"
#include "config/text.h"

static void
a_change_is_a_path_a_value_and_a_time(void **state)
{
	static const struct {
		const char *text, *path;
		double value, over_s;
	} good[] = {
		{"cs03.zone[5].g=0.379 over 1s", "cs03.zone[5].g", 0.379, 1},
		{"cs03.zone[5].g=0.379", "cs03.zone[5].g", 0.379, 0},
		{" facility.supply_c = 26 over 5 s ", "facility.supply_c", 26, 5},
		{"a=-1e-3\tover\t.5s", "a", -1e-3, 0.5},
		{"cs00.wafer.C12.offset_k=+12", "cs00.wafer.C12.offset_k", 12, 0},
		{"recover=1 over 0s", "recover", 1, 0},
	};
	char why[200] = "";
	struct change c;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (change_parse(good[i].text, &c, why, sizeof(why)))
			fail_msg("\"%s\": %s", good[i].text, why);
		assert_string_equal(c.path, good[i].path);
		assert_true(fabs(c.value - good[i].value) < 1e-12);
		assert_true(fabs(c.over_s - good[i].over_s) < 1e-12);
	}
}

static void
what_is_no_change_is_refused_with_what_is_allowed(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "has no ="},
		{"nonsense", "\"nonsense\" has no = (allowed: PATH=VALUE [over Ns])"},
		{"=5", "is no path"},
		{"a b=5", "\"a b\" is no path"},
		{"a..b=5", "is no path"},
		{"a[=5", "is no path"},
		{"a[x]=5", "is no path"},
		{"a.=5", "is no path"},
		{"9a=5", "is no path"},
		{"a=", "is no value"},
		{"a=b", "\"b\" is no value (allowed: a finite number)"},
		{"a=nan", "\"nan\" is no value"},
		{"a=inf", "is no value"},
		{"a=1e999", "is no value"},
		{"a=0x10", "is no value"},
		{"a=1,5", "is no value"},
		{"a==5", "is no value"},
		{"a=5 6", "is no value"},
		{"a=5 over 30", "\"30\" has no unit (allowed: over Ns, seconds)"},
		{"a=5 over s", "is no time"},
		{"a=5 over xs", "is no time"},
		{"a=5 over -1s", "is no time (allowed: 0..1000000 s)"},
		{"a=5 over nans", "is no time"},
		{"a=5 over 1e9s", "is no time"},
		{"a=5 over 1ms", "is no time"},
		{"a=5over 1s", "is no value"},
		{"a=5 over", "is no value"},
	};
	struct change c = {.value = 77};
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		if (change_parse(bad[i].text, &c, why, sizeof(why)) != -EINVAL ||
		    !strstr(why, bad[i].why))
			fail_msg("\"%s\" gives \"%s\", not \"%s\"", bad[i].text, why, bad[i].why);
	}
	assert_true(fabs(c.value - 77) < 1e-12); /* untouched */
}

static void
a_path_may_be_as_long_as_its_place_and_no_longer(void **state)
{
	char text[400], why[200];
	struct change c;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + NAME_MAX_LEN * 2 - 1, "=1", 3);
	assert_int_equal(change_parse(text, &c, why, sizeof(why)), 0);
	memset(text, 'a', sizeof(text));
	memcpy(text + NAME_MAX_LEN * 2, "=1", 3);
	assert_int_equal(change_parse(text, &c, why, sizeof(why)), -EINVAL);
	memset(text, 'a', sizeof(text));
	memcpy(text, "a=", 2);
	memset(text + 2, '1', 380);
	text[382] = '\0';
	assert_int_equal(change_parse(text, &c, why, sizeof(why)), -EINVAL);
}

static void
random_bytes_are_read_or_refused(void **state)
{
	static const char start[] = "cs03.zone[5].g=0.379 over 1s";
	char text[sizeof(start)], why[40];
	struct change c;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t key = text_mix(i);

		memcpy(text, start, sizeof(text));
		text[key % (sizeof(text) - 1)] = (char)(key >> 8);
		text[(key >> 16) % (sizeof(text) - 1)] = "=.[] s0\t"[(key >> 32) % 8];
		if (change_parse(text, &c, why, sizeof(why)) == 0)
			assert_true(isfinite(c.value) && c.over_s >= 0 && text_is_path(c.path));
	}
}

static void
numbers_have_a_point_whatever_the_locale(void **state)
{
	char why[200];
	struct change c;

	(void)state;
	/* where the language is installed; where not, this is the plain case */
	(void)(setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "fr_FR.UTF-8"));
	assert_int_equal(change_parse("a=0.5 over 1.5s", &c, why, sizeof(why)), 0);
	assert_true(fabs(c.value - 0.5) < 1e-12 && fabs(c.over_s - 1.5) < 1e-12);
	setlocale(LC_ALL, "C");
}

static void
a_slip_of_the_pen_is_near_and_another_word_is_not(void **state)
{
	(void)state;
	assert_int_equal(text_distance("seed", "seed"), 0);
	assert_int_equal(text_distance("sede", "seed"), 1);
	assert_int_equal(text_distance("", "seed"), 4);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_true(text_near("limtis", "limits"));
	assert_true(text_near("spread", "spread_k"));
	assert_false(text_near("colour", "control"));
	assert_false(text_near("title", "site"));
	assert_false(text_near("x", "y"));
}

static void
whole_numbers_have_one_reading(void **state)
{
	static const char *const bad[] = {"",
					  "-",
					  "01",
					  "0x",
					  "1.0",
					  "1e3",
					  " 1",
					  "1 ",
					  "+1",
					  "1_000",
					  "9223372036854775808",
					  "0xg"};
	int64_t v = 0;
	uint64_t u = 0;

	(void)state;
	assert_true(text_integer("-42", &v) && v == -42);
	assert_true(text_integer("0x1A57", &v) && v == 0x1A57);
	assert_true(text_integer("9223372036854775807", &v) && v == INT64_MAX);
	assert_true(text_code("0xFFFFFFFFFFFFFFFF", &u) && u == UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (text_integer(bad[i], &v))
			fail_msg("\"%s\" was read as %lld", bad[i], (long long)v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_a_path_a_value_and_a_time),
		cmocka_unit_test(what_is_no_change_is_refused_with_what_is_allowed),
		cmocka_unit_test(a_path_may_be_as_long_as_its_place_and_no_longer),
		cmocka_unit_test(random_bytes_are_read_or_refused),
		cmocka_unit_test(numbers_have_a_point_whatever_the_locale),
		cmocka_unit_test(a_slip_of_the_pen_is_near_and_another_word_is_not),
		cmocka_unit_test(whole_numbers_have_one_reading),
	};

	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
