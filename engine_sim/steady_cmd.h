/* SPDX-License-Identifier: Apache-2.0 */
/* `isotherm-sim steady`: the operating point of one system at rest, for people and scripts. */
#ifndef ISOTHERM_ENGINE_SIM_STEADY_CMD_H
#define ISOTHERM_ENGINE_SIM_STEADY_CMD_H

/* argv[0] is "steady". An exit code of sysexits.h. */
int steady_command(int argc, char **argv);

#endif
