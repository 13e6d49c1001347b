/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's shell: plant, sockets, clock and signals around sim_step and sim_answer. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/command.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/notify.h"
#include "core/rundir.h"
#include "engine_sim/command_fault.h"
#include "engine_sim/command_state.h"
#include "engine_sim/server.h"
#include "engine_sim/sim.h"
#include "engine_sim/solve_cmd.h"
#include "engine_sim/state_file.h"
#include "engine_sim/steady_cmd.h"

#define TICK_NS (100 * NS_PER_MS)
#define STEPS_A_TICK (TICK_NS / SIM_STEP_NS)
#define STEPS_AT_ONCE (3 * STEPS_A_TICK) /* a stall longer than this is not caught up */

static const char usage[] =
	"usage: isotherm-sim -c PLANT [--restore FILE] | --paths | --version | --help\n"
	"       isotherm-sim save FILE | restore FILE\n"
	"       isotherm-sim steady --help\n"
	"       isotherm-sim solve --help\n"
	"Simulates the devices of a plant that are not real, and serves them by Modbus TCP on\n"
	"loopback, or by Modbus RTU on their serial line (a pseudo terminal unless the line says\n"
	"`serve`). Ports and paths go to sim.ports in the run folder ($ISOTHERM_RUN), faults come "
	"in\n"
	"by sim.sock there (isotherm fault 'cs03.zone[5].g=0.379 over 1s').\n"
	"  -c PLANT    plant file\n"
	"  --restore FILE   start from a saved state, not from rest\n"
	"  save, restore    ask the simulator that runs to write its whole state to a file, or to\n"
	"                   go on from one (docs/hil.md)\n"
	"  --paths     everything that can be set, with unit and range\n"
	"SIGHUP checks the plant file and, if it is valid, starts afresh with it.\n";

static struct {
	char *program, *plant_path;
	const char *restore_path;
	char run_dir[256];
	struct plant *plant;
	struct sim *sim;
	struct loop *loop;
	struct server *server;
	struct rtu_server *lines;
	struct command_server *commands;
	struct cadence cadence;
	int64_t origin_ns; /* when step 0 was due, or would have been */
} self;

static void
print_line(void *arg, const char *text)
{
	fprintf(arg, "%s\n", text);
}

static void
close_all(void)
{
	if (self.server)
		server_remove_ports(self.run_dir);
	command_close(self.commands);
	server_close(self.server);
	rtu_server_close(self.lines);
	sim_close(self.sim);
	loop_close(self.loop);
	plant_free(self.plant);
	self.commands = NULL;
	self.server = NULL;
	self.lines = NULL;
	self.sim = NULL;
	self.loop = NULL;
	self.plant = NULL;
}

static int
load_plant(struct plant **out)
{
	struct config_report report = {0};
	int rc = plant_load(out, self.plant_path, &report);

	for (size_t k = 0; rc < 0 && k < report.n; k++)
		log_error("%s", report.errors[k].text);
	config_report_free(&report);
	return rc;
}

