/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the holds share: the rules (holds.c), requests (holds_ask.c), the kept text
 * (holds_text.c). */
#ifndef ISOTHERM_CONTROLLERS_HOLDS_PRIVATE_H
#define ISOTHERM_CONTROLLERS_HOLDS_PRIVATE_H

#include "controllers/holds.h"

#define HOLD_LINES 16 /* of one request: the longest reason takes 11 */
#define HOLD_SENTENCE 1300

enum hold_verb {
	HOLD_VERB_STOP,
	HOLD_VERB_START,
	HOLD_VERB_MAINTENANCE,
	HOLD_VERB_END,
	HOLD_VERB_HOLDS,
	HOLD_VERBS
};

struct hold_wish {
	enum hold_verb verb;
	uint32_t system;
	int64_t for_s;
	const char *why;
	const struct hold_request *by;
};

struct holds {
	const struct plant *plant;
	struct hold *of; /* [n_systems] */
	bool unkept;
	char *text; /* scratch for a keeper */
	size_t text_size;
	struct image_event lines[HOLD_LINES];
	uint32_t line_of[HOLD_LINES], n_lines, next_line;
	double ration; /* refusals that may be told now */
	int64_t ration_ns;
};

/* Would that be right? 0, or -EPERM, -EBUSY, -EALREADY and why not. */
int holds_judge(const struct holds *h, const struct hold_wish *w, char why_not[HOLD_SENTENCE]);
void holds_apply(struct holds *h, const struct hold_wish *w);
/* The lines of what was done; `before` is the hold that it replaced. */
void holds_tell_done(struct holds *h, const struct hold_wish *w, const struct hold *before);
void holds_tell_refused(struct holds *h, const struct hold_wish *w, const char *why_not);

const char *hold_verb_name(enum hold_verb verb);
enum ctl_mode hold_mode(enum hold_kind kind); /* TRACK: none */
const char *hold_level(enum access_level access);
/* "uid 1000 (operator)" */
char *hold_person(uint32_t uid, enum access_level access, char *out, size_t size);
char *hold_time(int64_t wall_ns, char *out, size_t size); /* "2026-11-26T14:31:58Z" */
/* Printable characters of a UTF-8 text, or -1: something in it is not. */
int hold_characters(const char *text);
/* Bytes of `text` that fit into `room` without cutting a character, at a space if there is one. */
size_t hold_fit(const char *text, size_t room);

/* What a keeper gets: h->text, its length returned. */
size_t holds_write_text(struct holds *h);

#endif
