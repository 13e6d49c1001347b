/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/busfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "isotherm bus\n\032\0"
#define VERSION 1u
#define BYTES_MAX 260u

struct head {
	char magic[16];
	uint32_t version, devices;
	uint8_t plant[32];
};
struct record {
	int64_t time_ns;
	uint32_t device;
	uint8_t kind, zero;
	uint16_t len; /* bytes that follow */
};
_Static_assert(sizeof(struct head) == 56 && sizeof(struct record) == 16, "as documented");

struct bus_writer {
	FILE *to;
	char path[256];
	int64_t written;
	int failed; /* errno of the first that failed */
};

static struct head
head_of(const struct plant *plant)
{
	struct head h = {.magic = MAGIC, .version = VERSION, .devices = plant->n_devices};

	memcpy(h.plant, plant->hash, sizeof h.plant);
	return h;
}

static void
put(struct bus_writer *w, const void *bytes, size_t n)
{
	if (w->failed != 0)
		return;
	if (w->written + (int64_t)n > BUSFILE_MAX)
		w->failed = EFBIG;
	else if (n > 0 && fwrite(bytes, n, 1, w->to) != 1)
		w->failed = errno != 0 ? errno : EIO;
	w->written += (int64_t)n;
}

int
bus_writer_open(struct bus_writer **out, const struct plant *plant, const char *path,
		struct errtext *err)
{
	struct bus_writer *w = calloc(1, sizeof *w);
	struct head h = head_of(plant);
	int rc;

	if (w == NULL)
		return errtext_set(err, -ENOMEM, "out of memory");
	(void)snprintf(w->path, sizeof w->path, "%.255s", path);
	w->to = fopen(path, "we");
	if (w->to == NULL) {
		rc = errtext_set(err, -errno, "%s: %s", path, strerror(errno));
		free(w);
		return rc;
	}
	put(w, &h, sizeof h);
	*out = w;
	return 0;
}

void
bus_writer_put(struct bus_writer *w, int64_t now_ns, uint32_t device, enum bus_record kind,
	       const uint8_t *bytes, size_t len)
{
	struct record r = {now_ns, device, (uint8_t)kind, 0, (uint16_t)len};

	put(w, &r, sizeof r);
	put(w, bytes, len);
}

int
bus_writer_close(struct bus_writer *w, struct errtext *err)
{
	int rc = 0;

	if (w == NULL)
		return 0;
	if (fclose(w->to) != 0 && w->failed == 0)
		w->failed = errno;
	if (w->failed != 0)
		rc = errtext_set(err, -w->failed, "%s: not recorded: %s", w->path,
				 strerror(w->failed));
	free(w);
	return rc;
}

/* --- and again --- */

struct bus_reader {
	uint8_t *bytes;
	size_t n;
	size_t *at; /* [n_devices] where a device's next record is; n: there is none */
	uint64_t strayed;
};

static struct record
record_at(const struct bus_reader *r, size_t at)
{
	struct record rec;

	memcpy(&rec, r->bytes + at, sizeof rec);
	return rec;
}

/* From there on the device's next one. */
static size_t
seek(const struct bus_reader *r, uint32_t device, size_t at)
{
	while (at < r->n) {
		struct record rec = record_at(r, at);

		if (rec.device == device)
			return at;
		at += sizeof rec + rec.len;
	}
	return r->n;
}

static size_t
after(const struct bus_reader *r, size_t at)
{
	return at + sizeof(struct record) + record_at(r, at).len;
}

static bool
sound(const struct bus_reader *r, uint32_t n_devices)
{
	size_t at = sizeof(struct head);

	while (r->n - at >= sizeof(struct record)) {
		struct record rec = record_at(r, at);

		if (rec.device >= n_devices || rec.kind < BUS_CONNECTED || rec.kind > BUS_BROKEN ||
		    rec.len > BYTES_MAX || r->n - at - sizeof rec < rec.len)
			return false;
		at += sizeof rec + rec.len;
	}
	return at == r->n;
}

