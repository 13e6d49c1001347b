/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people write, as it may stand in a record that others read: text (UTF-8) without control
 * characters and without those that only change how others are shown. A line must be what it looks
 * like: nobody may write a second one into it, move what is there or paint it.
 */
#ifndef ISOTHERM_CORE_WORDS_H
#define ISOTHERM_CORE_WORDS_H

#include <stddef.h>

/* Printable characters of a text, or -1: something in it is not, or is no UTF-8. */
int words_characters(const char *text);

/* The text for a terminal, at most size - 1 bytes of it, cut between characters: what is not
 * printable is '?'. Returns out. size > 0. */
char *words_shown(const char *text, char *out, size_t size);

#endif
