/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `top`: the full screen, once a second and at each key; or one screen as text. It waits for nobody:
 * what it asks of isotherm-alarm and isotherm-control is answered when it is (ask.h).
 */
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
#include "tui/ask.h"
#include "tui/cmd.h"
#include "tui/held.h"
#include "tui/request.h"
#include "tui/story.h"
#include "tui/term.h"
#include "tui/view.h"

#define REFRESH_NS NS_PER_S
#define DUMP_W 80
#define DUMP_H 24
#define SIZE_MAX_CELLS 1000
#define FLASH_NS (500 * NS_PER_MS) /* half of it lit, half dark: 1 Hz */
#define STORY_AGAIN_NS (5 * NS_PER_S)
#define STORY_SOON_NS NS_PER_S
#define DUMP_TIMEOUT_MS 300
#define EMPTY_READS_MAX 100 /* a terminal that is always readable and never has a key is gone */

static const char help[] =
	"isotherm top [--dump SCREEN [--size WxH]] [--screen SCREEN]\n"
	"  The full screen. ? in it lists the keys, Q or F10 quits.\n"
	"  --dump SCREEN   that screen once, as text: overview, system:NAME, alarms, alarm:KEY, "
	"help\n"
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
	struct cadence cadence, flash;
	struct ask ask, ask_control;
	/* alarms that were to be acknowledged by the last key, and what became of it */
	uint32_t acks, acked;
	char refusal[128];
	uint32_t story_alarm; /* asked about last … */
	int64_t story_ns;     /* … then */
	int64_t holder_ns;    /* … and about who holds a system */
	int empty_reads;
	int code; /* to end with */
};

static const char screens[] = "overview, system:NAME, jobs, alarms, alarm:KEY, help";

/* One of `screens`. False: no such screen, system or alarm. */
static bool
screen_by_name(struct top *t, const char *name)
{
	int32_t i = 0;
	if (strcmp(name, "overview") == 0) {
		t->ui.screen = SCREEN_OVERVIEW;
	} else if (strcmp(name, "help") == 0) {
		t->ui.screen = SCREEN_HELP;
	} else if (strcmp(name, "jobs") == 0) {
		t->ui.screen = SCREEN_JOBS;
	} else if (strcmp(name, "alarms") == 0) {
		t->ui.screen = SCREEN_ALARMS;
	} else if (strncmp(name, "alarm:", 6) == 0) {
		i = plant_alarm(t->a.plant, name + 6);
		t->ui.screen = SCREEN_ALARM;
		t->ui.alarm = (uint32_t)i;
		t->ui.alarm_pinned = true;
	} else if (strncmp(name, "system:", 7) == 0) {
		i = plant_system(t->a.plant, name + 7);
		t->ui.screen = SCREEN_SYSTEM;
		t->ui.selected = (uint32_t)i;
		t->ui.pinned = true;
	} else {
		return false;
	}
	return i >= 0;
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
		t->ui = (struct ui){.metric = t->ui.metric, .map = t->ui.map};
		ask_close(&t->ask);
		ask_close(&t->ask_control);
		return;
	}
	snprintf(t->a.model.problem, sizeof(t->a.model.problem), "%.150s", why->text);
}

static void
update(struct top *t, int64_t now_ns)
{
	struct errtext err;
	if (t->ui.frozen)
		attach_alarms(&t->a, now_ns, clock_wall_ns());
	else if (attach_update(&t->a, now_ns, clock_wall_ns(), true, &err) == 0)
		t->a.model.problem[0] = '\0';
	else
		attach_again(t, &err);
	ui_settle(&t->ui, &t->a.model);
}

/* --- isotherm-alarm --- */

static const char *
key_of(const struct top *t, uint32_t alarm)
{
	return t->a.plant->alarms[alarm].key;
}

static void
say(struct top *t, const char *text)
{
	snprintf(t->ui.message, sizeof(t->ui.message), "%.150s", text);
}

