/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/images.h"

#include <errno.h>

#include "core/clock.h"
#include "core/log.h"

struct image_layout
images_layout(const struct plant *plant, const struct plant_layout *layout)
{
	return (struct image_layout){.name = layout->name,
				     .n_groups = layout->n_groups,
				     .first = layout->first,
				     .period_ns = layout->period_ns,
				     .table_hash = plant->hash,
				     .beat_ns = plant->control_period_ms * NS_PER_MS};
}

void
images_follower_init(struct follower *f, const struct plant *plant,
		     const struct plant_layout *layout, const char *run_dir)
{
	*f = (struct follower){.layout = images_layout(plant, layout), .run_dir = run_dir};
}

bool
images_follow(struct follower *f, int64_t now_ns)
{
	struct errtext err = {""};
	bool attached = f->image != NULL;
	int rc = attached ? image_refresh(f->image, now_ns, &err)
			  : image_attach(&f->image, f->run_dir, &f->layout, &err);

	if (rc == 1 || (rc == 0 && !attached)) {
		f->refused = false;
		return true;
	}
	if (rc < 0 && rc != -ENOENT && !f->refused) {
		f->refused = true;
		f->why = err;
		if (!f->quiet)
			log_warning("%s", err.text);
	}
	return false;
}

void
images_follower_fini(struct follower *f)
{
	image_close(f->image);
	f->image = NULL;
}
