/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process image: the samples of one writing process in shared memory, read by everybody.
 *
 * One region a writer, opened read-write and flock'ed by its owner alone and mapped read-only by
 * readers, so the single writer is a fact of file permissions. A region is a flat array of samples
 * cut into groups; each group is a sequence lock of C11 atomics. Events that must not be skipped go
 * through a numbered ring in the same region.
 *
 * A writer never reuses a region: it fills NAME.tmp and renames it over NAME; the lock is NAME.lock
 * and is never replaced. Readers that see an old heartbeat look whether NAME has become another
 * file (image_refresh).
 *
 * The core knows nothing of the plant: what sample 17 is, the point table says (config/plant.h).
 */
#ifndef ISOTHERM_CORE_IMAGE_H
#define ISOTHERM_CORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/errtext.h"
#include "core/sample.h"

#define IMAGE_LAYOUT_VERSION 3u
#define IMAGE_EVENTS 1024u    /* events kept in the ring, a power of two */
#define IMAGE_STALE_PERIODS 3 /* a sample is stale after this many periods of its group */

struct image_layout {
	const char *name; /* file name in the run folder, "in-0.img" */
	uint32_t n_groups;
	/* [n_groups + 1]: group g holds samples first[g] .. first[g + 1] - 1 */
	const uint32_t *first;
	const int64_t *period_ns;  /* [n_groups]: how often the writer means to publish it, > 0 */
	const uint8_t *table_hash; /* [32] of the point table that says what each sample is */
	int64_t beat_ns;           /* period of the writer's heartbeat */
};

struct image_event {
	uint64_t seq;    /* 1, 2, 3 …; set by image_emit: a gap is visible */
	int64_t time_ns; /* plant time */
	uint32_t code;   /* the writing room's own enumeration */
	uint32_t point;  /* point id it is about, UINT32_MAX if none */
	double value;
	char text[104]; /* one line for people */
};

struct image_status {
	int32_t pid;
	int64_t start_ns;     /* monotonic, when the writer made the region */
	int64_t heartbeat_ns; /* plant time of the last image_beat */
	uint64_t tick, overruns;
	uint64_t events; /* number of the newest event, 0 if none */
	bool alive;      /* heartbeat not older than IMAGE_STALE_PERIODS of the writer's period, nor
			    that far in the future (a file that outlived a reboot) */
};

/* What the samples of a group are worth altogether. */
struct image_worth {
	bool not_good;                /* one is worse than GOOD; NEVER is not */
	int64_t oldest_ns, newest_ns; /* times, of those that can turn STALE and of all */
	bool same; /* all but their times is what was there before; false says nothing */
};
#define IMAGE_WORTH_NONE ((struct image_worth){.oldest_ns = INT64_MAX, .newest_ns = INT64_MIN})

struct image;

/*
 * Make a region and own it. 0; -EBUSY another process owns it (err names its pid); -EINVAL the
 * layout makes no sense; -errno otherwise. The layout is copied. The result is released by image_close, which leaves the last values for readers to
 * age.
 */
int image_create(struct image **out, const char *run_dir, const struct image_layout *layout,
		 int64_t now_ns, struct errtext *err);

/* A region in plain memory, for scenarios and tests: the same functions, one process, writer and
 * reader alike. Not alive before its first image_beat. */
int image_memory(struct image **out, const struct image_layout *layout);

/*
 * Map a region read-only. `layout` is what the reader expects. -ENOENT: no writer has made it yet;
 * -EPROTO: another layout version, point table or cut, a file cut off, or no image at all (err says
 * which file and why).
 */
int image_attach(struct image **out, const char *run_dir, const struct image_layout *layout,
		 struct errtext *err);

/*
 * Reader: if the heartbeat is old, look whether the file is another one now and map that. 1
 * re-attached, 0 not; -errno: the new file is no good, what was mapped stays. Read the last events
 * of the old region before, and set *seq to 0 after it: a new writer numbers its events from 1.
 */
