/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the cluster share: who is named (cluster.c), and what the others do about it
 * (cluster_order.c). */
#ifndef ISOTHERM_CONTROLLERS_CLUSTER_STATE_H
#define ISOTHERM_CONTROLLERS_CLUSTER_STATE_H

#include "controllers/cluster.h"

#define STRAGGLES_FRAC 0.01 /* others wait as long: less is how their work differs */

/* What is known of a job: over the systems that it runs on. */
struct job_view {
	uint32_t systems, slowest, slot; /* the one that waits least, and the job's slot there */
	double least_frac, sum_frac, lost_per_s;
	/* the same by what their own rules leave them, at equal shares */
	uint32_t known, own_slowest, own_slot;
	double least_own, sum_own_s;
	double missing_per_s; /* of what all would make without each other */
};

struct standing {               /* of a job */
	int32_t who, candidate; /* system; -1 nobody */
	int64_t since_ns;       /* of the candidate */
	bool told;              /* what `who` is now */
};

struct member { /* of a job: a slot of a system */
	uint16_t job;
	double missing_frac; /* 1, less where it is slower than its duty says */
	double raw;          /* speed a duty, of this step; NAN unknown */
	uint32_t count;      /* of micro-batches that are demanded */
};

struct pacing {                /* of a job */
	double rate;           /* T, followed up at once and down slowly; NAN: not known */
	double now;            /* of this step */
	double raw_max;        /* greatest speed a duty */
	uint32_t n;            /* systems, as last shared */
	uint32_t capped_steps; /* still to wait, since a cap held one of them */
	bool shared;           /* not at equal parts */
	int64_t changed_ns;    /* shares, which have not been told; 0 none */
	int64_t raised_ns;     /* when the slowest was last given more; 0 not, or taken back */
	int64_t raise_from_ns; /* it is given no more before */
	double retry_s;        /* so long after it was taken back */
};

struct cluster {
	const struct plant *plant;
	struct straggler *of;        /* [n_systems] */
	struct cluster_order *order; /* [n_systems] */
	struct member *member;       /* [n_systems * JOBS_MAX] */
	uint32_t *who, *count;       /* [n_systems] scratch */
	double *rate, *surely;       /* [n_systems] scratch */
	struct job_view view[PLANT_JOBS_MAX];
	struct standing job[PLANT_JOBS_MAX];
	struct pacing pacing[PLANT_JOBS_MAX];
	double pass_s[PLANT_JOBS_MAX]; /* of a pass at rate 1 */
	int64_t now_ns;
	uint32_t next; /* job whose line is looked for */
};

/* Is anything done about slow systems of that job (index)? */
bool cluster_acts(const struct cluster *c, uint32_t job);
/* R_k of a slot; NAN unknown, 0 where it stands still. */
double cluster_rate(const struct cluster *c, const struct cluster_report *r, uint32_t system,
		    uint32_t slot);
void cluster_share(struct cluster *c, const struct cluster_report *reports);

#endif
