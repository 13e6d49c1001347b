/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the plant is: systems, devices, points, limits, as read from a plant file, its types and its
 * device profiles. Everything here is plain data, fixed after plant_load: every room reads it, it
 * reads nobody.
 *
 * Points. The table is ordered: all points that collectors publish first (FIELD and LINK), then
 * those of the controllers (CTL), then those of the site's other programs (ALARM, PAGE, HIST,
 * MQTT). A point's id is its index, stable for one plant file and one build; `hash` says whether
 * two processes mean the same table.
 *
 * Images. A writing process has a region; plant_where says in which region a point's sample is, and
 * at which index. in-0.img holds one sample a collector point, at index = point id. ctl.img holds
 * one sample a CTL point, at index = id - n_in, followed by one *demand* a writable FIELD point, at
 * index = point.demand. alm.img holds ALARM_FIELDS samples an alarm (config/alarm.h), then the
 * ALARM points. page.img, hist.img and mqtt.img hold their points. All are cut into groups
 * (plant_layout_of): a group of in-0.img is a device and scan class, or the LINK points of a
 * device; of ctl.img the CTL points of a system, or the demands of a device; of alm.img some
 * alarms, or the ALARM points; the others are one group.
 */
#ifndef ISOTHERM_CONFIG_PLANT_H
#define ISOTHERM_CONFIG_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/alarm.h"

#define RETICLES 84 /* 7 rows along the flow (y, A..G) x 12 zones (x, 1..12); i = 12 y + x */
#define ZONES 12
#define ROWS 7
#define PSUS 12
#define NAME_MAX_LEN 48
#define SITE (-1) /* device.system of the facility's devices */
#define NO_POINT UINT32_MAX

enum role_id {
#define ROLE(id, name, n, unit, owner, deadband, what) ROLE_##id,
#include "config/roles.def"
#undef ROLE
	ROLES
};

enum role_owner {
	OWNER_FIELD,
	OWNER_LINK,
	OWNER_CTL,
	OWNER_ALARM,
	OWNER_PAGE,
	OWNER_HIST,
	OWNER_MQTT
};

struct role_info {
	const char *name, *unit, *what;
	uint32_t n;
	enum role_owner owner;
	double deadband;
};
extern const struct role_info role_table[ROLES];
/* Of ballast: there only in plants whose control.ballast_max_w is above 0. */
bool role_is_ballast(enum role_id role);

/* Values of points that hold a state. Names for people: state_name(role, value), "" where the role
 * has none. */
enum link_state {
	LINK_INIT,
	LINK_OK,
	LINK_COMM,
	LINK_IDENTITY /* not what the configuration says */
};
enum ctl_mode {
	CTL_OFF,
	CTL_TRACK,
	CTL_AUTO,
	CTL_FAILSAFE,
	CTL_HANDBACK,
	CTL_SHADOW,
	CTL_STOPPED,     /* by a person: no duty, all cooling, until somebody starts it */
	CTL_MAINTENANCE, /* by a person: the devices are on their own, controllers keep out */
	CTL_MANUAL       /* automatic, but for values that a person has set by hand */
};
/* ctl.held_by: the number of the user who holds a system; or */
#define HELD_BY_NOBODY (-1.0)
#define HELD_BY_SOMEBODY (-2.0) /* whose number is not known */
static inline bool
held_by_anybody(double held_by)
{
	return held_by > HELD_BY_NOBODY / 2 || held_by < (HELD_BY_NOBODY + HELD_BY_SOMEBODY) / 2;
}
enum ctl_reason {
	REASON_NONE,
	REASON_SPREAD,
	REASON_TEMPERATURE,
	REASON_CAP,
	REASON_INPUT_LOST,
	REASON_LOW_FLOW,
	REASON_DEVICE, /* the device's own foldback or trip holds it */
	REASON_RAMP,   /* coming back after a takeover */
	REASON_PACE,   /* as fast as the slowest system of its job: costs nothing, saves power */
	REASON_HAND    /* a person has set a lower duty */
};
/* values of JOB_MODE and JOB_SLOT_MODE; PART: several jobs on a wafer, which only a wafer's can be */
enum job_mode { JOB_MODE_IDLE, JOB_MODE_SYNC, JOB_MODE_IND, JOB_MODE_PIPE, JOB_MODE_PART };
enum job_phase { PHASE_COMPUTE, PHASE_STREAM, PHASE_BARRIER, PHASE_STARVED }; /* of JOB_PHASE */
enum authority { AUTHORITY_LOCAL, AUTHORITY_SUPERVISOR, AUTHORITY_MAINTENANCE };
/* bits of ENGINE_TRIP */
enum trip_bit {
	TRIP_TEMPERATURE = 1,
	TRIP_FLOW = 2,
	TRIP_PUMPS = 4,
	TRIP_LEAK = 8,
	TRIP_CURRENT = 16
};
/* how long people may hold: a value by hand, a system for maintenance, a power cap (and how far ahead) */
#define HAND_FOR_MIN_S 10
#define HAND_FOR_MAX_S 86400
#define HOLD_FOR_MIN_S 60
#define HOLD_FOR_MAX_S 604800
/* An alarm that is to be quiet for longer than a day is not put aside, but out of service. */
#define SHELF_FOR_MAX_S 86400
#define CAP_FOR_MIN_S 10
#define CAP_FOR_MAX_S 604800
#define CAP_AT_MAX_S 86400
/* what a device does of dummy work on a reticle, at most */
#define BALLAST_MOST_W 60.0
/* bits of CTL_ACTUATOR_FAULT */
enum actuator_bit {
	ACTUATOR_PUMP_1 = 1,
	ACTUATOR_PUMP_2 = 2,
	ACTUATOR_VALVE = 4,
	ACTUATOR_DUTY = 8,
	ACTUATOR_BALLAST = 16
};
const char *state_name(enum role_id role, double value);

