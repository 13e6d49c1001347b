/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario as read from its file (docs/scenarios.md has every key): a plant without hardware, what happens to
 * it, and what is expected. All errors are reported, each with file, line, key and what was allowed.
 */
#ifndef ISOTHERM_RUNNER_SCENARIO_FILE_H
#define ISOTHERM_RUNNER_SCENARIO_FILE_H

#include "runner/scenario.h"

/*
 * config_dir: where plants, types, profiles and wafers are looked for beside the file's own folder, "" nowhere.
 * 0; -EINVAL with every error in `report`; -errno when the file can't be read (also in the report).
 */
int scenario_load(struct scenario **out, const char *path, const char *config_dir,
		  struct config_report *report);
void scenario_free(struct scenario *s); /* NULL is allowed */

#endif
