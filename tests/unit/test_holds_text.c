/* SPDX-License-Identifier: Apache-2.0 */
/* What of the holds outlives the program, and what damage does to it. */
#include "tests/unit/holds_bench.h"

static void
what_changes_is_kept_before_the_answer(void **state)
{
	(void)state;
	struct bench b;
	begin(&b);
	ask(&b, "{\"cmd\":\"holds\"}");
	assert_int_equal(b.times_kept, 0);
	ask(&b, STOP_3);
	assert_int_equal(b.times_kept, 1);
	assert_non_null(strstr(b.kept, "\ncs03 stop 1000 operator "));
	ask(&b, STOP_3); /* refused */
	assert_int_equal(b.times_kept, 1);
	ask(&b, START_3);
	assert_int_equal(b.times_kept, 2);
	assert_string_equal(b.kept, "isotherm holds 1 bench\nend 0\n");
	end(&b);
}

static void
what_can_not_be_kept_is_not_done_but_for_a_stop(void **state)
{
	(void)state;
	struct bench b;
	struct hold_keeper keeper = {keep, &b};
	begin(&b);
	b.keep_rc = -ENOSPC;
	assert_false(ask(&b, MAINTAIN_3));
	assert_error(&b, "not done: it can't be recorded");
	assert_error(&b, "No space left on device");
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	assert_false(holds_unkept(b.holds));
	assert_true(ask(&b, STOP_3));
	assert_int_equal(kind(&b, 3), HOLD_STOP);
	assert_non_null(strstr(word(&b, "note"), "not recorded yet"));
	assert_true(holds_unkept(b.holds));
	assert_false(ask(&b, START_3));
	assert_int_equal(kind(&b, 3), HOLD_STOP);
	assert_true(holds_unkept(b.holds)); /* still */
	assert_int_equal(holds_keep(b.holds, &keeper), -ENOSPC);
	b.keep_rc = 0;
	assert_int_equal(holds_keep(b.holds, &keeper), 0);
	assert_false(holds_unkept(b.holds));
	assert_non_null(strstr(b.kept, "\ncs03 stop "));
	end(&b);
}

static int
recall(struct bench *b, const char *text, size_t len, struct errtext *err)
{
	holds_close(b->holds);
	assert_int_equal(holds_open(&b->holds, b->plant, b->now_ns), 0);
	return holds_recall(b->holds, text, len, b->now_ns, WALL_NS + b->now_ns, err);
}

static void
a_restart_remembers_everything(void **state)
{
	(void)state;
	struct bench b;
	struct errtext err = {""};
	begin(&b);
	assert_true(stop_for(&b, "\xc3\xa4 ", 100));
	assert_true(ask(&b, "{\"cmd\":\"maintenance\",\"system\":\"cs00\",\"for_s\":600,"
			    "\"why\":\"pump\"}"));
	struct hold stop = *holds_of(b.holds, 3), work = *holds_of(b.holds, 0);
	b.now_ns += 200 * NS_PER_S;
	assert_int_equal(recall(&b, b.kept, b.kept_len, &err), 0);
	assert_memory_equal(holds_of(b.holds, 3), &stop, sizeof stop);
	assert_memory_equal(holds_of(b.holds, 0), &work, sizeof work);
	assert_int_equal(kind(&b, 1), HOLD_NONE);
	/* and ends when it would have, even if nobody was there to see it */
	b.now_ns += 1000 * NS_PER_S;
	assert_int_equal(recall(&b, b.kept, b.kept_len, &err), 0);
	holds_step(b.holds, 0, b.now_ns);
	take_lines(&b);
	assert_int_equal(kind(&b, 0), HOLD_NONE);
	assert_int_equal(b.n_lines, 1);
	end(&b);
}

