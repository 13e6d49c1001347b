/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/case_wafer.h"

static struct plate_layer
layer(const struct case_layer *l)
{
	return (struct plate_layer){l->thickness_m, l->k_w_mk, l->rho_c_j_m3k};
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
			      .film_w_m2k = c->film_w_m2k};
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
