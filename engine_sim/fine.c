/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/fine.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_sim/limits.h"
#include "engine_sim/process.h"

#define WAFER_M 0.21504
#define SILICON_M 0.75e-3
#define COPPER_K_W_MK 390.0
#define COPPER_RHO_C_J_M3K 3.45e6
#define BASE_C_MAX_FRAC 0.8 /* of the copper's capacity */
#define BASE_R_MAX_FRAC 0.3 /* of silicon to copper */

static struct fine_data
data_of(const struct model *md)
{
	return (struct fine_data){md->c_si_j_k, md->g_si_cu_w_k, md->k_si_x_w_k, md->k_si_y_w_k,
				  md->c_cu_j_k, md->k_cu_x_w_k,  md->k_cu_y_w_k, md->ha_w_k};
}

static void
lumps_of(struct plate_lumps *l, const struct fine_data *d)
{
	const double dx = WAFER_M / ZONES, dy = WAFER_M / ROWS, m2 = dx * dy;
	double x = d->k_cu_x_w_k * dx / dy, y = d->k_cu_y_w_k * dy / dx, both = least(x, y);
	double base_m = both / COPPER_K_W_MK, cu = d->c_cu_j_k / m2, r = m2 / d->g_si_cu_w_k;

	*l = (struct plate_lumps){.back_w_m2k = d->ha_w_k / m2};
	l->sheet_x_w_k[0] = d->k_si_x_w_k * dx / dy;
	l->sheet_y_w_k[0] = d->k_si_y_w_k * dy / dx;
	l->sheet_x_w_k[1] = l->sheet_y_w_k[1] = both;
	l->sheet_x_w_k[2] = x - both;
	l->sheet_y_w_k[2] = y - both;
	l->c_j_m2k[0] = d->c_si_j_k / m2;
	l->c_j_m2k[1] = clamp(base_m * COPPER_RHO_C_J_M3K, (1.0 - BASE_C_MAX_FRAC) * cu,
			      BASE_C_MAX_FRAC * cu);
	l->c_j_m2k[2] = cu - l->c_j_m2k[1];
	l->r_m2k_w[1] = clamp(0.5 * base_m / COPPER_K_W_MK, 0.01 * r, BASE_R_MAX_FRAC * r);
	l->r_m2k_w[0] = r - l->r_m2k_w[1];
}

/* Model and, unless `like` has it, fit of those data. */
static int
make(struct case_wafer *w, const struct fine_data *d, int fold, const struct fine *like)
{
	w->plate = (struct plate){.width_m = WAFER_M, .length_m = WAFER_M};
	lumps_of(&w->lumps, d);
	if (like && !like->of_case && like->fold == fold && memcmp(&like->data, d, sizeof(*d)) == 0)
		w->multipliers = like->wafer.multipliers;
	else
		column_fit(&w->multipliers, &w->plate, &w->lumps, fold, plate_lumps_w_m2k,
			   &w->lumps);
	return column_model_set(&w->model, &w->plate, &w->lumps, &w->multipliers, fold,
				PROCESS_STEP_S, false);
}

static void
fill_before(struct fine *f)
{
	column_silicon(f->wafer.column, f->flows.silicon_c);
	memcpy(f->before_c, f->flows.silicon_c, sizeof(f->before_c));
}

int
fine_open(struct fine **out, const struct model *md, int fold, double temp_c,
	  const struct fine *like)
{
	struct fine *f = calloc(1, sizeof(*f));
	int rc;

	*out = NULL;
	if (!f)
		return -ENOMEM;
	f->fold = fold;
	f->data = data_of(md);
	rc = make(&f->wafer, &f->data, fold, like);
	if (rc == 0)
		rc = column_open(&f->wafer.column, &f->wafer.model, temp_c);
	if (rc < 0) {
		free(f);
		return rc;
	}
	fill_before(f);
	*out = f;
	return 0;
}

