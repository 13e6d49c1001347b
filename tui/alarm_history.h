/* SPDX-License-Identifier: Apache-2.0 */
/* `alarms --history`: what the journal says, for people and for scripts. */
#ifndef ISOTHERM_TUI_ALARM_HISTORY_H
#define ISOTHERM_TUI_ALARM_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Rows of the journal as lines: what a person wrote is shown without what a terminal would obey,
 * whenever it was written, and rows of one command on a whole system are one line with their count.
 */
struct alarm_lines {
	FILE *to;
	json_t *row; /* the first of those that are not printed yet; NULL none */
	unsigned n;  /* of them */
	bool mixed;  /* they are in different states */
};

/* Takes a row, the newest first. True: what was held is printed, and a line was added. */
bool alarm_lines_take(struct alarm_lines *l, json_t *row);
void alarm_lines_end(struct alarm_lines *l);

/* Asks isotherm-alarm, page by page. Of one alarm, or NULL; an exit code. */
int alarm_history(const char *alarm, size_t rows, bool json);

/* Prints and releases the tree, in ASCII: scripts read the characters, a terminal none of them. An
 * exit code. */
int alarm_print_json(json_t *root);

#endif
