/* SPDX-License-Identifier: Apache-2.0 */
/* What the model holds: plain data, filled by model.c, summed up by model_sum.c, put into words by model_text.c. */
#ifndef ISOTHERM_TUI_MODEL_DATA_H
#define ISOTHERM_TUI_MODEL_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"
#include "core/image.h"
#include "core/sample.h"
#include "tui/health.h"
#include "tui/model_jobs.h"

#define MODEL_EVENTS 256 /* four for each of 64 systems */
#define MODEL_ROOMS 16
#define MODEL_PUMPS 2
#define MODEL_LEAKS 3
#define MODEL_MODES (CTL_MANUAL + 1)
#define MODEL_COMMENTS 5

/* How bad off a system is: the first thing that the list is ordered by. */
enum system_class {
	CLASS_OK,
	CLASS_HELD,     /* held back, or over a limit */
	CLASS_DATA,     /* not every point is GOOD */
	CLASS_FAILSAFE, /* the controller lost its inputs, or nobody controls */
	CLASS_TRIP
};

struct model_device {
	char name[NAME_MAX_LEN], kind[16], host[64];
	char line[16]; /* serial line that it is on, "": host and port */
	uint16_t port;
	uint8_t unit;
	int32_t system; /* index or SITE */
	bool simulated, armed;
	uint32_t points, good;
	struct sample state, transactions, errors, rtt_ms, would_write, mismatch;
	int64_t not_good_ns; /* when a point of it was last published without being GOOD; INT64_MIN never */
};

struct model_system {
	char name[16], label[8]; /* label: what tells it from the others, in little room */
	enum facility facility;  /* what cools it */
	uint32_t n_slots;        /* in which its engine block names jobs */
	bool foreign; /* no wafer of ours: power and cooling are seen, nothing is controlled */
	double spread_limit_k, temp_limit_c;
	struct sample one[ROLES]; /* element 0 of each role; NEVER where the type lacks it */
	struct sample temp_c[RETICLES], power_w[RETICLES], duty_frac[RETICLES],
		share_frac[RETICLES], ballast_w[RETICLES];
	struct sample pump_speed_pct[MODEL_PUMPS], pump_status[MODEL_PUMPS];
	struct sample psu_power_w[PSUS], psu_status[PSUS];
	struct sample leak[MODEL_LEAKS];
	struct sample zone_flow_frac[ZONES]; /* estimated by the controllers */
	struct sample job_of[RETICLES];      /* slot + 1, 0 none */
	struct sample slot_id[JOBS_MAX], slot_mode[JOBS_MAX], slot_rate_frac[JOBS_MAX],
		slot_tokens_per_s[JOBS_MAX], slot_wait_frac[JOBS_MAX], slot_cost[JOBS_MAX];
	/* summaries */
	struct sample spread_k, tmax_c, tmin_c, tmean_c;
	uint32_t hottest, coldest; /* reticle index, RETICLES if not known */
	struct sample zone_c[ZONES];
	struct sample input_w; /* electrical input, or the wafer's power where nobody meters it */
	enum ctl_mode mode;
	enum ctl_reason reason;
	bool mode_live, reason_live; /* else the last known, not to be taken for now */
	uint32_t trip;               /* enum trip_bit, or'ed */
	enum system_class severity;
	uint32_t points, good, simulated; /* FIELD points; of them GOOD; samples with SIMULATED */
	int64_t age_ns;                   /* of the oldest reticle temperature; -1 none */
	uint32_t first_device, n_devices; /* in model.devices */
	uint32_t alarms;                  /* active ones */
};

struct model_room {
	char name[24];
	int32_t pid;
	uint32_t restarts;
	int64_t last_restart_ns; /* monotonic; 0 it was never restarted */
	bool up;
	char why[96]; /* it is down */
};

/* run.json, as the runner wrote it. */
struct run_info {
	bool there;
	char site[32], state_dir[256];
	bool private_broker; /* the run's own */
	int32_t pid;         /* of the runner */
	struct model_room rooms[MODEL_ROOMS];
	uint32_t n_rooms;
};

struct model_writer { /* of an image */
	bool there;
	struct image_status status;
	int64_t age_ns; /* of its heartbeat */
};

