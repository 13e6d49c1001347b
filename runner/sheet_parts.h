/* SPDX-License-Identifier: Apache-2.0 */
/* What each part of a sheet needs: to say what failed, and numbers in JSON. */
#ifndef ISOTHERM_RUNNER_SHEET_PARTS_H
#define ISOTHERM_RUNNER_SHEET_PARTS_H

#include <jansson.h>

#include "runner/sheet_data.h"

void sheet_fail(struct sheet *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
json_t *sheet_json_number(double v); /* null unless finite */

#endif
