/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/verdict.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static double
number(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static long long
whole(const json_t *object, const char *key)
{
	double v = number(object, key);

	return isfinite(v) && fabs(v) < 9e15 ? llround(v) : 0;
}

static void
read_systems(struct verdict *v, const json_t *systems)
{
	size_t i;
	json_t *s;

	v->spread_k = v->tmax_c = (double)NAN;
	json_array_foreach(systems, i, s)
	{
		double tokens_per_s = number(s, "tokens_per_s");

		v->systems++;
		v->spread_k = fmax(v->spread_k, number(s, "spread_k")); /* a NAN loses */
		v->tmax_c = fmax(v->tmax_c, number(s, "tmax_c"));
		v->tokens_per_s += isfinite(tokens_per_s) ? tokens_per_s : 0.0;
	}
}

static void
read_overruns(struct verdict *v, json_t *overruns)
{
	const char *room;
	json_t *n;
	size_t used = 0;

	json_object_foreach(overruns, room, n)
	{
		int k = snprintf(v->overruns + used, sizeof v->overruns - used, "%s%s %lld",
				 used > 0 ? ", " : "", room, (long long)json_integer_value(n));

		if (k < 0 || (size_t)k >= sizeof v->overruns - used)
			return;
		used += (size_t)k;
	}
}

int
verdict_read(struct verdict *v, const char *json, struct errtext *err)
{
	json_error_t at;
	json_t *root = json_loads(json, 0, &at), *entry;
	const char *site;
	size_t i;

	*v = (struct verdict){0};
	if (!json_is_object(root)) {
		json_decref(root);
		return errtext_set(err, -EINVAL, "the status can't be read: %s", at.text);
	}
	site = json_string_value(json_object_get(root, "site"));
	(void)snprintf(v->site, sizeof v->site, "%.31s", site != NULL ? site : "?");
	v->healthy = json_is_true(json_object_get(root, "healthy"));
	read_systems(v, json_object_get(root, "systems"));
	v->points = whole(root, "points"); /* the site's own devices have some, too */
	v->stale_points = whole(root, "stale_points");
	json_array_foreach(json_object_get(root, "devices"), i, entry)
	{
		v->transactions += whole(entry, "modbus_transactions");
		v->errors += whole(entry, "errors");
	}
	read_overruns(v, json_object_get(root, "overruns"));
	json_array_foreach(json_object_get(root, "reasons"), i,
			   entry) if (json_is_string(entry) &&
				      v->n_reasons++ < VERDICT_REASONS)(void)
		snprintf(v->reasons[v->n_reasons - 1], sizeof v->reasons[0], "%.159s",
			 json_string_value(entry));
	json_decref(root);
	return 0;
}

void
verdict_print(const struct verdict *v, FILE *to)
{
	fprintf(to, "%s: %u system%s, %s\n", v->site, v->systems, v->systems == 1 ? "" : "s",
		v->healthy ? "healthy" : "not healthy");
	for (unsigned i = 0; i < v->n_reasons && i < VERDICT_REASONS; i++)
		fprintf(to, "  because: %s\n", v->reasons[i]);
	if (v->n_reasons > VERDICT_REASONS)
		fprintf(to, "  and %u more reasons\n", v->n_reasons - VERDICT_REASONS);
	fprintf(to, "points: %lld good, %lld stale or worse\n", v->points - v->stale_points,
		v->stale_points);
	if (isfinite(v->spread_k) && isfinite(v->tmax_c))
		fprintf(to, "spread: %.2f K at most, Tmax %.2f C\n", v->spread_k, v->tmax_c);
	else
		fprintf(to, "spread: not known\n");
	fprintf(to, "tokens: %.0f /s\n", v->tokens_per_s);
	fprintf(to, "transactions: %lld, errors %lld\n", v->transactions, v->errors);
	fprintf(to, "overruns: %s\n", v->overruns[0] != '\0' ? v->overruns : "none known");
}
