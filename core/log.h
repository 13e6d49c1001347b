/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line to stderr, "<4>isotherm-collect: cs02.engine: no answer for 250 ms" where journald reads
 * it (JOURNAL_STREAM is set), with a UTC time and the level's name instead of the number elsewhere.
 * Log when a verdict changes, not each time it is found. Control characters in the text are printed
 * as '?'.
 */
#ifndef ISOTHERM_CORE_LOG_H
#define ISOTHERM_CORE_LOG_H

void log_open(const char *program); /* borrowed for the life of the process */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
