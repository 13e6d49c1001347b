/* SPDX-License-Identifier: Apache-2.0 */
/* How the loaders fill a config_report: every error with file, line and key path, whatever pass found it. */
#ifndef ISOTHERM_CONFIG_REPORT_H
#define ISOTHERM_CONFIG_REPORT_H

#include "config/plant.h"

/* "FILE:LINE: PATH: text"; line 0 and path "" are left out. */
void config_report_at(struct config_report *r, const char *file, uint32_t line, const char *path,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Errors so far, those beyond CONFIG_ERRORS_MAX too: what was 0 before and is 0 after was right. */
size_t config_report_total(const struct config_report *r);

/* Files in the order of their first error, lines ascending. */
void config_report_sort(struct config_report *r);

#endif
