/* SPDX-License-Identifier: Apache-2.0 */
/* One line of explanation for the caller, who knows the name of the thing and decides whether to
 * log it. */
#ifndef ISOTHERM_CORE_ERRTEXT_H
#define ISOTHERM_CORE_ERRTEXT_H

struct errtext {
	char text[256];
};

/* Fill `err` (NULL: nothing) and return rc, so that `return errtext_set(err, -EINVAL, "…")` is one
 * line. */
int errtext_set(struct errtext *err, int rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
