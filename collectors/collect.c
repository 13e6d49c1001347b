/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/collect.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "collectors/due.h"
#include "collectors/line.h"
#include "collectors/link.h"
#include "core/clock.h"

struct collect {
	struct link_shared shared;
	struct link *links; /* [n] one a device */
	uint32_t n;
	struct line *lines; /* [n_lines] */
	uint32_t n_lines;
	uint32_t from, to; /* links that are its own */
	struct due due; /* an item each link, then one each line, which stands for all its links */
	struct cadence beat;
	bool beats;
	uint64_t ctl_tick; /* as last seen */
	/* pools that the links' plans, demands and actuators are cut from */
	struct plan_read *reads;
	struct answer *answers; /* to them */
	uint8_t *data;
	struct actuate actuators;
	struct sample *demands;
	struct link **on_lines; /* the lines' links */
	uint64_t *served;
};

/* Item of the queue that a link is called by. */
static uint32_t
item_of(const struct collect *c, uint32_t device)
{
	int32_t line = c->links[device].device->line;
	return line >= 0 ? c->n + (uint32_t)line : device;
}

static int64_t
scan_period_ns(const struct device *d, enum scan_class scan)
{
	return (d->scan_ms[scan] > 0 ? d->scan_ms[scan] : 1000) * NS_PER_MS;
}

/* Reads of all classes of a device, from the pool's *n-th on, which moves on past them. */
static int
plan_device(struct collect *c, struct link *l, uint32_t *n)
{
	const struct plant *plant = c->shared.plant;
	for (int k = 0; k < SCAN_CLASSES; k++) {
		enum scan_class scan = (enum scan_class)k;
		int32_t g = plant_in_group(plant, l->index, scan);
		int reads = 0;
		if (g >= 0) {
			uint32_t first = plant->in.first[g];
			reads = plan_reads(l->device, plant->points + first,
					   plant->in.first[g + 1] - first, c->reads + *n);
		}
		if (reads < 0)
			return reads;
		scan_class_init(&l->scan, scan, c->reads + *n, (uint32_t)reads,
				scan_period_ns(l->device, scan));
		l->answers[k] = c->answers + *n;
		*n += (uint32_t)reads;
	}
	return 0;
}

/* Room for what n reads bring. */
static int
plan_answers(struct collect *c, uint32_t n)
{
	size_t room = 1;
	for (uint32_t i = 0; i < n; i++)
		room += plan_data_bytes(&c->reads[i]);
	uint8_t *at = c->data = calloc(room, 1);
	for (uint32_t i = 0; i < n && at != NULL; i++) {
		c->answers[i] = (struct answer){.read = &c->reads[i], .data = at};
		at += plan_data_bytes(&c->reads[i]);
	}
	return at != NULL ? 0 : -ENOMEM;
}

static void
plan_demands(const struct plant *plant, struct link *l, struct collect *c)
{
	int32_t g = plant_demand_group(plant, l->index);
	if (g < 0)
		return;
	uint32_t first = plant->ctl.first[g], offset = first - plant->ctl.first[0];
	l->actuate = actuate_part(&c->actuators, offset, plant->ctl.first[g + 1] - first,
				  !l->device->armed);
	l->demands = c->demands + offset;
	for (uint32_t i = 0; i < l->device->n_points; i++) {
		const struct point *p = &plant->points[l->device->first_point + i];
		if (p->writable && p->demand != NO_POINT)
			actuate_set(&l->actuate, p->demand - first, p,
				    scan_period_ns(l->device, p->scan));
	}
}

static void
join_lines(struct collect *c, const struct plant *plant, int64_t now_ns)
{
	uint32_t n = 0;
	for (uint32_t k = 0; k < c->n_lines; k++) {
		struct line *l = &c->lines[k];
		line_init(l, &plant->lines[k], k, now_ns);
		l->links = c->on_lines + n;
		l->served = c->served + n;
		for (uint32_t i = 0; i < c->n; i++) {
			if (plant->devices[i].line != (int32_t)k)
				continue;
			c->links[i].timing = l->timing;
			l->links[l->n++] = &c->links[i];
			due_set(&c->due, i, INT64_MAX);
		}
		n += l->n;
	}
}

