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
enum map_mode { MAP_ABSOLUTE, MAP_DEVIATION, MAP_POWER, MAP_DUTY, MAP_MODES };

/* What the person at the screen chose. */
struct ui {
	enum screen screen, before_help;
	bool pinned;       /* a system was chosen; else the worst is selected, whichever it is */
	uint32_t selected; /* system index */
	uint32_t reticle;
	enum metric metric;
	enum map_mode map;
	bool frozen;
	int help_top; /* first line of the help page */
	char message[64];
};

uint32_t ui_system(const struct ui *ui, const struct model *m); /* the selected one */

/* COMMAND_NONE where the key has no meaning on this screen. */
enum command key_command(int press, enum screen screen);

/* Do it; COMMAND_QUIT and COMMAND_REDRAW are the caller's. */
void ui_do(struct ui *ui, enum command command, const struct model *m, const struct layout *l);

#endif
