/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "controllers/caps_state.h"

const char *
caps_name(const struct caps *c, int32_t system)
{
	return system == SITE ? "site" : c->plant->systems[system].name;
}

void
caps_tell(struct caps *c, int32_t system, int64_t now_ns, const char *text)
{
	lines_sentence(&c->lines, system, caps_name(c, system), now_ns, (double)NAN, text);
}
