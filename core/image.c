/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of samples as sequence locks. Words are stored with memory_order_release and loaded with
 * memory_order_acquire: a reader that sees one word of an unfinished publish therefore also sees
 * its odd (or a later) sequence number when it looks again. No fence is needed, and gcc refuses
 * fences under -fsanitize=thread.
 */
#include "core/image.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/image_region.h"

/* A publish takes well under a microsecond. The bound keeps a reader below a millisecond also when
 * the writer stopped in the middle of one. */
#define MAX_TRIES 1000

/* --- the region --- */

static uint32_t
sample_count(const struct image *img)
{
	return img->first[img->n_groups];
}

static bool
layout_valid(const struct image_layout *layout)
{
	if (layout->n_groups == 0 || layout->first[0] != 0 || layout->beat_ns <= 0)
		return false;
	for (uint32_t g = 0; g < layout->n_groups; g++)
		if (layout->first[g + 1] < layout->first[g] || layout->period_ns[g] <= 0)
			return false;
	return true;
}

int
image_new(struct image **out, const struct image_layout *layout)
{
	if (!layout_valid(layout))
		return -EINVAL;
	struct image *img = calloc(1, sizeof(*img));
	if (!img)
		return -ENOMEM;
	uint32_t n = layout->n_groups, largest = 1;

	for (uint32_t g = 0; g < n; g++)
		if (layout->first[g + 1] - layout->first[g] > largest)
			largest = layout->first[g + 1] - layout->first[g];
	img->lock_fd = -1;
	img->n_groups = n;
	img->beat_ns = layout->beat_ns;
	memcpy(img->table_hash, layout->table_hash, sizeof(img->table_hash));
	img->first = calloc(n + 1u, sizeof(*img->first));
	img->period_ns = calloc(n, sizeof(*img->period_ns));
	img->scratch = calloc(largest, sizeof(struct sample));
	if (!img->first || !img->period_ns || !img->scratch) {
		image_close(img);
		return -ENOMEM;
	}
	memcpy(img->first, layout->first, (n + 1u) * sizeof(*img->first));
	memcpy(img->period_ns, layout->period_ns, n * sizeof(*img->period_ns));
	img->size_bytes = sizeof(struct region_head) + n * sizeof(struct region_group) +
			  sample_count(img) * sizeof(struct sample) +
			  IMAGE_EVENTS * sizeof(struct region_slot);
	/* aligned_alloc wants a multiple of the alignment */
	img->size_bytes += REGION_ALIGN - 1 - (img->size_bytes - 1) % REGION_ALIGN;
	*out = img;
	return 0;
}

void
image_bind(struct image *img, void *region)
{
	unsigned char *at = region;

	img->head = region;
	at += sizeof(*img->head);
	img->group = (void *)at;
	at += img->n_groups * sizeof(*img->group);
	img->word = (void *)at;
	img->sample = (void *)at;
	at += sample_count(img) * sizeof(struct sample);
	img->slot = (void *)at;
}

void
image_fill(struct image *img, int32_t pid, int64_t now_ns)
{
	struct region_head *h = img->head;

	h->magic = REGION_MAGIC;
	h->layout_version = IMAGE_LAYOUT_VERSION;
	h->n_groups = img->n_groups;
	h->n_samples = sample_count(img);
	h->n_events = IMAGE_EVENTS;
	h->size_bytes = img->size_bytes;
	h->start_ns = now_ns;
	h->beat_ns = img->beat_ns;
	memcpy(h->table_hash, img->table_hash, sizeof(h->table_hash));
	h->pid = pid;
	atomic_init(&h->heartbeat_ns, now_ns);
	for (uint32_t g = 0; g < img->n_groups; g++) {
		img->group[g].first = img->first[g];
		img->group[g].n = img->first[g + 1] - img->first[g];
		atomic_init(&img->group[g].not_good_ns, INT64_MIN);
		atomic_init(&img->group[g].oldest_ns, INT64_MAX);
	}
	img->writer = true;
}

int
image_new_writer(struct image **out, const struct image_layout *layout)
{
	int rc = image_new(out, layout);
	if (rc)
		return rc;
	(*out)->draft = calloc(sample_count(*out) + 1u, sizeof(struct sample));
	if (!(*out)->draft) {
		image_close(*out);
		return -ENOMEM;
	}
	return 0;
}

