/* SPDX-License-Identifier: Apache-2.0 */
#include "config/keys.h"

#define KEYS_BEGIN(kind, text) static const struct schema_key kind##_rows[] = {
#define KEY SCHEMA_ROW
#define KEY_NAMED SCHEMA_ROW_NAMED
#define KEYS_END(kind)                                                                             \
	}                                                                                          \
	;
#include "config/keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END

#define KEYS_BEGIN(kind, text)                                                                     \
	const struct schema kind##_schema = {#kind, text, kind##_rows,                             \
					     sizeof(kind##_rows) / sizeof(kind##_rows[0])};
#define KEY(kind, key, type, unit, lo, hi, value, text)
#define KEY_NAMED(kind, field, key, type, unit, lo, hi, value, text)
#define KEYS_END(kind)
#include "config/keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END

static const struct schema *const all[] = {
#define KEYS_BEGIN(kind, text) &kind##_schema,
#define KEY(kind, key, type, unit, lo, hi, value, text)
#define KEY_NAMED(kind, field, key, type, unit, lo, hi, value, text)
#define KEYS_END(kind)
#include "config/keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END
};

static void
manual_priorities(FILE *to)
{
	static const char *const harms[] = {
		[HARM_MINOR] = "minor", [HARM_SERIOUS] = "serious", [HARM_MAJOR] = "major"};

	fprintf(to,
		"### priorities\nWhat harm and time to respond make.\n\n"
		"| harm | within %.0f s | within %.0f s | later |\n|---|---|---|---|\n",
		ALARM_SOON_S, ALARM_LATER_S);
	for (int h = HARM_MAJOR; h >= HARM_MINOR; h--) {
		enum alarm_harm harm = (enum alarm_harm)h;

		fprintf(to, "| %s | %s | %s | %s |\n", harms[h],
			alarm_priority_name(alarm_priority_of(harm, ALARM_SOON_S)),
			alarm_priority_name(alarm_priority_of(harm, ALARM_LATER_S)),
			alarm_priority_name(alarm_priority_of(harm, 2 * ALARM_LATER_S)));
	}
	fprintf(to, "\n");
}

void
config_manual(FILE *to)
{
	static const char *const owners[] = {
		[OWNER_FIELD] = "device", [OWNER_LINK] = "collector", [OWNER_CTL] = "controller",
		[OWNER_ALARM] = "alarms", [OWNER_PAGE] = "paging",    [OWNER_HIST] = "history",
		[OWNER_MQTT] = "mqtt"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		schema_manual(all[i], to);
	manual_priorities(to);
	fprintf(to,
		"### roles\nWhat a point can be for.\n\n| role | size | unit | from | meaning |\n"
		"|---|---|---|---|---|\n");
	for (unsigned r = 0; r < ROLES; r++)
		fprintf(to, "| `%s` | %u | %s | %s | %s |\n", role_table[r].name, role_table[r].n,
			*role_table[r].unit ? role_table[r].unit : "-", owners[role_table[r].owner],
			role_table[r].what);
}
