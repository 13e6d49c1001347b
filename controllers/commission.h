/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commissioning soak: a wafer is measured without work and at work, and what its sensors and its reticles have of
 * their own comes out. Pure. Two stages in any order, each the mean over soak_s of readings while nothing moves:
 *
 *   empty    duty 0: leakage and idle are left
 *   loaded   at work, soak_rise_w a reticle above the empty stage in the mean
 *
 * With model rise M_i (face.h, from the powers that were read and the supply) and measured rise T_i - supply:
 *   gain_i   = (measured loaded - measured empty) / (M_i loaded - M_i empty)    1 where its own power rose too little
 *   offset_k = measured empty - gain_i M_i empty, less the mean over the wafer: what all have in common is the supply's
 * so that the offset is what is left at no power at all. Noise of .1 K and steps of 1/8 K over 30 s leave .009 K.
 *
 * The result belongs to an engine block, by its serial number, and to nothing else.
 */
#ifndef ISOTHERM_CONTROLLERS_COMMISSION_H
#define ISOTHERM_CONTROLLERS_COMMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controllers/estimate.h"
#include "controllers/face.h"
#include "controllers/inputs.h"
#include "core/errtext.h"

struct commissioned {
	uint32_t serial; /* of the engine block; 0: none */
	int64_t wall_ns; /* when */
	double spread_k; /* of that wafer at full load and nominal flow, 24 C supply */
	double offset_k[RETICLES], gain[RETICLES];
};

enum soak_stage { SOAK_EMPTY, SOAK_LOADED, SOAK_STAGES };

struct soak_sum {
	double temp_c[RETICLES], power_w[RETICLES], supply_c, flow_kg_s;
	uint32_t n;
	bool done;
};

struct soak {
	bool runs;
	uint32_t serial; /* it began with */
	struct soak_sum sum[SOAK_STAGES];
	double last_w;       /* of the wafer, low-passed */
	uint32_t calm_steps; /* since it moved */
};

void soak_begin(struct soak *s, uint32_t serial);
void soak_end(struct soak *s);
/*
 * One step's readings, as they are believed and before anything is corrected (temp_c; NAN where not believed); `empty`:
 * duty is 0 for all. Returns whether a stage was completed in this step.
 */
bool soak_step(struct soak *s, const struct control_params *p, const struct view *v,
	       const double temp_c[RETICLES], bool empty);
/* Is all there that a step needs? Else nothing of it counts. */
bool soak_is_whole(const struct view *v, const double temp_c[RETICLES]);
bool soak_is_done(const struct soak *s); /* both stages */
/* 0, or -ERANGE with what is wrong in `err`, which begins with the place. */
int soak_result(const struct soak *s, const struct control_params *p,
		const struct system_model *type, struct commissioned *out, struct errtext *err);

/* Can it be, or is something to be mended first, or damaged? 0, or -ERANGE. */
int commissioned_check(const struct commissioned *c, const struct control_params *p,
		       struct errtext *err);
/* Into what the laws build on; NULL: what is not known of this block. */
void commissioned_apply(struct estimate *e, const struct commissioned *c, double margin_k);

/* --- commission_text.c: what is kept of it, text of lines with a check sum --- */
#define COMMISSIONED_TEXT 4096
size_t commissioned_write(const struct commissioned *c, char out[COMMISSIONED_TEXT]);
/* 0, or -EINVAL with the first thing that is wrong. */
int commissioned_read(struct commissioned *out, const char *text, size_t len, struct errtext *err);

#endif