static int
read_file(struct bus_reader *r, const char *path, struct errtext *err)
{
	struct stat st;
	FILE *from = fopen(path, "re");
	int rc = 0;

	if (from == NULL)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fileno(from), &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > BUSFILE_MAX) {
		(void)fclose(from);
		return errtext_set(err, -EINVAL, "%s: is no recorded bus", path);
	}
	r->n = (size_t)st.st_size;
	r->bytes = malloc(r->n + 1);
	if (r->bytes == NULL || (r->n > 0 && fread(r->bytes, r->n, 1, from) != 1))
		rc = errtext_set(err, -EIO, "%s: can't be read", path);
	(void)fclose(from);
	return rc;
}

int
bus_reader_open(struct bus_reader **out, const struct plant *plant, const char *path,
		struct errtext *err)
{
	struct bus_reader *r = calloc(1, sizeof *r);
	struct head own = head_of(plant), head = {.version = 0};
	int rc = r == NULL ? errtext_set(err, -ENOMEM, "out of memory") : read_file(r, path, err);

	if (rc == 0 && r->n >= sizeof head)
		memcpy(&head, r->bytes, sizeof head);
	if (rc == 0 && (memcmp(head.magic, own.magic, sizeof own.magic) != 0))
		rc = errtext_set(err, -EINVAL, "%s: is no recorded bus", path);
	else if (rc == 0 && head.version != VERSION)
		rc = errtext_set(err, -EINVAL, "%s: version %u (this program reads %u)", path,
				 head.version, VERSION);
	else if (rc == 0 && (head.devices != own.devices ||
			     memcmp(head.plant, own.plant, sizeof own.plant) != 0))
		rc = errtext_set(err, -EINVAL, "%s: of another plant", path);
	else if (rc == 0 && !sound(r, plant->n_devices))
		rc = errtext_set(err, -EINVAL, "%s: damaged", path);
	if (rc == 0) {
		r->at = calloc(plant->n_devices + 1u, sizeof *r->at);
		if (r->at == NULL)
			rc = errtext_set(err, -ENOMEM, "out of memory");
	}
	for (uint32_t d = 0; rc == 0 && d < plant->n_devices; d++)
		r->at[d] = seek(r, d, sizeof(struct head));
	if (rc != 0)
		bus_reader_close(r);
	else
		*out = r;
	return rc;
}

void
bus_reader_close(struct bus_reader *r)
{
	if (r == NULL)
		return;
	free(r->bytes);
	free(r->at);
	free(r);
}

bool
bus_reader_next(struct bus_reader *r, uint32_t device, enum bus_record kind, int64_t now_ns)
{
	size_t at = r->at[device];
	struct record rec;

	if (at >= r->n)
		return false;
	rec = record_at(r, at);
	if (rec.kind != kind || rec.time_ns > now_ns)
		return false;
	r->at[device] = seek(r, device, after(r, at));
	return true;
}

int
bus_reader_answer(struct bus_reader *r, uint32_t device, const uint8_t *request, size_t len,
		  uint8_t *out)
{
	size_t at = r->at[device];
	struct record rec;

	if (at >= r->n || record_at(r, at).kind != BUS_REQUEST || record_at(r, at).len != len ||
	    memcmp(r->bytes + at + sizeof rec, request, len) != 0) {
		r->strayed++;
		return 0;
	}
	at = r->at[device] = seek(r, device, after(r, at));
	if (at >= r->n || record_at(r, at).kind != BUS_ANSWER)
		return 0;
	rec = record_at(r, at);
	memcpy(out, r->bytes + at + sizeof rec, rec.len);
	r->at[device] = seek(r, device, after(r, at));
	return rec.len;
}

uint64_t
bus_reader_strayed(const struct bus_reader *r)
{
	return r->strayed;
}
