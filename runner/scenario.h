/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario says, read (scenario_file.c), and what may be changed of it. */
#ifndef ISOTHERM_RUNNER_SCENARIO_H
#define ISOTHERM_RUNNER_SCENARIO_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/change.h"
#include "config/plant.h"
#include "controllers/control.h"
#include "runner/job_score.h"
#include "runner/score.h"
#include "runner/wire.h"

#define SCENARIO_OFF CONTROLLERS /* nobody controls */

enum scenario_event_kind { SCENARIO_SET, SCENARIO_WIRE, SCENARIO_COMMAND, SCENARIO_STALL };

struct scenario_event {
	enum scenario_event_kind kind;
	uint32_t line;
	double at_s;
	struct change change; /* SCENARIO_SET */
	uint32_t device;      /* SCENARIO_WIRE … */
	double for_s;         /* … and SCENARIO_STALL; INFINITY: to the end */
	struct wire_fault fault;
	char request[640];   /* SCENARIO_COMMAND: JSON … */
	bool to_controllers; /* … or to the alarms */
	uint32_t uid;        /* … of whom */
};

struct scenario_bound {
	enum score_id score;
	int32_t system;  /* -1: each */
	double min, max; /* -INFINITY, INFINITY: none */
};

enum scenario_probe_kind { PROBE_POINT, PROBE_DEMAND, PROBE_DEVICE };

struct scenario_probe {
	enum scenario_probe_kind kind;
	uint32_t line;
	uint32_t index;      /* point id, index of the demand, or device */
	double from_s, to_s; /* closed; from_s == to_s: the first tick from there on */
	int quality;         /* enum quality, -1: any */
	double min, max;
	char name[NAME_MAX_LEN];
};

struct scenario_text { /* must stand in an event's text; `never`: in none */
	bool never;
	char text[128];
};

/* What the one who is called does. */
struct scenario_pager {
	double ack_after_s; /* acknowledges that long after the call; INFINITY: never */
	uint32_t fail;      /* so many first tries of each page are refused */
	double delay_s;     /* from a try to its answer */
};

struct scenario_alarm { /* must be raised, by then; `never`: must not */
	bool never;
	uint32_t line;
	double by_s;  /* INFINITY: whenever */
	char key[64]; /* of one alarm, or with * for any text */
};

struct scenario_calls { /* so many calls must be made for it */
	uint32_t line;
	int64_t count;
	char key[64];
};

enum scenario_job_kind { JOB_BOUND_SCORE, JOB_BOUND_STATE, JOB_BOUND_STRAGGLER };

struct scenario_job_bound { /* of a job of the plant */
	uint32_t job, line;
	enum scenario_job_kind kind;
	enum job_score_id score;
	double min, max; /* -INFINITY, INFINITY: none */
	int32_t what;    /* state; system that is the straggler, -1 none */
};

struct scenario_total {
	double min, max; /* -INFINITY, INFINITY: none */
};

struct scenario {
	char name[64]; /* of the file, without folder and ".yaml" */
	char path[PATH_MAX];
	char title[256];
	struct plant *plant;
	char bound[8];      /* case of isotherm-bound; "": the file itself */
	enum job_mode mode; /* JOB_MODE_IDLE: as the jobs say */
	uint32_t mode_line;
	int grid;         /* enum grid; -1: as the plant says */
	int controller;   /* enum controller_kind, or SCENARIO_OFF */
	bool shares_free; /* the controller may move work between reticles */
	uint32_t shares_line;
	double s_lim_k; /* NAN: each wafer's own */
	double warm_up_s, duration_s, scored_s[2];
	double start_activity; /* 0: each job's own */
	double start_supply_c;
	struct scenario_event *events; /* in order of time */
	uint32_t n_events;
	struct scenario_bound *bounds;
	uint32_t n_bounds;
	struct scenario_job_bound *job_bounds;
	uint32_t n_job_bounds;
	struct scenario_probe *probes;
	uint32_t n_probes;
	struct scenario_text *texts; /* those not `never`: in this order */
	uint32_t n_texts;
	struct scenario_pager pager;
	struct scenario_alarm *alarms; /* those not `never`: raised in this order */
	uint32_t n_alarms;
	struct scenario_calls *calls;
	uint32_t n_calls;
	struct scenario_total alarms_total, pages_total; /* episodes, calls */
};

/* s->mode for all jobs, if it is given. 0, or -EINVAL with every job that can't in `report`. */
int scenario_set_mode(struct scenario *s, struct config_report *report);
const char *scenario_mode_name(enum job_mode mode);
/* Of the scenario, as people say it: that of all jobs, "mixed" where they differ. */
const char *scenario_mode_text(const struct scenario *s);
const char *scenario_controller_name(int controller);

/* Does a key fit, where * stands for any text? */
bool scenario_key_fits(const char *pattern, const char *key);

/* Everything random from this seed instead of the plant's. */
void scenario_reseed(struct scenario *s, uint64_t seed);

#endif
