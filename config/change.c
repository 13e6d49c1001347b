/* SPDX-License-Identifier: Apache-2.0 */
#include "config/change.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "config/text.h"

#define SHOWN 60 /* bytes of a wrong part that a message repeats */
#define OVER_MAX_S 1e6

struct part {
	const char *from;
	size_t len;
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct part
trimmed(const char *from, const char *to)
{
	while (from < to && blank(*from))
		from++;
	while (to > from && blank(to[-1]))
		to--;
	return (struct part){from, (size_t)(to - from)};
}

static int
refuse(char *why, size_t why_size, struct part p, const char *what)
{
	char text[SHOWN], shown[SHOWN];
	size_t n = p.len < sizeof(text) ? p.len : sizeof(text) - 1;

	memcpy(text, p.from, n);
	text[n] = '\0';
	snprintf(why, why_size, "\"%s\" %s", text_shown(text, shown, sizeof(shown)), what);
	return -EINVAL;
}

static bool
number_of(struct part p, double *out)
{
	char text[64];

	if (p.len >= sizeof(text))
		return false;
	memcpy(text, p.from, p.len);
	text[p.len] = '\0';
	return text_number(text, out) && isfinite(*out);
}

/* "over 5s" after the value; absent: at once. */
static const char *
find_over(const char *value)
{
	for (const char *p = value; (p = strstr(p, "over")); p++)
		if (p > value && blank(p[-1]) && blank(p[4]))
			return p;
	return NULL;
}

static int
parse(const char *text, struct change *out, char *why, size_t why_size)
{
	const char *equals = strchr(text, '='), *end = text + strlen(text), *over;
	struct part path, value, time_part = {end, 0};
	double ignored;

	if (!equals)
		return refuse(why, why_size, trimmed(text, end),
			      "has no = (allowed: PATH=VALUE [over Ns])");
	path = trimmed(text, equals);
	over = find_over(equals + 1);
	value = trimmed(equals + 1, over ? over : end);
	if (path.len == 0 || path.len >= sizeof(out->path))
		return refuse(why, why_size, path,
			      "is no path (allowed: 1..95 characters such as cs03.zone[5].g)");
	memcpy(out->path, path.from, path.len);
	out->path[path.len] = '\0';
	if (!text_is_path(out->path))
		return refuse(why, why_size, path,
			      "is no path (allowed: names and indices such as cs03.zone[5].g)");
	if (!number_of(value, &out->value))
		return refuse(why, why_size, value, "is no value (allowed: a finite number)");
	out->over_s = 0;
	if (!over)
		return 0;
	time_part = trimmed(over + 4, end);
	if (time_part.len < 2 || time_part.from[time_part.len - 1] != 's') {
		bool unit_alone = number_of(time_part, &ignored);

		return refuse(why, why_size, time_part,
			      unit_alone ? "has no unit (allowed: over Ns, seconds)"
					 : "is no time (allowed: over Ns, seconds)");
	}
	time_part = trimmed(time_part.from, time_part.from + time_part.len - 1);
	if (!number_of(time_part, &out->over_s) || out->over_s < 0 || out->over_s > OVER_MAX_S)
		return refuse(why, why_size, time_part, "is no time (allowed: 0..1000000 s)");
	return 0;
}

int
change_parse(const char *text, struct change *out, char *why, size_t why_size)
{
	struct text_locale l = text_locale_begin();
	struct change c = {.over_s = 0};
	int rc = parse(text, &c, why, why_size);

	text_locale_end(l);
	if (!rc)
		*out = c;
	return rc;
}