enum scan_class { SCAN_FAST, SCAN_NORMAL, SCAN_SLOW, SCAN_CLASSES };
enum reg_type {
	REG_BIT,
	REG_U16,
	REG_I16,
	REG_U32,
	REG_I32,
	REG_U64,
	REG_I64,
	REG_F32,
	REG_F64,
	REG_TYPES
};
enum word_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA };

struct point {
	char name[NAME_MAX_LEN]; /* full path, "cs07.loop.supply_temp_c" */
	char unit[8];            /* "c", "kpa" …, "" dimensionless */
	enum role_id role;
	uint32_t role_index; /* 0..n-1 */
	enum role_owner owner;
	int32_t device; /* index; -1 for CTL points */
	int32_t system; /* index, or SITE */
	/* FIELD only */
	enum scan_class scan;
	uint8_t fc; /* function code it is read by: 1..4 */
	bool writable;
	uint16_t reg, count; /* register address as on the wire, registers it takes */
	enum reg_type type;
	enum word_order order;
	double scale, offset; /* value = raw * scale + offset */
	double lo, hi;        /* closed interval of possible values; outside: QUALITY_RANGE */
	bool has_no_value;    /* a raw code that means "no value" … */
	uint64_t no_value;    /* … this one, before scale and sign */
	uint32_t demand;      /* index in ctl.img, NO_POINT if not writable */
	double deadband;      /* in the point's unit */
};

/* One register of a whole number, whose bytes are in the wire's order: many of them are read, or made, in one loop. */
static inline bool
point_is_word(const struct point *p)
{
	return (p->type == REG_U16 || p->type == REG_I16) && p->order <= ORDER_CDAB && p->fc > 2;
}

/* A serial line with Modbus RTU: 8 data bits. */
enum line_parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD };
struct line_config {
	char name[16];
	char path[192];  /* port that the collectors open; "": auto, not resolved yet */
	char serve[192]; /* port at which the simulator answers; "": not at all, "auto": a pty */
	int32_t baud;
	enum line_parity parity;
	int32_t stop_bits; /* 1 or 2 */
};

struct device {
	char name[NAME_MAX_LEN]; /* "cs03.engine", "site.meter" */
	char kind[16];           /* last part of the name: engine, cooling, power, … */
	char profile[32];
	char host[64];
	uint16_t port; /* 0: auto, not resolved yet (simulated devices only) */
	int32_t line;  /* index of its serial line; -1: Modbus TCP at host and port */
	uint8_t unit;
	int32_t system;
	bool simulated; /* as configured: `source: simulated | real` */
	bool armed; /* `write: armed | shadow`; a simulated device is armed unless it says shadow */
	int32_t timeout_ms; /* from request to whole answer */
	int32_t scan_ms[SCAN_CLASSES];
	uint16_t max_registers; /* in one read */
	bool bridge_gaps;       /* may one read span registers that no point names? */
	/* what the profile says the device must answer: -1 fc none */
	int8_t identity_fc;
	uint16_t identity_reg, identity_value;
	int32_t serial_reg; /* first of two registers, by the same function; -1 none */
	uint32_t serial;    /* that a real device must tell; 0: the first one it tells */
	/* FIELD points, ordered by scan class, function code, register */
	uint32_t first_point, n_points;
	uint32_t first_link; /* LINK points follow in role order */
};

