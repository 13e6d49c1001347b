/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that nobody has taken yet: which goes next, when it is tried again. Pure; who carries
 * them is the shell's matter, or a script's.
 *
 * A page leaves the queue when a hook has taken it (exit 0), and for no other reason. What belongs
 * to one key goes in the order it was made; otherwise the highest priority goes first. A try that
 * failed, or was never answered, is repeated after retry_s, doubled from try to try up to a minute,
 * give or take a fifth.
 */
#ifndef ISOTHERM_ALARMS_PAGING_H
#define ISOTHERM_ALARMS_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "alarms/page.h"

#define PAGING_MAX 1024u      /* pages kept in memory */
#define PAGING_LONGEST_S 60.0 /* between two tries */

struct paging_params {
	int32_t parallel; /* pages that are out at once */
	double timeout_s; /* of the hook */
	double retry_s;
	uint64_t seed; /* of the jitter */
};

struct paging;

int paging_open(struct paging **out, const struct paging_params *params); /* 0, -ENOMEM */
void paging_close(struct paging *p);

/* ids grow. -ENOSPC: no room, the page is not in the queue. */
int paging_add(struct paging *p, const struct page_intent *page, int64_t now_ns);

/* True and *out, with its attempt counted, if a page is to go now. */
bool paging_take(struct paging *p, int64_t now_ns, struct page_intent *out);

/* What became of a try: true if the page has left the queue. A page that is not there: false. */
bool paging_result(struct paging *p, uint64_t id, bool delivered, int64_t now_ns);

/* It never reached a hook as far as anybody knows: that was no try, again after retry_s. */
void paging_unsent(struct paging *p, uint64_t id, int64_t now_ns);

void paging_set_journalled(struct paging *p); /* all of them */

uint32_t paging_pending(const struct paging *p); /* in the queue, out or not */
uint32_t paging_failed(const struct paging *p);  /* of these: a try has failed */
uint32_t paging_out(const struct paging *p);     /* being tried */
/* NULL: it is not in the queue. */
const struct page_intent *paging_find(const struct paging *p, uint64_t id);
/* One of the queue by its place, oldest first; NULL at the end. */
const struct page_intent *paging_at(const struct paging *p, uint32_t place);

#endif
