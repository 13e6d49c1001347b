/* SPDX-License-Identifier: Apache-2.0 */
#include "config/case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "config/report.h"
#include "config/reticle_csv.h"
#include "config/schema.h"
#include "config/text.h"

#define KEYS_BEGIN(kind, text) struct kind##_keys {
#define KEY SCHEMA_FIELD
#define KEY_NAMED SCHEMA_FIELD_NAMED
#define KEYS_END(kind)                                                                             \
	}                                                                                          \
	;
#include "config/case_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END

#define KEYS_BEGIN(kind, text) static const struct schema_key kind##_rows[] = {
#define KEY SCHEMA_ROW
#define KEY_NAMED SCHEMA_ROW_NAMED
#define KEYS_END(kind)                                                                             \
	}                                                                                          \
	;
#include "config/case_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END

#define KEYS_BEGIN(kind, text)                                                                     \
	static const struct schema kind##_schema = {#kind, text, kind##_rows,                      \
						    sizeof(kind##_rows) / sizeof(kind##_rows[0])};
#define KEY(kind, key, type, unit, lo, hi, value, text)
#define KEY_NAMED(kind, field, key, type, unit, lo, hi, value, text)
#define KEYS_END(kind)
#include "config/case_keys.def"
#undef KEYS_BEGIN
#undef KEY
#undef KEY_NAMED
#undef KEYS_END

#define MM 1e-3
#define LPM (1e-3 / 60.0)
#define PITCH_OFF 0.01 /* channels and walls may miss the width by that part */

static void
read_part(struct schema_walk *w, const char *key, yaml_node_t *node, const struct schema *kind,
	  void *out)
{
	struct schema_part part = {kind, out};
	size_t was = schema_down(w, key);

	if (node)
		schema_read(w, node, &part, 1, false);
	schema_up(w, was);
}

static void
read_layer(struct schema_walk *w, const char *key, yaml_node_t *node, struct case_layer *out)
{
	struct case_layer_keys k = {0};

	read_part(w, key, node, &case_layer_schema, &k);
	*out = (struct case_layer){k.thickness_mm * MM, k.k_w_mk, k.rho_c_j_m3k};
}

static void
read_channels(struct schema_walk *w, const struct case_keys *keys, struct case_file *c)
{
	struct case_channels_keys k = {0};
	struct case_coolant_keys water = {0};
	double over;
	size_t was;

	read_part(w, "channels", keys->channels, &case_channels_schema, &k);
	read_part(w, "coolant", keys->coolant, &case_coolant_schema, &water);
	if (!keys->coolant_at.line)
		schema_error(w, keys->channels_at.line, "coolant",
			     "is missing (allowed: a mapping beside channels)");
	c->channels = true;
	c->film_w_m2k = k.h_w_m2k_at.line ? k.h_w_m2k : (double)NAN;
	c->coolant_c = water.inlet_c;
	c->n_channels = (uint32_t)k.count;
	c->channel_m = k.width_mm * MM;
	c->wall_m = k.wall_mm * MM;
	c->height_m = k.height_mm * MM;
	c->cover_m = k.cover_mm * MM;
	c->coolant_rho_c_j_m3k = water.rho_c_j_m3k;
	c->flow_m3_s = water.flow_lpm * LPM;
	c->coolant_rho_kg_m3 = water.rho_kg_m3;
	c->coolant_mu_pa_s = water.mu_pa_s;
	c->coolant_k_w_mk = water.k_w_mk;
	c->storing = water.storing;
	if (k.count_at.bad || k.width_mm_at.bad || k.wall_mm_at.bad || keys->width_mm_at.bad ||
	    !k.count_at.line || !k.width_mm_at.line || !k.wall_mm_at.line)
		return;
	over = (double)k.count * (k.width_mm + k.wall_mm);
	was = schema_down(w, "channels");
	if (fabs(over - keys->width_mm) > PITCH_OFF * keys->width_mm)
		schema_error(w, k.count_at.line, "count",
			     "channels and walls are %.6g mm wide (allowed: the width, %.6g mm, "
			     "within 1 %%)",
			     over, keys->width_mm);
	schema_up(w, was);
}

static void
read_case(struct schema_walk *w, struct case_file *c)
{
	struct case_keys keys = {0};
	struct case_film_keys film = {0};
	struct schema_part part = {&case_schema, &keys};

	schema_read(w, w->doc->root, &part, 1, false);
	snprintf(c->name, sizeof(c->name), "%.31s", keys.name);
	c->width_m = keys.width_mm * MM;
	c->length_m = keys.length_mm * MM;
	c->start_c = keys.start_c;
	read_layer(w, "silicon", keys.silicon, &c->silicon);
	read_layer(w, "interface", keys.interface, &c->interface);
	read_layer(w, "plate", keys.plate, &c->plate);
	if (keys.film_at.line && keys.channels_at.line)
		schema_error(w, keys.channels_at.line, "channels",
			     "stands beside film (allowed: one of the two)");
	else if (!keys.film_at.line && !keys.channels_at.line)
		schema_error(w, ydoc_line(w->doc->root), "film",
			     "is missing, as is channels (allowed: one of the two)");
	if (keys.film_at.line && keys.coolant_at.line)
		schema_error(w, keys.coolant_at.line, "coolant",
			     "stands beside film (allowed: beside channels)");
	if (keys.film_at.line && keys.channels_at.line)
		return; /* which one was meant is not known */
	if (keys.channels_at.line) {
		read_channels(w, &keys, c);
		return;
	}
	read_part(w, "film", keys.film, &case_film_schema, &film);
	c->film_w_m2k = film.h_w_m2k;
	c->coolant_c = film.temp_c;
}

int
case_load(struct case_file *out, const char *path, struct config_report *report)
{
	struct text_locale l = text_locale_begin();
	size_t before = config_report_total(report);
	struct case_file c = {.name = ""};
	struct ydoc doc = {.open = false};
	int rc = ydoc_load(&doc, path, report);

	if (rc == 0) {
		struct schema_walk w = {.doc = &doc, .report = report};

		read_case(&w, &c);
		config_report_sort(report);
		if (config_report_total(report) != before)
			rc = -EINVAL;
		else
			*out = c;
	}
	ydoc_close(&doc);
	text_locale_end(l);
	return rc;
}

#define POWER_MAX_W 1e6 /* of a reticle: far beyond what any cooling carries off */

static bool
is_power(double value)
{
	return value >= 0.0 && value <= POWER_MAX_W;
}

int
case_map_read(const char *path, double power_w[RETICLES], struct config_report *report)
{
	static const struct reticle_csv map = {.heading = "reticle,power_w",
					       .columns = 1,
					       .names = {"power_w"},
					       .allows = is_power,
					       .refusal = "is no power (allowed: 0..1e6 W)"};

	return reticle_csv_read(path, &map, power_w, report);
}
