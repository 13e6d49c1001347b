/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from isotherm-alarm to isotherm-page: one connection to page.sock a page that is out.
 * Never blocks; whether anybody is there is found out when there is a page to send.
 */
#ifndef ISOTHERM_ALARMS_PAGER_H
#define ISOTHERM_ALARMS_PAGER_H

#include "alarms/engine.h"
#include "core/loop.h"

#define PAGER_MAX 12u /* pages out at once: isotherm-page keeps a few connections more */

enum pager_news {
	PAGER_NOTHING, /* ours, but there is nothing to tell */
	PAGER_RESULT,
	PAGER_LOST /* no answer will come: result.id was not tried as far as anybody knows */
};

struct pager;

int pager_open(struct pager **out, struct loop *loop, const char *run_dir); /* 0, -ENOMEM */
void pager_close(struct pager *p);

/* Is there room, and a chance that somebody is there? */
bool pager_ready(const struct pager *p, int64_t now_ns);
/* 0, or -errno: nobody took it. A page that is out already is sent again. */
int pager_send(struct pager *p, const struct page_intent *page, int64_t now_ns);
/* enum pager_news, or -ENOENT: not our event. */
int pager_event(struct pager *p, const struct loop_event *ev, struct page_result *result);

#endif