int image_refresh(struct image *img, int64_t now_ns, struct errtext *err);

void image_close(struct image *img); /* NULL is allowed */

/* --- writer --- */
/* `samples` are all of the group. */
void image_publish(struct image *img, uint32_t group, const struct sample *samples);
/*
 * The same without samples of one's own: they are filled in where they are, as they were left the last time, and then committed.
 * Where this thread alone reads the image (image_here) that is where it reads them: so they are filled in in one go, and some
 * may have become STALE meanwhile. Those of all groups lie one behind the other. Borrowed until the first image_here or
 * image_close.
 */
struct sample *image_draft(struct image *img, uint32_t group);
void image_commit(struct image *img, uint32_t group, const struct image_worth *worth);
/* Takes n more samples in. */
void image_judge(struct image_worth *worth, const struct sample *samples, uint32_t n);
void image_beat(struct image *img, int64_t now_ns, uint64_t tick, uint64_t overruns);
void image_emit(struct image *img, const struct image_event *event); /* seq is assigned */

/* --- reader --- */
/*
 * Copy a group; every sample is judged at now_ns (STALE after IMAGE_STALE_PERIODS of the group's
 * period). 0, or -EAGAIN after bounded retries (writer died in mid-write): `out` is left as it was,
 * but judged again at now_ns. So `out` is kept from one call to the next, and zeroed before the
 * first.
 */
int image_read(const struct image *img, uint32_t group, int64_t now_ns, struct sample *out);
/* The same for a reader that only looks: the samples where they are, if nobody writes them meanwhile (image_here) and
 * they are as good as when they were published, else copied to `own`; until the next publish. */
const struct sample *image_look(const struct image *img, uint32_t group, int64_t now_ns,
				struct sample *own);
/* What a reader keeps of a group between two looks at it; zeroed before the first. */
struct image_seen {
	uint32_t seq;
	bool any;
	int64_t start_ns, read_ns, until_ns;
};
/* The same as image_read, with nothing done where nothing can have changed since the last look: no
 * publish, no new file, no sample that has become too old. Whether `out` was touched. */
bool image_read_new(const struct image *img, uint32_t group, int64_t now_ns,
		    struct image_seen *seen, struct sample *out);
/*
 * For readers in the writer's own thread, that is of an image_memory alone: its samples where they are, index = sample,
 * which then need not be copied by each. NULL: others write, or read, at the same time (image_create, image_attach).
 * From the first call on nothing of it may be read while it is written. Threads that share the writer's work (core/sweep.h)
 * each write groups of their own, and what one has written another reads after the sweep.
 */
const struct sample *image_here(struct image *img);
/* Judges all of them at now_ns, where they are: what image_read would give. Not for times that go back. */
void image_settle(struct image *img, int64_t now_ns);
/* For one that looks at them where they are: are the group's samples others than at his last look, by a publish or by
 * image_settle? `seen` is his, 0 before the first. */
bool image_is_new(const struct image *img, uint32_t group, uint32_t *seen);
/* Likewise: are they others in more than their times, or may they be? */
bool image_has_moved(const struct image *img, uint32_t group, uint32_t *seen);
/* All groups into out[first[n_groups]]; the number of groups that gave no new value. */
uint32_t image_read_all(const struct image *img, int64_t now_ns, struct sample *out);
void image_status(const struct image *img, int64_t now_ns, struct image_status *out);
/*
 * Plant time, exact to a heartbeat, when any sample of the group was last published without being
 * GOOD; INT64_MIN if that never happened in this region. NEVER does not count: a start is no fault.
 */
int64_t image_last_not_good_ns(const struct image *img, uint32_t group);
/*
 * Events after *seq, oldest first, at most max; *seq moves on. *lost (may be NULL) counts those
 * that the ring no longer holds. Returns how many were copied.
 */
size_t image_events(const struct image *img, uint64_t *seq, struct image_event *out, size_t max,
		    uint64_t *lost);

#endif