static int
open_all(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, 0};
	struct errtext err = {""};
	char why[512];

	if (load_plant(&self.plant) < 0)
		return EX_CONFIG;
	if (sim_open(&self.sim, self.plant, NULL, why, sizeof(why)) < 0) {
		log_error("%s", why);
		return EX_SOFTWARE;
	}
	if (self.restore_path && command_fault_allowed(self.plant, why, sizeof(why)) < 0) {
		log_error("--restore: %s", why);
		return EX_NOPERM;
	}
	if (self.restore_path && state_file_restore(self.sim, self.restore_path, &err) < 0) {
		log_error("%s", err.text);
		return EX_DATAERR;
	}
	if (rundir_find(true, self.run_dir, sizeof(self.run_dir), &err) < 0 ||
	    rundir_make(self.run_dir, NULL, &err) < 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	if (loop_open(&self.loop, signals) < 0) {
		log_error("no event loop: %s", strerror(errno));
		return EX_OSERR;
	}
	if (server_open(&self.server, self.loop, self.plant, self.sim, &err) < 0 ||
	    rtu_server_open(&self.lines, self.loop, self.plant, self.sim, self.run_dir, &err) < 0) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	if (command_open(&self.commands, self.loop, self.run_dir, "sim", &err) < 0 ||
	    server_write_ports(self.server, self.lines, self.run_dir, &err) < 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	return EX_OK;
}

/* As many steps as plant time owes to the clock, within reason. Steps beyond a tick's own ten came
 * late; those beyond the bound are left out, and plant time slips. */
static void
tick(int64_t now_ns)
{
	int64_t owed = (now_ns - self.origin_ns) / SIM_STEP_NS - sim_now_ns(self.sim) / SIM_STEP_NS;

	if (owed > STEPS_A_TICK)
		sim_late(self.sim, (uint64_t)(owed - STEPS_A_TICK));
	if (owed > STEPS_AT_ONCE) {
		self.origin_ns += (owed - STEPS_AT_ONCE) * SIM_STEP_NS;
		owed = STEPS_AT_ONCE;
	}
	for (; owed > 0; owed--)
		sim_step(self.sim);
	server_sync(self.server);
}

/* Step 0 was due so long ago that what has been simulated is what was owed at now_ns. */
static void
set_origin(int64_t now_ns)
{
	self.origin_ns = now_ns - sim_now_ns(self.sim);
}

static void
fault(const struct command_request *req, int64_t now_ns)
{
	char reply[1024];
	enum command_state did =
		command_state(self.sim, self.plant, req->text, req->access >= ACCESS_ENGINEER,
			      reply, sizeof(reply));

	if (did == COMMAND_STATE_RESTORED)
		set_origin(now_ns);
	if (did != COMMAND_STATE_NOT)
		log_info("by uid %u: %s: %s", (unsigned)req->uid, req->text, reply);
	else if (req->access < ACCESS_OPERATE)
		snprintf(reply, sizeof(reply),
			 "{\"ok\":false,\"error\":\"not allowed: this needs an operator (group "
			 "isotherm-operate)\"}");
	else if (command_fault(self.sim, self.plant, req->text, reply, sizeof(reply)))
		log_info("by uid %u: %s", (unsigned)req->uid, req->text);
	command_reply(self.commands, req->connection, reply);
}

static void
descriptor(const struct loop_event *ev)
{
	struct command_request req;
	int rc;

	if (server_event(self.server, ev) || rtu_server_event(self.lines, ev))
		return;
	rc = command_take(self.commands, ev, &req);
	if (rc == 1)
		fault(&req, ev->now_ns);
}

/* Comes back only if the plant file is wrong or the program can't be started. */
static void
start_afresh(void)
{
	char option[] = "-c";
	char *argv[] = {self.program, option, self.plant_path, NULL}; /* from rest: no --restore */
	struct plant *fresh = NULL;

	if (load_plant(&fresh) < 0) {
		log_error("SIGHUP: %s is not valid; going on with the old one", self.plant_path);
		return;
	}
	plant_free(fresh);
	log_info("SIGHUP: starting afresh with %s", self.plant_path);
	loop_child_signals(self.loop);
	close_all();
	execv("/proc/self/exe", argv);
	log_error("can't start afresh: %s", strerror(errno));
	exit(EX_OSERR);
}

static int
run(void)
{
	struct loop_event ev;
	uint64_t told = 0;

	cadence_start(&self.cadence, TICK_NS, clock_mono_ns());
	set_origin(self.cadence.next_ns);
	notify_ready("serving");
	log_info("%s: %u systems, %u devices, run folder %s", self.plant->site,
		 self.plant->n_systems, self.plant->n_devices, self.run_dir);
	for (;;) {
		int64_t line_ns = rtu_server_next_ns(self.lines);
		int kind = loop_wait(
			self.loop, line_ns < self.cadence.next_ns ? line_ns : self.cadence.next_ns,
			&ev);

		if (kind < 0) {
			log_error("event loop: %s", strerror(-kind));
			return EX_OSERR;
		}
		if (kind == LOOP_FD)
			descriptor(&ev);
		if (kind == LOOP_DUE && cadence_due(&self.cadence, ev.now_ns))
			tick(ev.now_ns);
		rtu_server_due(self.lines, ev.now_ns);
		if (self.cadence.overruns >= 2 * told + 10) {
			told = self.cadence.overruns;
			log_warning("%llu ticks skipped so far", (unsigned long long)told);
		}
		if (kind == LOOP_SIGNAL && ev.status == SIGHUP)
			start_afresh();
		else if (kind == LOOP_SIGNAL)
			return EX_OK;
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{"paths", no_argument, NULL, 'p'},
						{"restore", required_argument, NULL, 'r'},
						{NULL, 0, NULL, 0}};
	int c, rc;

	log_open("isotherm-sim");
	self.program = argv[0];
	if (argc > 1 && strcmp(argv[1], "steady") == 0)
		return steady_command(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "solve") == 0)
		return solve_command(argc - 1, argv + 1);
	if (argc > 1 && (strcmp(argv[1], "save") == 0 || strcmp(argv[1], "restore") == 0))
		return command_state_ask(argc - 1, argv + 1);
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c == 'c') {
			self.plant_path = optarg;
			continue;
		}
		if (c == 'r') {
			self.restore_path = optarg;
			continue;
		}
		if (c == 'V')
			printf("isotherm-sim %s\n", ISOTHERM_VERSION);
		else if (c == 'p')
			sim_paths(print_line, stdout);
		else
			fputs(usage, c == 'h' ? stdout : stderr);
		return c == '?' ? EX_USAGE : EX_OK;
	}
	if (!self.plant_path || optind < argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	rc = open_all();
	if (rc == EX_OK) {
		rc = run();
		notify_stopping();
	}
	close_all();
	return rc;
}
