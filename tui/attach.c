/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

static int
load_plant(struct attach *a, struct errtext *err)
{
	char path[PATH_MAX];
	struct config_report report = {0};
	path_in(a, "plant.yaml", path);
	if (access(path, R_OK) && errno == EACCES)
		return errtext_set(err, -EACCES,
				   "permission denied: %.200s is for the user who runs isotherm",
				   access(a->run_dir, X_OK) ? a->run_dir : path);
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
	bool all = true;
	for (int r = 0; r < REGIONS; r++) {
		const struct plant_layout *l = plant_layout_of(p, (enum plant_region)r);
		images_follower_init(&a->region[r], p, l, a->run_dir);
		a->region[r].quiet = true;
		a->samples[r] = calloc(l->first[l->n_groups] + 1u, sizeof(*a->samples[r]));
		all = all && a->samples[r];
	}
	a->not_good_ns = calloc(p->in.n_groups + 1u, sizeof(*a->not_good_ns));
	if (!all || !a->not_good_ns ||
	    model_init(&a->model, p->n_systems, p->n_devices, p->n_alarms))
		return errtext_set(err, -ENOMEM, "no memory for the plant's %u points",
				   p->n_points);
	model_describe(&a->model, p);
	return 0;
}

/*
 * Regions that came, or whose writer started again. Without the measured and the decided there is
 * nothing to show; another program's region that can't be read is as one that is not there.
 */
static int
follow(struct attach *a, int64_t now_ns, struct errtext *err)
{
	for (int r = 0; r < REGIONS; r++) {
		struct follower *f = &a->region[r];
		if (images_follow(f, now_ns) && r == REGION_CTL)
			a->event_seq = 0;
		if (f->refused && (r == REGION_IN || r == REGION_CTL))
			return errtext_set(err, -EPROTO, "%s", f->why.text);
	}
	return 0;
}

/* Somebody runs this plant: the runner, or rooms that were started by hand. */
static bool
runs(const struct attach *a, int64_t now_ns)
{
	if (process_lives(a->input.run.pid))
		return true;
	for (int r = REGION_IN; r <= REGION_CTL; r++) {
		struct image_status s;
		if (!a->region[r].image)
			continue;
		image_status(a->region[r].image, now_ns, &s);
		if (s.alive || process_lives(s.pid))
			return true;
	}
	return false;
}

static int
open_at(struct attach *a, struct errtext *err)
{
	struct stat st;
	char dir[PATH_MAX - 64]; /* room for a file's name */
	int rc = rundir_find(false, dir, sizeof(dir), err);
	if (rc)
		return rc;
	a->run_dir = strdup(dir);
	if (!a->run_dir)
		return errtext_set(err, -ENOMEM, "no memory");
	if (stat(a->run_dir, &st))
		return errtext_set(err, -ENOENT, "isotherm is not running (no run folder %.200s)",
				   a->run_dir);
	read_run_json(a);
	rc = load_plant(a, err);
	if (!rc)
		rc = allocate(a, err);
	if (!rc)
		rc = follow(a, clock_mono_ns(), err);
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
	for (int r = 0; r < REGIONS; r++) {
		images_follower_fini(&a->region[r]);
		free(a->samples[r]);
	}
	free(a->not_good_ns);
	free(a->run_dir);
	if (a->model.systems)
		model_fini(&a->model);
	if (a->plant)
		plant_free(a->plant);
	*a = (struct attach){0};
}

static void
read_events(struct attach *a)
{
	const struct image *ctl = a->region[REGION_CTL].image;
	struct image_event batch[16];
	size_t n;
	while (ctl && (n = image_events(ctl, &a->event_seq, batch, 16, NULL)) > 0)
		for (size_t i = 0; i < n; i++)
			model_event(&a->model, &batch[i],
				    a->input.wall_ns - (a->input.now_ns - batch[i].time_ns));
}

static void
read_region(struct attach *a, enum plant_region r, int64_t now_ns)
{
	const struct image *img = a->region[r].image;
	a->input.samples[r] = img ? a->samples[r] : NULL;
	if (!img)
		return;
	image_read_all(img, now_ns, a->samples[r]);
	image_status(img, now_ns, &a->input.status[r]);
}

int
attach_read(struct attach *a, int64_t now_ns, int64_t wall_ns, struct errtext *err)
{
	int rc = follow(a, now_ns, err);
	if (rc)
		return rc;
	a->input.plant = a->plant;
	a->input.now_ns = now_ns;
	a->input.wall_ns = wall_ns;
	for (int r = 0; r < REGIONS; r++)
		read_region(a, (enum plant_region)r, now_ns);
	return 0;
}

int
attach_update(struct attach *a, int64_t now_ns, int64_t wall_ns, bool deadband, struct errtext *err)
{
	struct model_input *in = &a->input;
	const struct image *img;
	int32_t runner = in->run.pid;
	int rc = attach_read(a, now_ns, wall_ns, err);
	if (rc)
		return rc;
	read_run_json(a);
	/* another run: perhaps the same points, but its devices have other ports */
	if (runner && in->run.pid && in->run.pid != runner)
		return errtext_set(err, -EPROTO, "another run has begun");
	in->deadband = deadband;
	img = a->region[REGION_IN].image;
	in->not_good_ns = img ? a->not_good_ns : NULL;
	for (uint32_t g = 0; g < a->plant->in.n_groups && img; g++)
		a->not_good_ns[g] = image_last_not_good_ns(img, g);
	read_events(a);
	model_fill(&a->model, in);
	return 0;
}

void
attach_alarms(struct attach *a, int64_t now_ns, int64_t wall_ns)
{
	images_follow(&a->region[REGION_ALM], now_ns);
	a->input.plant = a->plant;
	a->input.now_ns = now_ns;
	a->input.wall_ns = wall_ns;
	read_region(a, REGION_ALM, now_ns);
	model_fill_alarms(&a->model, &a->input);
}
