/* SPDX-License-Identifier: Apache-2.0 */
/* Who people are and what they say, in words that a journal can keep. */
#ifndef ISOTHERM_CONTROLLERS_PEOPLE_H
#define ISOTHERM_CONTROLLERS_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/command.h"

#define PEOPLE_WHY_CHARACTERS 200
#define PEOPLE_WHY_SIZE (4 * PEOPLE_WHY_CHARACTERS + 1) /* UTF-8 */
#define PEOPLE_NOBODY UINT32_MAX                        /* a uid that is not known any more */

const char *people_level(enum access_level access);             /* "operator" */
bool people_level_of(const char *name, enum access_level *out); /* false: it is none */
/* "uid 1000 (operator)". Returns out. */
char *people_person(uint32_t uid, enum access_level access, char *out, size_t size);
char *people_time(int64_t wall_ns, char *out, size_t size); /* "2026-11-26T14:31:58Z" */
/* As words_characters. */
int people_characters(const char *text);

/* The next line of a text that is kept, at *at, cut off at size - 1 bytes. False: there is none.
 * *whole: it was text, and all of it fits. */
bool people_line(const char *text, size_t len, size_t *at, char *line, size_t size, bool *whole);

#endif