static void
after_a_boot_the_wall_clock_says_what_is_left(void **state)
{
	(void)state;
	struct bench b;
	struct errtext err = {""};
	begin(&b);
	b.now_ns = 5000 * NS_PER_S;
	assert_true(ask(&b, "{\"cmd\":\"maintenance\",\"system\":\"cs00\",\"for_s\":600,"
			    "\"why\":\"pump\"}"));
	/* plant time begins again; 100 s later by the wall */
	b.now_ns = 20 * NS_PER_S;
	holds_close(b.holds);
	holds_open(&b.holds, b.plant, b.now_ns);
	assert_int_equal(holds_recall(b.holds, b.kept, b.kept_len, b.now_ns,
				      WALL_NS + 5100 * NS_PER_S, &err),
			 0);
	assert_true(holds_of(b.holds, 0)->until_ns == 520 * NS_PER_S);
	/* a wall clock that went wrong makes nothing longer than it was meant */
	holds_close(b.holds);
	holds_open(&b.holds, b.plant, b.now_ns);
	assert_int_equal(holds_recall(b.holds, b.kept, b.kept_len, b.now_ns, 0, &err), 0);
	assert_true(holds_of(b.holds, 0)->until_ns == 620 * NS_PER_S);
	end(&b);
}

static void
after_a_boot_the_lesser_of_two_clocks_ends_a_hold(void **state)
{
	(void)state;
	struct bench b;
	struct errtext err = {""};
	static const struct {
		int64_t uptime_s, wall_after_s, left_s;
	} BOOT[] =
		{
			/* up for about as long as before: by plant time it would be nearly new */
			{5010, 500, 100},
			{5010, 5000, 0},
			{5500, 100, 100}, /* the wall clock is behind */
			{9000, 100, 0},
			{5010, -5, 590}, /* of a wall clock that can't be, nothing counts */
			{100, 7, 593},
		};
	begin(&b);
	b.now_ns = 5000 * NS_PER_S;
	assert_true(ask(&b, "{\"cmd\":\"maintenance\",\"system\":\"cs00\",\"for_s\":600,"
			    "\"why\":\"pump\"}"));
	for (size_t k = 0; k < sizeof BOOT / sizeof BOOT[0]; k++) {
		b.now_ns = BOOT[k].uptime_s * NS_PER_S;
		holds_close(b.holds);
		assert_int_equal(holds_open(&b.holds, b.plant, b.now_ns), 0);
		assert_int_equal(holds_recall(b.holds, b.kept, b.kept_len, b.now_ns,
					      WALL_NS + (5000 + BOOT[k].wall_after_s) * NS_PER_S,
					      &err),
				 0);
		int64_t left_ns = holds_of(b.holds, 0)->until_ns - b.now_ns;
		if (left_ns != BOOT[k].left_s * NS_PER_S)
			fail_msg("%zu: %lld s are left", k, (long long)(left_ns / NS_PER_S));
	}
	end(&b);
}

static void
another_site_is_another_matter(void **state)
{
	(void)state;
	struct bench b;
	struct errtext err = {""};
	static const char TEXT[] =
		"isotherm holds 1 other\ncs03 stop 0 engineer 1 1 1 1 x\nend 1\n";
	begin(&b);
	assert_int_equal(recall(&b, TEXT, sizeof TEXT - 1, &err), -ESTALE);
	assert_int_equal(kind(&b, 3), HOLD_NONE);
	end(&b);
}

static void
what_is_readable_of_a_damaged_file_is_held(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
		enum hold_kind kind[4];
	} DAMAGED[] = {
		{"", "line 1: its end is missing", {0}},
		{"isotherm holds 1 bench\n", "line 2: its end is missing", {0}},
		{"isotherm holds 1 bench\ncs03 stop 0 engineer 1 1 1 1 x\n",
		 "line 3: its end is missing): 1 system is held",
		 {0, 0, 0, HOLD_STOP}},
		{"isotherm holds 1 bench\ncs03 st", "stopped): 1 system", {0, 0, 0, HOLD_STOP}},
		{"isotherm holds 1 bench\ncs03", "stopped): 1 system", {0, 0, 0, HOLD_STOP}},
		{"isotherm holds 1 bench\ncs03 maintenance 0 eng",
		 "who and when can't be read",
		 {0, 0, 0, HOLD_MAINTENANCE}},
		{"isotherm holds 1 bench\ncs83 stop 0 engineer 1 1 1 1 x\n"
		 "cs00 stop 0 engineer 1 1 1 1 x\nend 2\n",
		 "line 2: it names no system of this plant): 1 system is held",
		 {HOLD_STOP}},
		{"isotherm holds 1 bench\ncs00 stop 0 engineer 1 1 1 1 x\nend 2\n",
		 "another number of holds",
		 {HOLD_STOP}},
		{"isotherm holds 1 bench\ncs00 stop 0 engineer 1 1 1 1 \x01\nend 1\n",
		 "the reason can't be read",
		 {HOLD_STOP}},
		{"isotherm holds 1 bench\ncs00 stop 0 engineer 1 9e9 1 1 x\nend 1\n",
		 "who and when can't be read",
		 {HOLD_STOP}},
		{"cs00 stop 0 engineer 1 1 1 1 x\ncs01 maintenance 0 operator 1 1 1 1 x\nend 2\n",
		 "line 1: it should say \"isotherm holds 1 SITE\"): 2 systems are held",
		 {HOLD_STOP, HOLD_MAINTENANCE}},
		{"isotherm holds 1 bench\ncs00 maintenance 0 operator 1 1 1 1 x\n"
		 "cs00 stop 0 engineer 1 1 1 1 x\ncs00 maintenance 0 operator 1 1 1 1 x\nend 1\n",
		 "",
		 {HOLD_STOP}},
	};
	struct bench b;
	begin(&b);
	for (size_t k = 0; k < sizeof DAMAGED / sizeof DAMAGED[0]; k++) {
		struct errtext err = {""};
		int rc = recall(&b, DAMAGED[k].text, strlen(DAMAGED[k].text), &err);
		assert_int_equal(rc, DAMAGED[k].said[0] ? -EINVAL : 0);
		if (!strstr(err.text, DAMAGED[k].said))
			fail_msg("%zu: %s", k, err.text);
		for (uint32_t s = 0; s < 4; s++)
			assert_int_equal(kind(&b, s), DAMAGED[k].kind[s]);
		assert_true(ask(&b, "{\"cmd\":\"holds\"}"));
	}
	end(&b);
}

