/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/baselines.h"

#include <math.h>
#include <string.h>

#define BASELINE_PUMP_FRAC 0.8
#define BASELINE_SUPPLY_C 24.0
/* the global throttle: what a chip does by itself, each .5 s */
#define GLOBAL_EVERY 5
#define GLOBAL_DOWN_FRAC 0.05
#define GLOBAL_UP_FRAC 0.01
#define BANG_LOW_FRAC 0.5
#define BANG_HYSTERESIS_K 0.5

static void
cool_init(struct baseline *b, const struct control_params *p, const struct law_in *in)
{
	law_valve_init(&b->valve, p, in, BASELINE_SUPPLY_C);
}

static void
cool_step(struct baseline *b, const struct control_params *p, const struct law_in *in,
	  struct law_out *out)
{
	if (in->second)
		law_valve_step(&b->valve, p, in, law_setpoint_in_force(p, in, BASELINE_SUPPLY_C));
	out->pump_frac = BASELINE_PUMP_FRAC;
	out->valve_frac = b->valve.valve_frac;
	out->own_setpoint_c = BASELINE_SUPPLY_C;
	out->setpoint_c = law_setpoint_in_force(p, in, BASELINE_SUPPLY_C);
}

static double
applied_or_full(const struct law_in *in, int i)
{
	double duty = law_unpaced(in, i);
	return isfinite(duty) ? law_clamp(duty, 0.0, 1.0) : 1.0;
}

static void
say_limit(struct law_out *out, const struct law_face *f)
{
	double least = 1.0;
	for (int i = 0; i < RETICLES; i++)
		least = fmin(least, out->duty_frac[i]);
	out->limit = REASON_NONE;
	if (least < 0.999)
		out->limit = f->by_spread ? REASON_SPREAD : REASON_TEMPERATURE;
}

/* --- none --- */
static void
none_init(union law_state *s, const struct control_params *p, const struct law_in *in)
{
	memset(&s->baseline, 0, sizeof s->baseline);
	cool_init(&s->baseline, p, in);
}

static void
none_step(union law_state *s, const struct control_params *p, const struct law_in *in,
	  struct law_out *out)
{
	struct law_face f = law_face(p, in);
	for (int i = 0; i < RETICLES; i++)
		out->duty_frac[i] = 1.0;
	out->margin_k = law_clamp(f.reference_c - f.max_c, p->error_lo_k, p->error_hi_k);
	out->limit = REASON_NONE;
	cool_step(&s->baseline, p, in, out);
}

/* --- global --- */
static void
global_init(union law_state *s, const struct control_params *p, const struct law_in *in)
{
	none_init(s, p, in);
	s->baseline.wait = GLOBAL_EVERY;
	s->baseline.duty_frac = 1.0;
	for (int i = 0; i < RETICLES; i++)
		s->baseline.duty_frac = fmin(s->baseline.duty_frac, applied_or_full(in, i));
}

static void
global_step(union law_state *s, const struct control_params *p, const struct law_in *in,
	    struct law_out *out)
{
	struct baseline *b = &s->baseline;
	struct law_face f = law_face(p, in);
	if (--b->wait <= 0) {
		b->wait = GLOBAL_EVERY;
		bool above = f.max_c > in->temp_limit_c || f.max_c - f.min_c > in->spread_limit_k;
		b->duty_frac += above ? -GLOBAL_DOWN_FRAC : GLOBAL_UP_FRAC;
		b->duty_frac = law_clamp(b->duty_frac, 0.0, 1.0);
	}
	for (int i = 0; i < RETICLES; i++)
		out->duty_frac[i] = b->duty_frac;
	out->margin_k = law_clamp(f.reference_c - f.max_c, p->error_lo_k, p->error_hi_k);
	say_limit(out, &f);
	cool_step(b, p, in, out);
}

/* --- bang: half duty above a limit, full duty again once it is clear of it --- */
static void
bang_init(union law_state *s, const struct control_params *p, const struct law_in *in)
{
	none_init(s, p, in);
	for (int i = 0; i < RETICLES; i++) {
		bool low = applied_or_full(in, i) < (1.0 + BANG_LOW_FRAC) / 2.0;
		s->baseline.duty_of[i] = low ? BANG_LOW_FRAC : 1.0;
	}
}

