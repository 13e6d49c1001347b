/* SPDX-License-Identifier: Apache-2.0 */
/* The process images of a plant: the kernel's regions cut as the point table says. */
#ifndef ISOTHERM_SHELL_IMAGES_H
#define ISOTHERM_SHELL_IMAGES_H

#include <stdbool.h>

#include "config/plant.h"
#include "core/image.h"

/* Borrows from the plant. */
struct image_layout images_layout(const struct plant *plant, const struct plant_layout *layout);

/*
 * A region that another process writes: it comes when that process does, and is another one each
 * time it starts. Call images_follow once in a while (not more than ten times a second).
 */
struct follower {
	struct image *image; /* NULL: nobody has made it yet */
	struct image_layout layout;
	const char *run_dir; /* borrowed */
	bool refused;        /* what is there now can't be read … */
	struct errtext why;  /* … because of this */
	bool quiet;          /* whoever follows says so himself: nothing is logged */
};

void images_follower_init(struct follower *f, const struct plant *plant,
			  const struct plant_layout *layout, const char *run_dir);
/* True if f->image is another one than before. Why a region can't be read is logged once, unless
 * quiet. */
bool images_follow(struct follower *f, int64_t now_ns);
void images_follower_fini(struct follower *f);

#endif
