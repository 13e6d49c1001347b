/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for people that wait to be taken: what is longer than an event's text is told on several. */
#ifndef ISOTHERM_CONTROLLERS_LINES_H
#define ISOTHERM_CONTROLLERS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/image.h"

#define LINES_MAX 16 /* of one request: the longest reason takes 11 */

struct lines {
	struct image_event line[LINES_MAX];
	int32_t system[LINES_MAX]; /* index or SITE */
	uint32_t n, next;
};

void lines_clear(struct lines *q);
/* `len` bytes of a text, as code CONTROL_EVENT_AUTHORITY; one more than LINES_MAX is lost. */
void lines_add(struct lines *q, int32_t system, int64_t now_ns, double value, const char *text,
	       size_t len);
/* The whole of it: "cs03 stopped by …: the reason's begin", "cs03 ... and its end". */
void lines_sentence(struct lines *q, int32_t system, const char *name, int64_t now_ns, double value,
		    const char *sentence);
/* The next one; false: there is none, and the queue is empty. */
bool lines_next(struct lines *q, struct image_event *out, int32_t *system);

/* Bytes of `text` that fit into `room` without cutting a character, at a space if there is one. */
size_t lines_fit(const char *text, size_t room);

#endif
