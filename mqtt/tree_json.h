/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of the JSON tree; mqtt/schema/ says what is in them. A value that is not live is null. */
#ifndef ISOTHERM_MQTT_TREE_JSON_H
#define ISOTHERM_MQTT_TREE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "mqtt/snapshot.h"

/*
 * Each writes a text of at most `size` bytes and returns its length; 0 if it finds no place. wall_ns
 * becomes "time"; 0 leaves that out, so that two texts can be compared for what they say.
 */
size_t tree_status_json(const struct snapshot *s, const char *version, int64_t wall_ns, char *out,
			size_t size);
/* "online" false: the will, and the last word. */
size_t tree_offline_json(const struct plant *p, char *out, size_t size);
size_t tree_system_json(const struct snapshot *s, uint32_t system, int64_t wall_ns, char *out,
			size_t size);
size_t tree_alarm_json(const struct snapshot *s, uint32_t alarm, int64_t wall_ns, char *out,
		       size_t size);

#endif
