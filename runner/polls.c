/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/polls.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define LEAST_MS 0.01
#define WIDER 1.05

static uint32_t
largest_link_group(const struct plant *plant)
{
	uint32_t most = 0;

	for (uint32_t d = 0; d < plant->n_devices; d++) {
		int32_t g = plant_link_group(plant, d);
		uint32_t n = plant->in.first[g + 1] - plant->in.first[g];

		most = n > most ? n : most;
	}
	return most;
}

int
polls_open(struct polls *p, const struct plant *plant, const char *run_dir)
{
	*p = (struct polls){.plant = plant, .run_dir = run_dir};
	p->seen_ns = calloc(plant->n_devices + 1u, sizeof *p->seen_ns);
	p->group = calloc(largest_link_group(plant) + 1u, sizeof *p->group);
	if (p->seen_ns != NULL && p->group != NULL)
		return 0;
	polls_close(p);
	return -ENOMEM;
}

void
polls_close(struct polls *p)
{
	image_close(p->in);
	free(p->seen_ns);
	free(p->group);
	p->in = NULL;
	p->seen_ns = NULL;
	p->group = NULL;
}

static void
attach(struct polls *p, int64_t now_ns)
{
	const struct plant *plant = p->plant;
	struct image_layout layout = {.name = plant->in.name,
				      .n_groups = plant->in.n_groups,
				      .first = plant->in.first,
				      .period_ns = plant->in.period_ns,
				      .table_hash = plant->hash,
				      .beat_ns = plant->control_period_ms * INT64_C(1000000)};
	struct errtext err;

	if (p->in != NULL)
		(void)image_refresh(p->in, now_ns, &err);
	else if (image_attach(&p->in, p->run_dir, &layout, &err) != 0)
		p->in = NULL; /* the collectors are not there: next time */
}

void
polls_take(struct polls *p, int64_t now_ns)
{
	const struct plant *plant = p->plant;

	if (p->seen_ns == NULL)
		return;
	attach(p, now_ns);
	for (uint32_t d = 0; d < plant->n_devices && p->in != NULL; d++) {
		uint32_t g = (uint32_t)plant_link_group(plant, d);
		const struct sample *rtt =
			&p->group[plant_link(plant, d, ROLE_LINK_RTT) - plant->in.first[g]];

		if (image_read(p->in, g, now_ns, p->group) != 0 || !sample_usable(rtt) ||
		    rtt->time_ns <= p->seen_ns[d])
			continue;
		p->seen_ns[d] = rtt->time_ns;
		polls_count(p, rtt->value);
	}
}

void
polls_count(struct polls *p, double rtt_ms)
{
	double class = ceil(log(rtt_ms / LEAST_MS) / log(WIDER));

	if (!(class > 0.0)) /* NaN, too: what took no time at all */
		class = 0.0;
	if (class > POLLS_CLASSES - 1u)
		class = POLLS_CLASSES - 1u;
	p->counts[(uint32_t) class]++;
	p->n++;
}

double
polls_quantile_ms(const struct polls *p, double part)
{
	double left = part * (double)p->n;

	for (uint32_t c = 0; c < POLLS_CLASSES && p->n > 0; c++) {
		left -= (double)p->counts[c];
		if (left <= 1e-9 * (double)p->n)
			return LEAST_MS * pow(WIDER, (double)c);
	}
	return (double)NAN;
}
