/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/alarm_history.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "core/words.h"
#include "tui/request.h"

#define WORD_SIZE 320 /* more than any column of the journal */

int
alarm_print_json(json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII);
	json_decref(root);
	if (!text)
		return EX_OSERR;
	puts(text);
	free(text);
	return 0;
}

static const char *
word(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));
	return text ? text : "-";
}

static bool
same(const json_t *a, const json_t *b, const char *key)
{
	return strcmp(word(a, key), word(b, key)) == 0;
}

/* A request that was granted is told by what it did. */
static bool
is_said(const json_t *row)
{
	return strcmp(word(row, "kind"), "audit") == 0 && strcmp(word(row, "result"), "ok") == 0;
}

/* Both are what one command did to the alarms of one system. */
static bool
is_one(const json_t *a, const json_t *b)
{
	const char *what = word(a, "what"), *x = word(a, "alarm"), *y = word(b, "alarm");
	size_t n = strcspn(x, ".");
	return (strcmp(what, "take_out") == 0 || strcmp(what, "put_back") == 0) &&
	       same(a, b, "what") && same(a, b, "kind") && same(a, b, "time") &&
	       same(a, b, "user") && same(a, b, "text") && n == strcspn(y, ".") &&
	       strncmp(x, y, n) == 0;
}

static void
print_held(struct alarm_lines *l)
{
	static const char *const keys[] = {"time", "what", "user", "alarm", "state", "text"};
	enum { TIME, WHAT, USER, ALARM, STATE, TEXT, WORDS };
	char words[WORDS][WORD_SIZE];
	bool audit = strcmp(word(l->row, "kind"), "audit") == 0;
	bool has_text = json_object_get(l->row, "text") != NULL;
	for (int i = 0; i < WORDS; i++)
		words_shown(word(l->row, audit && i == STATE ? "result" : keys[i]), words[i],
			    sizeof(words[i]));
	if (l->n > 1)
		snprintf(words[ALARM] + strcspn(words[ALARM], "."), 32, ": %u alarms", l->n);
	fprintf(l->to, "%-24s %-10s %-10s %-30s %s%s%s\n", words[TIME], words[WHAT], words[USER],
		words[ALARM], l->mixed ? "each as it is" : words[STATE], has_text ? "  " : "",
		has_text ? words[TEXT] : "");
}

void
alarm_lines_end(struct alarm_lines *l)
{
	if (l->row)
		print_held(l);
	json_decref(l->row);
	*l = (struct alarm_lines){.to = l->to};
}

bool
alarm_lines_take(struct alarm_lines *l, json_t *row)
{
	if (is_said(row))
		return false;
	if (l->row && is_one(l->row, row)) {
		l->n++;
		l->mixed |= !same(l->row, row, "state");
		return false;
	}
	alarm_lines_end(l);
	l->row = json_incref(row);
	l->n = 1;
	return true;
}

/* One more of them: there was still room for it. */
static bool
take(struct alarm_lines *lines, json_t *all, json_t *row, size_t *left)
{
	if (all) {
		json_array_append(all, row);
		(*left)--;
		return *left > 0;
	}
	if (*left == 0 && !(lines->row && (is_said(row) || is_one(lines->row, row))))
		return false;
	*left -= alarm_lines_take(lines, row);
	return true;
}

int
alarm_history(const char *alarm, size_t rows, bool json)
{
	struct request r = {.cmd = "history", .alarm = alarm};
	struct alarm_lines lines = {.to = stdout};
	json_t *all = json ? json_array() : NULL, *answer, *row;
	size_t i, left = rows;
	bool more = true;
	int rc;
	do {
		rc = request_ask("alarm", "isotherm-alarm does not run, and the history is its own",
				 &r, &answer);
		json_array_foreach(json_object_get(answer, "rows"), i, row) if (more) more =
			take(&lines, all, row, &left);
		r.before = (uint64_t)json_integer_value(json_object_get(answer, "before"));
		json_decref(answer);
	} while (!rc && r.before && more && !ferror(stdout));
	alarm_lines_end(&lines);
	if (all && !rc)
		return alarm_print_json(all);
	json_decref(all);
	return rc;
}
