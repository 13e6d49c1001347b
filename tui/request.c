/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/request.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/rundir.h"
#include "core/words.h"
#include "tui/cmd.h"

#define DURATION_MAX_S (30 * 86400.0)

static int
add_count(json_t *o, const char *key, uint32_t n)
{
	return n > 0 ? json_object_set_new(o, key, json_integer(n)) : 0;
}

static int
add_word(json_t *o, const char *key, const char *word)
{
	return word ? json_object_set_new(o, key, json_string(word)) : 0;
}

char *
request_text(const struct request *r)
{
	json_t *o = json_object();
	int bad = add_word(o, "cmd", r->cmd) | add_word(o, "alarm", r->alarm) |
		  add_word(o, "system", r->system) | add_word(o, "comment", r->comment) |
		  add_word(o, "why", r->why) | add_word(o, "path", r->path) |
		  add_word(o, "change", r->change) | add_word(o, "job", r->job) |
		  add_word(o, "mode", r->mode) | add_count(o, "systems", r->systems) |
		  add_count(o, "columns", r->columns) | add_count(o, "reticles", r->reticles) |
		  add_word(o, "point", r->point);
	if (r->density > 0)
		bad |= json_object_set_new(o, "density", json_real(r->density));
	if (r->has_value)
		bad |= json_object_set_new(o, "value", json_real(r->value));
	if (r->take)
		bad |= json_object_set_new(o, "take", json_true());
	if (r->run)
		bad |= json_object_set_new(o, "run", json_boolean(r->run[0] == 'y'));
	if (r->for_s > 0)
		bad |= json_object_set_new(o, "for_s", json_integer((json_int_t)r->for_s));
	if (r->at_s > 0)
		bad |= json_object_set_new(o, "at_s", json_integer((json_int_t)r->at_s));
	if (r->watts > 0)
		bad |= json_object_set_new(o, "watts", json_real(r->watts));
	if (r->frac > 0)
		bad |= json_object_set_new(o, "frac", json_real(r->frac));
	if (r->before > 0)
		bad |= json_object_set_new(o, "before", json_integer((json_int_t)r->before));
	if (r->from > 0)
		bad |= json_object_set_new(o, "from", json_integer((json_int_t)r->from));
	char *text = bad ? NULL : json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

int
request_duration(const char *text, double *s, struct errtext *err)
{
	static const struct {
		char letter;
		double s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const char *unit = text + strspn(text, "0123456789.");
	char *end;
	double number = strtod(text, &end);
	for (size_t i = 0; end == unit && i < sizeof(units) / sizeof(units[0]); i++)
		if (unit[0] == units[i].letter && !unit[1]) {
			*s = floor(number * units[i].s);
			if (*s >= 1 && *s <= DURATION_MAX_S)
				return 0;
		}
	return errtext_set(err, -EINVAL,
			   "%.40s is no duration: a number with s, m, h or d, from 1s to 30d "
			   "(30s, 5m, 2h, 1d)",
			   text);
}

/* "60s", "1d": as it is typed. */
static char *
duration_text(double s, char *out, size_t size)
{
	static const struct {
		double s;
		char letter;
	} UNITS[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
	for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++)
		if (s >= UNITS[i].s && fmod(s, UNITS[i].s) < 0.5) {
			snprintf(out, size, "%.0f%c", s / UNITS[i].s, UNITS[i].letter);
			return out;
		}
	snprintf(out, size, "%.0fs", s);
	return out;
}

int
request_duration_of(const char *option, const char *text, double lo_s, double hi_s, double *s,
		    struct errtext *err)
{
	char lo[24], hi[24];
	int rc = request_duration(text, s, err);
	if (rc || (*s >= lo_s && *s <= hi_s))
		return rc;
	return errtext_set(err, -EINVAL, "%s %.40s: it must be %s to %s", option, text,
			   duration_text(lo_s, lo, sizeof(lo)),
			   duration_text(hi_s, hi, sizeof(hi)));
}

void
request_in_words(const char *error, char *out, size_t size)
{
	static const struct {
		const char *key, *words;
	} OPTIONS[] = {
		{"\"why\" ", "--why "},           {"\"for_s\" ", "--for "},
		{"\"at_s\" ", "--at "},           {"\"frac\" ", "a part of what is drawn "},
		{"\"density\" ", "--density "},   {"\"mode\" ", "--mode "},
		{"\"systems\" ", "--systems "},   {"\"columns\" ", "--columns "},
		{"\"reticles\" ", "--reticles "},
	};
	for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
		size_t n = strlen(OPTIONS[i].key);
		if (strncmp(error, OPTIONS[i].key, n) == 0) {
			snprintf(out, size, "%s%s", OPTIONS[i].words, error + n);
			return;
		}
	}
	snprintf(out, size, "%s", error);
}

static int
judge(const char *result, json_t **answer)
{
	json_t *o = json_loads(result, 0, NULL);
	const char *error = json_string_value(json_object_get(o, "error"));
	char words[COMMAND_MAX + 32], shown[sizeof(words)];
	int rc = 0;
	if (!json_is_true(json_object_get(o, "ok"))) {
		request_in_words(error ? error : "the answer can't be read", words, sizeof(words));
		fprintf(stderr, "isotherm: refused: %s\n",
			words_shown(words, shown, sizeof(shown)));
		rc = EXIT_NOT_HEALTHY;
	}
	if (answer)
		*answer = o;
	else
		json_decref(o);
	return rc;
}

int
request_ask(const char *name, const char *nobody, const struct request *r, json_t **answer)
{
	char run_dir[PATH_MAX], result[COMMAND_MAX + 1];
	struct errtext err = {""};
	int rc = rundir_find(false, run_dir, sizeof(run_dir), &err);
	char *text = request_text(r);
	if (answer)
		*answer = NULL;
	if (!text) {
		fprintf(stderr, "isotherm: the request is no UTF-8 text\n");
		return EXIT_NOT_HEALTHY;
	}
	if (!rc)
		rc = command_call(run_dir, name, text, REQUEST_TIMEOUT_MS, result, &err);
	free(text);
	if (rc == -ENOENT || rc == -ECONNREFUSED) {
		fprintf(stderr, "isotherm: %s (%s/%s.sock)\n", nobody, run_dir, name);
		return EXIT_NOT_RUNNING;
	}
	if (rc) {
		fprintf(stderr, "isotherm: %s\n", err.text);
		return rc == -ETIMEDOUT || rc == -ECONNRESET ? EXIT_NOT_RUNNING
		       : rc == -EINPROGRESS                  ? EXIT_UNKNOWN
							     : EXIT_NOT_HEALTHY;
	}
	return judge(result, answer);
}
