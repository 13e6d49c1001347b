/* SPDX-License-Identifier: Apache-2.0 */
#include "config/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 64u /* longest word that text_distance looks at */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

struct text_locale
text_locale_begin(void)
{
	struct text_locale l = {newlocale(LC_ALL_MASK, "C", (locale_t)0), (locale_t)0};

	if (l.c != (locale_t)0)
		l.before = uselocale(l.c);
	return l;
}

void
text_locale_end(struct text_locale l)
{
	if (l.c == (locale_t)0)
		return;
	uselocale(l.before);
	freelocale(l.c);
}

/* One or more digits; moves on. */
static bool
digits(const char **p)
{
	if (!is_digit(**p))
		return false;
	while (is_digit(**p))
		(*p)++;
	return true;
}

bool
text_number(const char *s, double *out)
{
	const char *p = s;
	bool whole, fraction = false;

	if (*p == '-' || *p == '+')
		p++;
	whole = digits(&p);
	if (*p == '.') {
		p++;
		fraction = digits(&p);
	}
	if (!whole && !fraction)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '-' || *p == '+')
			p++;
		if (!digits(&p))
			return false;
	}
	if (*p)
		return false;
	*out = strtod(s, NULL);
	return true;
}

bool
text_code(const char *s, uint64_t *out)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	size_t n;

	if (hex) {
		n = strspn(s + 2, "0123456789abcdefABCDEF");
		if (n == 0 || s[2 + n])
			return false;
	} else {
		n = strspn(s, "0123456789");
		/* a leading zero is octal to some readers and decimal to others */
		if (n == 0 || s[n] || (n > 1 && s[0] == '0'))
			return false;
	}
	errno = 0;
	*out = strtoull(s, NULL, hex ? 16 : 10);
	return errno == 0;
}

bool
text_integer(const char *s, int64_t *out)
{
	bool minus = s[0] == '-';
	uint64_t u;

	if (!text_code(minus ? s + 1 : s, &u) || u > INT64_MAX)
		return false;
	*out = minus ? -(int64_t)u : (int64_t)u;
	return true;
}

char *
text_shown(const char *s, char *out, size_t max)
{
	size_t n = 0;

	for (; s[n] && n + 1 < max; n++) {
		unsigned char c = (unsigned char)s[n];

		out[n] = c < 0x20 || c > 0x7e ? '?' : s[n];
	}
	out[n] = '\0';
	if (s[n] && n >= 3)
		memcpy(out + n - 3, "...", 3);
	return out;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
text_distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned rows[3][WORD_MAX + 1];
	unsigned *old = rows[0], *last = rows[1], *now = rows[2], *free_row;

	if (na > WORD_MAX || nb > WORD_MAX)
		return UINT16_MAX;
	memset(rows, 0, sizeof(rows));
	for (unsigned j = 0; j <= nb; j++)
		last[j] = j;
	for (size_t i = 1; i <= na; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] = least(last[j], now[j - 1]) + 1;
			now[j] = least(now[j], last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], old[j - 2] + 1);
		}
		free_row = old;
		old = last;
		last = now;
		now = free_row;
	}
	return last[nb];
}

bool
text_near(const char *a, const char *b)
{
	size_t n = strlen(b), start = strlen(a);
	unsigned d = text_distance(a, b);

	/* the commonest slip: a name without its unit */
	if (start >= 4 && start < n && !strncmp(a, b, start))
		return true;
	return d <= (n <= 5 ? 1u : n <= 8 ? 2u : 3u) && d < n;
}

bool
text_is_name(const char *s)
{
	if (!is_lower(*s))
		return false;
	while (is_lower(*s) || is_digit(*s) || *s == '_' || *s == '-')
		s++;
	return *s == '\0';
}

bool
text_is_path(const char *s)
{
	for (;; s++) {
		if (!is_lower(*s) && !(*s >= 'A' && *s <= 'Z'))
			return false;
		while (is_lower(*s) || (*s >= 'A' && *s <= 'Z') || is_digit(*s) || *s == '_')
			s++;
		if (*s == '[') {
			s++;
			if (!digits(&s) || *s++ != ']')
				return false;
		}
		if (*s != '.')
			return *s == '\0';
	}
}

uint64_t
text_hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t
text_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}
