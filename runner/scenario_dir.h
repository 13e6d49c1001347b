/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_RUNNER_SCENARIO_DIR_H
#define ISOTHERM_RUNNER_SCENARIO_DIR_H

#include <limits.h>

/* Plants, types and profiles for a scenario file: where $ISOTHERM_CONFIG says, else of this build, of the tree that
 * the scenario stands in, of the installation; "" if there are none. */
void scenario_config_dir(const char *file, char out[PATH_MAX]);

#endif