/* What came of it is said when the answers are there. */
static void
begin_ack(struct top *t, const uint32_t *alarms, uint32_t n)
{
	t->acks = t->acked = 0;
	t->refusal[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		t->acks += ask_add(&t->ask, ASK_ACK, alarms[i], key_of(t, alarms[i]));
	say(t, n ? "acknowledging ..." : "nothing here waits to be acknowledged");
}

static void
acknowledge(struct top *t, bool page, const struct layout *l)
{
	const struct model *m = &t->a.model;
	uint32_t chosen[ASK_LINE], n_chosen = 0, n, alarm = ui_alarm(&t->ui, m);
	const uint32_t *list = ui_alarms(&t->ui, m, &n);
	int h = l->kind == LAYOUT_LIST ? l->at[AREA_LIST].h : l->at[AREA_ALARMS].h - ALARMS_HEAD_H;
	uint32_t rows = h > 0 ? (uint32_t)h : 0, top = ui_alarms_top(&t->ui, m, rows);
	if (ask_waits_for(&t->ask, ASK_ACK)) {
		say(t, "the last one has no answer yet");
		return;
	}
	if (!page && alarm < m->alarms.n)
		chosen[n_chosen++] = alarm;
	for (uint32_t i = top; page && i < n && i < top + rows && n_chosen < ASK_LINE; i++)
		if (model_alarm_unacked(&m->alarms.all[list[i]]))
			chosen[n_chosen++] = list[i];
	begin_ack(t, chosen, n_chosen);
}

static void
tell_acks(struct top *t, uint32_t alarm)
{
	char text[96], line[320];
	alarm_text(t->a.plant, alarm, text, sizeof(text));
	if (t->acks == 1)
		snprintf(line, sizeof(line), "%s: %s", t->acked ? "acknowledged" : "refused",
			 t->acked ? text : t->refusal);
	else
		snprintf(line, sizeof(line), "acknowledged %u of %u%s%s", t->acked, t->acks,
			 t->refusal[0] ? "; " : "", t->refusal);
	say(t, line);
}

static void
take_answer(struct top *t, const struct ask_item *item, int64_t now_ns)
{
	if (item->kind == ASK_SHOW) {
		story_read(&t->a.model.alarms.story, item->alarm, t->ask.result);
		return;
	}
	t->acked += story_done(t->ask.result, t->refusal, sizeof(t->refusal));
	if (ask_waits_for(&t->ask, ASK_ACK))
		return;
	tell_acks(t, item->alarm);
	attach_alarms(&t->a, now_ns, clock_wall_ns()); /* what it changed is shown at once */
	t->story_ns = 0;
}

/* Ask about the selected alarm when it is another one, has changed, or was asked long ago. */
static void
want_story(struct top *t, int64_t now_ns)
{
	const struct model_alarms *a = &t->a.model.alarms;
	uint32_t alarm = ui_alarm(&t->ui, &t->a.model);
	bool shown = t->ui.screen == SCREEN_ALARMS || t->ui.screen == SCREEN_ALARM;
	if (!shown || alarm >= a->n || ask_waits_for(&t->ask, ASK_SHOW))
		return;
	bool fits = a->story.alarm == alarm && a->story.episode == a->all[alarm].episode &&
		    a->story.state == a->all[alarm].state;
	int64_t after_ns = alarm != t->story_alarm ? 0 : fits ? STORY_AGAIN_NS : STORY_SOON_NS;
	if (t->story_ns != 0 && now_ns - t->story_ns < after_ns)
		return;
	if (ask_add(&t->ask, ASK_SHOW, alarm, key_of(t, alarm))) {
		t->story_alarm = alarm;
		t->story_ns = now_ns;
	}
}

/* Ask why somebody holds the system that is shown. */
static void
want_holder(struct top *t, int64_t now_ns)
{
	struct model *m = &t->a.model;
	uint32_t system = ui_system(&t->ui, m);
	int64_t uid, until_ns;
	if (system >= m->n_systems || !model_held_by(&m->systems[system], &uid, &until_ns)) {
		m->holder.why[0] = '\0';
		return;
	}
	bool another = m->holder.system != system || !m->holder.why[0];
	int64_t after_ns = another ? STORY_SOON_NS : STORY_AGAIN_NS;
	if (t->ui.screen != SCREEN_SYSTEM || ask_waits_for(&t->ask_control, ASK_HOLDS) ||
	    (t->holder_ns != 0 && now_ns - t->holder_ns < after_ns))
		return;
	t->holder_ns = now_ns;
	(void)ask_add(&t->ask_control, ASK_HOLDS, system, m->systems[system].name);
}

/* Without an answer what the image says has to do. */
static void
talk_of_holds(struct top *t, const struct loop_event *ev)
{
	struct ask_item done;
	if (ask_event(&t->ask_control, ev, &done, NULL) == 1)
		held_read(&t->a.model.holder, done.alarm, t->ask_control.result);
	want_holder(t, ev->now_ns);
	(void)ask_step(&t->ask_control, t->a.run_dir, ev->now_ns, NULL);
}

static void
no_answer(struct top *t, const struct errtext *why)
{
	struct model_story *s = &t->a.model.alarms.story;
	*s = (struct model_story){.alarm = t->story_alarm};
	snprintf(s->problem, sizeof(s->problem), "%.90s", why->text);
	if (t->acked < t->acks)
		say(t, why->text);
	t->acks = t->acked = 0;
}

static void
talk(struct top *t, const struct loop_event *ev)
{
	struct ask_item done;
	struct errtext err;
	int rc = ask_event(&t->ask, ev, &done, &err);
	if (rc == 1)
		take_answer(t, &done, ev->now_ns);
	talk_of_holds(t, ev);
	want_story(t, ev->now_ns);
	if (rc < 0 || ask_step(&t->ask, t->a.run_dir, ev->now_ns, &err) < 0)
		no_answer(t, &err);
}

/* --- the screen --- */

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
		if (command == COMMAND_ACK || command == COMMAND_ACK_PAGE)
			acknowledge(t, command == COMMAND_ACK_PAGE, &l);
	}
	t->empty_reads = n ? 0 : t->empty_reads + 1;
	return t->empty_reads < EMPTY_READS_MAX;
}

