/* SPDX-License-Identifier: Apache-2.0 */
/* isotherm: the operator's program. Its own commands are in a table; `isotherm X` else runs isotherm-X. */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tui/cmd.h"

struct command_row {
	const char *name, *arguments, *what;
	int (*run)(int argc, char **argv); /* NULL: a program of its own */
};

static const struct command_row commands[] = {
	{"top", "[--dump SCREEN [--size WxH]]", "the full screen", cmd_top},
	{"status", "[--json | --line]", "key figures, verdict, worst systems", cmd_status},
	{"get", "POINT...", "values of points, patterns allowed", cmd_get},
	{"watch", "[--for S] POINT...", "a line for each change", cmd_watch},
	{"points", "[-c FILE] [PATTERN] [--json]", "the point table with its registers",
	 cmd_points},
	{"check-config", "FILE", "every error of a plant file", cmd_check_config},
	{"alarms", "[--all | --history] [--json]", "what stands, what to do, what happened",
	 cmd_alarms},
	{"ack", "KEY [--why TEXT]", "acknowledge an alarm", cmd_ack},
	{"comment", "KEY TEXT", "say something about an alarm", cmd_comment},
	{"shelve", "KEY DURATION --why TEXT", "put an alarm aside for a time", cmd_shelve},
	{"unshelve", "KEY", "take it back before its time", cmd_unshelve},
	{"reset", "KEY", "a latched alarm whose cause is gone", cmd_reset},
	{"stop", "SYSTEM --why TEXT", "safe state: no work, all cooling", cmd_stop},
	{"start", "SYSTEM --why TEXT", "a stopped system works again", cmd_start},
	{"maintenance", "SYSTEM --for 2h --why TEXT", "hand a system to its devices",
	 cmd_maintenance},
	{"set", "POINT VALUE --why TEXT [--for 10m]", "a value by hand, for a time", cmd_set},
	{"auto", "SYSTEM", "what is set by hand is given back", cmd_auto},
	{"holds", "[SYSTEM] [--json]", "what people hold, who, why, until when", cmd_holds},
	{"commission", "SYSTEM --why TEXT", "measure a wafer and its sensors, at work and stopped",
	 cmd_commission},
	{"job", "list|start|end|advise [NAME]",
	 "what runs; a workload manager's start and end; where to", cmd_job},
	{"cap", "[16.5kW --for 2h --why TEXT]", "power caps: which stand, one more, one less",
	 cmd_cap},
	{"fault", "'PATH=VALUE [over Ns]'", "change the simulator of a demo", cmd_fault},
	{"run", "-c PLANT [--for S] [--headless]", "start a plant with all its programs", NULL},
	{"trend", "POINT [--png FILE]", "how a point went, as text or picture", NULL},
	{"scenario", "FILE [...]", "play a scenario in simulated time", NULL},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_help(FILE *to)
{
	fprintf(to, "isotherm: monitoring and control of wafer-scale AI systems\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(to, "  isotherm %-12s %-31s %s\n", commands[i].name, commands[i].arguments,
			commands[i].what);
	fprintf(to,
		"\n  isotherm help COMMAND says more; --version\n"
		"  The plant that runs is found by its run folder: $ISOTHERM_RUN, /run/isotherm,\n"
		"  $XDG_RUNTIME_DIR/isotherm or /tmp/isotherm-UID.\n");
}

/* The folder of this program with its '/', "" if the system does not say. */
static void
own_folder(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(out, '/');
	out[slash ? slash - out + 1 : 0] = '\0';
}

static bool
is_program_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz-");
	return n > 0 && n < 32 && name[n] == '\0' && name[0] != '-';
}

/* isotherm-X beside this program, or where `make install` puts it. Returns only if there is none. */
static int
run_program(char **argv)
{
	static const char *const folders[] = {"", "../sbin/"};
	char own[PATH_MAX], path[PATH_MAX + 64];
	own_folder(own);
	for (size_t i = 0; own[0] && is_program_name(argv[0]) && i < 2; i++) {
		snprintf(path, sizeof(path), "%s%sisotherm-%s", own, folders[i], argv[0]);
		execv(path, argv);
		if (errno != ENOENT) {
			fprintf(stderr, "isotherm: %s: %s\n", path, strerror(errno));
			return EX_OSERR;
		}
	}
	fprintf(stderr, "isotherm: no command \"%.60s\" (isotherm --help lists them)\n", argv[0]);
	return EX_USAGE;
}

/* One of ours, or a program's. */
static int
run_command(int argc, char **argv)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(argv[0], commands[i].name) == 0 && commands[i].run)
			return commands[i].run(argc, argv);
	return run_program(argv);
}

int
main(int argc, char **argv)
{
	/* characters as the terminal has them; numbers keep their point in every language */
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_help(stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 && argc == 3) { /* as `isotherm COMMAND --help` */
		static char option[] = "--help";
		char *of[] = {argv[2], option, NULL};
		return run_command(2, of);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("isotherm %s\n", ISOTHERM_VERSION);
		return 0;
	}
	return run_command(argc - 1, argv + 1);
}
