/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/rundir.h"

#define RUN_JSON_MAX 65536

static void
path_in(const struct attach *a, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", a->run_dir, name);
}

/* Read when it is another file than before; what was known stays while the runner replaces it. */
static void
read_run_json(struct attach *a)
{
	char path[PATH_MAX];
	struct stat st;
	path_in(a, "run.json", path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > RUN_JSON_MAX) {
		if (fd >= 0)
			close(fd);
		else if (errno == ENOENT)
			a->input.run = (struct run_info){0};
		return;
	}
	int64_t changed_ns = (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
	if (a->run_json_inode != st.st_ino || a->run_json_ns != changed_ns) {
		char *text = calloc(1, (size_t)st.st_size + 1);
		struct run_info info;
		if (text && read(fd, text, (size_t)st.st_size) == st.st_size &&
		    run_info_parse(text, &info) == 0) {
			a->input.run = info;
			a->run_json_inode = st.st_ino;
			a->run_json_ns = changed_ns;
		}
		free(text);
	}
	close(fd);
}

static bool
process_lives(int32_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static struct image_layout
layout_of(const struct plant *p, const struct plant_layout *l)
{
	return (struct image_layout){.name = l->name,
				     .n_groups = l->n_groups,
				     .first = l->first,
				     .period_ns = l->period_ns,
				     .table_hash = p->hash,
				     .beat_ns = (int64_t)p->control_period_ms * NS_PER_MS};
}

/* 1 attached now, 0 it was or there is nothing yet, -EPROTO it can't be read. */
static int
attach_image(const struct attach *a, struct image **img, const struct plant_layout *l,
	     struct errtext *err)
{
	if (*img)
		return 0;
	struct image_layout layout = layout_of(a->plant, l);
	int rc = image_attach(img, a->run_dir, &layout, err);
	if (rc == -ENOENT)
		return 0;
	return rc ? -EPROTO : 1;
}

static int
load_plant(struct attach *a, struct errtext *err)
{
	char path[PATH_MAX];
	struct config_report report = {0};
	path_in(a, "plant.yaml", path);
	if (access(path, F_OK))
		return errtext_set(err, -ENOENT, "isotherm is %s (no plant.yaml in %.200s)",
				   process_lives(a->input.run.pid) ? "starting" : "not running",
				   a->run_dir);
	int rc = plant_load(&a->plant, path, &report);
	if (rc)
		rc = errtext_set(err, -EPROTO, "can't read the plant of this run: %.200s",
				 report.n ? report.errors[0].text : strerror(-rc));
	config_report_free(&report);
	return rc;
}

static int
allocate(struct attach *a, struct errtext *err)
{
	const struct plant *p = a->plant;
	a->in_samples = calloc(p->in.first[p->in.n_groups] + 1u, sizeof(*a->in_samples));
	a->ctl_samples = calloc(p->ctl.first[p->ctl.n_groups] + 1u, sizeof(*a->ctl_samples));
	a->not_good_ns = calloc(p->in.n_groups + 1u, sizeof(*a->not_good_ns));
	if (!a->in_samples || !a->ctl_samples || !a->not_good_ns ||
	    model_init(&a->model, p->n_systems, p->n_devices))
		return errtext_set(err, -ENOMEM, "no memory for the plant's %u points",
				   p->n_points);
	model_describe(&a->model, p);
	return 0;
}

/* Somebody runs this plant: the runner, or rooms that were started by hand. */
static bool
runs(const struct attach *a, int64_t now_ns)
{
	struct image *const images[] = {a->in, a->ctl};
	if (process_lives(a->input.run.pid))
		return true;
	for (size_t i = 0; i < 2; i++) {
		struct image_status s;
		if (!images[i])
			continue;
		image_status(images[i], now_ns, &s);
		if (s.alive || process_lives(s.pid))
			return true;
	}
	return false;
}

static int
open_at(struct attach *a, struct errtext *err)
{
	struct stat st;
	int rc = rundir_find(false, a->run_dir, sizeof(a->run_dir), err);
	if (rc)
		return rc;
	if (stat(a->run_dir, &st))
		return errtext_set(err, -ENOENT, "isotherm is not running (no run folder %.200s)",
				   a->run_dir);
	read_run_json(a);
	rc = load_plant(a, err);
	if (!rc)
		rc = allocate(a, err);
	if (!rc && attach_image(a, &a->in, &a->plant->in, err) < 0)
		rc = -EPROTO;
	if (!rc && attach_image(a, &a->ctl, &a->plant->ctl, err) < 0)
		rc = -EPROTO;
	if (!rc && !runs(a, clock_mono_ns()))
		rc = errtext_set(err, -ENOENT,
				 "isotherm is not running (%.180s is what a run left behind)",
				 a->run_dir);
	return rc;
}

int
attach_open(struct attach *a, struct errtext *err)
{
	*a = (struct attach){0};
	int rc = open_at(a, err);
	if (rc)
		attach_close(a);
	return rc;
}

void
attach_close(struct attach *a)
{
	image_close(a->in);
	image_close(a->ctl);
	free(a->in_samples);
	free(a->ctl_samples);
	free(a->not_good_ns);
	if (a->model.systems)
		model_fini(&a->model);
	if (a->plant)
		plant_free(a->plant);
	*a = (struct attach){0};
}

/* A region that came, or whose writer started again. */
static int
follow(struct attach *a, struct image **img, const struct plant_layout *l, int64_t now_ns,
       struct errtext *err)
{
	int rc = *img ? image_refresh(*img, now_ns, err) : attach_image(a, img, l, err);
	if (rc == -EPROTO)
		return rc;
	if (rc == 1 && img == &a->ctl)
		a->event_seq = 0;
	return 0; /* what can't be opened just now is looked for again next time */
}

static void
read_events(struct attach *a)
{
	struct image_event batch[16];
	size_t n;
	while (a->ctl && (n = image_events(a->ctl, &a->event_seq, batch, 16, NULL)) > 0)
		for (size_t i = 0; i < n; i++)
			model_event(&a->model, &batch[i],
				    a->input.wall_ns - (a->input.now_ns - batch[i].time_ns));
}

int
attach_read(struct attach *a, int64_t now_ns, int64_t wall_ns, struct errtext *err)
{
	struct model_input *in = &a->input;
	const struct plant *p = a->plant;
	if (follow(a, &a->in, &p->in, now_ns, err) || follow(a, &a->ctl, &p->ctl, now_ns, err))
		return -EPROTO;
	in->plant = p;
	in->now_ns = now_ns;
	in->wall_ns = wall_ns;
	in->in = a->in ? a->in_samples : NULL;
	in->ctl = a->ctl ? a->ctl_samples : NULL;
	if (a->in)
		image_read_all(a->in, now_ns, a->in_samples);
	if (a->ctl)
		image_read_all(a->ctl, now_ns, a->ctl_samples);
	return 0;
}

int
attach_update(struct attach *a, int64_t now_ns, int64_t wall_ns, bool deadband, struct errtext *err)
{
	struct model_input *in = &a->input;
	int32_t runner = in->run.pid;
	int rc = attach_read(a, now_ns, wall_ns, err);
	if (rc)
		return rc;
	read_run_json(a);
	/* another run: perhaps the same points, but its devices have other ports */
	if (runner && in->run.pid && in->run.pid != runner)
		return errtext_set(err, -EPROTO, "another run has begun");
	in->deadband = deadband;
	in->not_good_ns = a->in ? a->not_good_ns : NULL;
	for (uint32_t g = 0; g < a->plant->in.n_groups && a->in; g++)
		a->not_good_ns[g] = image_last_not_good_ns(a->in, g);
	if (a->in)
		image_status(a->in, now_ns, &in->in_status);
	if (a->ctl)
		image_status(a->ctl, now_ns, &in->ctl_status);
	read_events(a);
	model_fill(&a->model, in);
	return 0;
}