int
collect_open(struct collect **out, const struct plant *plant, struct image *in, struct image *ctl,
	     uint64_t seed, int64_t now_ns)
{
	struct collect *c = calloc(1, sizeof *c);
	int rc = -ENOMEM;
	if (c == NULL)
		return rc;
	uint32_t n_ctl = plant->ctl.first[plant->ctl.n_groups];
	c->shared = (struct link_shared){.plant = plant, .ctl = ctl, .seed = seed};
	c->n = c->to = plant->n_devices;
	c->beats = true;
	c->links = calloc(c->n + 1u, sizeof *c->links);
	c->reads = calloc(plant->n_in + 1u, sizeof *c->reads);
	c->answers = calloc(plant->n_in + 1u, sizeof *c->answers);
	c->demands = calloc(n_ctl + 1u, sizeof *c->demands);
	c->n_lines = plant->n_lines;
	c->lines = calloc(c->n_lines + 1u, sizeof *c->lines);
	c->on_lines = calloc(c->n + 1u, sizeof *c->on_lines);
	c->served = calloc(c->n + 1u, sizeof *c->served);
	if (c->links == NULL || c->reads == NULL || c->demands == NULL || c->lines == NULL ||
	    c->on_lines == NULL || c->served == NULL || c->answers == NULL)
		goto out;
	rc = actuate_init(&c->actuators, n_ctl);
	if (rc == 0)
		rc = publish_init(&c->shared.publisher, plant, in);
	if (rc == 0)
		rc = due_init(&c->due, c->n + c->n_lines, now_ns);
	uint32_t n_reads = 0;
	for (uint32_t i = 0; i < c->n && rc == 0; i++) {
		link_init(&c->links[i], &c->shared, i, now_ns);
		rc = plan_device(c, &c->links[i], &n_reads);
		plan_demands(plant, &c->links[i], c);
	}
	if (rc == 0)
		rc = plan_answers(c, n_reads);
	if (rc == 0)
		join_lines(c, plant, now_ns);
	cadence_start(&c->beat, plant->control_period_ms * NS_PER_MS, now_ns);
out:
	if (rc != 0)
		collect_close(c);
	else
		*out = c;
	return rc;
}

void
collect_close(struct collect *c)
{
	if (c == NULL)
		return;
	publish_fini(&c->shared.publisher);
	due_fini(&c->due);
	free(c->links);
	free(c->reads);
	free(c->answers);
	free(c->data);
	actuate_fini(&c->actuators);
	free(c->demands);
	free(c->lines);
	free(c->on_lines);
	free(c->served);
	free(c);
}

void
collect_share(struct collect *c, uint32_t from, uint32_t to, bool beats)
{
	assert(c->n_lines == 0);
	c->from = from;
	c->to = to;
	c->beats = beats;
	c->shared.silent = true;
	for (uint32_t i = 0; i < c->n; i++)
		if (i < from || i >= to)
			due_set(&c->due, i, INT64_MAX);
}

void
collect_set_ctl(struct collect *c, struct image *ctl)
{
	c->shared.ctl = ctl;
	c->ctl_tick = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		struct link *l = &c->links[i];
		actuate_forget(&l->actuate);
		l->demands_seen = 0;
		for (uint32_t k = 0; k < l->actuate.n; k++)
			l->demands[k] = (struct sample){0};
	}
}

/* Looks whether the controllers have spoken since: then every link has demands to take. When they
 * fall silent, what the devices hold from now on is not theirs any more. */
