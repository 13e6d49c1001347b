/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Something that is done for each of many, in any order, of several at a time where there are hands for it: what is
 * done for one touches nothing that is done for another touches. Cores say what; whose hands they are is for the shell.
 */
#ifndef ISOTHERM_CORE_SWEEP_H
#define ISOTHERM_CORE_SWEEP_H

#include <stddef.h>
#include <stdint.h>

struct sweep {
	/* work(context, i) for each i < n, once; all are done when it returns */
	void (*each)(void *hands, uint32_t n, void (*work)(void *context, uint32_t i),
		     void *context);
	void *hands;
};

/* s NULL: one after another. */
static inline void
sweep_each(const struct sweep *s, uint32_t n, void (*work)(void *context, uint32_t i),
	   void *context)
{
	if (s != NULL)
		s->each(s->hands, n, work, context);
	else
		for (uint32_t i = 0; i < n; i++)
			work(context, i);
}

#endif
