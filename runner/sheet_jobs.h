/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs and tenants on a sheet. */
#ifndef ISOTHERM_RUNNER_SHEET_JOBS_H
#define ISOTHERM_RUNNER_SHEET_JOBS_H

#include <jansson.h>
#include <stdio.h>

#include "runner/sheet_data.h"

void sheet_judge_jobs(struct sheet *s);
void sheet_print_jobs(const struct sheet *s, FILE *to);
json_t *sheet_json_jobs(const struct sheet *s);
json_t *sheet_json_tenants(const struct sheet *s);

#endif
