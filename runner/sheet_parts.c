/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/sheet_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void
sheet_fail(struct sheet *s, const char *format, ...)
{
	va_list args;

	if (s->failed++ >= SHEET_FAILURES)
		return;
	va_start(args, format);
	(void)vsnprintf(s->failures[s->failed - 1], sizeof s->failures[0], format, args);
	va_end(args);
}

json_t *
sheet_json_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}
