/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/case_wafer.h"

#include <errno.h>
#include <math.h>

static struct plate_layer
layer(const struct case_layer *l)
{
	return (struct plate_layer){l->thickness_m, l->k_w_mk, l->rho_c_j_m3k};
}

static struct channel_fluid
fluid(const struct case_file *c)
{
	return (struct channel_fluid){c->coolant_rho_kg_m3, c->coolant_mu_pa_s, c->coolant_k_w_mk};
}

static double
film_of(const struct case_file *c)
{
	struct channel_fluid f = fluid(c);

	return isnan(c->film_w_m2k) ? channel_film_w_m2k(&f, c->channel_m, c->height_m)
				    : c->film_w_m2k;
}

void
case_channel(struct case_channel *out, const struct case_file *c)
{
	double v = c->flow_m3_s / (c->n_channels * c->channel_m * c->height_m);
	struct channel_fluid f = fluid(c);

	*out = (struct case_channel){
		.velocity_m_s = v,
		.reynolds = channel_reynolds(&f, c->channel_m, c->height_m, v),
		.film_w_m2k = film_of(c),
		.drop_pa = channel_drop_pa(&f, c->channel_m, c->height_m, c->length_m, v)};
}

void
case_plate(struct plate *out, const struct case_file *c)
{
	*out = (struct plate){.width_m = c->width_m,
			      .length_m = c->length_m,
			      .silicon = layer(&c->silicon),
			      .interface = layer(&c->interface),
			      .base = layer(&c->plate),
			      .back = c->channels ? PLATE_CHANNELS : PLATE_FILM,
			      .film_w_m2k = film_of(c)};
	if (!c->channels)
		return;
	out->pitch_m = c->channel_m + c->wall_m;
	out->channel_m = c->channel_m;
	out->height_m = c->height_m;
	out->cover_m = c->cover_m;
	out->coolant_rho_c_j_m3k = c->coolant_rho_c_j_m3k;
}

int
case_wafer_open(struct case_wafer *w, const struct case_file *c, int fold, double step_s)
{
	double ha[RETICLES], zone[ZONES];
	int rc;

	*w = (struct case_wafer){.coolant_c = c->coolant_c};
	if (isnan(c->film_w_m2k)) {
		struct case_channel at;

		case_channel(&at, c);
		if (!(at.reynolds <= CHANNEL_RE_MAX))
			return -EDOM;
	}
	case_plate(&w->plate, c);
	plate_lumps(&w->lumps, &w->plate);
	plate_lumps_fit(&w->lumps, &w->plate);
	column_fit(&w->multipliers, &w->plate, &w->lumps, fold, plate_face_w_m2k, &w->plate);
	rc = column_model_set(&w->model, &w->plate, &w->lumps, &w->multipliers, fold, step_s,
			      c->channels && c->storing);
	if (rc == 0)
		rc = column_open(&w->column, &w->model, c->start_c);
	if (rc < 0)
		return rc;
	for (int i = 0; i < RETICLES; i++)
		ha[i] = w->lumps.back_w_m2k * c->width_m * c->length_m / RETICLES;
	for (int x = 0; x < ZONES; x++)
		zone[x] = c->flow_m3_s * c->coolant_rho_c_j_m3k / ZONES;
	column_back(w->column, ha, c->channels ? zone : NULL);
	return 0;
}

void
case_wafer_close(struct case_wafer *w)
{
	column_close(w->column);
	w->column = NULL;
}
