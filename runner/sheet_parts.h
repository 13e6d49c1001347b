/* SPDX-License-Identifier: Apache-2.0 */
/* Private to runner/sheet*.c: jobs and tenants on a sheet. */
#ifndef ISOTHERM_RUNNER_SHEET_PARTS_H
#define ISOTHERM_RUNNER_SHEET_PARTS_H

#include <jansson.h>

#include "runner/sheet.h"

void sheet_fail(struct sheet *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
json_t *sheet_json_number(double v); /* null unless finite */

void sheet_judge_jobs(struct sheet *s);
void sheet_print_jobs(const struct sheet *s, FILE *to);
json_t *sheet_json_jobs(const struct sheet *s);
json_t *sheet_json_tenants(const struct sheet *s);

#endif
