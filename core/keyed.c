/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keyed.h"

#include <math.h>
#include <string.h>

#include "core/wide.h"

/* 2^64 / golden ratio, odd: the increment of splitmix64. */
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

#define PI 3.14159265358979323846
#define LN2 0.69314718055994530942

/* Of an IEEE 754 double: where its exponent begins, and the bits of 1, of the root of a half
 * (nearly) and of 2^52, whose last bit counts ones. */
#define EXPONENT_AT 52
#define ONE_BITS UINT64_C(0x3ff0000000000000)
#define ROOT_HALF_BITS UINT64_C(0x3fe6a09e00000000)
#define WHOLE_BITS UINT64_C(0x4330000000000000)
#define SIGN_BIT UINT64_C(0x8000000000000000)

INLINED double
as_double(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

INLINED uint64_t
as_bits(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/*
 * The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", OOPSLA 2014; constants of Stafford's variant 13). A bijection in which each input
 * bit flips each output bit with a probability near 1/2.
 */
INLINED uint64_t
mix(uint64_t z)
{
	z += GOLDEN;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The tick goes through mix() alone first: in a plain sum or xor the sequences of two signals could
 * be the same one, shifted. */
uint64_t
keyed_u64(uint64_t seed, uint64_t signal, uint64_t tick)
{
	return mix(mix(mix(seed) ^ signal) ^ mix(tick));
}

/* 52 bits and a half: 53 would let the largest round to 1. Put behind the exponent of 1, since a
 * conversion does not run in vectors. */
INLINED double
uniform(uint64_t bits)
{
	return as_double(bits >> 12 | ONE_BITS) - (1.0 - 0x1p-53);
}

double
keyed_uniform(uint64_t seed, uint64_t signal, uint64_t tick)
{
	return uniform(keyed_u64(seed, signal, tick));
}

/* log() for 0 < u < 1 within some units of the last place: u = 2^e m with m around 1, and the series of
 * artanh((m - 1) / (m + 1)), of which the square is below .0295. */
INLINED double
log_of(double u)
{
	uint64_t bits = as_bits(u), above = bits + (ONE_BITS - ROOT_HALF_BITS);
	uint64_t e = above >> EXPONENT_AT;
	double m = as_double(bits - (e << EXPONENT_AT) + ONE_BITS);
	double exponent = as_double(e | WHOLE_BITS) - (0x1p52 + 1023.0);
	double s = (m - 1.0) / (m + 1.0), z = s * s, p = 1.0 / 21;

	p = p * z + 1.0 / 19;
	p = p * z + 1.0 / 17;
	p = p * z + 1.0 / 15;
	p = p * z + 1.0 / 13;
	p = p * z + 1.0 / 11;
	p = p * z + 1.0 / 9;
	p = p * z + 1.0 / 7;
	p = p * z + 1.0 / 5;
	p = p * z + 1.0 / 3;
	return exponent * LN2 + 2.0 * (s + s * z * p);
}

/* Of an angle of u turns, 0 <= u <= 1, the one that lies within a quarter turn and has the cosine as minus its sine
 * and the sine, but for its sign, as its cosine. */
INLINED double
within_a_quarter(double u)
{
	return 2.0 * PI * (0.25 - fabs(u - 0.5));
}

/* cos(2 pi u) for 0 <= u <= 1, absolute error below 1e-15. */
INLINED double
cos_of_turns(double u)
{
	double x = within_a_quarter(u), z = x * x, p = -1.0 / 121645100408832000.0;

	p = p * z + 1.0 / 355687428096000.0;
	p = p * z - 1.0 / 1307674368000.0;
	p = p * z + 1.0 / 6227020800.0;
	p = p * z - 1.0 / 39916800.0;
	p = p * z + 1.0 / 362880.0;
	p = p * z - 1.0 / 5040.0;
	p = p * z + 1.0 / 120.0;
	p = p * z - 1.0 / 6.0;
	return -(x + x * z * p);
}

/* sin(2 pi u) likewise. */
INLINED double
sin_of_turns(double u)
{
	double x = within_a_quarter(u), z = x * x, p = -1.0 / 6402373705728000.0;

	p = p * z + 1.0 / 20922789888000.0;
	p = p * z - 1.0 / 87178291200.0;
	p = p * z + 1.0 / 479001600.0;
	p = p * z - 1.0 / 3628800.0;
	p = p * z + 1.0 / 40320.0;
	p = p * z - 1.0 / 720.0;
	p = p * z + 1.0 / 24.0;
	p = p * z - 0.5;
	return as_double(as_bits(1.0 + z * p) ^ (as_bits(0.5 - u) & SIGN_BIT));
}

/* Box and Muller: no rejection, so one key gives one number. */
INLINED double
normal(uint64_t bits)
{
	return sqrt(-2.0 * log_of(uniform(bits))) * cos_of_turns(uniform(mix(bits)));
}

double
keyed_normal(uint64_t seed, uint64_t signal, uint64_t tick)
{
	return normal(keyed_u64(seed, signal, tick));
}

/* 32 bits and a half. */
INLINED double
uniform_32(uint64_t bits)
{
	return as_double((bits & UINT32_MAX) << 20 | ONE_BITS) - (1.0 - 0x1p-33);
}

/* Each half of a key is a number, and both of Box and Muller's are taken: noise of many needs no more. */
WIDE void
keyed_normals(double *restrict out, size_t pairs, uint64_t seed, uint64_t signal, uint64_t tick)
{
	uint64_t of_seed = mix(seed), of_tick = mix(tick);

	for (size_t i = 0; i < pairs; i++) {
		uint64_t bits = mix(mix(of_seed ^ (signal + i)) ^ of_tick);
		double r = sqrt(-2.0 * log_of(uniform_32(bits >> 32))), u = uniform_32(bits);

		out[i] = r * cos_of_turns(u);
		out[pairs + i] = r * sin_of_turns(u);
	}
}

WIDE void
keyed_normals_of(double *restrict out, size_t n, uint64_t seed, const uint64_t *signals,
		 uint64_t tick)
{
	uint64_t of_seed = mix(seed), of_tick = mix(tick);
	size_t whole = (n + KEYED_SPARE) / (KEYED_SPARE + 1) * (KEYED_SPARE + 1);

	for (size_t i = 0; i < whole; i++)
		out[i] = normal(mix(mix(of_seed ^ signals[i]) ^ of_tick));
}

/* FNV-1a, 64 bits. */
uint64_t
keyed_signal(const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return h;
}
