/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collectors/plan.h"
#include "core/keyed.h"

#define POINTS_MAX 200

static struct point
at(uint8_t fc, uint16_t reg, uint16_t count)
{
	return (struct point){.fc = fc, .reg = reg, .count = count};
}

static void
neighbours_come_in_one_read(void **state)
{
	(void)state;
	struct device d = {.max_registers = 125};
	struct point p[] = {at(4, 10, 1), at(4, 11, 2), at(4, 13, 4)};
	struct plan_read r[3];
	assert_int_equal(1, plan_reads(&d, p, 3, r));
	assert_int_equal(10, r[0].reg);
	assert_int_equal(7, r[0].count);
	assert_int_equal(3, r[0].n);
	assert_int_equal(1, plan_reads(&d, p, 3, NULL));
	assert_int_equal(0, plan_reads(&d, p, 0, r));
}

static void
function_codes_are_never_mixed(void **state)
{
	(void)state;
	struct device d = {.max_registers = 125, .bridge_gaps = true};
	struct point p[] = {at(3, 10, 1), at(4, 11, 1)};
	struct plan_read r[2];
	assert_int_equal(2, plan_reads(&d, p, 2, r));
	assert_int_equal(3, r[0].fc);
	assert_int_equal(4, r[1].fc);
	assert_int_equal(1, r[1].first);
}

static void
gaps_are_bridged_only_where_the_device_allows_it(void **state)
{
	(void)state;
	struct device d = {.max_registers = 125};
	struct point p[] = {at(4, 0, 1), at(4, 2, 1), at(4, 3 + PLAN_GAP_MAX, 1),
			    at(4, 5 + 2 * PLAN_GAP_MAX, 1)};
	struct plan_read r[4];
	assert_int_equal(4, plan_reads(&d, p, 4, r));
	d.bridge_gaps = true;
	assert_int_equal(2, plan_reads(&d, p, 4, r));
	assert_int_equal(4 + PLAN_GAP_MAX, r[0].count);
	assert_int_equal(3, r[1].first);
}

static void
a_point_is_never_cut(void **state)
{
	(void)state;
	struct device d = {.max_registers = 5};
	struct point p[] = {at(4, 0, 2), at(4, 2, 2), at(4, 4, 2), at(4, 6, 4)};
	struct plan_read r[4];
	assert_int_equal(3, plan_reads(&d, p, 4, r));
	assert_int_equal(4, r[0].count);
	assert_int_equal(4, r[1].reg);
	assert_int_equal(2, r[1].count);
	assert_int_equal(6, r[2].reg);
	d.max_registers = 3;
	assert_int_equal(-ERANGE, plan_reads(&d, p, 4, r));
}

static void
points_may_share_registers(void **state)
{
	(void)state;
	struct device d = {.max_registers = 125};
	struct point p[] = {at(4, 0, 4), at(4, 0, 1), at(4, 2, 1), at(4, 4, 1)};
	struct plan_read r[4];
	assert_int_equal(1, plan_reads(&d, p, 4, r));
	assert_int_equal(5, r[0].count);
}

static void
coils_have_limits_of_their_own(void **state)
{
	(void)state;
	struct device d = {.max_registers = 125, .bridge_gaps = true};
	struct point *p = calloc(2001, sizeof *p);
	struct plan_read *r = calloc(2001, sizeof *r);
	assert_non_null(p);
	assert_non_null(r);
	for (uint16_t i = 0; i < 2001; i++)
		p[i] = at(1, i, 1);
	assert_int_equal(2, plan_reads(&d, p, 2001, r));
	assert_int_equal(2000, r[0].count);
	d.max_registers = 2;
	assert_int_equal(63, plan_reads(&d, p, 2001, r));
	assert_int_equal(32, r[0].count);
	free(p);
	free(r);
}

static void
the_end_of_the_address_space_is_kept(void **state)
{
	(void)state;
	struct device d = {.max_registers = 125};
	struct point p[] = {at(4, 0xFFFE, 2), at(4, 0xFFFF, 2)};
	struct plan_read r[2];
	assert_int_equal(1, plan_reads(&d, p, 1, r));
	assert_int_equal(-ERANGE, plan_reads(&d, p, 2, r));
}

/* Whatever the map: every point is in exactly one read, whole, and no read breaks a limit. */
static void
random_maps_are_covered_and_keep_every_limit(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct device d = {.max_registers = (uint16_t)(4 + keyed_u64(seed, 1, 0) % 122),
				   .bridge_gaps = keyed_u64(seed, 2, 0) % 2 != 0};
		struct point p[POINTS_MAX];
		struct plan_read r[POINTS_MAX];
		uint32_t n = (uint32_t)(keyed_u64(seed, 3, 0) % POINTS_MAX), reg = 0;
		for (uint32_t i = 0; i < n; i++) {
			reg += (uint32_t)(keyed_u64(seed, 4, i) % 3 == 0
						  ? keyed_u64(seed, 5, i) % 40
						  : 0);
			p[i] = at(i < n / 2 ? 3 : 4, (uint16_t)reg,
				  (uint16_t)(1u << keyed_u64(seed, 6, i) % 3));
			reg += p[i].count;
		}
		int reads = plan_reads(&d, p, n, r);
		uint32_t next = 0;
		for (int k = 0; k < reads; k++) {
			assert_int_equal(next, r[k].first);
			assert_in_range(r[k].count, 1, d.max_registers);
			for (; next < r[k].first + r[k].n; next++) {
				assert_int_equal(r[k].fc, p[next].fc);
				assert_in_range(p[next].reg, r[k].reg,
						r[k].reg + r[k].count - p[next].count);
				if (!d.bridge_gaps && next > r[k].first)
					assert_int_equal(p[next - 1].reg + p[next - 1].count,
							 p[next].reg);
			}
		}
		assert_int_equal(n, next);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_come_in_one_read),
		cmocka_unit_test(function_codes_are_never_mixed),
		cmocka_unit_test(gaps_are_bridged_only_where_the_device_allows_it),
		cmocka_unit_test(a_point_is_never_cut),
		cmocka_unit_test(points_may_share_registers),
		cmocka_unit_test(coils_have_limits_of_their_own),
		cmocka_unit_test(the_end_of_the_address_space_is_kept),
		cmocka_unit_test(random_maps_are_covered_and_keep_every_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