static void
bang_step(union law_state *s, const struct control_params *p, const struct law_in *in,
	  struct law_out *out)
{
	struct baseline *b = &s->baseline;
	struct law_face f = law_face(p, in);
	double limit_c = fmin(in->temp_limit_c, f.min_c + in->spread_limit_k);
	for (int i = 0; i < RETICLES; i++) {
		if (in->temp_c[i] > limit_c)
			b->duty_of[i] = BANG_LOW_FRAC;
		else if (in->temp_c[i] < limit_c - BANG_HYSTERESIS_K)
			b->duty_of[i] = 1.0;
		out->duty_frac[i] = b->duty_of[i];
	}
	out->margin_k = law_clamp(f.reference_c - f.max_c, p->error_lo_k, p->error_hi_k);
	say_limit(out, &f);
	cool_step(b, p, in, out);
}

/* --- pi --- */
static double
pi_error_k(const struct control_params *p, const struct law_face *f, double temp_c)
{
	return law_clamp(f->reference_c - temp_c, p->error_lo_k, p->error_hi_k);
}

static void
pi_init(union law_state *s, const struct control_params *p, const struct law_in *in)
{
	none_init(s, p, in);
	struct law_face f = law_face(p, in);
	for (int i = 0; i < RETICLES; i++) {
		double push = p->ind_kp_per_k * fmin(pi_error_k(p, &f, in->temp_c[i]), 0.0);
		double want = applied_or_full(in, i) - 1.0 - push;
		s->baseline.i_frac[i] = law_clamp(want, p->integral_lo, 0.0);
	}
}

static void
pi_step(union law_state *s, const struct control_params *p, const struct law_in *in,
	struct law_out *out)
{
	struct law_face f = law_face(p, in);
	for (int i = 0; i < RETICLES; i++) {
		double error_k = pi_error_k(p, &f, in->temp_c[i]);
		double *integral = &s->baseline.i_frac[i];
		*integral = law_clamp(*integral + p->ind_ki_per_k_s * error_k * LAW_DT_S,
				      p->integral_lo, 0.0);
		double duty = 1.0 + p->ind_kp_per_k * fmin(error_k, 0.0) + *integral;
		out->duty_frac[i] = law_clamp(duty, 0.0, 1.0);
	}
	out->margin_k = pi_error_k(p, &f, f.max_c);
	say_limit(out, &f);
	cool_step(&s->baseline, p, in, out);
}

/* --- the product's law behind the same table --- */
static void
structured_init(union law_state *s, const struct control_params *p, const struct law_in *in)
{
	memset(&s->spi, 0, sizeof s->spi);
	spi_init(&s->spi, p, in);
}

static void
structured_step(union law_state *s, const struct control_params *p, const struct law_in *in,
		struct law_out *out)
{
	spi_step(&s->spi, p, in, out);
}

static void
predictive_init(union law_state *s, const struct control_params *p, const struct law_in *in)
{
	mpc_init(&s->mpc, p, in);
}

static void
predictive_step(union law_state *s, const struct control_params *p, const struct law_in *in,
		struct law_out *out)
{
	mpc_step(&s->mpc, p, in, out);
}

static const struct law LAWS[CONTROLLERS] = {
	[CONTROLLER_NONE] = {"none", none_init, none_step},
	[CONTROLLER_GLOBAL] = {"global", global_init, global_step},
	[CONTROLLER_BANG] = {"bang", bang_init, bang_step},
	[CONTROLLER_PI] = {"pi", pi_init, pi_step},
	[CONTROLLER_SPI] = {"spi", structured_init, structured_step},
	[CONTROLLER_MPC] = {"mpc", predictive_init, predictive_step, true},
};

const struct law *
law_of(enum controller_kind kind)
{
	return &LAWS[kind];
}

const char *
controller_name(enum controller_kind kind)
{
	return (unsigned)kind < CONTROLLERS ? LAWS[kind].name : "?";
}

int
controller_by_name(const char *name)
{
	for (int k = 0; k < CONTROLLERS; k++)
		if (strcmp(LAWS[k].name, name) == 0)
			return k;
	return -1;
}
