/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/truth_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/wafer.h"

struct truth_file {
	FILE *to;
	char path[PATH_MAX];
};

int
truth_file_open(struct truth_file **out, const char *path, struct errtext *err)
{
	struct truth_file *f;

	*out = NULL;
	if (path == NULL)
		return 0;
	f = calloc(1, sizeof *f);
	if (f == NULL)
		return errtext_set(err, -ENOMEM, "%s: %s", path, strerror(ENOMEM));
	(void)snprintf(f->path, sizeof f->path, "%s", path);
	f->to = fopen(path, "w");
	if (f->to == NULL) {
		int rc = -errno;

		free(f);
		return errtext_set(err, rc, "%s: %s", path, strerror(-rc));
	}
	(void)fputs("time_s,system,rate,spread_k,tmax_c,input_w,wafer_w,cooling_w,supply_c,pump0,"
		    "pump1,valve,"
		    "duty_mean,trip",
		    f->to);
	for (int i = 0; i < RETICLES; i++)
		(void)fprintf(f->to, ",r%02dc%02d", i / ZONES, i % ZONES);
	(void)fputc('\n', f->to);
	*out = f;
	return 0;
}

void
truth_file_put(struct truth_file *f, double time_s, const char *system, const struct sim_truth *t)
{
	double duty = 0.0;

	if (f == NULL)
		return;
	for (int i = 0; i < RETICLES; i++)
		duty += t->duty[i] / RETICLES;
	(void)fprintf(f->to, "%.1f,%s,%.6f,%.4f,%.4f,%.1f,%.1f,%.1f,%.3f,%.4f,%.4f,%.4f,%.5f,%u",
		      time_s, system, t->rate, t->spread_k, t->tmax_c, t->input_w, t->wafer_w,
		      t->cooling_w, t->supply_c, t->pump_speed[0], t->pump_speed[1], t->valve, duty,
		      t->trip);
	for (int i = 0; i < RETICLES; i++)
		(void)fprintf(f->to, ",%.3f", t->temp_c[i]);
	(void)fputc('\n', f->to);
}

int
truth_file_close(struct truth_file *f, struct errtext *err)
{
	int rc = 0;

	if (f == NULL)
		return 0;
	if (ferror(f->to) != 0)
		rc = -EIO;
	if (fclose(f->to) != 0 && rc == 0)
		rc = -errno;
	if (rc != 0 && err != NULL)
		(void)errtext_set(err, rc, "%s: %s", f->path, strerror(-rc));
	free(f);
	return rc;
}
