/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which metrics the node and its devices have, made once from the plant: a device for each wafer
 * system with the points of its Modbus devices and of its controller, one "site" for the site's own
 * devices, one "alarms" with State and Priority of each alarm. The node itself is device 0.
 *
 * A metric is named as its point is, with '/' for the parts: cs03.pump[1].speed_pct is pump/1/speed_pct
 * of device cs03. Aliases are unique over the node and all its devices.
 *
 * A metric knows what was last sent of it: report by exception begins here.
 */
#ifndef ISOTHERM_MQTT_METRICS_H
#define ISOTHERM_MQTT_METRICS_H

#include "core/errtext.h"
#include "mqtt/node.h"
#include "mqtt/payload.h"
#include "mqtt/snapshot.h"

/* A value as a host gets it. */
struct reading {
	bool is_null;
	bool simulated;
	enum payload_quality quality;
	double number;
	const char *text; /* of STRING metrics */
	int64_t time_ns;  /* when it became so */
};

enum metric_source { METRIC_OF_SAMPLE, METRIC_OF_NODE, METRIC_CONSTANT };

struct metric {
	const char *name;
	const char *unit; /* as people write it, "" none */
	const char *note; /* property of the birth, "" none: names of states, an alarm's text */
	uint64_t alias;   /* 0 none */
	enum payload_type type;
	enum metric_source source;
	enum plant_region region; /* SAMPLE */
	uint32_t index;           /* in the region; NODE: enum node_metric */
	double constant;          /* CONSTANT */
	double deadband;
	/* what a host was told last; number and text are those of the last sent value */
	struct reading sent;
	uint64_t sent_text; /* key of the text */
};

struct metric_device {
	char name[NAME_MAX_LEN]; /* "" the node */
	int32_t system;          /* whose links tell whether it is there; SITE the site's */
	bool alarms;             /* … or the alarm room does */
	uint32_t first, n;       /* its metrics */
};

struct metrics {
	struct metric *metric;
	uint32_t n;
	struct metric_device *device; /* [0] the node */
	uint32_t n_devices;
	uint32_t widest; /* most metrics of one device */
	char *pool;      /* names and notes */
	size_t pool_size, pool_len;
};

/* 0; -EINVAL: two devices of one name (err names it); -ENOMEM. */
int metrics_init(struct metrics *t, const struct plant *plant, struct errtext *err);
void metrics_fini(struct metrics *t);

/* Is the device there at all, as far as the snapshot tells? */
bool metrics_device_there(const struct metric_device *d, const struct snapshot *s);

struct reading metric_read(const struct metric *m, const struct snapshot *s, const struct node *n,
			   int64_t now_ns);
/* Is it worth sending after what was sent last? */
bool metric_changed(const struct metric *m, const struct reading *r);
/* The metric of a birth: name, type, properties and all. */
struct payload_metric metric_birth(const struct metric *m, const struct reading *r,
				   uint64_t timestamp_ms);
/* … of data: by alias, with the properties that are not as they were. */
struct payload_metric metric_data(const struct metric *m, const struct reading *r,
				  uint64_t timestamp_ms);
void metric_sent(struct metric *m, const struct reading *r);

/* A unit as people write it: "kPa" for kpa; "" for none. */
const char *metrics_unit(const char *unit);

/* Bytes that the birth of a device may take, at most. */
size_t metrics_birth_bytes(const struct metrics *t);

#endif
