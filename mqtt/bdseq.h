/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The birth-death sequence number over restarts: STATE/mqtt/bdseq holds the last one that a CONNECT
 * was sent with. It is written before that CONNECT, under a new name, synced and renamed, so that
 * the file is the old one or the new one whatever happens, and no number is ever used twice in a row.
 */
#ifndef ISOTHERM_MQTT_BDSEQ_H
#define ISOTHERM_MQTT_BDSEQ_H

#include <stdint.h>

#include "core/errtext.h"

struct bdseq {
	char folder[256]; /* STATE/mqtt */
	char path[288], fresh[288];
};

/*
 * Make the folder and read the file. *next is the number of the first CONNECT: one more than the
 * last used one; 0 if there is no file yet. Errors are told, and *next is 0 then: -EBADMSG the file
 * is damaged; -errno it can't be read, or the folder can't be made.
 */
int bdseq_open(struct bdseq *b, const char *state_dir, uint8_t *next, struct errtext *err);
/* `used` goes out now. 0 or -errno. */
int bdseq_store(const struct bdseq *b, uint8_t used, struct errtext *err);

#endif
