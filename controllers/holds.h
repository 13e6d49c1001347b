/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Systems that a person holds: stopped, handed to their devices for maintenance, or with values set by
 * hand (controllers/hands.h). One authority a system at a time. Pure: requests and time in; holds, results and lines for the journal out. Who
 * asks is what the kernel says of the sender, never what the request says.
 *
 * A request is one JSON object; "why" is 1..200 printable characters, for_s 60..604800:
 *
 *	{"cmd": "stop", "system": NAME, "why": TEXT}			safe state until "start"
 *	{"cmd": "start", "system": NAME, "why": TEXT}
 *	{"cmd": "maintenance", "system": NAME, "for_s": N, "why": TEXT}	its devices are on their own
 *	{"cmd": "end", "system": NAME, "why": TEXT}			… until its time is over, or this
 *	{"cmd": "set", "point": NAME, "value": X, "for_s": N, "why": TEXT}	a value by hand
 *	{"cmd": "auto", "system": NAME}		all of them given back; "why" if one likes
 *	{"cmd": "holds"}		who holds what; with "system": of that one; "from": go on
 *
 * What another person holds is refused; with "take": true and a reason it is taken over. A stop needs
 * no such thing.
 *
 * {"ok": true, "system", "mode", "said"} with "until" of a maintenance, "taken_from" (name, uid, level, since, mode, why) if
 * another person held it, and a "note" if something is worth knowing; for "holds" {"ok": true, "holds": […]} with "next" if there is more, to be given
 * as "from". {"ok": false, "error"} says what would be allowed; "held" is who is in the way.
 */
#ifndef ISOTHERM_CONTROLLERS_HOLDS_H
#define ISOTHERM_CONTROLLERS_HOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/plant.h"
#include "controllers/hands.h"
#include "controllers/people.h"
#include "core/command.h"
#include "core/errtext.h"
#include "core/image.h"

#define HOLD_NAME_SIZE 33
#define HOLD_WHY_CHARACTERS PEOPLE_WHY_CHARACTERS
#define HOLD_WHY_SIZE PEOPLE_WHY_SIZE

enum hold_kind { HOLD_NONE, HOLD_STOP, HOLD_MAINTENANCE, HOLD_MANUAL };

struct hold {
	enum hold_kind kind;
	uint32_t uid; /* PEOPLE_NOBODY: not known any more */
	enum access_level access;
	int64_t since_ns, until_ns;           /* plant time; until: maintenance and manual */
	int64_t since_wall_ns, until_wall_ns; /* for people */
	char name[HOLD_NAME_SIZE];            /* of that user; "" not known */
	char why[HOLD_WHY_SIZE];
};

/* What is so of a system while somebody asks for it. */
struct hold_sight {
	enum ctl_mode mode;
	bool works[RETICLES]; /* a job has work there */
};

struct hold_request {
	uint32_t uid;
	enum access_level access;
	const char *json;
	size_t len;
	int64_t now_ns, wall_ns;
	const char *name; /* of the user, for people; NULL: not known */
	/* NULL: nothing is known of any system */
	void (*see)(void *context, uint32_t system, struct hold_sight *out);
	void *context;
};

/* Where holds outlive the program: the whole text replaces the last one. 0 or -errno. */
struct hold_keeper {
	int (*keep)(void *context, const char *text, size_t len);
	void *context;
};

struct holds;

int holds_open(struct holds **out, const struct plant *plant, int64_t now_ns); /* 0, -ENOMEM */
void holds_close(struct holds *h);                                             /* NULL is allowed */

const struct hold *holds_of(const struct holds *h, uint32_t system);
/* What is set by hand there: always the same place. */
const struct hands *holds_hands(const struct holds *h, uint32_t system);

/*
 * The result of a request, COMMAND_MAX + 1 bytes. What it changes is kept before it is done; if
 * that fails it is not done, but for a stop, which is safe in any case: holds_unkept says that it
 * must be tried again. `keeper` NULL: nothing is kept.
 */
void holds_ask(struct holds *h, const struct hold_request *req, const struct hold_keeper *keeper,
	       char *result);

/* A maintenance or a value whose time has passed ends. */
void holds_step(struct holds *h, uint32_t system, int64_t now_ns);

/* Says who holds it, if somebody does: what was told before a restart may not have been heard. */
void holds_tell_held(struct holds *h, uint32_t system, int64_t now_ns);

/*
 * Lines for people, to be taken after each call of the three above: code, text, value (enum ctl_mode
 * that the system goes to; NAN: it stays as it is). The reason is told whole, on several lines if
 * one is too short.
 */
bool holds_line(struct holds *h, struct image_event *out, uint32_t *system);

bool holds_unkept(const struct holds *h); /* something changed and could not be kept yet */
int holds_keep(struct holds *h, const struct hold_keeper *keeper);

/*
 * What a keeper was given by a program before this one. 0, or -EINVAL: damaged, and what could be
 * read of it is held; a line whose system can be read holds that system; where what it
 * says can't be read it is stopped, in nobody's name. -ESTALE: it is another site's, nothing is held.
 * Values that were set by hand ended with that program: holds_tell_held says so.
 */
int holds_recall(struct holds *h, const char *text, size_t len, int64_t now_ns, int64_t wall_ns,
		 struct errtext *err);

#endif
