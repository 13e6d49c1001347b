/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace of a scenario: every value that changed and every event, as bytes (docs/trace.md). Its SHA-256 is the
 * scenario's digest, whether the bytes are kept or not.
 */
#ifndef ISOTHERM_RUNNER_TRACE_H
#define ISOTHERM_RUNNER_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "core/errtext.h"
#include "core/image.h"

#define TRACE_MAGIC "isotrace"
#define TRACE_VERSION 1u
#define TRACE_HEADER_BYTES 64u
#define TRACE_RECORD_BYTES 24u
/* in place of a point: an event of the controllers, of the alarms */
#define TRACE_EVENT UINT32_MAX
#define TRACE_ALARM (UINT32_MAX - 1u)
#define TRACE_DIGEST_TEXT 65

struct trace_about {
	const uint8_t *table_hash;   /* [32] */
	uint32_t tick_ns, zero_tick; /* zero_tick: the tick at which the scenario's time is 0 */
	uint32_t n_in, n_points;
};

struct trace;

/* path NULL: no file, the digest alone. */
int trace_open(struct trace **out, const char *path, const struct trace_about *about,
	       struct errtext *err);
/* What the trace says of a point so far, to begin with zeroed: a sample without its time, in as few bytes as it takes. */
struct traced {
	uint8_t value[8]; /* its bits: a NaN equals itself, and -0 is not 0 */
	uint8_t worth;    /* quality, and above it flags */
};
/* The samples of points first .. first + n - 1: those that differ from `last` in value, quality or flags are
 * recorded and kept there. */
void trace_samples(struct trace *t, uint32_t tick, uint32_t first, const struct sample *now,
		   struct traced *last, size_t n);
/* `whose`: TRACE_EVENT, TRACE_ALARM. */
void trace_event(struct trace *t, uint32_t tick, uint32_t whose, const struct image_event *event);
/* Ends and releases it; `digest` in hexadecimal. 0, or -errno if the file could not be written. */
int trace_close(struct trace *t, char digest[TRACE_DIGEST_TEXT], struct errtext *err);

#endif
