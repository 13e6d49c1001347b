/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys, and what a key does to what is shown. Pure: no terminal here. */
#ifndef ISOTHERM_TUI_KEYS_H
#define ISOTHERM_TUI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/layout.h"
#include "tui/model.h"
#include "tui/term.h"

enum command {
	COMMAND_NONE,
#define KEY(id, a, b, c, label, bar, screens, what) COMMAND_##id,
#include "tui/keys.def"
#undef KEY
	COMMANDS
};

struct key_row {
	enum command command;
	int press[3];      /* 0: none */
	const char *label; /* as people read it */
	const char *bar;   /* word on the F-key bar, "" not there */
	unsigned screens;  /* bit a screen */
	const char *what;
};
extern const struct key_row key_table[COMMANDS - 1];

enum metric { METRIC_SPREAD, METRIC_TMAX, METRIC_POWER, METRIC_FLOW, METRIC_AGE, METRICS };
enum map_mode { MAP_ABSOLUTE, MAP_DEVIATION, MAP_POWER, MAP_DUTY, MAP_JOB, MAP_MODES };

/* What the person at the screen chose. */
struct ui {
	enum screen screen, before_help, before_alarms;
	bool pinned;       /* a system was chosen; else the worst is selected, whichever it is */
	uint32_t selected; /* system index */
	uint32_t reticle;
	enum metric metric;
	enum map_mode map;
	/* An alarm stays selected whatever comes or goes: a key must not hit one that nobody read. */
	bool alarm_pinned;
	uint32_t alarm; /* index */
	uint32_t job;   /* row of the jobs */
	bool aside;     /* the list shows what is put aside, not what stands */
	bool frozen;
	bool dark;    /* the half of the second in which what flashes is not lit */
	int help_top; /* first line of the help page */
	char message[160];
};

uint32_t ui_system(const struct ui *ui, const struct model *m); /* the selected one */

/* The alarms that the list shows, in order, and how many; the selected one (alarms.n: none); the
 * first of the rows that are in sight. */
const uint32_t *ui_alarms(const struct ui *ui, const struct model *m, uint32_t *n);
uint32_t ui_alarm(const struct ui *ui, const struct model *m);
uint32_t ui_alarms_top(const struct ui *ui, const struct model *m, uint32_t rows);
uint32_t ui_job(const struct ui *ui,
		const struct model *m); /* the selected one; 0 if there is none */
/* After each new snapshot: what is selected now stays so. */
void ui_settle(struct ui *ui, const struct model *m);

/* COMMAND_NONE where the key has no meaning on this screen. */
enum command key_command(int press, enum screen screen);

/* Do it; COMMAND_QUIT, COMMAND_REDRAW, COMMAND_ACK and COMMAND_ACK_PAGE are the caller's. */
void ui_do(struct ui *ui, enum command command, const struct model *m, const struct layout *l);

#endif
