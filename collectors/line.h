/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A serial line and the turns of the devices on it: one request in flight, silences between frames.
 * Its devices' links know nothing of it: to them it is a connection that is there at once, and
 * closing it means that the line is left alone until it is silent. Pure.
 *
 * Turns. Fast reads and writes of all units go before normal ones, those before slow ones, and first words
 * (of a unit that was not there) last; within a rank who has waited longest. What has waited for longer than
 * its period gets one turn between two of a higher rank: a slow line starves nobody. First words in
 * vain cost a time-out, so the next ones, to whatever unit, wait for four times as long: units that are not
 * there take a fifth of the line at most, however many they are.
 *
 * Answers. Nothing in one says what it answers, so it is believed only when the line has been silent
 * after it for the time that ends a frame; and a unit that was silent has to show who it is before its
 * values count again. A unit that owes an answer is not asked for another time-out, and what is heard then is
 * thrown away: nothing but time tells a late answer from one to the next read.
 */
#ifndef ISOTHERM_COLLECTORS_LINE_H
#define ISOTHERM_COLLECTORS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/link.h"
#include "core/rtu.h"

struct line {
	const struct line_config *config;
	uint32_t index;
	struct rtu_timing timing;
	struct link **links; /* [n] its devices, in their order; borrowed */
	uint64_t *served;    /* [n] number of the turn that each had last */
	uint32_t n;
	uint64_t turn;
	bool open, opening;
	int64_t open_ns;     /* closed: when to open */
	struct link *talker; /* whose request is in flight, NULL: nobody's */
	uint8_t buffer[RTU_FRAME_MAX];
	size_t len;
	bool whole;                /* an answer is there, if nothing follows */
	int64_t heard_ns, free_ns; /* last byte; nobody speaks before */
	int64_t first_words_ns;    /* no first words before */
	int64_t noise_ns; /* since when bytes come that nobody asked for; INT64_MAX: none */
	bool late_served; /* the last turn was of one that had waited too long */
};

/* timing, links and served are the caller's to fill. */
void line_init(struct line *l, const struct line_config *config, uint32_t index, int64_t now_ns);
bool line_step(struct line *l, int64_t now_ns, struct collect_action *out);
int64_t line_next_ns(const struct line *l, int64_t now_ns);

/* Share of the line's time that its reads take when its units answer at once; above 1 they come later
 * than their periods say. */
double line_load(const struct line *l);

void line_opened(struct line *l, int64_t now_ns);
void line_broken(struct line *l, int64_t now_ns, const char *why);
void line_bytes(struct line *l, const uint8_t *bytes, size_t len, int64_t now_ns);

#endif
