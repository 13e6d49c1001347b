/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a grid is shown: a terminal through curses (term_curses.c, the only file that knows it), or
 * plain text.
 */
#ifndef ISOTHERM_TUI_TERM_H
#define ISOTHERM_TUI_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "core/errtext.h"
#include "tui/grid.h"

/*
 * Keys as the rest of the program knows them: a character, or one of these, which lie outside
 * Unicode.
 */
enum press {
	PRESS_NONE = -1,
	PRESS_LOST = -2, /* the terminal is gone */
	PRESS_ENTER = '\r',
	PRESS_ESC = 27,
	PRESS_UP = 0x110000,
	PRESS_DOWN,
	PRESS_LEFT,
	PRESS_RIGHT,
	PRESS_PAGE_UP,
	PRESS_PAGE_DOWN,
	PRESS_HOME,
	PRESS_END,
	PRESS_F1,
	PRESS_F7 = PRESS_F1 + 6,
	PRESS_F10 = PRESS_F1 + 9,
	PRESS_RESIZED
};

/*
 * Take over stdin and stdout. There can be one at a time: the handlers that put the terminal back
 * after SIGSEGV, SIGABRT, SIGBUS, SIGFPE and SIGILL take no argument. -ENOTTY, -EINVAL (TERM is unknown).
 */
int term_open(struct errtext *err);
void term_close(void);                     /* the terminal is as it was before */
void term_size(int *w, int *h);            /* asks the terminal, and fits the picture to it */
void term_draw(const struct cell_grid *g); /* sends what differs from the picture before */
void term_redraw(void);                    /* forget the picture before: all is sent next time */
int term_press(void);                      /* the next key, PRESS_NONE, PRESS_LOST */

bool term_utf8(void); /* does the locale say that the terminal takes UTF-8? */

/* The grid as text, trailing blanks cut, one line a row. */
void plain_print(const struct cell_grid *g, bool utf8, FILE *to);

#endif
