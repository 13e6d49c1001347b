/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passed on the bus, in a file (docs/hil.md has the format): connections, requests and the
 * devices' answers with plant time. Played again, the file stands in the place of all devices: it
 * answers a request with what was answered then.
 */
#ifndef ISOTHERM_RUNNER_BUSFILE_H
#define ISOTHERM_RUNNER_BUSFILE_H

#include <stddef.h>
#include <stdint.h>

#include "config/plant.h"
#include "core/errtext.h"

#define BUSFILE_MAX (INT64_C(4) << 30) /* bytes; a longer one is refused, not cut */

enum bus_record {
	BUS_CONNECTED = 1,
	BUS_REFUSED,
	BUS_REQUEST,
	BUS_ANSWER,
	BUS_BROKEN /* by the device */
};

struct bus_writer;
int bus_writer_open(struct bus_writer **out, const struct plant *plant, const char *path,
		    struct errtext *err);
void bus_writer_put(struct bus_writer *w, int64_t now_ns, uint32_t device, enum bus_record kind,
		    const uint8_t *bytes, size_t len);
/* 0; -errno with `err`: a write failed, or it grew too long. NULL is allowed. */
int bus_writer_close(struct bus_writer *w, struct errtext *err);

struct bus_reader;
/* 0; -EINVAL: no such file, of another plant, or damaged. */
int bus_reader_open(struct bus_reader **out, const struct plant *plant, const char *path,
		    struct errtext *err);
void bus_reader_close(struct bus_reader *r); /* NULL is allowed */
/* Is that the next thing that happened to the device, at that time at the latest? Then it is past. */
bool bus_reader_next(struct bus_reader *r, uint32_t device, enum bus_record kind, int64_t now_ns);
/* The answer to that request into out[260]; 0: there was none, or another request came then. */
int bus_reader_answer(struct bus_reader *r, uint32_t device, const uint8_t *request, size_t len,
		      uint8_t *out);
uint64_t bus_reader_strayed(const struct bus_reader *r); /* requests that were others then */

#endif
