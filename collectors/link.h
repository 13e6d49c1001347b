/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One device on its connection: closed, connecting, identifying, polling. One request in flight,
 * one deadline for its whole answer. Whatever goes wrong on the connection is a verdict on the whole
 * device, at once; and after it the connection is a new one, since the old one's framing is lost.
 */
#ifndef ISOTHERM_COLLECTORS_LINK_H
#define ISOTHERM_COLLECTORS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/actuate.h"
#include "collectors/collect.h"
#include "collectors/gate.h"
#include "collectors/publish.h"
#include "collectors/scan.h"
#include "config/plant.h"

enum phase {
	PHASE_CLOSED,
	PHASE_CONNECTING,
	PHASE_BLOCK,   /* asking for the simulator's identity block */
	PHASE_PROFILE, /* asking for the word that the profile names */
	PHASE_SERIAL,  /* asking a real device for its serial number */
	PHASE_POLLING,
	PHASES
};

enum job { JOB_BLOCK, JOB_PROFILE, JOB_SERIAL, JOB_READ, JOB_WRITE }; /* what a request is for */

struct link_shared { /* what all links of a collector have in common */
	const struct plant *plant;
	struct publisher publisher;
	struct image *ctl; /* NULL: none */
	bool ctl_alive;    /* as of this call of collect_due */
	uint64_t seed;
	uint64_t transactions;
	bool silent; /* events are told to nobody */
};

struct link {
	struct link_shared *shared;
	const struct device *device;
	struct rtu_timing timing; /* of its serial line */
	uint32_t index;
	enum phase phase;
	int64_t at_ns;     /* CLOSED: time to connect; CONNECTING: time to give up */
	int64_t hold_ns;   /* no request before this */
	int64_t quiet_ns;  /* nor before this: on a line, a late answer may still come */
	int64_t tried_ns;  /* last connect */
	uint64_t tries;    /* connects ever, the key of the jitter */
	uint32_t failures; /* failed connects or identities in a row */
	bool must_close;   /* before anything else */
	bool skip_block;   /* a real device did not answer for it last time */
	bool block_seen;   /* a simulator answers there */
	uint32_t serial;   /* that the device told first; 0: none yet */
	uint16_t transaction;

	struct scan scan;
	struct answer *answers[SCAN_CLASSES]; /* one a read */
	struct actuate actuate;
	struct sample *demands; /* [actuate.n], as last read */
	uint32_t demands_seen;  /* image_has_moved */
	bool demands_due;
	int64_t demands_ns;    /* since when */
	bool read_since_write; /* writes may not starve the reads */

	struct link_report report;
	int64_t down_ns; /* since when it is not OK */
	int64_t told_ns; /* when the LINK points are due again */

	/* last what is long, so that the rest lies close together */
	size_t len; /* of the answer so far */
	struct {
		bool waiting;
		enum job job;
		enum scan_class scan;
		int64_t sent_ns, deadline_ns;
		int64_t patience_ns;          /* from one to the other */
		const struct plan_read *read; /* JOB_READ */
		struct gate_request request;
		struct actuate_run run; /* JOB_WRITE */
	} flight;
	uint8_t buffer[GATE_FRAME_MAX]; /* an answer that comes in pieces */
};

void link_init(struct link *l, struct link_shared *shared, uint32_t device, int64_t now_ns);

/* One thing to do now, if any: true with an action for the shell. */
bool link_step(struct link *l, int64_t now_ns, struct collect_action *out);
int64_t link_next_ns(const struct link *l, int64_t now_ns);

void link_connected(struct link *l, int64_t now_ns);
void link_broken(struct link *l, int64_t now_ns, const char *why);
void link_bytes(struct link *l, const uint8_t *bytes, size_t len, int64_t now_ns);

/*
 * The same in parts, for devices that share a line (collectors/line.c): what needs no turn on it;
 * what the link would say, and the grant of one of those wishes (false: it came to nothing, such as
 * a write in shadow); and what came of it.
 */
enum link_wish_kind { WISH_WORD, WISH_WRITE, WISH_READ };
struct link_wish {
	enum link_wish_kind kind;
	enum scan_class scan; /* of a read */
	int rank;         /* lower goes first: fast reads and writes, normal, slow, first words */
	int64_t since_ns; /* waits since then … */
	bool late;        /* … which is too long */
};
#define LINK_WISHES (1 + SCAN_CLASSES)

bool link_upkeep(struct link *l, int64_t now_ns, struct collect_action *out); /* no COLLECT_SEND */
int64_t link_upkeep_ns(const struct link *l, int64_t now_ns);
bool link_talk(struct link *l, int64_t now_ns, struct collect_action *out); /* COLLECT_SEND alone */
int64_t link_talk_ns(const struct link *l, int64_t now_ns);
size_t link_wishes(struct link *l, int64_t now_ns, struct link_wish out[LINK_WISHES]);
bool link_grant(struct link *l, const struct link_wish *w, int64_t now_ns,
		struct collect_action *out);
void link_expire(struct link *l, int64_t now_ns);     /* deadlines that have passed */
void link_heard_late(struct link *l, int64_t now_ns); /* bytes came that may be its late answer */
void link_refuse(struct link *l, const char *reason, int64_t now_ns);
void link_answered(struct link *l, enum gate_verdict v, const struct gate_answer *answer,
		   int64_t now_ns); /* GATE_GOOD or GATE_EXCEPTION */

#endif
