/* SPDX-License-Identifier: Apache-2.0 */
/* Holds on the bench: who asks, when, and a keeper that can fail. */
#ifndef ISOTHERM_TESTS_HOLDS_BENCH_H
#define ISOTHERM_TESTS_HOLDS_BENCH_H

#include "tests/unit/support.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "controllers/control.h"
#include "controllers/holds.h"
#include "core/clock.h"

#define WALL_NS (INT64_C(1795703518) * NS_PER_S) /* 2026-11-26T14:31:58Z */

static const char FOUR_SYSTEMS[] = "site: bench\n"
				   "systems:\n"
				   "  - {name: cs%02d, count: 4, type: water}\n"
				   "overrides:\n"
				   "  cs01.engine: {write: shadow}\n"
				   "  cs02.cooling: {write: shadow}\n";

struct bench {
	struct plant *plant;
	struct holds *holds;
	int64_t now_ns;
	uint32_t uid;
	enum access_level access;
	const char *name;
	bool sees; /* what stands in: */
	struct hold_sight sight;
	char result[COMMAND_MAX + 1];
	json_t *answer;
	/* the keeper */
	char kept[64 * 1024];
	size_t kept_len;
	unsigned times_kept;
	int keep_rc;
	/* lines taken */
	struct image_event lines[64];
	uint32_t line_of[64];
	int n_lines;
};

static inline int
keep(void *context, const char *text, size_t len)
{
	struct bench *b = context;
	if (b->keep_rc)
		return b->keep_rc;
	assert_true(len < sizeof b->kept);
	memcpy(b->kept, text, len);
	b->kept[len] = '\0';
	b->kept_len = len;
	b->times_kept++;
	return 0;
}

static inline void
begin_with(struct bench *b, const char *yaml)
{
	struct config_report report = {0};
	memset(b, 0, sizeof *b);
	int rc = plant_parse(&b->plant, yaml, strlen(yaml), "test", "config", &report);
	config_report_print(&report, stderr);
	config_report_free(&report);
	assert_int_equal(rc, 0);
	b->now_ns = 100 * NS_PER_S;
	b->access = ACCESS_OPERATE;
	b->uid = 1000;
	assert_int_equal(holds_open(&b->holds, b->plant, b->now_ns), 0);
}

static inline void
begin(struct bench *b)
{
	begin_with(b, FOUR_SYSTEMS);
}

static inline void
end(struct bench *b)
{
	json_decref(b->answer);
	holds_close(b->holds);
	plant_free(b->plant);
}

static inline void
take_lines(struct bench *b)
{
	b->n_lines = 0;
	while (holds_line(b->holds, &b->lines[b->n_lines], &b->line_of[b->n_lines]))
		b->n_lines++;
}

static inline void
see_bench(void *context, uint32_t system, struct hold_sight *out)
{
	(void)system;
	*out = ((struct bench *)context)->sight;
}

/* True if it was accepted. */
static inline bool
ask_bytes(struct bench *b, const char *json, size_t len)
{
	struct hold_request req = {.uid = b->uid,
				   .access = b->access,
				   .json = json,
				   .len = len,
				   .now_ns = b->now_ns,
				   .wall_ns = WALL_NS + b->now_ns,
				   .name = b->name,
				   .see = b->sees ? see_bench : NULL,
				   .context = b};
	struct hold_keeper keeper = {keep, b};
	memset(b->result, 'x', sizeof b->result);
	holds_ask(b->holds, &req, &keeper, b->result);
	assert_non_null(memchr(b->result, '\0', sizeof b->result));
	take_lines(b);
	json_decref(b->answer);
	b->answer = json_loads(b->result, 0, NULL);
	assert_non_null(b->answer);
	const json_t *ok = json_object_get(b->answer, "ok");
	assert_true(json_is_boolean(ok));
	assert_true(json_is_true(ok) == !json_object_get(b->answer, "error"));
	return json_is_true(ok);
}

static inline bool
ask(struct bench *b, const char *json)
{
	return ask_bytes(b, json, strlen(json));
}

static inline const char *
word(const struct bench *b, const char *key)
{
	const char *w = json_string_value(json_object_get(b->answer, key));
	return w ? w : "";
}

static inline void
assert_error(const struct bench *b, const char *part)
{
	if (!strstr(word(b, "error"), part))
		fail_msg("\"%s\" does not say \"%s\"", b->result, part);
}

static inline enum hold_kind
kind(const struct bench *b, uint32_t system)
{
	return holds_of(b->holds, system)->kind;
}

#define STOP_3 "{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"smoke\"}"
#define START_3 "{\"cmd\":\"start\",\"system\":\"cs03\",\"why\":\"no smoke\"}"
#define TAKE_START_3 "{\"cmd\":\"start\",\"system\":\"cs03\",\"why\":\"no smoke\",\"take\":true}"
#define MAINTAIN_3                                                                                 \
	"{\"cmd\":\"maintenance\",\"system\":\"cs03\",\"for_s\":7200,\"why\":\"new filter\"}"
#define END_3 "{\"cmd\":\"end\",\"system\":\"cs03\",\"why\":\"filter is in\"}"

/* A stop whose reason is `c` so many times. */
static inline bool
stop_for(struct bench *b, const char *c, int times)
{
	char json[2048] = "{\"cmd\":\"stop\",\"system\":\"cs03\",\"why\":\"";
	while (times-- > 0)
		strcat(json, c);
	strcat(json, "\"}");
	return ask(b, json);
}

#endif