int
image_memory(struct image **out, const struct image_layout *layout)
{
	struct image *img;
	int rc = image_new_writer(&img, layout);
	if (rc)
		return rc;
	void *region = aligned_alloc(REGION_ALIGN, img->size_bytes);
	img->here = calloc(img->n_groups, sizeof(*img->here));
	if (!region || !img->here) {
		free(region);
		image_close(img);
		return -ENOMEM;
	}
	memset(region, 0, img->size_bytes);
	for (uint32_t g = 0; g < img->n_groups; g++)
		img->here[g] = (struct group_here){INT64_MAX, 1, 1};
	image_bind(img, region);
	image_fill(img, (int32_t)getpid(), INT64_MIN); /* not alive before its first beat */
	*out = img;
	return 0;
}

void
image_unmap(struct image *img)
{
	if (img->mapped)
		munmap(img->head, img->size_bytes);
	img->mapped = false;
}

void
image_close(struct image *img)
{
	if (!img)
		return;
	if (img->mapped)
		image_unmap(img);
	else
		free(img->head);
	if (img->lock_fd >= 0)
		close(img->lock_fd); /* and so gives the lock up */
	free(img->first);
	free(img->period_ns);
	free(img->scratch);
	free(img->draft);
	free(img->here);
	free(img);
}

/* --- writer --- */

static int64_t
earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

static int64_t
later(int64_t a_ns, int64_t b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

/* Until when what is judged now stays so. */
static int64_t
until(int64_t oldest_ns, int64_t max_age_ns)
{
	return oldest_ns == INT64_MAX ? INT64_MAX : oldest_ns + max_age_ns;
}

/* Can time alone change what the sample is worth? */
static bool
ages(const struct sample *s)
{
	const unsigned quality = s->quality; /* three bits would become an int */

	return quality - QUALITY_GOOD <= QUALITY_UNCERTAIN - QUALITY_GOOD; /* and not below */
}

static void
store_words(_Atomic uint64_t *word, const struct sample *samples, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, word += SAMPLE_WORDS) {
		uint64_t tmp[SAMPLE_WORDS];

		memcpy(tmp, &samples[i], sizeof(tmp));
		for (size_t k = 0; k < SAMPLE_WORDS; k++)
			atomic_store_explicit(&word[k], tmp[k], memory_order_release);
	}
}

/* Of an image that is alone: its words are samples. */
static struct sample *
samples_of(const struct image *img, uint32_t group)
{
	return img->sample + img->first[group];
}

/* Hundreds of samples a tick, most of which are worth what the one before is. */
void
image_judge(struct image_worth *worth, const struct sample *samples, uint32_t n)
{
	struct image_worth w = *worth;
	const struct sample *was = NULL;

	/* NEVER does not count: it is what a start looks like, and a point that was once measured
	 * turns COMM or worse, not NEVER. */
	for (const struct sample *s = samples; s < samples + n; was = s++) {
		if (was && s->time_ns == was->time_ns && s->quality == was->quality)
			continue;
		w.not_good |= s->quality > QUALITY_GOOD;
		w.newest_ns = later(w.newest_ns, s->time_ns);
		w.oldest_ns = earlier(w.oldest_ns, ages(s) ? s->time_ns : INT64_MAX);
	}
	*worth = w;
}

/* Its samples are others now. */
static void
now_here(struct image *img, uint32_t group, int64_t oldest_ns, bool same)
{
	struct group_here *h = &img->here[group];

	h->until_ns = until(oldest_ns, img->period_ns[group] * IMAGE_STALE_PERIODS);
	h->version++;
	h->moved += !same;
}

static void
put(struct image *img, uint32_t group, const struct sample *samples, const struct image_worth *w)
{
	assert(img->writer && group < img->n_groups);
	struct region_group *g = &img->group[group];
	uint32_t n = img->first[group + 1] - img->first[group];
	uint32_t seq = atomic_load_explicit(&g->seq, memory_order_relaxed);

	atomic_store_explicit(&g->seq, seq + 1, memory_order_relaxed);
	if (!img->alone)
		store_words(img->word + img->first[group] * SAMPLE_WORDS, samples, n);
	else if (samples != samples_of(img, group))
		memcpy(samples_of(img, group), samples, n * sizeof(*samples));
	atomic_store_explicit(&g->oldest_ns, w->oldest_ns, memory_order_release);
	atomic_store_explicit(&g->newest_ns, w->newest_ns, memory_order_release);
	atomic_store_explicit(&g->seq, seq + 2, memory_order_release);
	if (img->here)
		now_here(img, group, w->oldest_ns, w->same);
	if (!w->not_good)
		return;
	/* Now, as far as the writer has told: its last beat, or a newer sample. The time of a sample
	 * alone would not do, since a COMM sample keeps the time of its last good value. */
	int64_t beat_ns = atomic_load_explicit(&img->head->heartbeat_ns, memory_order_relaxed);
	atomic_store_explicit(&g->not_good_ns, later(beat_ns, w->newest_ns), memory_order_relaxed);
}

