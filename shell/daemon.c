/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/log.h"
#include "core/notify.h"
#include "core/rundir.h"

#define BETTER_PRIORITY (-10)

static void
print_usage(const struct daemon_info *info, FILE *to)
{
	fprintf(to,
		"usage: %s -c PLANT\n%s"
		"  -c, --config PLANT   plant file\n"
		"      --foreground     accepted; it never does anything else\n"
		"  -h, --help           this text\n"
		"  -V, --version        version\n%s"
		"Signals: TERM and INT end it; HUP checks the plant file and, if it is valid, "
		"starts afresh.\n"
		"Environment: ISOTHERM_RUN (run folder), ISOTHERM_STATE (state folder),\n"
		"ISOTHERM_CONFIG (types and profiles), NOTIFY_SOCKET.\n"
		"Exit codes: 0 ended by a signal, 64 usage, 66 no such plant file, 71 operating "
		"system,\n"
		"73 another %s runs there, 78 the plant file is not valid.\n",
		info->program, info->what, info->more, info->program);
}

/* -1: go on; else the exit code. */
static int
read_options(struct daemon *d, int argc, char **argv)
{
	static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
					      {"foreground", no_argument, NULL, 'f'},
					      {"help", no_argument, NULL, 'h'},
					      {"version", no_argument, NULL, 'V'},
					      {NULL, 0, NULL, 0}};
	int o;

	while ((o = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1)
		switch (o) {
		case 'c':
			d->plant_path = optarg;
			break;
		case 'f':
			break;
		case 'h':
			print_usage(d->info, stdout);
			return EX_OK;
		case 'V':
			printf("%s %s\n", d->info->program, ISOTHERM_VERSION);
			return EX_OK;
		default:
			print_usage(d->info, stderr);
			return EX_USAGE;
		}
	if (d->plant_path != NULL && optind == argc)
		return -1;
	print_usage(d->info, stderr);
	return EX_USAGE;
}

/* 0 or an exit code, with every reason on stderr. */
static int
load(const struct daemon *d, struct plant **out)
{
	struct config_report report = {0};
	int rc = plant_load(out, d->plant_path, &report);

	config_report_print(&report, stderr);
	config_report_free(&report);
	if (rc != 0)
		return rc == -EINVAL ? EX_CONFIG : EX_NOINPUT;
	rc = d->info->check != NULL ? d->info->check(*out, d->plant_path) : 0;
	if (rc != 0) {
		plant_free(*out);
		*out = NULL;
	}
	return rc;
}

/* Where that is allowed: a cap of the system is met when it is met. */
static void
want_resources(bool urgent)
{
	struct rlimit r;

	if (urgent)
		(void)setpriority(PRIO_PROCESS, 0, BETTER_PRIORITY);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int
open_all(struct daemon *d)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, 0};
	struct errtext err = {""};
	bool on_tmpfs = true;
	int rc = load(d, &d->plant);

	if (rc != 0)
		return rc;
	want_resources(d->info->urgent);
	if (rundir_find(true, d->run_dir, sizeof(d->run_dir), &err) != 0 ||
	    rundir_make(d->run_dir, &on_tmpfs, &err) != 0) {
		log_error("run folder: %s", err.text);
		return EX_CANTCREAT;
	}
	if (!on_tmpfs && d->info->urgent)
		log_warning("%s is not on tmpfs: write-back of its disk can delay control",
			    d->run_dir);
	rc = loop_open(&d->loop, signals);
	if (rc != 0) {
		log_error("event loop: %s", strerror(-rc));
		return EX_OSERR;
	}
	return -1;
}

int
daemon_open(struct daemon *d, const struct daemon_info *info, int argc, char **argv)
{
	*d = (struct daemon){.info = info, .argv = argv};
	log_open(info->program);
	int code = read_options(d, argc, argv);

	if (code >= 0)
		return code;
	code = open_all(d);
	return code < 0 ? code : daemon_close(d, code);
}

bool
daemon_signal(struct daemon *d, const struct loop_event *ev)
{
	struct plant *fresh = NULL;

	if (ev->status != SIGHUP)
		return true;
	if (load(d, &fresh) != 0) {
		log_warning("%s is not valid: going on with the old one", d->plant_path);
		return false;
	}
	plant_free(fresh);
	d->afresh = true;
	return true;
}

int
daemon_close(struct daemon *d, int code)
{
	if (!d->afresh)
		notify_stopping();
	else if (d->loop != NULL)
		loop_child_signals(d->loop);
	if (d->loop != NULL)
		loop_close(d->loop);
	plant_free(d->plant);
	d->loop = NULL;
	d->plant = NULL;
	if (!d->afresh)
		return code;
	log_info("starting afresh");
	execv("/proc/self/exe", d->argv);
	log_error("can't start afresh: %s", strerror(errno));
	return EX_OSERR;
}

int
daemon_main(struct daemon *d, const struct daemon_info *info, const struct daemon_parts *parts,
	    int argc, char **argv)
{
	int code = daemon_open(d, info, argc, argv);
	if (code >= 0)
		return code;
	code = parts->start();
	if (code == 0)
		code = parts->serve();
	parts->stop();
	return daemon_close(d, code);
}
