/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to core/image*.c and their tests: what a region looks like in memory.
 *
 *   region_head | region_group[n_groups] | word[n_samples * SAMPLE_WORDS] | region_slot[IMAGE_EVENTS]
 *
 * Another region means another IMAGE_LAYOUT_VERSION; struct image is each process's own.
 */
#ifndef ISOTHERM_CORE_IMAGE_REGION_H
#define ISOTHERM_CORE_IMAGE_REGION_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/image.h"

#define REGION_MAGIC UINT64_C(0x6d726568746f7369) /* "isotherm" in the order of memory */
#define REGION_ALIGN 64u                          /* a cache line */
#define SAMPLE_WORDS (sizeof(struct sample) / sizeof(uint64_t))
#define EVENT_WORDS (sizeof(struct image_event) / sizeof(uint64_t))

struct region_head {
	/* Fixed before the region gets its name. */
	uint64_t magic;
	uint32_t layout_version;
	uint32_t n_groups, n_samples, n_events;
	uint64_t size_bytes; /* of the whole region */
	int64_t start_ns, beat_ns;
	uint8_t table_hash[32];
	int32_t pid;
	/* Changing. */
	_Alignas(REGION_ALIGN) _Atomic int64_t heartbeat_ns;
	_Atomic uint64_t tick, overruns;
	_Atomic uint64_t events; /* number of the newest complete event */
};

struct region_group {
	_Alignas(REGION_ALIGN) _Atomic uint32_t seq; /* odd while the writer is at work */
	uint32_t first, n;                           /* fixed: the samples it holds */
	_Atomic int64_t not_good_ns;
	/* times of its samples: the oldest of those that can turn stale, the newest of all */
	_Atomic int64_t oldest_ns, newest_ns;
};

struct region_slot {
	_Atomic uint64_t seq; /* number of the event in it, 0 while it is being written */
	_Atomic uint64_t word[EVENT_WORDS];
};

_Static_assert(sizeof(struct sample) == 16, "a sample is two words without padding");
_Static_assert(sizeof(struct image_event) == 136, "an event is 17 words without padding");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be private to one process");

/* What readers in the writer's thread want to know of a group, side by side for all of them. */
struct group_here {
	int64_t until_ns; /* until when its samples are as good as they say */
	/* 1 before the first publish; other ones whenever they are others, and in more than their times */
	uint32_t version, moved;
};

struct image {
	struct region_head *head; /* the region; mapped read-only in a reader */
	struct region_group *group;
	_Atomic uint64_t *word;
	struct sample *sample;   /* the same, of an image that is alone */
	struct group_here *here; /* [n_groups] of plain memory, else NULL */
	struct region_slot *slot;

	/* How the region is cut: our own copy, never what a mapped file says. */
	uint32_t n_groups;
	uint32_t *first;
	int64_t *period_ns;
	uint8_t table_hash[32];
	int64_t beat_ns;
	size_t size_bytes;
	uint64_t *scratch;    /* the largest group, on its way to a reader */
	struct sample *draft; /* [n_samples] of a writer, on their way to the region */

	bool writer;
	bool alone; /* nobody reads what another writes at that time: no word needs to be atomic (image_here) */
	bool mapped; /* else plain memory */
	int lock_fd; /* -1 none */
	dev_t device;
	ino_t inode;
	char path[256]; /* of the file, "" if there is none */
};

/* An image without a region: a copy of the layout. 0, -EINVAL, -ENOMEM. */
int image_new(struct image **out, const struct image_layout *layout);
int image_new_writer(struct image **out,
		     const struct image_layout *layout); /* that will have one of its own */
/* Lay the image over size_bytes of memory. */
void image_bind(struct image *img, void *region);
/* Fill a zeroed region for its writer. */
void image_fill(struct image *img, int32_t pid, int64_t now_ns);
/* Give a mapped region back; none is fine. */
void image_unmap(struct image *img);
bool image_alive(const struct image *img, int64_t now_ns);

#endif