/* What alm.img says of one alarm; what the alarm is, the plant does (config/alarm.h). */
struct model_alarm {
	enum alarm_state state; /* the last known, if not live */
	bool live;
	uint64_t episode;
	int64_t raised_wall_ns;  /* when the episode began; 0 never */
	struct sample at_change; /* the input when the state last changed */
	struct sample input;     /* … and as it is now */
	double limit;            /* in force; NAN none is known */
};

struct model_comment {
	int64_t wall_ns;
	char user[32], text[200];
};

/* What isotherm-alarm says of one alarm beyond its image. */
struct model_story {
	bool there;
	uint32_t alarm; /* index */
	uint64_t episode;
	enum alarm_state state;  /* as it was when it was asked */
	int64_t since_wall_ns;   /* of the state */
	int64_t until_wall_ns;   /* shelf or out of service ends; 0 does not by itself */
	char user[32], why[128]; /* who acknowledged, shelved, took out */
	char page[16];           /* "delivered", "pending", "tried"; "" nobody was called */
	struct model_comment comments[MODEL_COMMENTS]; /* newest first */
	uint32_t n_comments;
	char problem[96]; /* why there is no answer */
};

/*
 * Standing: unacknowledged, acknowledged, or returned and not acknowledged. Put aside: shelved,
 * suppressed or out of service. Each list in order: by priority, then the newest first; in a flood
 * in the order of coming, since the first is the likeliest cause of the rest.
 */
struct model_alarms {
	const struct plant *plant; /* borrowed; NULL: there are none */
	struct model_alarm *all;   /* [n], by the plant's index */
	struct model_rank *rank;   /* [n], scratch */
	uint32_t *standing, *aside;
	uint32_t n, n_standing, n_aside;
	int64_t now_ns, wall_ns; /* of this part of the snapshot */
	uint32_t states[ALARM_STATES];
	uint32_t by_priority[ALARM_LOW + 1]; /* standing ones */
	uint32_t recent;                     /* begun within ten minutes */
	bool flood;
	uint32_t banner; /* the one to be told first: index, n none */
	struct model_story story;
};

/* What isotherm-control says of who holds a system: the last one that was asked about. */
struct model_held {
	uint32_t system;
	char why[96]; /* "": nothing is known */
};

struct model_input {
	const struct plant *plant;
	const struct sample *samples[REGIONS]; /* whole regions, judged; NULL: none */
	struct image_status status[REGIONS];
	const int64_t *not_good_ns; /* [plant.in.n_groups]; NULL: never */
	struct run_info run;
	int64_t now_ns, wall_ns;
	bool deadband; /* keep a shown value that moved by less than its role's dead-band */
};

struct model {
	char site[32];
	char problem[160]; /* the run can't be read, and why; "" none */
	int64_t now_ns, wall_ns;
	struct model_writer writer[REGIONS];
	struct run_info run;
	struct model_alarms alarms;
	struct model_jobs jobs;
	struct model_held holder;
	struct model_system *systems;
	uint32_t n_systems;
	struct model_device *devices; /* by system, the facility's last */
	uint32_t n_devices;
	uint32_t *order;               /* [n_systems]: worst first */
	bool ordered;                  /* order is that of the snapshot before */
	struct sample facility[ROLES]; /* and the site's own programs' */
	/* summaries */
	uint32_t points, good, simulated;
	uint32_t modes[MODEL_MODES], mode_unknown;
	struct sample input_w, wafer_w, flow_lpm, tokens_per_s, tokens_full_per_s, cost_per_s;
	struct sample spread_k, tmax_c;      /* of the system nearest its limit */
	uint32_t spread_system, tmax_system; /* index, n_systems if none */
	uint32_t trips, held;
	double transactions, errors;
	struct image_event events[MODEL_EVENTS]; /* newest first */
	int64_t event_wall_ns[MODEL_EVENTS];
	uint32_t n_events;
	struct health health;
};

/* A point's sample; one that nobody has published is NEVER. Borrowed. */
static inline const struct sample *
model_sample(const struct model_input *input, uint32_t point)
{
	static const struct sample nothing; /* QUALITY_NEVER */
	uint32_t i;
	enum plant_region r = plant_where(input->plant, point, &i);
	return r < REGIONS && input->samples[r] ? &input->samples[r][i] : &nothing;
}

/* GOOD and live, whatever its role. */
static inline bool
model_live(const struct sample *s)
{
	return sample_usable(s);
}

#endif
