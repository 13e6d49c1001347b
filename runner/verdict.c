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

/* -1: it is not there, or null. */
static long long
known(const json_t *object, const char *key)
{
	return isfinite(number(object, key)) ? whole(object, key) : -1;
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

static void
read_pace(struct verdict *v, const json_t *root)
{
	const json_t *pace = json_object_get(root, "pace");

	v->steps = known(pace, "steps");
	v->late_steps = known(pace, "late_steps");
	v->late_pct = number(pace, "late_pct");
	v->valid = json_is_true(json_object_get(root, "valid"));
}

static void
read_others(struct verdict *v, const json_t *root)
{
	const json_t *alarms = json_object_get(root, "alarms");
	const json_t *history = json_object_get(root, "history");
	const json_t *broker = json_object_get(root, "broker");
	const char *host = json_string_value(json_object_get(broker, "host"));

	v->alarms = known(alarms, "active");
	v->unacked = known(alarms, "unack");
	v->files = known(history, "files");
	v->updated_s = known(history, "last_update");
	v->messages = known(broker, "messages");
	if (host != NULL)
		(void)snprintf(v->broker, sizeof v->broker, "%.80s:%lld", host,
			       whole(broker, "port"));
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
	read_pace(v, root);
	read_others(v, root);
	json_array_foreach(json_object_get(root, "reasons"), i,
			   entry) if (json_is_string(entry) &&
				      v->n_reasons++ < VERDICT_REASONS)(void)
		snprintf(v->reasons[v->n_reasons - 1], sizeof v->reasons[0], "%.159s",
			 json_string_value(entry));
	json_decref(root);
	return 0;
}

static void
print_others(const struct verdict *v, long long wall_s, FILE *to)
{
	if (v->alarms >= 0)
		fprintf(to, "alarms: %lld active, %lld unacknowledged\n", v->alarms,
			v->unacked >= 0 ? v->unacked : 0);
	else
		fprintf(to, "alarms: not known\n");
	if (v->files < 0)
		fprintf(to, "history: not known\n");
	else if (v->updated_s <= 0)
		fprintf(to, "history: %lld RRD files, not updated yet\n", v->files);
	else
		fprintf(to, "history: %lld RRD files, last update %lld s ago\n", v->files,
			wall_s > v->updated_s ? wall_s - v->updated_s : 0);
	if (v->broker[0] == '\0')
		fprintf(to, "broker: none\n");
	else if (v->messages < 0)
		fprintf(to, "broker: %s, messages not known\n", v->broker);
	else
		fprintf(to, "broker: %s, %lld messages sent\n", v->broker, v->messages);
}

void
verdict_print(const struct verdict *v, long long wall_s, FILE *to)
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
	print_others(v, wall_s, to);
	if (v->steps >= 0)
		fprintf(to, "pace: %lld of %lld plant steps late (%.3f %%): the run is %s\n",
			v->late_steps, v->steps, v->late_pct,
			v->valid ? "valid" : "INVALID, more than 0.1 % is too much");
	fprintf(to, "overruns: %s\n", v->overruns[0] != '\0' ? v->overruns : "none known");
}