static bool
flashes(const struct top *t)
{
	const struct model_alarms *a = &t->a.model.alarms;
	return a->banner < a->n && model_alarms_live(&t->a.model);
}

static int64_t
next_ns(const struct top *t)
{
	int64_t next = t->cadence.next_ns, ask = ask_next_ns(&t->ask);
	int64_t control = ask_next_ns(&t->ask_control);
	if (flashes(t) && t->flash.next_ns < next)
		next = t->flash.next_ns;
	if (control < next)
		next = control;
	return ask < next ? ask : next;
}

static void
due(struct top *t, int64_t now_ns)
{
	if (cadence_due(&t->cadence, now_ns))
		update(t, now_ns);
	if (cadence_due(&t->flash, now_ns))
		t->ui.dark = flashes(t) && !t->ui.dark;
}

/* One thing that happened. False: the end. */
static bool
turn(struct top *t)
{
	struct loop_event ev;
	switch (loop_wait(t->loop, next_ns(t), &ev)) {
	case LOOP_DUE:
		due(t, ev.now_ns);
		break;
	case LOOP_FD:
		if (ev.fd == STDIN_FILENO && (!keys(t) || ev.hangup))
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
	talk(t, &ev);
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
	cadence_start(&t->flash, FLASH_NS, t->cadence.next_ns);
	ask_open(&t->ask, t->loop, "alarm");
	ask_open(&t->ask_control, t->loop, "control");
	while (t->code == 0 && turn(t))
		;
	term_close();
	ask_close(&t->ask);
	ask_close(&t->ask_control);
	loop_close(t->loop);
	return t->code;
}

/* Here one may wait, but not long. */
static void
ask_story(struct top *t)
{
	struct model_story *s = &t->a.model.alarms.story;
	uint32_t alarm = ui_alarm(&t->ui, &t->a.model);
	struct errtext err = {""};
	if ((t->ui.screen != SCREEN_ALARMS && t->ui.screen != SCREEN_ALARM) ||
	    alarm >= t->a.model.alarms.n || !model_alarms_expected(&t->a.model))
		return;
	struct request r = {.cmd = "show", .alarm = key_of(t, alarm)};
	char *text = request_text(&r);
	if (text &&
	    command_call(t->a.run_dir, "alarm", text, DUMP_TIMEOUT_MS, t->ask.result, &err) == 0)
		story_read(s, alarm, t->ask.result);
	else
		snprintf(s->problem, sizeof(s->problem), "isotherm-alarm does not answer");
	free(text);
}

static void
ask_holder(struct top *t)
{
	struct model *m = &t->a.model;
	uint32_t system = ui_system(&t->ui, m);
	int64_t uid, until_ns;
	if (t->ui.screen != SCREEN_SYSTEM || system >= m->n_systems ||
	    !model_held_by(&m->systems[system], &uid, &until_ns))
		return;
	struct request r = {.cmd = "holds", .system = m->systems[system].name};
	char *text = request_text(&r);
	if (text && command_call(t->a.run_dir, "control", text, DUMP_TIMEOUT_MS,
				 t->ask_control.result, NULL) == 0)
		held_read(&m->holder, system, t->ask_control.result);
	free(text);
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
	ask_story(t);
	ask_holder(t);
	view_draw(&t->grid, &t->a.model, &t->ui);
	plain_print(&t->grid, term_utf8(), stdout);
	return ferror(stdout) ? EX_IOERR : 0;
}

static int
show(struct top *t, const char *screen, bool as_text, int w, int h)
{
	if (screen && !screen_by_name(t, screen))
		return cmd_usage("top", "no screen %.60s: %s", screen, screens);
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
