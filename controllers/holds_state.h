/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the holds share: the rules (holds.c), requests (holds_ask.c), the kept text
 * (holds_text.c). */
#ifndef ISOTHERM_CONTROLLERS_HOLDS_STATE_H
#define ISOTHERM_CONTROLLERS_HOLDS_STATE_H

#include "controllers/ask.h"
#include "controllers/holds.h"
#include "controllers/lines.h"
#include "controllers/people.h"

#define HOLD_SENTENCE ASK_ERROR

enum hold_verb {
	HOLD_VERB_STOP,
	HOLD_VERB_START,
	HOLD_VERB_MAINTENANCE,
	HOLD_VERB_END,
	HOLD_VERB_SET,
	HOLD_VERB_AUTO,
	HOLD_VERB_HOLDS,
	HOLD_VERBS
};

struct hold_wish {
	enum hold_verb verb;
	uint32_t system;
	int64_t for_s;
	bool take; /* over whoever holds it */
	struct hand_wish hand;
	double value; /* as it was asked for */
	const char *why;
	const struct hold_request *by;
};

struct holds {
	const struct plant *plant;
	struct hold *of;     /* [n_systems] */
	struct hands *hands; /* [n_systems] */
	bool unkept;
	char *text; /* scratch for a keeper */
	size_t text_size;
	struct lines lines;
	double ration; /* refusals that may be told now */
	int64_t ration_ns;
};

/* Would that be right? 0, or -EPERM, -EBUSY, -EALREADY and why not. */
int holds_judge(const struct holds *h, const struct hold_wish *w, char why_not[HOLD_SENTENCE]);
/* Did another person hold it? */
bool holds_took(const struct hold *before, const struct hold_wish *w);
void holds_apply(struct holds *h, const struct hold_wish *w);
/* What was done, in one sentence; `before` is the hold that it replaced. */
void holds_say_done(const struct holds *h, const struct hold_wish *w, const struct hold *before,
		    char text[HOLD_SENTENCE]);
/* The lines of a sentence about a system. */
void holds_tell(struct holds *h, uint32_t system, int64_t now_ns, const char *text);
void holds_tell_refused(struct holds *h, const struct hold_wish *w, const char *why_not);

const char *hold_verb_name(enum hold_verb verb);
enum ctl_mode hold_mode(enum hold_kind kind); /* TRACK: none */
/* What a keeper gets: h->text, its length returned. */
size_t holds_write_text(struct holds *h);

#endif
