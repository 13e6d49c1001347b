/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/hook_env.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

/* What does not fit is left out: names and values of ours are bounded, so that is another's path. */
static void put(struct hook_env *env, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
put(struct hook_env *env, const char *format, ...)
{
	size_t room = sizeof(env->text) - env->used;
	va_list args;

	if (env->n == HOOK_ENV_MAX)
		return;
	va_start(args, format);
	int n = vsnprintf(env->text + env->used, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		return;
	env->list[env->n++] = env->text + env->used;
	env->list[env->n] = NULL;
	env->used += (size_t)n + 1;
}

static void
pass_on(struct hook_env *env, const char *name)
{
	const char *value = getenv(name);

	if (value)
		put(env, "%s=%s", name, value);
}

/* "pump_failed" of "cs03.pump_failed[0]". */
static void
put_class(struct hook_env *env, const char *alarm)
{
	const char *dot = strchr(alarm, '.');
	const char *begin = dot ? dot + 1 : alarm;

	put(env, "ISO_CLASS=%.*s", (int)strcspn(begin, "["), begin);
}

void
hook_env_fill(struct hook_env *env, const struct page_intent *page)
{
	char when[32];

	env->n = env->used = 0;
	put(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	put(env, "LANG=C.UTF-8");
	put(env, "ISO_KEY=%s", page->key);
	put(env, "ISO_ACTION=%s", page_action_name(page->action));
	put(env, "ISO_SUMMARY=%s", page->text);
	put(env, "ISO_SOURCE=%s", page->site);
	put(env, "ISO_PRIORITY=%s", alarm_priority_name(page->priority));
	put(env, "ISO_TIME=%s", clock_utc_text(page->wall_ns, when, sizeof(when)));
	put(env, "ISO_COMPONENT=%s", page->alarm);
	put(env, "ISO_GROUP=%s", page->system);
	put_class(env, page->alarm);
	put(env, "ISO_ATTEMPT=%u", page->attempt);
	pass_on(env, "HOME");
	pass_on(env, "ISOTHERM_STATE");
	pass_on(env, "ISOTHERM_RUN");
	pass_on(env, "ISOTHERM_PAGE_COMMAND");
}
