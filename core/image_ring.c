/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring of numbered events. Event n lives in slot n % IMAGE_EVENTS, under a sequence lock of its
 * own: the slot's number is 0 while it is being written. A reader asks only for numbers that are
 * complete, so a slot with another number in it means that the writer has come round: the event is
 * lost, and no retry would bring it back.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/image_region.h"

_Static_assert((IMAGE_EVENTS & (IMAGE_EVENTS - 1)) == 0, "slots are found by a mask");

void
image_emit(struct image *img, const struct image_event *event)
{
	assert(img->writer);
	uint64_t seq = atomic_load_explicit(&img->head->events, memory_order_relaxed) + 1;
	struct region_slot *slot = &img->slot[seq & (IMAGE_EVENTS - 1)];
	struct image_event e = *event;
	uint64_t tmp[EVENT_WORDS];

	e.seq = seq;
	e.text[sizeof(e.text) - 1] = '\0';
	memcpy(tmp, &e, sizeof(tmp));
	atomic_store_explicit(&slot->seq, 0, memory_order_relaxed);
	for (size_t k = 0; k < EVENT_WORDS; k++)
		atomic_store_explicit(&slot->word[k], tmp[k], memory_order_release);
	atomic_store_explicit(&slot->seq, seq, memory_order_release);
	atomic_store_explicit(&img->head->events, seq, memory_order_release);
}

/* 0, or -ESTALE if the slot holds another event by now. */
static int
slot_copy(const struct region_slot *slot, uint64_t seq, struct image_event *out)
{
	uint64_t tmp[EVENT_WORDS];

	if (atomic_load_explicit(&slot->seq, memory_order_acquire) != seq)
		return -ESTALE;
	for (size_t k = 0; k < EVENT_WORDS; k++)
		tmp[k] = atomic_load_explicit(&slot->word[k], memory_order_acquire);
	if (atomic_load_explicit(&slot->seq, memory_order_relaxed) != seq)
		return -ESTALE;
	memcpy(out, tmp, sizeof(*out));
	return 0;
}

size_t
image_events(const struct image *img, uint64_t *seq, struct image_event *out, size_t max,
	     uint64_t *lost)
{
	uint64_t newest = atomic_load_explicit(&img->head->events, memory_order_acquire);
	uint64_t gone = 0;
	size_t n = 0;

	if (*seq > newest) /* another writer, that numbers from 1 */
		*seq = 0;
	if (newest - *seq > IMAGE_EVENTS) {
		gone = newest - IMAGE_EVENTS - *seq;
		*seq += gone;
	}
	while (*seq < newest && n < max) {
		uint64_t wanted = ++*seq;

		if (slot_copy(&img->slot[wanted & (IMAGE_EVENTS - 1)], wanted, &out[n]) == 0)
			n++;
		else
			gone++;
	}
	if (lost)
		*lost += gone;
	return n;
}
