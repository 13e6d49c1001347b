/* SPDX-License-Identifier: Apache-2.0 */
#include "core/errtext.h"

#include <stdarg.h>
#include <stdio.h>

int
errtext_set(struct errtext *err, int rc, const char *format, ...)
{
	if (err) {
		va_list args;

		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args); /* cut off where too long */
		va_end(args);
	}
	return rc;
}