int
fine_open_case(struct fine **out, const struct case_file *file, int fold)
{
	struct fine *f = calloc(1, sizeof(*f));
	int rc;

	*out = NULL;
	if (!f)
		return -ENOMEM;
	f->fold = fold;
	f->of_case = true;
	rc = case_wafer_open(&f->wafer, file, fold, PROCESS_STEP_S);
	if (rc < 0) {
		fine_close(f);
		return rc;
	}
	fill_before(f);
	*out = f;
	return 0;
}

void
fine_close(struct fine *f)
{
	if (!f)
		return;
	case_wafer_close(&f->wafer);
	free(f);
}

/* A reticle's contact is a factor of silicon to copper as a whole; only node 0 to 1 is the
 * interface. */
static void
contact_set(struct fine *f, const struct wafer_variation *v)
{
	double first = f->wafer.lumps.r_m2k_w[0], second = f->wafer.lumps.r_m2k_w[1];
	double factor[RETICLES];

	for (int i = 0; i < RETICLES; i++)
		factor[i] = first / most((first + second) / v->a_contact[i] - second, 0.01 * first);
	column_contact(f->wafer.column, factor);
}

int
fine_model(struct fine *f, const struct model *md, const struct wafer_variation *v)
{
	struct fine_data d = data_of(md);
	struct case_wafer fresh = f->wafer;
	int rc;

	if (f->of_case)
		return 0;
	if (memcmp(&d, &f->data, sizeof(d)) != 0) {
		rc = make(&fresh, &d, f->fold, NULL);
		if (rc < 0)
			return rc;
		f->wafer = fresh;
		f->data = d;
		column_model_changed(f->wafer.column);
	}
	contact_set(f, v);
	return 0;
}

int
fine_check(const struct fine *f, const struct model *md)
{
	struct fine_data d = data_of(md);
	struct fine like = {.fold = f->fold, .data = d};
	struct case_wafer tried;

	if (f->of_case || memcmp(&d, &f->data, sizeof(d)) == 0)
		return 0;
	like.wafer.multipliers = f->wafer.multipliers; /* near enough to tell, and no fit */
	return make(&tried, &d, f->fold, &like);
}

void
fine_cooling(struct fine *f, const struct wafer_cooling *cool)
{
	double ha[RETICLES];
	double area = f->wafer.plate.width_m * f->wafer.plate.length_m / RETICLES;

	if (!f->of_case) {
		for (int i = 0; i < RETICLES; i++)
			ha[i] = -cool->below[i] * cool->zone_w_k[i % ZONES];
		column_back(f->wafer.column, ha, cool->zone_w_k);
		return;
	}
	for (int i = 0; i < RETICLES; i++)
		ha[i] = f->wafer.lumps.back_w_m2k * area;
	column_back(f->wafer.column, ha,
		    f->wafer.plate.back == PLATE_CHANNELS ? cool->zone_w_k : NULL);
}

void
fine_power(const struct fine *f, double out_w[RETICLES], const struct model *md,
	   const struct wafer_variation *v, const double load_w[RETICLES], double powered)
{
	UNCLEARED double si_c[RETICLES];

	for (int i = 0; i < RETICLES; i++)
		si_c[i] = 1.5 * f->flows.silicon_c[i] - 0.5 * f->before_c[i];
	wafer_power(out_w, md, v, si_c, load_w, powered);
}

void
fine_step(struct fine *f, const double power_w[RETICLES], double supply_c)
{
	memcpy(f->before_c, f->flows.silicon_c, sizeof(f->before_c));
	column_step(f->wafer.column, power_w, supply_c, &f->flows);
}

int
fine_rest(struct fine *f, const double power_w[RETICLES], double supply_c)
{
	int rc = column_steady(f->wafer.column, power_w, supply_c, &f->flows);

	memcpy(f->before_c, f->flows.silicon_c, sizeof(f->before_c));
	return rc;
}
