/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the screen to a deciding room. The screen waits for nobody: one request is in flight,
 * the others stand in line, and what has no answer in time is given up with all that waits.
 */
#ifndef ISOTHERM_TUI_ASK_H
#define ISOTHERM_TUI_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/command.h"
#include "core/loop.h"

#define ASK_LINE 128u /* requests that wait at most */
#define ASK_TIMEOUT_NS INT64_C(1000000000)

enum ask_kind { ASK_SHOW, ASK_ACK, ASK_HOLDS };

struct ask_item {
	enum ask_kind kind;
	uint32_t alarm; /* or system */
	char key[64];   /* its key, or name */
};

struct ask {
	struct loop *loop;
	const char *room; /* "alarm", "control"; borrowed */
	int fd;           /* -1 */
	bool in_flight;
	int64_t deadline_ns;
	struct ask_item line[ASK_LINE]; /* line[0] is the one in flight */
	uint32_t n;
	char result[COMMAND_MAX + 1];
};

void ask_open(struct ask *a, struct loop *loop, const char *room);
void ask_close(struct ask *a);

/* False: the line is full. */
bool ask_add(struct ask *a, enum ask_kind kind, uint32_t alarm, const char *key);
bool ask_waits_for(const struct ask *a, enum ask_kind kind); /* one of these is on its way */

/* Send what can be sent. 0, or -errno: all that stood in line is given up; `err` says why. */
int ask_step(struct ask *a, const char *run_dir, int64_t now_ns, struct errtext *err);
/* 1: *done was answered with a->result; 0: nothing for us (yet); -errno as above. */
int ask_event(struct ask *a, const struct loop_event *ev, struct ask_item *done,
	      struct errtext *err);
int64_t ask_next_ns(const struct ask *a); /* LOOP_NEVER: nothing is due */

#endif
