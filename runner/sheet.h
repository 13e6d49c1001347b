/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario came to: held against what was expected, and printed. */
#ifndef ISOTHERM_RUNNER_SHEET_H
#define ISOTHERM_RUNNER_SHEET_H

#include <stdio.h>

#include "runner/sheet_data.h"

void sheet_judge(struct sheet *s);
void sheet_print_text(const struct sheet *s, FILE *to);
/* 0 or -ENOMEM. */
int sheet_print_json(const struct sheet *s, FILE *to);

#endif
