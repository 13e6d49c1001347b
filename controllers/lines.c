/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/lines.h"

#include <stdio.h>
#include <string.h>

#include "config/plant.h"
#include "controllers/control.h"

size_t
lines_fit(const char *text, size_t room)
{
	size_t len = strlen(text);
	if (len <= room)
		return len;
	for (size_t n = room; n > room / 2; n--)
		if (text[n] == ' ')
			return n;
	while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
		room--;
	return room;
}

void
lines_clear(struct lines *q)
{
	q->n = q->next = 0;
}

void
lines_add(struct lines *q, int32_t system, int64_t now_ns, double value, const char *text,
	  size_t len)
{
	if (q->n == LINES_MAX)
		return;
	struct image_event *e = &q->line[q->n];
	q->system[q->n++] = system;
	*e = (struct image_event){
		.time_ns = now_ns,
		.code = CONTROL_EVENT_AUTHORITY,
		.point = NO_POINT,
		.value = value,
	};
	snprintf(e->text, sizeof e->text, "%.*s", (int)len, text);
}

void
lines_sentence(struct lines *q, int32_t system, const char *name, int64_t now_ns, double value,
	       const char *sentence)
{
	char line[sizeof q->line[0].text];
	const size_t room = sizeof line - 1;
	size_t len = lines_fit(sentence, room);
	lines_add(q, system, now_ns, value, sentence, len);
	for (sentence += len; *sentence; sentence += len) {
		int head =
			snprintf(line, sizeof line, "%s ...%s", name, *sentence == ' ' ? "" : " ");
		len = lines_fit(sentence, room - (size_t)head);
		memcpy(line + head, sentence, len);
		lines_add(q, system, now_ns, value, line, (size_t)head + len);
	}
}

bool
lines_next(struct lines *q, struct image_event *out, int32_t *system)
{
	if (q->next == q->n) {
		lines_clear(q);
		return false;
	}
	*out = q->line[q->next];
	*system = q->system[q->next++];
	return true;
}
