/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people ask of a deciding room: one JSON text to its command socket, one back. The texts and
 * the durations are pure; request_ask is the one that waits for an answer.
 */
#ifndef ISOTHERM_TUI_REQUEST_H
#define ISOTHERM_TUI_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/errtext.h"

#define REQUEST_TIMEOUT_MS 2000

/* What is NULL or 0 is not in the text. */
struct request {
	const char *cmd; /* "ack", "comment", "shelve", "stop" … */
	const char *alarm, *system;
	const char *comment, *why;
	double for_s, at_s;
	double watts, frac; /* of a power cap */
	const char *point;  /* to be set by hand, to: */
	bool has_value;
	double value;
	bool take; /* though another person holds it */
	uint64_t from, before;
	const char *path, *change; /* of the simulator */
	const char *job;
	const char *mode;                    /* of a job that is described … */
	uint32_t systems, columns, reticles; /* … and what it needs */
	double density;
	const char *run; /* of it, of the simulator: "yes" or "no" */
};

/* To be freed; NULL: a word of it is no UTF-8. */
char *request_text(const struct request *r);

/* "30s", "5m", "2h", "1d", at least a second and at most 30 days: 0 and seconds, else -EINVAL and
 * what is allowed. */
int request_duration(const char *text, double *s, struct errtext *err);
/* The same, within [lo_s, hi_s], for the option that it was said with ("--for"). */
int request_duration_of(const char *option, const char *text, double lo_s, double hi_s, double *s,
			struct errtext *err);
/* What a room says is wrong with a request, in the words of the command line: "why" is --why. */
void request_in_words(const char *error, char *out, size_t size);

/*
 * Ask the room that listens at NAME.sock of the run folder. 0: it said yes; else an exit code, and
 * why is on stderr. `nobody` says what is missing if nobody listens. *answer may be NULL; if it is
 * not, it is to be released, whatever the result.
 */
int request_ask(const char *name, const char *nobody, const struct request *r, json_t **answer);

#endif
