/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controllers/explain_state.h"

void
explain_tell(struct telling *t, enum control_event code, double value, const char *format, ...)
{
	struct explain *x = t->x;
	if (x->ration < 1.0 || t->n == EXPLAIN_EVENTS) {
		x->untold++;
		return;
	}
	struct image_event *e = &t->events[t->n++];
	memset(e, 0, sizeof *e);
	e->time_ns = t->now_ns;
	e->code = code;
	e->point = NO_POINT;
	e->value = value;
	/* a line that is too long ends early: the event's value and code are whole */
	int len = snprintf(e->text, sizeof e->text, "%s ", x->name);
	va_list ap;
	va_start(ap, format);
	vsnprintf(e->text + len, sizeof e->text - (size_t)len, format, ap);
	va_end(ap);
	size_t at = strlen(e->text);
	if (x->untold)
		snprintf(e->text + at, sizeof e->text - at, " (+%u untold)", x->untold);
	x->untold = 0;
	x->ration -= 1.0;
}
