/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/figures.h"

#include <inttypes.h>
#include <math.h>

#include "core/clock.h"

void
figures_begin(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->n_rooms; i++)
		s->rooms[i].up_cpu_ns = supervisor_cpu_ns(&s->rooms[i]);
}

void
figures_take(struct figures *f, const struct supervisor *s, const struct polls *polls,
	     int64_t up_ns)
{
	*f = (struct figures){.polls = polls->n,
			      .poll_p99_ms = polls_quantile_ms(polls, 0.99),
			      .poll_max_ms = polls_quantile_ms(polls, 1.0)};
	for (uint32_t i = 0; i < s->n_rooms; i++) {
		const struct room *r = &s->rooms[i];
		int64_t cpu_ns = supervisor_cpu_ns(r);

		f->rooms[f->n_rooms].room = r->kind->name;
		f->rooms[f->n_rooms].cpu_s = (double)cpu_ns / (double)NS_PER_S;
		f->rooms[f->n_rooms].cpu_pct =
			up_ns > 0 ? 100.0 * (double)(cpu_ns - r->up_cpu_ns) / (double)up_ns : 0.0;
		f->n_rooms++;
	}
}

void
figures_print(const struct figures *f, FILE *to)
{
	if (isfinite(f->poll_p99_ms))
		fprintf(to, "polls: p99 %.2f ms, longest %.2f ms, of %" PRIu64 " looked at\n",
			f->poll_p99_ms, f->poll_max_ms, f->polls);
	else
		fprintf(to, "polls: none known\n");
	fprintf(to, "cpu:");
	for (uint32_t i = 0; i < f->n_rooms; i++)
		fprintf(to, "%s %s %.1f s (%.1f %%)", i > 0 ? "," : "", f->rooms[i].room,
			f->rooms[i].cpu_s, f->rooms[i].cpu_pct);
	fprintf(to, "\n");
}
