/* SPDX-License-Identifier: Apache-2.0 */
/* Two simulated systems and their facility, opened anew for each test. */
#ifndef ISOTHERM_TESTS_SIM_TWO_H
#define ISOTHERM_TESTS_SIM_TWO_H

#include "tests/unit/sim_fixture.h"

static struct plant *plant;
static struct sim *sim;

static int
setup(void **state)
{
	(void)state;
	plant = plant_of(PLANT_TWO);
	sim = sim_of(plant, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sim_close(sim);
	plant_free(plant);
	return 0;
}

#endif
