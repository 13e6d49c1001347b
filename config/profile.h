/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/: a device profile, the register map of a kind of device. */
#ifndef ISOTHERM_CONFIG_PROFILE_H
#define ISOTHERM_CONFIG_PROFILE_H

#include "config/keys.h"
#include "config/pool.h"

#define PROFILE_POINTS_MAX 4096u
/* longest name of a point within its system: with "system." before it, it must fit into point.name */
#define POINT_NAME_MAX 31u

enum file_state { FILE_GOOD, FILE_WRONG, FILE_MISSING };

struct profile {
	struct profile *next;
	char name[32];
	enum file_state state; /* the rest is filled if GOOD */
	int32_t scan_ms[SCAN_CLASSES], timeout_ms;
	uint16_t max_registers;
	bool bridge_gaps;
	int8_t identity_fc;
	uint16_t identity_reg, identity_value;
	int32_t serial_reg; /* -1: none */
	/* names without the system's, by scan class, function code, register */
	struct point *points;
	uint32_t n_points, n_writable;
};

/* Fill *p, whose name is set, from a document. */
void profile_read(struct profile *p, struct schema_walk *w, struct pool *pool);

#endif