static void
look_at_ctl(struct collect *c, int64_t now_ns)
{
	struct image_status status = {.alive = false};
	if (c->shared.ctl != NULL)
		image_status(c->shared.ctl, now_ns, &status);
	bool moved = status.alive && status.tick != c->ctl_tick,
	     fell = c->shared.ctl_alive && !status.alive;
	c->shared.ctl_alive = status.alive;
	c->ctl_tick = status.tick;
	for (uint32_t i = c->from; i < c->to && (moved || fell); i++) {
		struct link *l = &c->links[i];
		if (fell)
			actuate_forget(&l->actuate);
		if (moved && l->actuate.n != 0) {
			if (!l->demands_due)
				l->demands_ns = now_ns;
			l->demands_due = true;
			due_set(&c->due, item_of(c, i), now_ns);
		}
	}
}

size_t
collect_due(struct collect *c, int64_t now_ns, struct collect_action *out, size_t max)
{
	size_t n = 0;
	if (c->beats && cadence_due(&c->beat, now_ns))
		image_beat(c->shared.publisher.in, now_ns, c->beat.ticks, c->beat.overruns);
	look_at_ctl(c, now_ns);
	while (n < max && due_ns(&c->due) <= now_ns) {
		uint32_t i = due_first(&c->due);
		struct line *line = i < c->n ? NULL : &c->lines[i - c->n];
		bool acted = line != NULL ? line_step(line, now_ns, &out[n])
					  : link_step(&c->links[i], now_ns, &out[n]);
		if (acted) { /* and stays first: what it waits for may be here before it is asked again */
			n++;
			continue;
		}
		int64_t next_ns = line != NULL ? line_next_ns(line, now_ns)
					       : link_next_ns(&c->links[i], now_ns);
		if (next_ns <= now_ns)
			next_ns = now_ns + 1; /* whatever it waits for is not to be had now */
		due_set(&c->due, i, next_ns);
	}
	return n;
}

int64_t
collect_next_ns(const struct collect *c)
{
	int64_t next_ns = due_ns(&c->due);
	return next_ns < c->beat.next_ns ? next_ns : c->beat.next_ns;
}

static void
look_again(struct collect *c, uint32_t device, int64_t now_ns)
{
	due_set(&c->due, device, link_next_ns(&c->links[device], now_ns));
}

void
collect_connected(struct collect *c, uint32_t device, int64_t now_ns)
{
	link_connected(&c->links[device], now_ns);
	look_again(c, device, now_ns);
}

void
collect_broken(struct collect *c, uint32_t device, int64_t now_ns, const char *why)
{
	link_broken(&c->links[device], now_ns, why);
	look_again(c, device, now_ns);
}

void
collect_bytes(struct collect *c, uint32_t device, const uint8_t *bytes, size_t len, int64_t now_ns)
{
	link_bytes(&c->links[device], bytes, len, now_ns);
	look_again(c, device, now_ns);
}

static void
look_at_line(struct collect *c, uint32_t line, int64_t now_ns)
{
	due_set(&c->due, c->n + line, line_next_ns(&c->lines[line], now_ns));
}

void
collect_line_opened(struct collect *c, uint32_t line, int64_t now_ns)
{
	line_opened(&c->lines[line], now_ns);
	look_at_line(c, line, now_ns);
}

void
collect_line_broken(struct collect *c, uint32_t line, int64_t now_ns, const char *why)
{
	line_broken(&c->lines[line], now_ns, why);
	look_at_line(c, line, now_ns);
}

void
collect_line_bytes(struct collect *c, uint32_t line, const uint8_t *bytes, size_t len,
		   int64_t now_ns)
{
	line_bytes(&c->lines[line], bytes, len, now_ns);
	look_at_line(c, line, now_ns);
}

double
collect_line_load(const struct collect *c, uint32_t line)
{
	return line_load(&c->lines[line]);
}

uint64_t
collect_transactions(const struct collect *c)
{
	return c->shared.transactions;
}
