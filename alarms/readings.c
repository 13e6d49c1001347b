/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/readings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct source {
	const struct plant_layout *layout;
	struct image *image;
	struct sample *sample;     /* the whole region, though only wanted groups are filled */
	const struct sample *here; /* or where it is, if it is written by this thread; NULL */
	bool *wanted;              /* [n_groups] */
	struct image_seen *seen;   /* [n_groups] */
	uint32_t *seen_here;       /* [n_groups] */
	bool *fresh;               /* [n_groups] */
};

struct readings {
	const struct plant *plant;
	struct source source[REGIONS];
};

int
readings_open(struct readings **out, const struct plant *plant)
{
	struct readings *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	in->plant = plant;
	for (int r = 0; r < REGIONS; r++) {
		struct source *s = &in->source[r];

		s->layout = plant_layout_of(plant, (enum plant_region)r);
		s->sample = calloc(s->layout->first[s->layout->n_groups] + 1u, sizeof(*s->sample));
		s->wanted = calloc(s->layout->n_groups + 1u, sizeof(*s->wanted));
		s->seen = calloc(s->layout->n_groups + 1u, sizeof(*s->seen));
		s->seen_here = calloc(s->layout->n_groups + 1u, sizeof(*s->seen_here));
		s->fresh = calloc(s->layout->n_groups + 1u, sizeof(*s->fresh));
		if (!s->sample || !s->wanted || !s->seen || !s->seen_here || !s->fresh) {
			readings_close(in);
			return -ENOMEM;
		}
	}
	*out = in;
	return 0;
}

void
readings_close(struct readings *in)
{
	if (!in)
		return;
	for (int r = 0; r < REGIONS; r++) {
		free(in->source[r].sample);
		free(in->source[r].wanted);
		free(in->source[r].seen);
		free(in->source[r].seen_here);
		free(in->source[r].fresh);
	}
	free(in);
}

const struct sample *
readings_want(struct readings *in, uint32_t point)
{
	uint32_t index = 0;
	enum plant_region region = plant_where(in->plant, point, &index);

	if (region == REGIONS || region == REGION_ALM)
		return NULL;
	struct source *s = &in->source[region];
	for (uint32_t g = 0; g < s->layout->n_groups; g++)
		if (index >= s->layout->first[g] && index < s->layout->first[g + 1])
			s->wanted[g] = true;
	return &readings_samples(in, region)[index];
}

bool
readings_set(struct readings *in, enum plant_region region, struct image *image)
{
	struct source *s = &in->source[region];
	const struct sample *before = s->here;

	s->image = image;
	s->here = image ? image_here(image) : NULL;
	memset(s->seen_here, 0, s->layout->n_groups * sizeof(*s->seen_here));
	return s->here != before;
}

struct image *
readings_image(const struct readings *in, enum plant_region region)
{
	return in->source[region].image;
}

/* A torn group keeps what it had, older. */
static bool
read_group(struct source *s, uint32_t g, int64_t now_ns)
{
	if (s->here)
		return image_is_new(s->image, g, &s->seen_here[g]);
	return image_read_new(s->image, g, now_ns, &s->seen[g], &s->sample[s->layout->first[g]]);
}

void
readings_read(struct readings *in, int64_t now_ns)
{
	for (int r = 0; r < REGIONS; r++) {
		struct source *s = &in->source[r];

		if (s->here)
			image_settle(s->image, now_ns);
		for (uint32_t g = 0; g < s->layout->n_groups; g++)
			s->fresh[g] = s->image && s->wanted[g] && read_group(s, g, now_ns);
	}
}

const struct sample *
readings_samples(const struct readings *in, enum plant_region region)
{
	return in->source[region].here ? in->source[region].here : in->source[region].sample;
}

const bool *
readings_fresh(const struct readings *in, enum plant_region region)
{
	return in->source[region].fresh;
}
