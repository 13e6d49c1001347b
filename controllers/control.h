/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides: from the samples of the `in` image to the demands and the explanation in the `ctl`
 * image, a step each control period. Pure: samples and `now_ns` in, samples and events out.
 */
#ifndef ISOTHERM_CONTROLLERS_CONTROL_H
#define ISOTHERM_CONTROLLERS_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"
#include "controllers/commission.h"
#include "core/errtext.h"
#include "core/image.h"
#include "core/sweep.h"

/* The laws are made for this period: at another one they would be other laws. */
#define CONTROL_PERIOD_MS 100

enum controller_kind {
	CONTROLLER_NONE,   /* baseline: full duty, pumps .8, the supply held by the valve */
	CONTROLLER_GLOBAL, /* baseline: one duty a wafer, what a chip does by itself */
	CONTROLLER_BANG,   /* baseline: a thermostat a reticle, half duty or full */
	CONTROLLER_PI,     /* baseline: a PI a reticle, no job, cooling or cap part */
	CONTROLLER_SPI,    /* the structured PI: the product's controller */
	CONTROLLER_MPC,    /* the predictive program, with the structured PI behind it */
	CONTROLLERS
};
const char *controller_name(enum controller_kind kind);
int controller_by_name(const char *name); /* kind or -1 */

/* Codes of the ctl image's events, by which readers know them: none ever changes. */
enum control_event {
	CONTROL_EVENT_MODE = 1,  /* value: enum ctl_mode */
	CONTROL_EVENT_LIMIT = 2, /* held back or released; value: enum ctl_reason */
	CONTROL_EVENT_PUMP = 3,  /* pump speed moved for a reason worth telling */
	CONTROL_EVENT_INPUT = 4, /* input lost or back */
	/* What a person did, or was refused, or whose time has passed: for the audit. Value: enum
	   ctl_mode that the system is in, or goes to. */
	CONTROL_EVENT_AUTHORITY = 5,
	CONTROL_EVENT_CLUSTER = 7, /* a job's other systems wait for one; value: tokens/s lost */
	CONTROL_EVENT_CAP =
		6, /* the power stays above its cap, or is below again; value: input power */
	/* a zone of the cold plate clogs, or is clean again; value: its flow */
	CONTROL_EVENT_ZONE = 8,
	/* the heat exchanger fouls, or does no more; value: its UA */
	CONTROL_EVENT_EXCHANGER = 9,
	/* heat and power disagree, or agree again; value: their ratio */
	CONTROL_EVENT_BALANCE = 10,
	/* of a commissioning soak; value: serial number of the engine block */
	CONTROL_EVENT_SOAK = 11,
	/* an actuator does not do what it is asked, or does again; value: enum actuator_bit */
	CONTROL_EVENT_ACTUATOR = 12,
	/* dummy work warms cold reticles, or does no more; value: watts of it */
	CONTROL_EVENT_BALLAST = 13
};

struct control_options {
	enum controller_kind kind;
	bool shares_free;       /* work may move between the reticles of a job, where the law can */
	bool keep_spread_limit; /* of the plant file, whatever a soak found: scenarios have their own */
	bool start_in_charge; /* scenarios start commissioned and in AUTO instead of TRACK */
	const struct sweep
		*sweep; /* by whom systems are controlled; NULL: by the caller; borrowed */
};

struct control;

/* `in` is read, `ctl` written (plant.ctl). Borrowed until control_close. 0, -ENOMEM, or -ENOTSUP
 * where the plant's control period is not CONTROL_PERIOD_MS. */
int control_open(struct control **out, const struct plant *plant, const struct control_options *opt,
		 struct image *in, struct image *ctl, int64_t now_ns);
void control_close(struct control *c);
void control_set_in(struct control *c, struct image *in); /* NULL: no input at all */

/* One control period: read, decide, publish, beat. No allocation. */
void control_step(struct control *c, int64_t now_ns, uint64_t overruns);

/* A law said nonsense: a bug of ours. The fail-safe demands are published; the program must end. */
bool control_failed(const struct control *c);

/* Orderly stop: release registers are the last demand. True once every device confirms by
 * read-back. */
void control_hand_back(struct control *c);
bool control_handed_back(const struct control *c);

/* --- what people ask for (controllers/holds.h): in force from the next step --- */
struct hold_request;
struct hold_keeper;
enum control_kept { CONTROL_HOLDS, CONTROL_CAPS, CONTROL_KEPT }; /* what has a keeper each */
/* keepers: [CONTROL_KEPT], or NULL: nothing is kept. `result` holds COMMAND_MAX + 1 bytes. */
void control_ask(struct control *c, const struct hold_request *req,
		 const struct hold_keeper *keepers, char *result);
/* Before the first step: what a keeper was given. As holds_recall. */
int control_recall(struct control *c, enum control_kept what, const char *text, size_t len,
		   int64_t now_ns, int64_t wall_ns, struct errtext *err);
/* Is there something that the keeper does not have yet? */
bool control_unkept(const struct control *c, enum control_kept what);
int control_keep(struct control *c, enum control_kept what, const struct hold_keeper *keeper);
/*
 * What soaks have found of engine blocks (controllers/commissions.h): what is given is in use from the next step on, of
 * the block whose serial number it has. control_fresh_soak: the next result that nobody has kept yet, which counts as
 * kept from then on; NULL: none.
 */
int control_commissioned(struct control *c, const struct commissioned *known); /* 0, -ENOSPC */
const struct commissioned *control_fresh_soak(struct control *c);
void control_soak_not_kept(struct control *c, uint32_t serial); /* it is to be given again */
/* Has the soak that runs of that system done a stage of it? */
bool control_soaked(const struct control *c, uint32_t system, enum soak_stage stage);
/* NULL: the block that answers in that system has no soak. */
const struct commissioned *control_soak_of(const struct control *c, uint32_t system);
/* The power cap of a system, or of all together (SITE), whose deadline has passed; NAN none. */
double control_cap_w(const struct control *c, int32_t system, int64_t now_ns);
/* How many systems a person has stopped. An orderly end does not release them: their devices keep
 * them off until they miss the sequence number. */
uint32_t control_stopped(const struct control *c);

#endif