/* What a system gives its heat to. */
enum facility { FACILITY_WATER, FACILITY_AIR };

/* Numbers of the simulated plant, `model:` of a type; units in the table. */
struct system_model {
#define MODEL(field, unit, value, lo, hi, text) double field;
#include "config/model.def"
#undef MODEL
};

struct system_config {
	char name[16];
	char type[16];
	enum facility facility;
	int32_t machine; /* first system of the machine that this wafer is in */
	struct system_model model;
	uint32_t serial; /* of the engine block */
	uint64_t wafer_seed;
	char wafer_csv[256]; /* variations from a file instead of the seed, "" none */
	double spread_limit_k, temp_limit_c;
};

/* How a region of the process image is cut; the fields that core/image.h's image_layout wants. */
struct plant_layout {
	const char *name; /* "in-0.img", "ctl.img", "alm.img", "page.img", "hist.img", "mqtt.img" */
	uint32_t n_groups;
	uint32_t *first;    /* [n_groups + 1]; the last is the number of samples */
	int64_t *period_ns; /* [n_groups] */
};

enum plant_region {
	REGION_IN,
	REGION_CTL,
	REGION_ALM,
	REGION_PAGE,
	REGION_HIST,
	REGION_MQTT,
	REGIONS
};

enum grid { GRID_REFERENCE, GRID_48X28, GRID_96X56 }; /* cells of a simulated wafer */
enum plant_law { PLANT_SPI, PLANT_MPC };              /* `controller:` */
enum plant_history { HISTORY_FULL, HISTORY_SHORT };   /* how far the history goes back */

/* Gains, steps and bounds of the controllers, the plant file's `control:`; units in the table. */
struct control_params {
#define CONTROL_PARAM(key, unit, lo, hi, value, text) double key;
#include "config/control_params.def"
#undef CONTROL_PARAM
};

/* The simulated facility, the plant file's `supply:`; units in the table. */
struct supply_params {
#define SUPPLY_PARAM(key, unit, lo, hi, value, text) double key;
#include "config/supply_params.def"
#undef SUPPLY_PARAM
};

/* Who let the controllers write to a real device, and why. */
struct plant_arming {
	int32_t device;
	char by[64];
	char why[200];
};

/* How pages leave the house. */
struct plant_paging {
	char hook[256]; /* absolute path of the program that is run for a page */
	double timeout_s;
	int32_t parallel; /* hooks that may run at once */
	int32_t tries;    /* after so many the page counts as failed; it is still tried */
	double retry_s;   /* before the second try; doubled from try to try, up to 60 s */
};

/* The MQTT broker. */
struct plant_broker {
	char host[64]; /* "": none is named, the runner starts a private one and fills this in */
	uint16_t port;
	char group[48]; /* Sparkplug group id: the site's name unless the file says otherwise */
	char node[48];  /* Sparkplug edge node id */
	char user[64];  /* "": none */
};

struct plant {
	char site[32];
	char path[256]; /* file it was read from */
	enum grid grid;
	uint64_t seed;
	bool faults_allowed;
	struct system_config *systems;
	uint32_t n_systems;
	struct device *devices;
	uint32_t n_devices;
	struct line_config *lines;
	uint32_t n_lines;
	struct point *points;
	/* collector points are 0 .. n_in - 1, CTL points n_in .. n_in + n_ctl - 1, then the rest */
	uint32_t n_points, n_in, n_ctl;
	struct plant_layout in, ctl, alm, page, hist, mqtt;
	struct alarm_record *alarm_records;
	uint32_t n_alarm_records;
	struct alarm *alarms; /* by system, the site last; a system's in the order of the records */
	uint32_t n_alarms;
	int32_t control_period_ms;
	double spread_limit_k, temp_limit_c; /* defaults of the systems */
	double job_tokens_per_s;             /* of a wafer at rate 1, for jobs that say nothing */
	enum job_mode job_mode;              /* of the short form `job:` */
	struct job_config *jobs;             /* config/job.h */
	uint32_t n_jobs;
	bool jobs_listed; /* from a list or file, not of the short form */
	struct control_params control;
	enum plant_law law;
	bool shares_free;
	struct supply_params supply;
	struct plant_arming *arming;
	uint32_t n_arming;
	struct plant_paging paging;
	struct plant_broker broker;
	enum plant_history history;
	char config_dir[256];      /* absolute: where types, profiles and alarms were found */
	uint8_t hash[32];          /* SHA-256 over the point table and the alarms' keys */
	struct plant_index *index; /* private: look-up by name and role */
};

