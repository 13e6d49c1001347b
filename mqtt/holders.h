/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why people hold systems. The image says who and until when, in numbers; the words are
 * isotherm-control's, which is asked when these have changed, and every ten seconds: one system
 * a second, and it has HOLDERS_TIMEOUT_MS to answer. Part of the shell.
 */
#ifndef ISOTHERM_MQTT_HOLDERS_H
#define ISOTHERM_MQTT_HOLDERS_H

#include <stdint.h>

#include "mqtt/snapshot.h"

#define HOLDERS_TIMEOUT_MS 200

struct holders;

int holders_open(struct holders **out, const struct plant *plant); /* 0, -ENOMEM */
void holders_close(struct holders *h);                             /* NULL is allowed */

/* Once a second: into snap->why, which then is the holders' own. */
void holders_step(struct holders *h, struct snapshot *snap, const char *run_dir, int64_t now_ns);

#endif
