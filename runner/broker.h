/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private broker of a run whose plant names none: mosquitto on a port of the loopback that nobody
 * else has, with a configuration of our own.
 */
#ifndef ISOTHERM_RUNNER_BROKER_H
#define ISOTHERM_RUNNER_BROKER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "runner/folder.h"

#define BROKER_HOST "127.0.0.1"

struct broker {
	int hold_fd;   /* keeps the port for the broker while it is down; -1: there is none */
	uint16_t port; /* 0: no private broker */
	char config_path[PATH_MAX];
};

/* The program: on $PATH, else where Debian puts it, which is not in everybody's. 0 or -ENOENT. */
int broker_find(const char *path, char out[PATH_MAX]);

/* A port, and the configuration in the run folder. 0 or -errno. */
int broker_open(struct broker *b, const struct folder *folder, struct errtext *err);
void broker_close(struct broker *b);

/* Does anybody take connections on its port? */
bool broker_answers(const struct broker *b);

#endif
