/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `isotherm`: one function each, which gets its own arguments and returns the exit code. */
#ifndef ISOTHERM_TUI_CMD_H
#define ISOTHERM_TUI_CMD_H

#include <jansson.h>

#include "core/errtext.h"
#include "tui/attach.h"

enum exit_code {
	EXIT_HEALTHY = 0,
	EXIT_NOT_HEALTHY = 1, /* also: refused, unknown point */
	EXIT_NOT_RUNNING = 2, /* also: no answer, and not carried out */
	EXIT_UNREADABLE = 3,  /* it runs, but this program can't read it: another build or plant */
	EXIT_UNKNOWN = 4      /* it was asked and did not answer: it may have been carried out */
};

/* Digits of a number in JSON: 273340.96, not 273340.96000000002. */
#define CMD_JSON_DIGITS 9

int cmd_top(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_get(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_points(int argc, char **argv);
int cmd_check_config(int argc, char **argv);
int cmd_fault(int argc, char **argv);
int cmd_alarms(int argc, char **argv);
int cmd_ack(int argc, char **argv);
int cmd_comment(int argc, char **argv);
int cmd_shelve(int argc, char **argv);
int cmd_unshelve(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_maintenance(int argc, char **argv);
int cmd_commission(int argc, char **argv);
int cmd_auto(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_holds(int argc, char **argv);
int cmd_cap(int argc, char **argv);
int cmd_job(int argc, char **argv);
int cmd_job_advise(int argc, char **argv); /* argv[0] is "advise" */

/* Attach, and say on stderr why not: 0 or the exit code. */
int cmd_attach(struct attach *a);
/* "isotherm COMMAND: TEXT" and how to get help, on stderr; returns EX_USAGE. */
int cmd_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A whole-text number > 0 in [lo, hi]: true. */
bool cmd_number(const char *text, double lo, double hi, double *out);

/* What a room says to a request that it has done: what that is, whom it was taken from, a note. */
void cmd_done(const json_t *answer);
/* Words as one text again, as before the shell split them at blanks: 0 or -EMSGSIZE. */
int cmd_join(char **words, char *out, size_t size);

/* `isotherm status --json` as text, to be freed; NULL: no memory. */
char *status_json(const struct attach *a);

#endif
