/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page: what somebody is to be told, as a struct and as the JSON that a hook reads on stdin.
 * `key` is the same for everything about one episode of one alarm, for every try and after every
 * restart, so a pager can drop what it has already: "cluster16/cs03.pump_failed[0]/7".
 */
#ifndef ISOTHERM_ALARMS_PAGE_H
#define ISOTHERM_ALARMS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/alarm.h"
#include "core/errtext.h"

#define PAGE_JSON_MAX 4000 /* it goes through a command socket */

enum page_action { PAGE_TRIGGER, PAGE_ACKNOWLEDGE, PAGE_RESOLVE, PAGE_ACTIONS };

struct page_intent {
	uint64_t id; /* in the journal, in the order they were made */
	char key[128];
	enum page_action action;
	char site[32], system[16], alarm[64];
	enum alarm_priority priority;
	char text[96], unit[8];
	double value, limit; /* NaN: none */
	char cause[160], consequence[160], operator_action[240];
	char user[32];   /* who acknowledged or reset it, "" nobody */
	int64_t wall_ns; /* when the state changed */
	uint64_t episode;
	uint32_t attempt; /* 1 is the first try; 0 not tried yet */
	bool journalled;  /* false: the journal can't be written, this may not survive a restart */
};

/* The JSON into out, NUL-terminated: its length, or -EMSGSIZE, -ENOMEM. Texts that are not UTF-8 or
 * too long for PAGE_JSON_MAX are left out rather than the page. */
int page_to_json(const struct page_intent *page, char *out, size_t size);

/* 0, or -EINVAL and what is wrong with it. Members that are not known are ignored. */
int page_from_json(struct page_intent *out, const char *json, struct errtext *err);

const char *page_action_name(enum page_action action); /* "trigger" … */

/* Copy as much as fits without cutting a UTF-8 character; returns out. */
char *text_copy(char *out, size_t size, const char *text);

#endif