void
image_publish(struct image *img, uint32_t group, const struct sample *samples)
{
	struct image_worth w = IMAGE_WORTH_NONE;

	assert(group < img->n_groups);
	image_judge(&w, samples, img->first[group + 1] - img->first[group]);
	put(img, group, samples, &w);
}

struct sample *
image_draft(struct image *img, uint32_t group)
{
	assert(img->writer && group < img->n_groups);
	return img->alone ? samples_of(img, group) : img->draft + img->first[group];
}

void
image_commit(struct image *img, uint32_t group, const struct image_worth *worth)
{
	put(img, group, image_draft(img, group), worth);
}

void
image_beat(struct image *img, int64_t now_ns, uint64_t tick, uint64_t overruns)
{
	assert(img->writer);
	atomic_store_explicit(&img->head->tick, tick, memory_order_relaxed);
	atomic_store_explicit(&img->head->overruns, overruns, memory_order_relaxed);
	atomic_store_explicit(&img->head->heartbeat_ns, now_ns, memory_order_release);
}

/* --- reader --- */

/* Of a group's samples: those of region_group. */
struct times {
	int64_t oldest_ns, newest_ns;
};

/* A whole group into scratch: 0, or -EAGAIN if no try found the writer elsewhere. */
static int
group_copy(const struct image *img, uint32_t group, struct times *times)
{
	const struct region_group *g = &img->group[group];
	const _Atomic uint64_t *word = img->word + img->first[group] * SAMPLE_WORDS;
	size_t n = (img->first[group + 1] - img->first[group]) * SAMPLE_WORDS;
	uint64_t *tmp = img->scratch;

	for (int try = 0; try < MAX_TRIES; try++) {
		uint32_t seq = atomic_load_explicit(&g->seq, memory_order_acquire);
		if (seq & 1u)
			continue;
		for (size_t k = 0; k < n; k += SAMPLE_WORDS) { /* a sample a turn: two words */
			tmp[k] = atomic_load_explicit(&word[k], memory_order_acquire);
			tmp[k + 1] = atomic_load_explicit(&word[k + 1], memory_order_acquire);
		}
		times->oldest_ns = atomic_load_explicit(&g->oldest_ns, memory_order_acquire);
		times->newest_ns = atomic_load_explicit(&g->newest_ns, memory_order_acquire);
		if (atomic_load_explicit(&g->seq, memory_order_relaxed) == seq)
			return 0;
	}
	return -EAGAIN;
}

/* Judges samples where they are. */
static struct times
judge_group(struct sample *s, uint32_t n, int64_t now_ns, int64_t max_age_ns)
{
	struct times t = {INT64_MAX, INT64_MIN};

	for (uint32_t i = 0; i < n; i++) {
		t.newest_ns = later(t.newest_ns, s[i].time_ns);
		enum quality q = quality_aged(s[i].quality, s[i].time_ns, now_ns, max_age_ns);
		if (q != s[i].quality)
			s[i].quality = q;
		if (ages(&s[i]))
			t.oldest_ns = earlier(t.oldest_ns, s[i].time_ns);
	}
	return t;
}

/* Mostly samples are as good as when they were published. */
static bool
must_judge(struct times t, int64_t now_ns, int64_t max_age_ns)
{
	return t.oldest_ns < now_ns - max_age_ns || t.newest_ns > now_ns;
}

static struct times
times_of(const struct region_group *g)
{
	return (struct times){atomic_load_explicit(&g->oldest_ns, memory_order_relaxed),
			      atomic_load_explicit(&g->newest_ns, memory_order_relaxed)};
}

/* *until_ns: until when the samples are judged so as long as they stay what they are. */
static int
read_group(const struct image *img, uint32_t group, int64_t now_ns, struct sample *out,
	   int64_t *until_ns)
{
	assert(group < img->n_groups);
	uint32_t n = img->first[group + 1] - img->first[group];
	int64_t max_age_ns = img->period_ns[group] * IMAGE_STALE_PERIODS;
	struct times t = times_of(&img->group[group]);
	int rc = img->alone ? 0 : group_copy(img, group, &t);

	if (rc == 0)
		memcpy(out, img->alone ? (void *)samples_of(img, group) : img->scratch,
		       n * sizeof(*out));
	if (rc != 0 || must_judge(t, now_ns, max_age_ns))
		t = judge_group(out, n, now_ns, max_age_ns);
	if (t.newest_ns > now_ns) /* too far in the future today, not tomorrow */
		*until_ns = now_ns;
	else
		*until_ns = until(t.oldest_ns, max_age_ns);
	return rc;
}

