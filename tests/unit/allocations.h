/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of the program that includes this is counted: the linker takes these before the C
 * library's. Not under a sanitizer, which has its own. */
#ifndef ISOTHERM_TESTS_ALLOCATIONS_H
#define ISOTHERM_TESTS_ALLOCATIONS_H

#include <stddef.h>
#include <stdint.h>

__attribute__((unused)) static uint64_t allocations; /* 0 for ever where they are not counted */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 0
#else
#define COUNTS_ALLOCATIONS 1

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);

void *
malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	allocations++;
	return __libc_realloc(p, size);
}
#endif

#endif
