/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/scenario_keys.h"

#include "runner/job_score.h"
#include "runner/score.h"

#define KEYS_BEGIN(kind, text) static const struct schema_key kind##_rows[] = {
#define KEY SCHEMA_ROW
#define KEYS_END(kind)                                                                             \
	}                                                                                          \
	;
#include "runner/scenario_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEYS_END

#define KEYS_BEGIN(kind, text)                                                                     \
	const struct schema kind##_schema = {#kind, text, kind##_rows,                             \
					     sizeof(kind##_rows) / sizeof(kind##_rows[0])};
#define KEY(kind, key, type, unit, lo, hi, value, text)
#define KEYS_END(kind)
#include "runner/scenario_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEYS_END

static const struct schema *const all[] = {
#define KEYS_BEGIN(kind, text) &kind##_schema,
#define KEY(kind, key, type, unit, lo, hi, value, text)
#define KEYS_END(kind)
#include "runner/scenario_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEYS_END
};

void
scenario_manual(FILE *to)
{
	fprintf(to, "| score | unit | is |\n|---|---|---|\n");
	for (int i = 0; i < SCORES; i++)
		fprintf(to, "| `%s` | %s | %s |\n", score_table[i].name,
			score_table[i].unit[0] != '\0' ? score_table[i].unit : "-",
			score_table[i].text);
	fprintf(to, "\n| score of a job | unit | is |\n|---|---|---|\n");
	for (int i = 0; i < JOB_SCORES; i++)
		fprintf(to, "| `%s` | %s | %s |\n", job_score_table[i].name,
			job_score_table[i].unit[0] != '\0' ? job_score_table[i].unit : "-",
			job_score_table[i].text);
	fprintf(to, "\n## Keys\n\n");
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		schema_manual(all[i], to);
}
