/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that bring a page to people, run so that none can do harm: no shell, an absolute path of
 * trusted owner, a fixed environment, the page as JSON on stdin (a file of its own, so a hook that
 * never reads can't block), output bounded, a process group of its own, an end in time. What a hook
 * leaves behind is found (we are its subreaper) and killed.
 */
#ifndef ISOTHERM_ALARMS_HOOKS_H
#define ISOTHERM_ALARMS_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms/page.h"
#include "core/errtext.h"
#include "core/loop.h"

#define HOOK_OUTPUT                                                                                \
	65536u /* bytes of a hook's output that are kept; the rest is read and dropped */
#define HOOKS_MAX 64u

struct hook_call {
	const char *program;
	const struct page_intent *page; /* for the environment */
	const char *json;               /* for stdin */
	int64_t timeout_ns;             /* it is killed then; asked to end a little before */
};

struct hook_end {
	uint32_t slot;
	bool ok;       /* exit 0 */
	char why[128]; /* else what happened, with the last line it said */
};

struct hooks;

/* The process becomes the subreaper of all its descendants. `parallel` at most HOOKS_MAX. */
int hooks_open(struct hooks **out, struct loop *loop, uint32_t parallel);
/* Whatever still runs is killed, and waited for. */
void hooks_close(struct hooks *h);

/* The slot it runs in, or -errno: -EAGAIN all are taken; err tells. */
int hooks_start(struct hooks *h, const struct hook_call *call, int64_t now_ns, struct errtext *err);

/* Every event of the loop: 1 a hook has ended (*out), 0 ours or due, but nothing to tell. -ENOENT:
 * not ours. */
int hooks_event(struct hooks *h, const struct loop_event *ev, struct hook_end *out);

int64_t hooks_due_ns(const struct hooks *h); /* when hooks_step is wanted, LOOP_NEVER if not */
void hooks_step(struct hooks *h, int64_t now_ns);

/* All are asked to end now, and killed in a second. */
void hooks_terminate(struct hooks *h, int64_t now_ns);

uint32_t hooks_running(const struct hooks *h);
bool hooks_quiet(const struct hooks *h); /* and nothing is left behind by any */

#endif
