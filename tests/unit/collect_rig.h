/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collectors' engine on a memory wire with scripted devices: time is counted, nothing waits. A
 * device holds two register spaces, answers after `delay_ns`, and can be told to misbehave.
 */
#ifndef ISOTHERM_TESTS_COLLECT_RIG_H
#define ISOTHERM_TESTS_COLLECT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collectors/collect.h"
#include "config/identity.h"
#include "config/plant.h"
#include "core/clock.h"
#include "core/image.h"
#include "core/rtu.h"

#define RIG_MESSAGES 64
#define RIG_LOG 16384
#define MS NS_PER_MS

enum message_kind { MESSAGE_CONNECTED, MESSAGE_BROKEN, MESSAGE_BYTES };

struct message { /* on its way from a device to the engine */
	enum message_kind kind;
	int64_t at_ns;
	size_t len;
	uint8_t bytes[600];
};

struct asked { /* a request as the device got it */
	uint32_t device;
	int64_t at_ns;
	uint8_t fc;
	uint16_t reg, count, value; /* value: the first one written */
};

struct rig;
struct model {
	uint16_t *input, *holding; /* [65536] registers: functions 1, 2, 4 and 3 */
	bool refuses, deaf;        /* connects are refused, or never answered */
	bool slams;                /* connects are accepted and closed at once */
	bool silent;               /* requests are swallowed */
	int64_t delay_ns;
	uint8_t exception; /* on every request of function exception_fc that covers exception_reg */
	uint8_t exception_fc;
	uint16_t exception_reg;
	/* a last word on the answer: may change, lengthen or take it (return its length) */
	size_t (*twist)(struct rig *rig, uint32_t device, uint8_t *reply, size_t len);
	bool open;
	uint64_t connects, closes;
	int64_t connect_ns[RIG_LOG]; /* the first ones */
	struct message queue[RIG_MESSAGES];
	size_t queued;
};

struct rig {
	struct plant *plant;
	struct image *in, *ctl;
	struct collect *collect;
	struct model *model; /* [plant->n_devices] */
	int64_t now_ns;
	size_t max_actions; /* in one call of collect_due */
	bool ctl_beats;     /* beat the ctl image every 100 ms */
	int64_t ctl_next_ns;
	uint64_t ctl_tick;
	struct sample *demands; /* [n_ctl] as published with each beat */
	struct asked log[RIG_LOG];
	size_t logged;
	struct sample *samples; /* [n_in] */
	uint64_t draw;          /* for random twists */
	int64_t line_heard_ns;  /* last byte on a serial line (of a plant that has one) */
	bool line_open;
	uint64_t line_opens;
};

#define RIG_UNUSED __attribute__((unused))

RIG_UNUSED static struct image *
rig_image(const struct plant *p, const struct plant_layout *l)
{
	struct image *img = NULL;
	struct image_layout layout = {.name = l->name,
				      .n_groups = l->n_groups,
				      .first = l->first,
				      .period_ns = l->period_ns,
				      .table_hash = p->hash,
				      .beat_ns = p->control_period_ms * MS};
	assert_int_equal(0, image_memory(&img, &layout));
	return img;
}

RIG_UNUSED static void
rig_identity(struct rig *r, uint32_t device)
{
	const struct device *d = &r->plant->devices[device];
	struct model *m = &r->model[device];
	uint16_t *block = m->holding + IDENTITY_REG;
	uint32_t serial = d->system >= 0 ? r->plant->systems[d->system].serial : 0;
	memset(block, 0, IDENTITY_COUNT * sizeof *block);
	if (d->simulated) {
		block[IDENTITY_MAGIC_0] = IDENTITY_MAGIC_WORD_0;
		block[IDENTITY_MAGIC_1] = IDENTITY_MAGIC_WORD_1;
		block[IDENTITY_REVISION] = 1;
		block[IDENTITY_SERIAL_HI] = (uint16_t)(serial >> 16);
		block[IDENTITY_SERIAL_LO] = (uint16_t)serial;
		block[IDENTITY_PROFILE] = identity_profile_word(d->profile);
	}
	if (d->identity_fc > 0)
		(d->identity_fc == 3 ? m->holding : m->input)[d->identity_reg] = d->identity_value;
}

