/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every daemon's main.c begins and ends with: options, the plant file, the run folder, the
 * loop; signals; starting afresh. The thin shell around a room's core, but for the room's own part.
 *
 *	code = daemon_open(&d, &info, argc, argv);	-1: go on
 *	start:	… open the room, notify_ready …
 *	serve:	for (;;) switch (loop_wait(d.loop, …)) … case LOOP_SIGNAL: daemon_signal(&d, &ev)
 *	stop:	… close the room …
 *	return daemon_close(&d, code);
 */
#ifndef ISOTHERM_SHELL_DAEMON_H
#define ISOTHERM_SHELL_DAEMON_H

#include <stdbool.h>

#include "config/plant.h"
#include "core/loop.h"

struct daemon_info {
	const char *program; /* "isotherm-collect" */
	const char *what;    /* lines of the usage text: what it does */
	const char *more;    /* more lines of it: own options, signals, exit codes; "" none */
	/* What the room wants of a plant beyond what the loader checks: 0, or an exit code with the
	 * reason logged. NULL: nothing. */
	int (*check)(const struct plant *plant, const char *path);
	bool urgent; /* others can wait: ask for a better priority, and say when the disk may delay us */
};

struct daemon {
	const struct daemon_info *info;
	char **argv;
	const char *plant_path;
	char run_dir[256];
	struct plant *plant;
	struct loop *loop;
	bool afresh;
};

/* The three parts of a room: start and serve give 0 or an exit code; stop may find it half open. */
struct daemon_parts {
	int (*start)(void);
	int (*serve)(void);
	void (*stop)(void);
};
/* All of the above, in its order: the exit code. */
int daemon_main(struct daemon *d, const struct daemon_info *info, const struct daemon_parts *parts,
		int argc, char **argv);

/* -1: everything is open. Else the exit code; what was wrong (or the help) is printed. */
int daemon_open(struct daemon *d, const struct daemon_info *info, int argc, char **argv);

/*
 * A LOOP_SIGNAL: true if the room is to end. SIGHUP checks the plant file: valid, the room ends and
 * daemon_close starts the program afresh (d->afresh); else the log says why and it goes on.
 */
bool daemon_signal(struct daemon *d, const struct loop_event *ev);

/* Frees what daemon_open made. Returns `code`, unless the program starts afresh. */
int daemon_close(struct daemon *d, int code);

#endif
