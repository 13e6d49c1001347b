/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file that knows curses. It is told what the picture is and sends what differs; it never
 * sends a colour or a character that terminfo and the locale don't promise.
 */
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "tui/term.h"

#define ESC_MS 25
#define RESTORE_MAX 256

enum depth { DEPTH_MONO, DEPTH_8, DEPTH_256 };

struct theme {
	short fg256, bg256, fg8, bg8;
	unsigned colour, mono;
};

static const struct theme themes[LOOKS] = {
#define LOOK(id, letter, fg256, bg256, fg8, bg8, colour, mono)                                     \
	{fg256, bg256, fg8, bg8, colour, mono},
#include "tui/looks.def"
#undef LOOK
};

static const int deadly[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

/* One terminal a process: a signal handler has nobody to hand it over. */
static struct {
	SCREEN *screen;
	enum depth depth;
	bool utf8;
	attr_t attribute[LOOKS];
	short pair[LOOKS];
	struct termios before;
	char restore
		[RESTORE_MAX]; /* what puts the terminal back, for a handler that may only write() */
	size_t restore_len;
} term;

bool
term_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void
restore_add(const char *capability)
{
	const char *s = tigetstr(capability);
	if (!s || s == (const char *)-1)
		return;
	while (*s && term.restore_len < RESTORE_MAX) {
		if (s[0] == '$' && s[1] == '<') { /* padding, for terminals that are long gone */
			const char *end = strchr(s, '>');
			if (end) {
				s = end + 1;
				continue;
			}
		}
		term.restore[term.restore_len++] = *s++;
	}
}

/* Async-signal-safe: write, tcsetattr, raise. */
static void
on_deadly_signal(int sig)
{
	ssize_t n = write(STDOUT_FILENO, term.restore, term.restore_len);
	(void)n;
	tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
	raise(sig); /* SA_RESETHAND: this time it is deadly */
}

static void
guard(void)
{
	static const char *const capabilities[] = {"sgr0", "op", "rmcup", "rmkx", "cnorm"};
	struct sigaction sa = {.sa_handler = on_deadly_signal, .sa_flags = (int)SA_RESETHAND};
	term.restore_len = 0;
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		restore_add(capabilities[i]);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &sa, NULL);
}

static attr_t
curses_attribute(unsigned attributes)
{
	return (attributes & LOOK_A_DIM ? A_DIM : 0) | (attributes & LOOK_A_BOLD ? A_BOLD : 0) |
	       (attributes & LOOK_A_REVERSE ? A_REVERSE : 0);
}

static enum depth
find_depth(void)
{
	const char *no_color = getenv("NO_COLOR");
	if ((no_color && no_color[0]) || !has_colors() || start_color() == ERR ||
	    use_default_colors() == ERR)
		return DEPTH_MONO;
	return COLORS >= 256 && COLOR_PAIRS > LOOKS ? DEPTH_256
	       : COLORS >= 8 && COLOR_PAIRS > LOOKS ? DEPTH_8
						    : DEPTH_MONO;
}

static void
make_theme(void)
{
	term.depth = find_depth();
	for (int i = 0; i < LOOKS; i++) {
		const struct theme *t = &themes[i];
		short fg = term.depth == DEPTH_256 ? t->fg256 : t->fg8;
		short bg = term.depth == DEPTH_256 ? t->bg256 : t->bg8;
		term.pair[i] = 0;
		if (term.depth == DEPTH_MONO) {
			term.attribute[i] = curses_attribute(t->mono);
			continue;
		}
		term.attribute[i] = curses_attribute(t->colour);
		if (fg < 0 && bg < 0)
			continue;
		init_pair((short)(i + 1), fg, bg);
		term.pair[i] = (short)(i + 1);
	}
}

/* What a terminal sends that does not follow terminfo's keypad mode. */
static const struct {
	const char *sent;
	int key;
} arrows[] = {{"\033[A", KEY_UP},   {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT},
	      {"\033[D", KEY_LEFT}, {"\033[H", KEY_HOME}, {"\033[F", KEY_END},
	      {"\033OA", KEY_UP},   {"\033OB", KEY_DOWN}, {"\033OC", KEY_RIGHT},
	      {"\033OD", KEY_LEFT}};

int
term_open(struct errtext *err)
{
	const char *name = getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return errtext_set(err, -ENOTTY, "this needs a terminal");
	if (tcgetattr(STDIN_FILENO, &term.before))
		return errtext_set(err, -errno, "the terminal's settings can't be read: %s",
				   strerror(errno));
	term.screen = newterm(NULL, stdout, stdin);
	if (!term.screen)
		return errtext_set(err, -EINVAL, "terminfo does not know the terminal \"%.40s\"",
				   name ? name : "");
	set_term(term.screen);
	set_escdelay(ESC_MS);
	cbreak(); /* ^Z, ^C and flow control stay the terminal's */
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	for (size_t i = 0; i < sizeof(arrows) / sizeof(arrows[0]); i++)
		define_key(arrows[i].sent, arrows[i].key);
	intrflush(stdscr, FALSE);
	term.utf8 = term_utf8();
	make_theme();
	guard();
	return 0;
}

void
term_close(void)
{
	if (!term.screen)
		return;
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], SIG_DFL);
	/* a terminal with no other screen to go back to keeps the last picture: nothing after it must
	 * be written into it */
	if (tigetstr("rmcup") == NULL || tigetstr("rmcup") == (const char *)-1) {
		erase();
		refresh();
	}
	endwin();
	delscreen(term.screen);
	term.screen = NULL;
}

void
term_size(int *w, int *h)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0 &&
	    (size.ws_col != COLS || size.ws_row != LINES))
		resizeterm(size.ws_row, size.ws_col);
	*w = COLS;
	*h = LINES;
}

void
term_redraw(void)
{
	clearok(curscr, TRUE);
}

/* Changed cells only reach the terminal: curses compares with what is there. */
void
term_draw(const struct cell_grid *g)
{
	for (int y = 0; y < g->h && y < LINES; y++)
		for (int x = 0; x < g->w && x < COLS; x++) {
			const struct cell *c = grid_at(g, x, y);
			wchar_t text[2] = {(wchar_t)(term.utf8 ? c->code : grid_ascii(c->code)), 0};
			cchar_t cell;
			setcchar(&cell, text, term.attribute[c->look], term.pair[c->look], NULL);
			mvadd_wchnstr(y, x, &cell, 1);
		}
	curs_set(g->cursor_x >= 0);
	if (g->cursor_x >= 0)
		move(g->cursor_y, g->cursor_x);
	refresh();
}

int
term_press(void)
{
	static const struct {
		int curses, press;
	} keys[] = {{KEY_UP, PRESS_UP},         {KEY_DOWN, PRESS_DOWN},
		    {KEY_LEFT, PRESS_LEFT},     {KEY_RIGHT, PRESS_RIGHT},
		    {KEY_PPAGE, PRESS_PAGE_UP}, {KEY_NPAGE, PRESS_PAGE_DOWN},
		    {KEY_HOME, PRESS_HOME},     {KEY_END, PRESS_END},
		    {KEY_ENTER, PRESS_ENTER},   {KEY_RESIZE, PRESS_RESIZED}};
	wint_t code;
	int kind = get_wch(&code);
	if (kind == ERR)
		return PRESS_NONE;
	if (kind == OK)
		return (int)code;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == (int)code)
			return keys[i].press;
	if ((int)code >= KEY_F(1) && (int)code <= KEY_F(10))
		return PRESS_F1 + ((int)code - KEY_F(1));
	return PRESS_NONE;
}
