/* SPDX-License-Identifier: Apache-2.0 */
/* `top`: the full screen, once a second and at each key; or one screen as text. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/loop.h"
#include "tui/cmd.h"
#include "tui/term.h"
#include "tui/view.h"

#define REFRESH_NS NS_PER_S
#define DUMP_W 80
#define DUMP_H 24
#define SIZE_MAX_CELLS 1000
#define EMPTY_READS_MAX 100 /* a terminal that is always readable and never has a key is gone */

static const char help[] =
	"isotherm top [--dump SCREEN [--size WxH]] [--screen SCREEN]\n"
	"  The full screen. ? in it lists the keys, Q or F10 quits.\n"
	"  --dump SCREEN   that screen once, as text: overview, system:NAME, help\n"
	"  --size WxH      of the dump, 80x24 if not given\n"
	"  --screen SCREEN start there\n"
	"  Without a terminal: the overview once, as text. NO_COLOR is honoured; the colours and\n"
	"  characters are those that TERM and the locale promise.\n"
	"exit: 0, 2 not running, 3 running but not readable by this program\n";

struct top {
	struct attach a;
	struct ui ui;
	struct cell_grid grid;
	struct loop *loop;
	struct cadence cadence;
	int empty_reads;
	int code; /* to end with */
};

/* "overview", "system:cs03", "help". False: no such screen or system. */
static bool
screen_by_name(struct top *t, const char *name)
{
	if (strcmp(name, "overview") == 0) {
		t->ui.screen = SCREEN_OVERVIEW;
	} else if (strcmp(name, "help") == 0) {
		t->ui.screen = SCREEN_HELP;
	} else if (strncmp(name, "system:", 7) == 0) {
		int32_t i = plant_system(t->a.plant, name + 7);
		if (i < 0)
			return false;
		t->ui.screen = SCREEN_SYSTEM;
		t->ui.selected = (uint32_t)i;
		t->ui.pinned = true;
	} else {
		return false;
	}
	return true;
}

/* The run has another plant now: look at that one; where it can't be read, say so. */
static void
attach_again(struct top *t, const struct errtext *why)
{
	struct attach fresh;
	struct errtext err;
	if (attach_open(&fresh, &err) == 0) {
		attach_close(&t->a);
		t->a = fresh;
		t->ui.pinned = false;
		t->ui.screen = SCREEN_OVERVIEW;
		return;
	}
	snprintf(t->a.model.problem, sizeof(t->a.model.problem), "%.150s", why->text);
}

static void
update(struct top *t, int64_t now_ns)
{
	struct errtext err;
	if (t->ui.frozen)
		return;
	if (attach_update(&t->a, now_ns, clock_wall_ns(), true, &err) == 0)
		t->a.model.problem[0] = '\0';
	else
		attach_again(t, &err);
}

static void
draw(struct top *t)
{
	int w, h;
	term_size(&w, &h);
	if (w != t->grid.w || h != t->grid.h)
		(void)grid_resize(&t->grid, w, h); /* no memory: the old size is drawn, cut off */
	view_draw(&t->grid, &t->a.model, &t->ui);
	term_draw(&t->grid);
}

/* Every key that is there. False: to quit. */
static bool
keys(struct top *t)
{
	int press, n = 0;
	while ((press = term_press()) != PRESS_NONE) {
		struct layout l;
		enum command command = key_command(press, t->ui.screen);
		n++;
		if (command == COMMAND_QUIT)
			return false;
		if (command == COMMAND_REDRAW)
			term_redraw();
		layout_make(&l, t->ui.screen, t->grid.w, t->grid.h, t->a.model.n_systems);
		ui_do(&t->ui, command, &t->a.model, &l);
	}
	t->empty_reads = n ? 0 : t->empty_reads + 1;
	return t->empty_reads < EMPTY_READS_MAX;
}

/* One thing that happened. False: the end. */
static bool
turn(struct top *t)
{
	struct loop_event ev;
	switch (loop_wait(t->loop, t->cadence.next_ns, &ev)) {
	case LOOP_DUE:
		if (cadence_due(&t->cadence, ev.now_ns))
			update(t, ev.now_ns);
		break;
	case LOOP_FD:
		if (!keys(t) || ev.hangup)
			return false;
		break;
	case LOOP_SIGNAL:
		if (ev.status != SIGWINCH)
			return false;
		break;
	case LOOP_CHILD:
		break;
	default:
		t->code = EX_OSERR;
		return false;
	}
	draw(t);
	return true;
}

static int
run(struct top *t)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, 0};
	struct errtext err;
	int rc = loop_open(&t->loop, signals);
	if (rc)
		return EX_OSERR;
	rc = term_open(&err);
	if (rc) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		loop_close(t->loop);
		return EX_UNAVAILABLE;
	}
	if (loop_watch(t->loop, STDIN_FILENO, true, false, NULL))
		t->code = EX_OSERR;
	cadence_start(&t->cadence, REFRESH_NS, clock_mono_ns());
	while (t->code == 0 && turn(t))
		;
	term_close();
	loop_close(t->loop);
	return t->code;
}

static int
dump(struct top *t, int w, int h)
{
	struct errtext err;
	if (attach_update(&t->a, clock_mono_ns(), clock_wall_ns(), false, &err)) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		return EXIT_UNREADABLE;
	}
	if (grid_resize(&t->grid, w, h))
		return EX_OSERR;
	view_draw(&t->grid, &t->a.model, &t->ui);
	plain_print(&t->grid, term_utf8(), stdout);
	return ferror(stdout) ? EX_IOERR : 0;
}

static int
show(struct top *t, const char *screen, bool as_text, int w, int h)
{
	if (screen && !screen_by_name(t, screen))
		return cmd_usage("top", "no screen %.60s: overview, system:NAME, help", screen);
	return as_text ? dump(t, w, h) : run(t);
}

int
cmd_top(int argc, char **argv)
{
	static const struct option options[] = {{"dump", required_argument, NULL, 'd'},
						{"size", required_argument, NULL, 's'},
						{"screen", required_argument, NULL, 'g'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct top t = {0};
	const char *screen = NULL;
	const char *term = getenv("TERM");
	bool as_text = !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) ||
		       (term && strcmp(term, "dumb") == 0);
	int c, w = DUMP_W, h = DUMP_H;
	char end;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c == 'h')
			return fputs(help, stdout) < 0 ? EX_IOERR : 0;
		else if (c == '?')
			return EX_USAGE;
		else if (c != 's')
			screen = optarg, as_text = as_text || c == 'd';
		else if (sscanf(optarg, "%4dx%4d%c", &w, &h, &end) != 2 || w < 1 || h < 1 ||
			 w > SIZE_MAX_CELLS || h > SIZE_MAX_CELLS)
			return cmd_usage("top", "--size %.20s is not WxH, 1 to %d each", optarg,
					 SIZE_MAX_CELLS);
	if (optind < argc)
		return cmd_usage("top", "takes no argument: %.60s", argv[optind]);
	int rc = cmd_attach(&t.a);
	if (rc)
		return rc;
	rc = show(&t, screen, as_text, w, h);
	grid_free(&t.grid);
	attach_close(&t.a);
	return rc;
}
