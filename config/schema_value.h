/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the schema: single values. */
#ifndef ISOTHERM_CONFIG_SCHEMA_VALUE_H
#define ISOTHERM_CONFIG_SCHEMA_VALUE_H

#include "config/schema_key.h"

#define SCHEMA_WHY_SIZE 160

/* Convert the text of a scalar; false: `why` says what is wrong and *field is not to be used. */
bool schema_value_set(const struct schema_key *k, const char *text, void *field, char *why);
bool schema_number_set(const struct schema_key *k, const char *text, double *out, char *why);
/* "1..256", "allowed, refused", … */
char *schema_allowed(const struct schema_key *k, char *out, size_t size);
/* why = "TEXT" what */
void schema_why(char *why, const char *text, const char *what);

#endif