/* A list of what is wrong, in file order. */
struct config_error {
	/* "plants/x.yaml:12: systems[0].count: 900 is out of range (allowed: 1..256)" */
	char text[512];
	uint64_t file; /* hash of the file's name, 0 none; with line and rank for sorting */
	uint32_t line, rank;
};
struct config_report {
	struct config_error *errors;
	size_t n, capacity;
	size_t dropped; /* more than CONFIG_ERRORS_MAX */
};
#define CONFIG_ERRORS_MAX 100
void config_report_add(struct config_report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void config_report_print(const struct config_report *r, FILE *to); /* one line an error */
void config_report_free(struct config_report *r);

/*
 * Read and check a plant file whole: 0 and *out, or -EINVAL with every error in `report`, or -errno
 * when it can't be read (also in the report). Types and profiles are looked for in the plant's
 * config_dir: the file's `config_dir:`, else $ISOTHERM_CONFIG, else the folder above the plant
 * file's if it has profiles/, else the installed one.
 */
int plant_load(struct plant **out, const char *path, struct config_report *report);
/* The same from text; `path` stands in error messages, config_dir may be NULL. */
int plant_parse(struct plant **out, const char *yaml, size_t len, const char *path,
		const char *config_dir, struct config_report *report);
void plant_free(struct plant *p);

/* The seed of a wafer that has none of its own, drawn from the plant's. */
uint64_t plant_wafer_seed(uint64_t plant_seed, uint32_t system);

/* Write the plant again with every device's host and port and every line's path in place, so that
 * it needs no `auto`. 0 or -errno. */
int plant_write_resolved(const struct plant *p, const char *path);

/* Every key of the plant, type and profile files as tables, from the rows that check them. */
void config_manual(FILE *to);

uint32_t plant_point(const struct plant *p, const char *name); /* id or NO_POINT */
uint32_t plant_role(const struct plant *p, int32_t system, enum role_id role,
		    uint32_t index); /* id or NO_POINT; not LINK */
uint32_t plant_link(const struct plant *p, uint32_t device,
		    enum role_id role);                        /* id of a LINK point */
int32_t plant_device(const struct plant *p, const char *name); /* index or -1 */
int32_t plant_device_of(const struct plant *p, int32_t system, const char *kind); /* index or -1 */
/* First device of part k of n parts, and k == n: the end. Devices of one system are in one part. */
uint32_t plant_part(const struct plant *p, uint32_t k, uint32_t n);
int32_t plant_system(const struct plant *p, const char *name); /* index or -1 */
bool plant_has_real_device(const struct plant *p, const char **name);

const struct plant_layout *plant_layout_of(const struct plant *p, enum plant_region region);
/* Where a point's sample is: the region, and the index in it. A point that is not there: REGIONS. */
enum plant_region plant_where(const struct plant *p, uint32_t point, uint32_t *index);

int32_t plant_alarm(const struct plant *p, const char *key); /* index or -1 */
/* The record's text with its places filled in: {system} and {device} their names, {n} the element,
 * counted from 1 (a reticle: its label). Returns out. */
char *alarm_text(const struct plant *p, uint32_t alarm, char *out, size_t size);

/* Group of in-0.img that holds the FIELD points of a device and class, or -1; and the one of its
 * LINK points. */
int32_t plant_in_group(const struct plant *p, uint32_t device, enum scan_class scan);
int32_t plant_link_group(const struct plant *p, uint32_t device);
/* Group of ctl.img: CTL points of a system; demands of a device, -1 if nothing of it can be
 * written. */
int32_t plant_ctl_group(const struct plant *p, uint32_t system);
int32_t plant_demand_group(const struct plant *p, uint32_t device);

/* "A1" … "G12" of a reticle index, into out[4]; and back: index or -1. */
char *reticle_label(uint32_t i, char out[4]);
int32_t reticle_index(const char *label);

#endif
