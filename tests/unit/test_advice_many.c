/* SPDX-License-Identifier: Apache-2.0 */
/* Advice for many wafers that are all unlike: it takes no longer than a step leaves, and says what it left out. */
#include "tests/unit/support.h"

#include <math.h>

#include "controllers/advice.h"
#include "controllers/caps.h"
#include "core/command.h"

static const char PLANT[] = "site: bench\n"
			    "systems:\n"
			    "  - {name: cs%02d, count: 64, type: water}\n";

static struct plant *plant;
static struct advice *advice;
static double silent_w; /* of the last system; NAN: it is not silent */
static double site_cap_w;
static char result[COMMAND_MAX + 1];

static int
setup(void **state)
{
	struct config_report report = {0};
	(void)state;
	assert_int_equal(plant_parse(&plant, PLANT, sizeof PLANT - 1, "test", "config", &report),
			 0);
	config_report_free(&report);
	assert_int_equal(advice_open(&advice, plant), 0);
	silent_w = site_cap_w = (double)NAN;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	advice_close(advice);
	plant_free(plant);
	return 0;
}

/* A wafer of which a few reticles are taken, at another place each. */
static void
see(void *context, uint32_t system, struct advice_system *out)
{
	struct forecast_in *in = &out->in;
	(void)context;
	memset(out, 0, sizeof *out);
	in->model = &plant->systems[system].model;
	in->x_mul = in->y_mul = 1.0;
	in->facility_c = 15.0;
	in->setpoint_lo_c = 18.0;
	in->setpoint_hi_c = 30.0;
	for (int k = 0; k < FORECAST_SPEEDS; k++) {
		in->speed_frac[k] = 0.4 + 0.15 * k;
		in->flow_kg_s[k] = 1.25 * in->speed_frac[k];
	}
	for (int x = 0; x < ZONES; x++)
		in->zone_g[x] = 1.0;
	for (int i = 0; i < RETICLES; i++)
		in->gain[i] = 1.0;
	in->ua_frac = 1.0;
	in->temp_limit_c = 50.0;
	in->spread_limit_k = 8.0;
	in->margin_k = 0.5;
	in->wafer_part = 0.85;
	in->rest_w = 500.0;
	out->taken[system] = in->works[system] = true;
	in->other_w[system] = 100.0;
	out->input_w = out->draws_w = 6000.0;
	out->cap_w = (double)NAN;
	if (system == 63 && isfinite(silent_w)) {
		out->input_w = (double)NAN;
		out->draws_w = silent_w;
		out->unfit = "it is silent";
	}
}

static void
ask(const char *json)
{
	struct hold_request req = {.access = ACCESS_VIEW, .json = json, .len = strlen(json)};
	struct advice_source source = {.see = see, .site_cap_w = site_cap_w};
	assert_true(advice_ask(advice, &req, &source, result));
}

static void
all_are_looked_at_with_fewer_places_each_or_it_is_said(void **state)
{
	(void)state;
	ask("{\"cmd\":\"job_advise\",\"reticles\":8}");
	assert_non_null(strstr(result, "\"ok\":true"));
	assert_null(strstr(result, "not looked at"));
	plant->control.advice_forecasts_most = 50.0;
	ask("{\"cmd\":\"job_advise\",\"reticles\":8}");
	assert_non_null(strstr(result, "\"ok\":true"));
	assert_non_null(strstr(result, "not looked at"));
	assert_null(strstr(result, "\"added_w\":0.0")); /* the one that is taken was, closely */
}

static void
a_silent_system_leaves_less_power_for_a_job(void **state)
{
	(void)state;
	site_cap_w = 64 * 6000.0 + 20000.0;
	silent_w = 6000.0;
	ask("{\"cmd\":\"job_advise\",\"reticles\":60}");
	assert_non_null(strstr(result, "\"rate_pct\":100.0"));
	silent_w = 22000.0;
	ask("{\"cmd\":\"job_advise\",\"reticles\":60}");
	assert_non_null(strstr(result, "\"ok\":true"));
	assert_null(strstr(result, "\"rate_pct\":100.0"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_are_looked_at_with_fewer_places_each_or_it_is_said),
		TEST(a_silent_system_leaves_less_power_for_a_job),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
