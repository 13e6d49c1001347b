/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the caps share: time and shares (caps.c), requests (caps_ask.c), the kept text
 * (caps_text.c). */
#ifndef ISOTHERM_CONTROLLERS_CAPS_PRIVATE_H
#define ISOTHERM_CONTROLLERS_CAPS_PRIVATE_H

#include "controllers/ask.h"
#include "controllers/caps.h"
#include "controllers/lines.h"

struct caps {
	const struct plant *plant;
	struct cap *of;                  /* [n_systems + 1]: the last is that of all together */
	struct cap *before;              /* [n_systems + 1]: in force until the other's deadline */
	struct cap_allowance *allowance; /* [n_systems] */
	double *claim_w;                 /* [n_systems]: of the power that is shared */
	bool unkept;
	char *text; /* scratch for a keeper */
	size_t text_size;
	struct lines lines;
};

static inline struct cap *
caps_at(struct caps *c, int32_t system)
{
	return &c->of[system == SITE ? c->plant->n_systems : (uint32_t)system];
}

const char *caps_name(const struct caps *c, int32_t system); /* "cs03", "all systems" */
/* "cs03 capped at 16.0 kW from …Z until …Z by …: why". Returns out. */
char *caps_describe(const struct caps *c, int32_t system, int64_t now_ns, int64_t wall_ns,
		    char *out, size_t size);
/* A line, or as many as it takes. */
void caps_tell(struct caps *c, int32_t system, int64_t now_ns, const char *text);

#endif
