/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOTHERM_ENGINE_SIM_SOLVE_CMD_H
#define ISOTHERM_ENGINE_SIM_SOLVE_CMD_H

/* isotherm-sim solve …: one wafer by itself, at rest or after a step of power. argv[0] is "solve".
 * The exit code. */
int solve_command(int argc, char **argv);

#endif
