/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What isotherm-page has been asked for: who waits for which page, which goes next, which would not
 * go for so many tries. Pure. The same key and action asked for twice is one run of the hook, and
 * both hear of it.
 */
#ifndef ISOTHERM_ALARMS_PAGE_DESK_H
#define ISOTHERM_ALARMS_PAGE_DESK_H

#include "alarms/page.h"

#define DESK_MAX 32u        /* requests at once: more than command.h has connections */
#define DESK_FAILED_MAX 64u /* pages known to fail */

struct desk_counts {
	uint32_t pending; /* requested and not answered */
	uint32_t
		failed; /* pages that `tries` tries have not brought out, and that are still tried */
	uint64_t delivered;
};

struct desk;

int desk_open(struct desk **out, uint32_t tries); /* 0, -ENOMEM */
void desk_close(struct desk *d);

/* 0; -EINVAL no page, -ENOSPC too many; err tells. */
int desk_take(struct desk *d, int connection, const char *json, struct errtext *err);

/* The page to run next, highest priority first: its ticket, and itself (borrowed until desk_end). */
bool desk_next(struct desk *d, uint32_t *ticket, const struct page_intent **page,
	       const char **json);
const struct page_intent *desk_page(const struct desk *d, uint32_t ticket);
void desk_running(struct desk *d, uint32_t ticket, uint32_t slot);
uint32_t desk_ticket(const struct desk *d, uint32_t slot); /* of what runs there */

/* It is over: then desk_answer gives, one by one, who is to hear it. */
void desk_end(struct desk *d, uint32_t ticket, bool ok, int64_t now_ns);
bool desk_answer(struct desk *d, int *connection, const struct page_intent **page);

/* A page that nobody asks for any more is no failure that lasts. */
void desk_tidy(struct desk *d, int64_t now_ns);
const struct desk_counts *desk_counts(const struct desk *d);

#endif
