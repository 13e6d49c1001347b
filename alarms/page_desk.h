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

struct page_desk_counts {
	uint32_t pending; /* requested and not answered */
	uint32_t
		failed; /* pages that `tries` tries have not brought out, and that are still tried */
	uint64_t delivered;
};

struct page_desk;

int page_desk_open(struct page_desk **out, uint32_t tries); /* 0, -ENOMEM */
void page_desk_close(struct page_desk *d);

/* 0; -EINVAL no page, -ENOSPC too many; err tells. */
int page_desk_take(struct page_desk *d, int connection, const char *json, struct errtext *err);

/* The page to run next, highest priority first: its ticket, and itself (borrowed until page_desk_end). */
bool page_desk_next(struct page_desk *d, uint32_t *ticket, const struct page_intent **page,
		    const char **json);
const struct page_intent *page_desk_page(const struct page_desk *d, uint32_t ticket);
void page_desk_running(struct page_desk *d, uint32_t ticket, uint32_t slot);
uint32_t page_desk_ticket(const struct page_desk *d, uint32_t slot); /* of what runs there */

/* It is over: then page_desk_answer gives, one by one, who is to hear it. */
void page_desk_end(struct page_desk *d, uint32_t ticket, bool ok, int64_t now_ns);
bool page_desk_answer(struct page_desk *d, int *connection, const struct page_intent **page);

/* A page that nobody asks for any more is no failure that lasts. */
void page_desk_tidy(struct page_desk *d, int64_t now_ns);
const struct page_desk_counts *page_desk_counts(const struct page_desk *d);

#endif