int
image_read(const struct image *img, uint32_t group, int64_t now_ns, struct sample *out)
{
	int64_t until_ns;

	return read_group(img, group, now_ns, out, &until_ns);
}

const struct sample *
image_look(const struct image *img, uint32_t group, int64_t now_ns, struct sample *own)
{
	int64_t max_age_ns = img->period_ns[group] * IMAGE_STALE_PERIODS;

	if (img->alone && !must_judge(times_of(&img->group[group]), now_ns, max_age_ns))
		return samples_of(img, group);
	(void)image_read(img, group, now_ns, own);
	return own;
}

/* Can anything have changed since the last look? */
static bool
needs_look(const struct image *img, uint32_t seq, int64_t now_ns, const struct image_seen *seen)
{
	return seen->seq != seq || seen->start_ns != img->head->start_ns || !seen->any ||
	       now_ns < seen->read_ns || now_ns > seen->until_ns;
}

static void
note_look(const struct image *img, uint32_t seq, int64_t now_ns, bool any, struct image_seen *seen)
{
	seen->any = any && (seq & 1u) == 0;
	seen->seq = seq;
	seen->start_ns = img->head->start_ns;
	seen->read_ns = now_ns;
}

bool
image_read_new(const struct image *img, uint32_t group, int64_t now_ns, struct image_seen *seen,
	       struct sample *out)
{
	uint32_t seq = atomic_load_explicit(&img->group[group].seq, memory_order_acquire);

	if (!needs_look(img, seq, now_ns, seen))
		return false;
	bool any = read_group(img, group, now_ns, out, &seen->until_ns) == 0;
	note_look(img, seq, now_ns, any, seen);
	return true;
}

/* --- reader in the writer's thread --- */

const struct sample *
image_here(struct image *img)
{
	if (!img->writer || img->lock_fd >= 0 || img->mapped)
		return NULL;
	img->alone = true;
	return samples_of(img, 0);
}

void
image_settle(struct image *img, int64_t now_ns)
{
	assert(img->alone);
	for (uint32_t k = 0; k < img->n_groups; k++) {
		if (now_ns <= img->here[k].until_ns)
			continue;
		struct times t = judge_group(samples_of(img, k), img->first[k + 1] - img->first[k],
					     now_ns, img->period_ns[k] * IMAGE_STALE_PERIODS);
		atomic_store_explicit(&img->group[k].oldest_ns, t.oldest_ns, memory_order_relaxed);
		now_here(img, k, t.oldest_ns, false);
	}
}

/* Is that another number than was seen? It is seen now. */
static bool
see(uint32_t *seen, uint32_t now)
{
	bool another = *seen != now;

	*seen = now;
	return another;
}

bool
image_is_new(const struct image *img, uint32_t group, uint32_t *seen)
{
	assert(img->alone && group < img->n_groups);
	return see(seen, img->here[group].version);
}

bool
image_has_moved(const struct image *img, uint32_t group, uint32_t *seen)
{
	assert(img->alone && group < img->n_groups);
	return see(seen, img->here[group].moved);
}

uint32_t
image_read_all(const struct image *img, int64_t now_ns, struct sample *out)
{
	uint32_t missed = 0;

	for (uint32_t g = 0; g < img->n_groups; g++)
		if (image_read(img, g, now_ns, out + img->first[g]))
			missed++;
	return missed;
}

bool
image_alive(const struct image *img, int64_t now_ns)
{
	int64_t beat_ns = atomic_load_explicit(&img->head->heartbeat_ns, memory_order_acquire);
	int64_t max_age_ns = img->beat_ns * IMAGE_STALE_PERIODS;

	/* Far in the future: a file that a reboot left behind, see sample_judge. */
	return beat_ns >= now_ns - max_age_ns && beat_ns <= now_ns + max_age_ns;
}

void
image_status(const struct image *img, int64_t now_ns, struct image_status *out)
{
	const struct region_head *h = img->head;

	*out = (struct image_status){
		.pid = h->pid,
		.start_ns = h->start_ns,
		.heartbeat_ns = atomic_load_explicit(&h->heartbeat_ns, memory_order_acquire),
		.tick = atomic_load_explicit(&h->tick, memory_order_relaxed),
		.overruns = atomic_load_explicit(&h->overruns, memory_order_relaxed),
		.events = atomic_load_explicit(&h->events, memory_order_acquire),
		.alive = image_alive(img, now_ns),
	};
}

int64_t
image_last_not_good_ns(const struct image *img, uint32_t group)
{
	assert(group < img->n_groups);
	return atomic_load_explicit(&img->group[group].not_good_ns, memory_order_relaxed);
}
