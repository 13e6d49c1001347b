/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a workload manager tells us of jobs, and what each has done. Pure: requests, time and readings
 * in; results and lines for the journal out. The jobs are the plant's (docs/jobs.md); who runs them
 * is the workload manager, or in a simulated plant the simulator: here they are judged and counted.
 *
 *	{"cmd": "job_start", "job": NAME}	may it start? Not while it runs, nor on a system that
 *						is not fit for work
 *	{"cmd": "job_end", "job": NAME}		it ends: what it has done, used and lost; or is
 *						no longer asked for, where it was not seen yet
 *
 * {"ok": true, "said": …}, of an end with "job": {name, run_s, tokens, lost_tokens, energy_kwh,
 * systems}; or {"ok": false, "error"}. What is counted begins when the job is first seen on a wafer;
 * it is that of this program's life: a restart of the controllers begins anew.
 */
#ifndef ISOTHERM_CONTROLLERS_JOBBOOK_H
#define ISOTHERM_CONTROLLERS_JOBBOOK_H

#include "controllers/cluster.h"
#include "controllers/holds.h"

/* A system in a second, beside its report. */
struct job_use {
	double reticles[JOBS_MAX]; /* of each slot */
	double input_w;            /* NAN unknown */
	bool unknown;              /* nobody knows what jobs it has */
	const char *unfit;         /* why no job should start here; NULL: it may */
};

struct jobbook;

int jobbook_open(struct jobbook **out, const struct plant *plant); /* 0, -ENOMEM */
void jobbook_close(struct jobbook *b);                             /* NULL is allowed */

/* Once a second, of each system; then the second is over. */
void jobbook_take(struct jobbook *b, uint32_t system, const struct cluster_report *r,
		  const struct job_use *use);
void jobbook_step(struct jobbook *b, int64_t now_ns);

/* Is it about jobs? Then as holds_ask; else nothing is done. */
bool jobbook_ask(struct jobbook *b, const struct hold_request *req, char *result);
bool jobbook_line(struct jobbook *b, struct image_event *out, int32_t *system);

#endif
