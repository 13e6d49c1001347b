/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/request.h"

#include <jansson.h>
#include <stdio.h>

bool
request_done(const char *request, const char *result, char *line, size_t size)
{
	json_t *root = json_loads(result, 0, NULL);
	const char *error = json_string_value(json_object_get(root, "error"));
	bool done = json_is_true(json_object_get(root, "ok"));

	if (line != NULL && done)
		(void)snprintf(line, size, "%s: done", request);
	else if (line != NULL)
		(void)snprintf(line, size, "%s: refused: %s", request,
			       error != NULL ? error : "no reason given");
	json_decref(root);
	return done;
}
