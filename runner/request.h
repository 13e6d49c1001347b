/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a request to a deciding room, as its result says. */
#ifndef ISOTHERM_RUNNER_REQUEST_H
#define ISOTHERM_RUNNER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* Was it done? `line` (NULL is allowed) gets the request and the answer in words. */
bool request_done(const char *request, const char *result, char *line, size_t size);

#endif
