/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a soak: a line of what it is, one a value, one a reticle, and a check sum of all before it. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controllers/commission.h"
#include "controllers/people.h"
#include "core/clock.h"

#define HEAD "isotherm soak 1"
#define LINE 96
#define OFFSET_MAX_K 20.0
#define GAIN_MAX 10.0
#define SPREAD_MAX_K 100.0

/* FNV-1a, 64 bits: for bytes that a disk or an editor has lost, not against anybody. */
static uint64_t
check_sum(const char *text, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return h;
}

__attribute__((format(printf, 3, 4))) static void
put(char *out, size_t *at, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(out + *at, COMMISSIONED_TEXT - *at, format, ap);
	va_end(ap);
	*at += n > 0 ? (size_t)n : 0;
}

size_t
commissioned_write(const struct commissioned *c, char out[COMMISSIONED_TEXT])
{
	size_t at = 0;
	char label[4];
	put(out, &at, HEAD "\nserial %" PRIu32 "\ntime_s %" PRId64 "\nspread_k %.6f\n", c->serial,
	    c->wall_ns / NS_PER_S, c->spread_k);
	for (uint32_t i = 0; i < RETICLES; i++)
		put(out, &at, "%s %.6f %.6f\n", reticle_label(i, label), c->offset_k[i],
		    c->gain[i]);
	put(out, &at, "sum %016" PRIx64 "\n", check_sum(out, at));
	return at;
}

struct reading {
	const char *text;
	size_t len, at;
	unsigned line;
	char words[LINE];
};

static bool
next_line(struct reading *r)
{
	bool whole = false;
	r->line++;
	return people_line(r->text, r->len, &r->at, r->words, sizeof r->words, &whole) && whole;
}

static bool
number(const char *word, double lo, double hi, double *out)
{
	char *end;
	if (!*word || *word == ' ')
		return false;
	*out = strtod(word, &end);
	return *end == '\0' && isfinite(*out) && *out >= lo && *out <= hi;
}

/* "name value" */
static bool
named(struct reading *r, const char *name, double lo, double hi, double *out)
{
	size_t n = strlen(name);
	return next_line(r) && strncmp(r->words, name, n) == 0 && r->words[n] == ' ' &&
	       number(r->words + n + 1, lo, hi, out);
}

static bool
reticle(struct reading *r, uint32_t i, struct commissioned *c)
{
	char label[4];
	reticle_label(i, label);
	size_t n = strlen(label);
	if (!next_line(r) || strncmp(r->words, label, n) != 0 || r->words[n] != ' ')
		return false;
	char *second = strchr(r->words + n + 1, ' ');
	if (!second)
		return false;
	*second = '\0';
	return number(r->words + n + 1, -OFFSET_MAX_K, OFFSET_MAX_K, &c->offset_k[i]) &&
	       number(second + 1, 1.0 / GAIN_MAX, GAIN_MAX, &c->gain[i]);
}

static bool
read_all(struct reading *r, struct commissioned *c)
{
	double serial, wall_s;
	char sum[LINE];
	if (!next_line(r) || strcmp(r->words, HEAD) != 0 ||
	    !named(r, "serial", 1.0, (double)UINT32_MAX, &serial) ||
	    !named(r, "time_s", 0.0, 9e9, &wall_s) ||
	    !named(r, "spread_k", 0.0, SPREAD_MAX_K, &c->spread_k))
		return false;
	c->serial = (uint32_t)serial;
	c->wall_ns = (int64_t)wall_s * NS_PER_S;
	for (uint32_t i = 0; i < RETICLES; i++)
		if (!reticle(r, i, c))
			return false;
	size_t before = r->at;
	snprintf(sum, sizeof sum, "sum %016" PRIx64, check_sum(r->text, before));
	return next_line(r) && strcmp(r->words, sum) == 0 && r->at == r->len;
}

int
commissioned_read(struct commissioned *out, const char *text, size_t len, struct errtext *err)
{
	struct reading r = {.text = text, .len = len};
	struct commissioned c = {0};
	if (!read_all(&r, &c))
		return errtext_set(err, -EINVAL, "damaged: line %u is not what stood there",
				   r.line);
	*out = c;
	return 0;
}
