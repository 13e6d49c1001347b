/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keyed.h"

#include <math.h>

/* 2^64 / golden ratio, odd: the increment of splitmix64. */
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

#define PI 3.14159265358979323846

/*
 * The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", OOPSLA 2014; constants of Stafford's variant 13). A bijection in which each input
 * bit flips each output bit with a probability near 1/2.
 */
static uint64_t
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

/* 52 bits and a half: 53 would let the largest round to 1. */
static double
uniform(uint64_t bits)
{
	return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

double
keyed_uniform(uint64_t seed, uint64_t signal, uint64_t tick)
{
	return uniform(keyed_u64(seed, signal, tick));
}

/* Box and Muller: no rejection, so one key gives one number. */
double
keyed_normal(uint64_t seed, uint64_t signal, uint64_t tick)
{
	uint64_t bits = keyed_u64(seed, signal, tick);

	return sqrt(-2.0 * log(uniform(bits))) * cos(2.0 * PI * uniform(mix(bits)));
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
