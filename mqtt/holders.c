/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/holders.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/command.h"

#define AGAIN_NS (10 * NS_PER_S) /* a reason may be another where all numbers are as they were */

struct holder {
	double by, until_s, hands; /* as they were when it was asked */
	int64_t asked_ns;
};

struct holders {
	const struct plant *plant;
	struct holder *of;         /* [n_systems] */
	char (*why)[SNAPSHOT_WHY]; /* [n_systems] */
	uint32_t next;
};

int
holders_open(struct holders **out, const struct plant *plant)
{
	struct holders *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->plant = plant;
	h->of = calloc((size_t)plant->n_systems + 1, sizeof(*h->of));
	h->why = calloc((size_t)plant->n_systems + 1, sizeof(*h->why));
	if (h->of == NULL || h->why == NULL) {
		holders_close(h);
		return -ENOMEM;
	}
	*out = h;
	return 0;
}

void
holders_close(struct holders *h)
{
	if (h == NULL)
		return;
	free(h->of);
	free(h->why);
	free(h);
}

static double
value(const struct holders *h, const struct snapshot *snap, uint32_t system, enum role_id role)
{
	const struct sample *s =
		snapshot_point(snap, plant_role(h->plant, (int32_t)system, role, 0));

	return s != NULL && sample_usable(s) ? s->value : HELD_BY_NOBODY;
}

/* Without an answer what was said stands. */
static void
ask(struct holders *h, uint32_t system, const char *run_dir)
{
	char result[COMMAND_MAX + 1];
	json_t *request =
		json_pack("{s:s, s:s}", "cmd", "holds", "system", h->plant->systems[system].name);
	char *text = json_dumps(request, JSON_COMPACT);
	int rc = text != NULL
			 ? command_call(run_dir, "control", text, HOLDERS_TIMEOUT_MS, result, NULL)
			 : -ENOMEM;
	json_t *answer = rc == 0 ? json_loads(result, 0, NULL) : NULL;
	const json_t *one = json_array_get(json_object_get(answer, "holds"), 0);
	const char *why = json_string_value(json_object_get(one, "why"));

	if (json_is_true(json_object_get(answer, "ok")))
		snprintf(h->why[system], sizeof(h->why[system]), "%s", why != NULL ? why : "");
	json_decref(request);
	json_decref(answer);
	free(text);
}

/* Is it to be asked? Where nobody holds it there is nothing to ask. */
static bool
look(struct holders *h, const struct snapshot *snap, uint32_t system, int64_t now_ns)
{
	struct holder *d = &h->of[system];
	double by = value(h, snap, system, ROLE_CTL_HELD_BY);
	double until_s = value(h, snap, system, ROLE_CTL_HELD_UNTIL);
	double hands = value(h, snap, system, ROLE_CTL_HANDS);
	bool same = !(by < d->by || by > d->by || until_s < d->until_s || until_s > d->until_s ||
		      hands < d->hands || hands > d->hands);

	if (!held_by_anybody(by)) {
		h->why[system][0] = '\0';
		*d = (struct holder){.by = by};
		return false;
	}
	if (same && now_ns - d->asked_ns < AGAIN_NS)
		return false;
	if (!same) /* another's words are worse than none */
		h->why[system][0] = '\0';
	*d = (struct holder){.by = by, .until_s = until_s, .hands = hands, .asked_ns = now_ns};
	return true;
}

void
holders_step(struct holders *h, struct snapshot *snap, const char *run_dir, int64_t now_ns)
{
	uint32_t n = h->plant->n_systems;

	snap->why = (const char(*)[SNAPSHOT_WHY])h->why;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t system = (h->next + k) % n;
		if (!look(h, snap, system, now_ns))
			continue;
		ask(h, system, run_dir);
		h->next = system + 1;
		return;
	}
}
