/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/trace.h"

#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (TRACE_RECORD_BYTES * 2048u)

struct trace {
	EVP_MD_CTX *digest;
	FILE *file;
	char *path;
	int error;
	size_t used;
	uint8_t buffer[BUFFER_BYTES];
};

static void
put_u32(uint8_t *to, uint32_t v)
{
	uint32_t little = htole32(v);

	memcpy(to, &little, sizeof little);
}

static void
flush(struct trace *t)
{
	if (EVP_DigestUpdate(t->digest, t->buffer, t->used) != 1 && t->error == 0)
		t->error = -EIO;
	if (t->file != NULL && fwrite(t->buffer, 1, t->used, t->file) != t->used && t->error == 0)
		t->error = -errno;
	t->used = 0;
}

static uint8_t *
room_for(struct trace *t, size_t n)
{
	uint8_t *at;

	if (t->used + n > sizeof t->buffer)
		flush(t);
	at = t->buffer + t->used;
	t->used += n;
	return at;
}

static void
put_header(struct trace *t, const struct trace_about *about)
{
	uint8_t *h = room_for(t, TRACE_HEADER_BYTES);

	memcpy(h, TRACE_MAGIC, 8);
	put_u32(h + 8, TRACE_VERSION);
	put_u32(h + 12, TRACE_HEADER_BYTES);
	memcpy(h + 16, about->table_hash, 32);
	put_u32(h + 48, about->tick_ns);
	put_u32(h + 52, about->zero_tick);
	put_u32(h + 56, about->n_in);
	put_u32(h + 60, about->n_points);
}

static void
put_u64(uint8_t *to, uint64_t v)
{
	uint64_t little = htole64(v);

	memcpy(to, &little, sizeof little);
}

/* `worth`: quality or code, and above it flags or point. */
static void
put_record(struct trace *t, uint32_t tick, uint32_t point, uint64_t value, uint64_t worth)
{
	uint8_t *r = room_for(t, TRACE_RECORD_BYTES);

	put_u64(r, (uint64_t)point << 32 | tick);
	put_u64(r + 8, value);
	put_u64(r + 16, worth);
}

int
trace_open(struct trace **out, const char *path, const struct trace_about *about,
	   struct errtext *err)
{
	struct trace *t = calloc(1, sizeof *t);
	int rc = 0;

	if (t == NULL)
		return errtext_set(err, -ENOMEM, "out of memory");
	t->digest = EVP_MD_CTX_new();
	if (t->digest == NULL || EVP_DigestInit_ex(t->digest, EVP_sha256(), NULL) != 1) {
		rc = errtext_set(err, -ENOTSUP, "SHA-256 is not available");
		goto out;
	}
	if (path != NULL) {
		t->path = strdup(path);
		t->file = fopen(path, "we");
		if (t->path == NULL || t->file == NULL) {
			rc = errtext_set(err, -errno, "%s: %s", path, strerror(errno));
			goto out;
		}
	}
	put_header(t, about);
	*out = t;
	t = NULL;
out:
	if (t != NULL) {
		EVP_MD_CTX_free(t->digest);
		free(t->path);
		free(t);
	}
	return rc;
}

_Static_assert(SAMPLE_STAMP_WORTH <= UINT8_MAX, "what struct traced has room for");

void
trace_samples(struct trace *t, uint32_t tick, uint32_t first, const struct sample *now,
	      struct traced *last, size_t n)
{
	const struct sample *end = now + n;

	for (uint32_t point = first; now < end; now++, last++, point++) {
		uint8_t worth = (uint8_t)(sample_stamp(now) & SAMPLE_STAMP_WORTH);

		if (memcmp(&now->value, last->value, sizeof last->value) == 0 &&
		    worth == last->worth)
			continue;
		put_record(t, tick, point, sample_bits(now->value),
			   (uint64_t)now->flags << 32 | now->quality);
		memcpy(last->value, &now->value, sizeof last->value);
		last->worth = worth;
	}
}

void
trace_event(struct trace *t, uint32_t tick, uint32_t whose, const struct image_event *event)
{
	put_record(t, tick, whose, sample_bits(event->value),
		   (uint64_t)event->point << 32 | event->code);
}

static void
hex_digest(struct trace *t, char digest[TRACE_DIGEST_TEXT])
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	digest[0] = '\0';
	if (EVP_DigestFinal_ex(t->digest, hash, &n) != 1) {
		t->error = t->error != 0 ? t->error : -EIO;
		return;
	}
	for (unsigned i = 0; i < n && 2 * i + 2 < TRACE_DIGEST_TEXT; i++)
		(void)snprintf(digest + (size_t)2 * i, 3, "%02x", hash[i]);
}

int
trace_close(struct trace *t, char digest[TRACE_DIGEST_TEXT], struct errtext *err)
{
	int rc;

	flush(t);
	hex_digest(t, digest);
	if (t->file != NULL && fclose(t->file) != 0 && t->error == 0)
		t->error = -errno;
	rc = t->error == 0 ? 0
			   : errtext_set(err, t->error, "%s: %s",
					 t->path != NULL ? t->path : "digest", strerror(-t->error));
	EVP_MD_CTX_free(t->digest);
	free(t->path);
	free(t);
	return rc;
}