RIG_UNUSED static void
rig_open(struct rig *r, const char *yaml)
{
	struct config_report report = {0};
	memset(r, 0, sizeof *r);
	int rc = plant_parse(&r->plant, yaml, strlen(yaml), "test.yaml", "config", &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(0, rc);
	r->in = rig_image(r->plant, &r->plant->in);
	r->ctl = rig_image(r->plant, &r->plant->ctl);
	r->model = calloc(r->plant->n_devices, sizeof *r->model);
	r->samples = calloc(r->plant->n_in, sizeof *r->samples);
	r->demands = calloc(r->plant->ctl.first[r->plant->ctl.n_groups], sizeof *r->demands);
	assert_true(r->model != NULL && r->samples != NULL && r->demands != NULL);
	for (uint32_t i = 0; i < r->plant->n_devices; i++) {
		struct model *m = &r->model[i];
		m->input = calloc(65536, sizeof *m->input);
		m->holding = calloc(65536, sizeof *m->holding);
		assert_true(m->input != NULL && m->holding != NULL);
		m->delay_ns = 1 * MS;
		rig_identity(r, i);
	}
	r->max_actions = 16;
	r->now_ns = r->ctl_next_ns = 7 * NS_PER_S + 3 * MS;
	assert_int_equal(0, collect_open(&r->collect, r->plant, r->in, r->ctl, 42, r->now_ns));
}

RIG_UNUSED static void
rig_close(struct rig *r)
{
	collect_close(r->collect);
	image_close(r->in);
	image_close(r->ctl);
	for (uint32_t i = 0; i < r->plant->n_devices; i++) {
		free(r->model[i].input);
		free(r->model[i].holding);
	}
	free(r->model);
	free(r->samples);
	free(r->demands);
	plant_free(r->plant);
}

static unsigned
rig_be16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

RIG_UNUSED static void
rig_post(struct rig *r, uint32_t device, enum message_kind kind, int64_t at_ns,
	 const uint8_t *bytes, size_t len)
{
	struct model *m = &r->model[device];
	assert_true(m->queued < RIG_MESSAGES && len <= sizeof m->queue[0].bytes);
	struct message *q = &m->queue[m->queued++];
	q->kind = kind;
	/* a stream keeps its order */
	q->at_ns = m->queued > 1 && q[-1].at_ns > at_ns ? q[-1].at_ns : at_ns;
	q->len = len;
	if (len != 0)
		memcpy(q->bytes, bytes, len);
}

static size_t
rig_execute(struct model *m, const uint8_t *q, uint8_t *reply)
{
	unsigned fc = q[7], reg = rig_be16(q + 8), n = rig_be16(q + 10);
	uint16_t *space = fc == 3 || fc > 4 ? m->holding : m->input;
	size_t pdu = 5;
	memcpy(reply, q, 12);
	if (m->exception_fc == fc && m->exception_reg >= reg &&
	    m->exception_reg < reg + (fc == 5 || fc == 6 ? 1 : n)) {
		reply[7] |= 0x80;
		reply[8] = m->exception;
		pdu = 2;
	} else if (fc <= 2) {
		reply[8] = (uint8_t)((n + 7) / 8);
		memset(reply + 9, 0, reply[8]);
		for (unsigned k = 0; k < n; k++)
			if (space[reg + k] != 0)
				reply[9 + k / 8] |= (uint8_t)(1u << k % 8);
		pdu = 2u + reply[8];
	} else if (fc <= 4) {
		reply[8] = (uint8_t)(2 * n);
		for (unsigned k = 0; k < n; k++) {
			reply[9 + 2 * k] = (uint8_t)(space[reg + k] >> 8);
			reply[10 + 2 * k] = (uint8_t)space[reg + k];
		}
		pdu = 2u + reply[8];
	} else if (fc == 6) {
		space[reg] = (uint16_t)n;
	} else if (fc == 16) {
		for (unsigned k = 0; k < n; k++)
			space[reg + k] = (uint16_t)rig_be16(q + 13 + 2 * k);
	} else {
		fail_msg("function %u", fc);
	}
	reply[4] = 0;
	reply[5] = (uint8_t)(pdu + 1);
	return pdu + 7;
}

static void
rig_log(struct rig *r, uint32_t device, const uint8_t *q)
{
	assert_int_equal(r->plant->devices[device].unit, q[6]);
	if (r->logged < RIG_LOG)
		r->log[r->logged++] = (struct asked){
			.device = device,
			.at_ns = r->now_ns,
			.fc = q[7],
			.reg = (uint16_t)rig_be16(q + 8),
			.count = (uint16_t)(q[7] == 5 || q[7] == 6 ? 1 : rig_be16(q + 10)),
			.value = (uint16_t)(q[7] == 16 ? rig_be16(q + 13) : rig_be16(q + 10))};
}

/* On a serial line the same frame is unit, PDU and check sum; characters take their time, and nobody speaks
 * before the line has been silent for as long as the standard demands. */
static void
rig_line_request(struct rig *r, const struct collect_action *a)
{
	struct model *m = &r->model[a->device];
	const struct line_config *l = &r->plant->lines[a->line];
	struct rtu_timing t = rtu_timing(l->baud, l->parity != PARITY_NONE, l->stop_bits);
	uint8_t q[260] = {0}, tcp[600], reply[600];
	assert_true(r->line_open && rtu_sealed(a->bytes, a->len));
	assert_true(r->now_ns >= r->line_heard_ns + t.gap_ns);
	q[5] = (uint8_t)(a->len - 2);
	memcpy(q + 6, a->bytes, a->len - 2);
	rig_log(r, a->device, q);
	if (m->silent)
		return;
	size_t len = rig_execute(m, q, tcp) - 6;
	memcpy(reply, tcp + 6, len);
	len = rtu_seal(reply, len);
	if (m->twist != NULL)
		len = m->twist(r, a->device, reply, len);
	if (len != 0)
		rig_post(r, a->device, MESSAGE_BYTES,
			 r->now_ns + m->delay_ns + (int64_t)(a->len + len) * t.char_ns, reply, len);
}

static void
rig_line_act(struct rig *r, const struct collect_action *a)
{
	struct model *m = &r->model[a->device];
	if (a->verb == COLLECT_CONNECT) {
		assert_false(r->line_open);
		r->line_opens++;
		if (!m->refuses)
			r->line_open = true;
		rig_post(r, a->device, m->refuses ? MESSAGE_BROKEN : MESSAGE_CONNECTED, r->now_ns,
			 NULL, 0);
	} else if (a->verb == COLLECT_SEND) {
		rig_line_request(r, a);
	} else {
		r->line_open = false;
		m->closes++;
	}
}

static void
rig_request(struct rig *r, const struct collect_action *a)
{
	struct model *m = &r->model[a->device];
	uint8_t reply[600];
	const uint8_t *q = a->bytes;
	assert_true(m->open);
	assert_true(a->len >= 12 && a->len <= 260);
	assert_int_equal(a->len - 6, rig_be16(q + 4));
	rig_log(r, a->device, q);
	if (m->silent)
		return;
	size_t len = rig_execute(m, q, reply);
	if (m->twist != NULL)
		len = m->twist(r, a->device, reply, len);
	if (len != 0)
		rig_post(r, a->device, MESSAGE_BYTES, r->now_ns + m->delay_ns, reply, len);
}

static void
rig_act(struct rig *r, const struct collect_action *a)
{
	struct model *m = &r->model[a->device];
	if (a->line != COLLECT_NO_LINE) {
		rig_line_act(r, a);
		return;
	}
	switch (a->verb) {
	case COLLECT_CONNECT:
		assert_false(m->open);
		assert_int_equal(0, m->queued);
		if (m->connects < RIG_LOG)
			m->connect_ns[m->connects] = r->now_ns;
		m->connects++;
		if (!m->deaf)
			rig_post(r, a->device, m->refuses ? MESSAGE_BROKEN : MESSAGE_CONNECTED,
				 r->now_ns + m->delay_ns, NULL, 0);
		if (m->slams)
			rig_post(r, a->device, MESSAGE_BROKEN, r->now_ns + m->delay_ns, NULL, 0);
		break;
	case COLLECT_SEND:
		rig_request(r, a);
		break;
	case COLLECT_CLOSE:
		m->closes++;
		m->open = false;
		m->queued = 0;
		break;
	}
}

static void
rig_line_deliver(struct rig *r, uint32_t line, const struct message *q)
{
	if (q->kind == MESSAGE_CONNECTED) {
		collect_line_opened(r->collect, line, r->now_ns);
	} else if (q->kind == MESSAGE_BROKEN) {
		r->line_open = false;
		collect_line_broken(r->collect, line, r->now_ns, "/dev/x: no such file");
	} else if (r->line_open) {
		r->line_heard_ns = r->now_ns;
		collect_line_bytes(r->collect, line, q->bytes, q->len, r->now_ns);
	}
}

static void
rig_deliver(struct rig *r, uint32_t device)
{
	struct model *m = &r->model[device];
	while (m->queued != 0 && m->queue[0].at_ns <= r->now_ns) {
		static struct message q;
		q = m->queue[0];
		m->queued--;
		memmove(m->queue, m->queue + 1, m->queued * sizeof m->queue[0]);
		if (r->plant->devices[device].line >= 0) {
			rig_line_deliver(r, (uint32_t)r->plant->devices[device].line, &q);
		} else if (q.kind == MESSAGE_CONNECTED) {
			m->open = true;
			collect_connected(r->collect, device, r->now_ns);
		} else if (q.kind == MESSAGE_BROKEN) {
			m->open = false;
			m->queued = 0;
			collect_broken(r->collect, device, r->now_ns, "connection refused");
		} else {
			collect_bytes(r->collect, device, q.bytes, q.len, r->now_ns);
		}
	}
}

RIG_UNUSED static void
rig_publish_demands(struct rig *r)
{
	const struct plant_layout *l = &r->plant->ctl;
	for (uint32_t i = 0; i < l->first[l->n_groups]; i++)
		if (r->demands[i].quality != QUALITY_NEVER)
			sample_date(&r->demands[i], r->now_ns);
	image_beat(r->ctl, r->now_ns, ++r->ctl_tick, 0);
	for (uint32_t g = 0; g < l->n_groups; g++)
		image_publish(r->ctl, g, r->demands + l->first[g]);
}

static void
rig_engine(struct rig *r)
{
	static struct collect_action a[64];
	size_t n;
	do {
		n = collect_due(r->collect, r->now_ns, a, r->max_actions);
		for (size_t i = 0; i < n; i++)
			rig_act(r, &a[i]);
	} while (n == r->max_actions);
}

RIG_UNUSED static void
rig_run(struct rig *r, int64_t for_ns)
{
	int64_t until_ns = r->now_ns + for_ns;
	for (;;) {
		int64_t next_ns;
		if (r->ctl_beats && r->now_ns >= r->ctl_next_ns) {
			r->ctl_next_ns = r->now_ns + 100 * MS;
			rig_publish_demands(r);
		}
		rig_engine(r);
		next_ns = collect_next_ns(r->collect);
		assert_true(next_ns > r->now_ns);
		if (r->ctl_beats && r->ctl_next_ns < next_ns)
			next_ns = r->ctl_next_ns;
		for (uint32_t i = 0; i < r->plant->n_devices; i++)
			if (r->model[i].queued != 0 && r->model[i].queue[0].at_ns < next_ns)
				next_ns = r->model[i].queue[0].at_ns;
		if (next_ns > until_ns)
			break;
		r->now_ns = next_ns > r->now_ns ? next_ns : r->now_ns;
		for (uint32_t i = 0; i < r->plant->n_devices; i++)
			rig_deliver(r, i);
	}
	r->now_ns = until_ns;
}

/* --- what came of it --- */

RIG_UNUSED static const struct sample *
rig_samples(struct rig *r)
{
	image_read_all(r->in, r->now_ns, r->samples);
	return r->samples;
}

RIG_UNUSED static struct sample
rig_get(struct rig *r, const char *name)
{
	uint32_t id = plant_point(r->plant, name);
	if (id == NO_POINT)
		fail_msg("no point %s", name);
	return rig_samples(r)[id];
}

RIG_UNUSED static double
rig_link(struct rig *r, uint32_t device, enum role_id role)
{
	return rig_samples(r)[plant_link(r->plant, device, role)].value;
}

/* How many FIELD points of a device have that quality. */
RIG_UNUSED static uint32_t
rig_count(struct rig *r, uint32_t device, enum quality q)
{
	const struct device *d = &r->plant->devices[device];
	uint32_t n = 0;
	rig_samples(r);
	for (uint32_t i = 0; i < d->n_points; i++)
		n += r->samples[d->first_point + i].quality == q;
	return n;
}

RIG_UNUSED static void
rig_demand(struct rig *r, const char *name, double value)
{
	uint32_t id = plant_point(r->plant, name);
	if (id == NO_POINT || r->plant->points[id].demand == NO_POINT)
		fail_msg("no demand %s", name);
	r->demands[r->plant->points[id].demand] = sample_at(value, r->now_ns, QUALITY_GOOD, 0);
}

/* --- two plants, and the setups that open them --- */

static const char rig_two_systems[] = "site: t\n"
				      "systems:\n"
				      "  - {name: cs%02d, count: 2, type: water}\n";
static const char rig_one_real[] =
	"site: t\n"
	"systems:\n"
	"  - {name: cs%02d, count: 1, type: water}\n"
	"overrides:\n"
	"  cs00.engine: {source: real, host: 10.0.0.7, port: 502, unit: 3}\n";

static struct rig rig;

static int
rig_setup(const char *yaml)
{
	rig_open(&rig, yaml);
	for (uint32_t i = 0; i < rig.plant->n_devices; i++)
		for (unsigned k = 0; k < 84 && strcmp(rig.plant->devices[i].kind, "engine") == 0;
		     k++)
			rig.model[i].input[k] = (uint16_t)(100 + k);
	return 0;
}

RIG_UNUSED static int
open_two(void **state)
{
	(void)state;
	return rig_setup(rig_two_systems);
}

RIG_UNUSED static int
open_real(void **state)
{
	(void)state;
	return rig_setup(rig_one_real);
}

RIG_UNUSED static int
close_it(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

RIG_UNUSED static uint32_t
device(const char *name)
{
	int32_t i = plant_device(rig.plant, name);
	assert_true(i >= 0);
	return (uint32_t)i;
}

RIG_UNUSED static uint32_t
points(uint32_t d)
{
	return rig.plant->devices[d].n_points;
}

RIG_UNUSED static size_t
events(struct image_event *out, size_t max)
{
	uint64_t seq = 0;
	return image_events(rig.in, &seq, out, max, NULL);
}

#define NOBODY UINT32_MAX

/* The registers hold whatever a test left there, so a value out of its range is right, too. */
RIG_UNUSED static void
all_good_but(uint32_t spared)
{
	for (uint32_t i = 0; i < rig.plant->n_devices; i++)
		if (i != spared)
			assert_int_equal(points(i), rig_count(&rig, i, QUALITY_GOOD) +
							    rig_count(&rig, i, QUALITY_RANGE));
}

/* The connection breaks at the device's end. */
RIG_UNUSED static void
cut(uint32_t d)
{
	rig.model[d].open = false;
	rig.model[d].queued = 0;
	collect_broken(rig.collect, d, rig.now_ns, "connection reset by peer");
}

#endif
