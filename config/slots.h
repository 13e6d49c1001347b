/* SPDX-License-Identifier: Apache-2.0 */
/* Private to config/. Position of a role's element among all elements of all roles, and of roles by
 * their names. */
#ifndef ISOTHERM_CONFIG_SLOTS_H
#define ISOTHERM_CONFIG_SLOTS_H

#include "config/plant.h"

uint32_t role_slot(enum role_id role, uint32_t index);
uint32_t role_slots(void);
/* Elements of all roles of an owner. */
uint32_t role_owner_slots(enum role_owner owner);

enum role_id role_by_name(const char *name); /* ROLES: none */
const char *role_near(const char *name);     /* most like a wrong name; NULL: none is near */

#endif
