/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four doubles at a time, and a row of twelve zones, said outright: at -O2 the compiler makes
 * vectors only of loops that it sees through, and leaves small loops and their scratch in memory.
 * In a function that is WIDE (limits.h) an operation on four is one instruction with AVX2 and two
 * without, with the same bits.
 */
#ifndef ISOTHERM_ENGINE_SIM_LANES_H
#define ISOTHERM_ENGINE_SIM_LANES_H

#include <stdbool.h>

#include "engine_sim/limits.h"

#define LANES 4

typedef double four __attribute__((vector_size(32)));
typedef double four_of __attribute__((vector_size(32), aligned(8), may_alias)); /* in an array */
typedef unsigned long long four_bits __attribute__((vector_size(32)));
typedef long long four_index __attribute__((vector_size(32)));

INLINED four
four_load(const double *at)
{
	return *(const four_of *)at;
}

INLINED void
four_store(double *at, four v)
{
	*(four_of *)at = v;
}

INLINED four
four_all(double x)
{
	return (four){x, x, x, x};
}

INLINED double
four_sum(four v)
{
	return (v[0] + v[1]) + (v[2] + v[3]);
}

/* v one place further on: its lanes 1 .. 3, then lane 0 of what follows. */
INLINED four
four_after(four v, four next)
{
	return __builtin_shuffle(v, next, (four_index){1, 2, 3, 4});
}

/* Lane 3 of what goes before, then v's lanes 0 .. 2. */
INLINED four
four_before(four before, four v)
{
	return __builtin_shuffle(before, v, (four_index){3, 4, 5, 6});
}

_Static_assert(ZONES == 3 * LANES, "a row is three vectors");
struct row {
	four a, b, c;
};

INLINED struct row
row_load(const double at[ZONES])
{
	return (struct row){four_load(at), four_load(at + LANES), four_load(at + 2 * LANES)};
}

INLINED void
row_store(double at[ZONES], struct row r)
{
	four_store(at, r.a);
	four_store(at + LANES, r.b);
	four_store(at + 2 * LANES, r.c);
}

INLINED struct row
row_all(double x)
{
	return (struct row){four_all(x), four_all(x), four_all(x)};
}

INLINED struct row
row_add(struct row p, struct row q)
{
	return (struct row){p.a + q.a, p.b + q.b, p.c + q.c};
}

INLINED struct row
row_less(struct row p, struct row q)
{
	return (struct row){p.a - q.a, p.b - q.b, p.c - q.c};
}

INLINED struct row
row_times(struct row p, struct row q)
{
	return (struct row){p.a * q.a, p.b * q.b, p.c * q.c};
}

INLINED struct row
row_scaled(double k, struct row p)
{
	return (struct row){k * p.a, k * p.b, k * p.c};
}

INLINED bool
four_any(four_bits v)
{
	return (v[0] | v[1] | v[2] | v[3]) != 0;
}

INLINED four
four_choose(four_index which, four yes, four no)
{
	return (four)((which & (four_index)yes) | (~which & (four_index)no));
}

/* clamp() of limits.h: lo <= hi; a NaN gives hi. */
INLINED four
four_clamp(four p, double lo, double hi)
{
	four v = four_choose(p < hi, p, four_all(hi));

	return four_choose(v > lo, v, four_all(lo));
}

INLINED struct row
row_clamp(struct row p, double lo, double hi)
{
	return (struct row){four_clamp(p.a, lo, hi), four_clamp(p.b, lo, hi),
			    four_clamp(p.c, lo, hi)};
}

/* p q + k: a step of Horner's scheme. */
INLINED struct row
row_horner(struct row p, struct row q, double k)
{
	return (struct row){p.a * q.a + k, p.b * q.b + k, p.c * q.c + k};
}

INLINED double
row_sum(struct row p)
{
	return four_sum(p.a + p.b + p.c);
}

/*
 * exp(16 z): the series of degree 5, squared four times. Relative error below 1e-9 for |16 z| < .9 (45 K
 * around the reference temperature at 2 % a kelvin), 3e-8 at 1.6, 1e-5 at 4; libm's exp does not run
 * in vectors without -ffast-math.
 */
INLINED four
four_exp_of_16(four z)
{
	four z2 = z * z, even = z2 * (1.0 / 24) + 0.5, odd = z2 * (1.0 / 120) + 1.0 / 6, p;

	/* two sums side by side: one would wait for itself */
	odd = odd * z2 + 1.0;
	p = (1.0 + even * z2) + odd * z;
	p *= p;
	p *= p;
	p *= p;
	return p * p;
}

#define LN2_HIGH 0x1.62e42fefa38p-1 /* its 42 leading bits: times a whole number it is exact */
#define LN2_LOW 0x1.ef35793c7673p-45
#define PER_LN2 0x1.71547652b82fep+0
#define WHOLE 0x1.8p52 /* added, it leaves a whole number in the low bits */

/* expm1() for -700 < x < 700, within 3 units of the last place: 2^n (exp(r) - 1) + (2^n - 1) with
 * |r| <= ln 2 / 2 and the series of degree 13. */
INLINED four
four_expm1(four x)
{
	four n = x * PER_LN2 + WHOLE, whole = n - WHOLE;
	four r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
	four scale = (four)(((four_bits)n << 52) + (four_bits)four_all(1.0));
	four r2 = r * r, even = four_all(1.0 / 479001600), odd = four_all(1.0 / 6227020800);

	even = even * r2 + 1.0 / 3628800;
	odd = odd * r2 + 1.0 / 39916800;
	even = even * r2 + 1.0 / 40320;
	odd = odd * r2 + 1.0 / 362880;
	even = even * r2 + 1.0 / 720;
	odd = odd * r2 + 1.0 / 5040;
	even = even * r2 + 1.0 / 24;
	odd = odd * r2 + 1.0 / 120;
	even = even * r2 + 0.5;
	odd = odd * r2 + 1.0 / 6;
	r = (even + odd * r) * r2 + r;
	return scale * r + (scale - 1.0);
}

INLINED struct row
row_expm1(struct row x)
{
	return (struct row){four_expm1(x.a), four_expm1(x.b), four_expm1(x.c)};
}

#endif