/* A letter of a value by hand, changed: whose it was has stopped nothing. */
static void
a_stop_that_damage_makes_is_nobodys(void **state)
{
	(void)state;
	static const char TEXT[] =
		"isotherm holds 1 bench\ncs03 manuel 1000 operator 1 1 1 1 trial\nend 1\n";
	struct bench b;
	struct errtext err = {""};
	begin(&b);
	assert_int_equal(recall(&b, TEXT, sizeof TEXT - 1, &err), -EINVAL);
	const struct hold *d = holds_of(b.holds, 3);
	assert_int_equal(d->kind, HOLD_STOP);
	assert_true(d->uid == PEOPLE_NOBODY);
	assert_non_null(strstr(d->why, "line 2 of control.holds is damaged"));
	assert_true(
		ask(&b, "{\"cmd\":\"start\",\"system\":\"cs03\",\"why\":\"it was not stopped\"}"));
	end(&b);
}

static void
no_cut_and_no_flip_of_the_file_lets_go_of_the_other_line(void **state)
{
	(void)state;
	struct bench b, other;
	struct errtext err = {""};
	begin(&b);
	begin(&other);
	assert_true(ask(&b, "{\"cmd\":\"stop\",\"system\":\"cs00\",\"why\":\"first\"}"));
	assert_true(ask(&b, STOP_3));
	char text[sizeof b.kept];
	memcpy(text, b.kept, b.kept_len);
	size_t header = (size_t)(strchr(text, '\n') + 1 - text);
	size_t second = (size_t)(strstr(text, "cs03") - text);
	for (size_t n = header + 4; n < b.kept_len; n++) {
		recall(&other, text, n, &err);
		assert_int_equal(kind(&other, 0), HOLD_STOP);
	}
	for (size_t bit = 8 * header; bit < 8 * b.kept_len; bit++) {
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		recall(&other, text, b.kept_len, &err);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(kind(&other, bit < 8 * (second - 1) ? 3 : 0), HOLD_STOP);
		assert_true(ask(&other, "{\"cmd\":\"holds\"}"));
	}
	end(&b);
	end(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_changes_is_kept_before_the_answer),
		cmocka_unit_test(what_can_not_be_kept_is_not_done_but_for_a_stop),
		cmocka_unit_test(a_restart_remembers_everything),
		cmocka_unit_test(after_a_boot_the_wall_clock_says_what_is_left),
		cmocka_unit_test(after_a_boot_the_lesser_of_two_clocks_ends_a_hold),
		cmocka_unit_test(another_site_is_another_matter),
		cmocka_unit_test(a_stop_that_damage_makes_is_nobodys),
		cmocka_unit_test(what_is_readable_of_a_damaged_file_is_held),
		cmocka_unit_test(no_cut_and_no_flip_of_the_file_lets_go_of_the_other_line),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
