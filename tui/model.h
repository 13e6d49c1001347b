/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the screens show, in one immutable snapshot: every sample judged at `now`, the summaries of
 * each system and of the cluster, the order worst first, the verdict. Pure: samples in, snapshot
 * out (attach.h reads them from a running plant). Views, status and tests know nothing else.
 */
#ifndef ISOTHERM_TUI_MODEL_H
#define ISOTHERM_TUI_MODEL_H

#include "tui/model_data.h"

/* Room for a plant's snapshot. 0 or -ENOMEM. The only allocation. */
int model_init(struct model *m, uint32_t n_systems, uint32_t n_devices, uint32_t n_alarms);
void model_fini(struct model *m);

/* Names, addresses and limits, which never change; then samples, as often as wanted. */
void model_describe(struct model *m, const struct plant *plant);
void model_fill(struct model *m, const struct model_input *input);
/* The alarms alone: they go on while a picture is frozen. */
void model_fill_alarms(struct model *m, const struct model_input *input);
/* The part of model_fill after the samples are in place (what a test with a hand-made model calls).
 */
void model_summarise(struct model *m);
/* One more event of the controllers. */
void model_event(struct model *m, const struct image_event *event, int64_t wall_ns);

/* Fixed short words, "AUTO" …; "spread" …; "temperature, flow" of trip bits. */
const char *model_mode_word(enum ctl_mode mode);
const char *model_mode_short(enum ctl_mode mode); /* at most 5 characters */
const char *model_reason_word(enum ctl_reason reason);
const char *model_writer_word(enum plant_region region); /* the room that writes it */
const char *model_link_word(const struct sample *state);
char *model_trip_words(uint32_t trip, char *out, size_t size);

/*
 * The sentence for people: what is wrong with a system, why and at what cost; "" if nothing is.
 * And of all: the worst, and how many more there are. Returns how bad.
 */
enum system_class model_system_sentence(const struct model *m, uint32_t system, char *out,
					size_t size);
/* Who holds a system. False: nobody does, or nothing is known. *uid -1: somebody. until 0: no end. */
bool model_held_by(const struct model_system *s, int64_t *uid, int64_t *until_wall_ns);
/* Collectors and controllers speak: what is shown is what is. */
bool model_trusted(const struct model *m);
enum system_class model_sentence(const struct model *m, char *out, size_t size, uint32_t *more);

/* --- model_alarm.c --- */
int model_alarms_init(struct model_alarms *a, uint32_t n); /* 0 or -ENOMEM */
void model_alarms_fini(struct model_alarms *a);
void model_alarms_take(struct model *m, const struct model_input *input); /* part of filling */
void model_alarms_summarise(struct model *m); /* part of model_summarise */
/* Somebody has to look at alarms: the run has a room for them, or their image is there and no
 * run.json says who should write it. */
bool model_alarms_expected(const struct model *m);
/* What alm.img says is what is. */
bool model_alarms_live(const struct model *m);

static inline uint32_t
model_alarms_active(const struct model_alarms *a)
{
	return a->states[ALARM_UNACKED] + a->states[ALARM_ACKED];
}

/* Nobody has acknowledged it, and somebody should. */
static inline bool
model_alarm_unacked(const struct model_alarm *a)
{
	return a->state == ALARM_UNACKED || a->state == ALARM_RETURNED;
}

const struct alarm_record *model_alarm_record(const struct model *m, uint32_t alarm);
const char *model_alarm_word(enum alarm_state state);       /* "UNACK", at most 7 characters */
const char *model_alarm_state_name(enum alarm_state state); /* "unacked", for scripts */
/* `!1`: shape and number of an alarm's priority; `~1` where it has returned. */
char model_alarm_mark(const struct model *m, uint32_t alarm);
/* "56.2 C", "FAILSAFE", "-"; and its limit: "> 55 C", "< 35 l/min", "AUTO", "-". Return out. */
char *model_alarm_value(const struct model *m, uint32_t alarm, const struct sample *s, char *out,
			size_t size);
char *model_alarm_limit(const struct model *m, uint32_t alarm, char *out, size_t size);
/* How long ago it was raised: "00:42", "2h04m", "3d07h", "-". Returns out. */
char *model_alarm_age(const struct model *m, uint32_t alarm, char *out, size_t size);

#endif
