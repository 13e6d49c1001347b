/* SPDX-License-Identifier: Apache-2.0 */
/* How a function is compiled that runs over arrays of numbers, millions of times a second. */
#ifndef ISOTHERM_CORE_WIDE_H
#define ISOTHERM_CORE_WIDE_H

/* Compiled twice, for four doubles at a time where the processor has AVX2; the choice is made at
 * start. Nothing is contracted or reordered, so both give the same bits. Not under sanitizers,
 * whose start-up does not bear it. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
/* Of scratch that is filled before it is read: the compiler is not to clear it at each call. */
#define UNCLEARED __attribute__((uninitialized))
#define INLINED static inline __attribute__((always_inline))

_Static_assert(sizeof(double) == 8, "four of them are a vector");

#endif
