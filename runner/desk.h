/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The alarms of a scenario: the alarms room's own engine with no journal but memory, a pager that
 * answers by script, and a record of what became of each alarm and page. Times are plant time.
 */
#ifndef ISOTHERM_RUNNER_DESK_H
#define ISOTHERM_RUNNER_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "alarms/page.h"
#include "core/image.h"
#include "runner/scenario_file.h"

#define DESK_ALARMS 4096u /* kept; more are counted */
#define DESK_PAGES 4096u

/* One episode: from the first notice to the end. INT64_MIN: that never happened. */
struct desk_alarm {
	uint32_t alarm; /* index */
	int64_t raised_ns, acked_ns, returned_ns, ended_ns;
};

/* Something that somebody was to be told. */
struct desk_page {
	uint64_t id;
	uint32_t alarm;
	enum page_action action;
	char key[128];
	uint32_t tries;
	int64_t first_ns, delivered_ns; /* INT64_MIN: never */
};

struct desk;

/* `in` and `ctl` are read; all are borrowed. 0 or -ENOMEM. */
int desk_open(struct desk **out, const struct scenario *sc, struct image *in, struct image *ctl,
	      int64_t now_ns);
void desk_close(struct desk *d); /* NULL is allowed */

/* One control period: alarms are judged, pages go out and are answered. */
void desk_step(struct desk *d, int64_t now_ns);
/* A person asks; what became of it, in words, into `line`. */
void desk_ask(struct desk *d, const char *request, int64_t now_ns, char *line, size_t size);
/* The next thing that the alarms have said, enum engine_event; false: nothing more. `alarm`: the
 * index of the one it is about, NO_POINT none. */
bool desk_event(struct desk *d, struct image_event *out, uint32_t *alarm);

/* In the order of coming. */
const struct desk_alarm *desk_alarms(const struct desk *d, uint32_t *n);
const struct desk_page *desk_pages(const struct desk *d, uint32_t *n);
uint32_t desk_lost(const struct desk *d); /* alarms, pages and events that did not fit */

#endif
