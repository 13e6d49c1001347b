/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/backoff.h"

#include <string.h>
#include <sysexits.h>

enum backoff_verdict
backoff_ended(struct backoff *b, int exit_code, int64_t up_ns, int64_t now_ns, int64_t *retry_ns)
{
	if (exit_code == EX_USAGE || exit_code == EX_CONFIG)
		return BACKOFF_GIVE_UP;
	if (up_ns >= BACKOFF_WINDOW_NS)
		*b = (struct backoff){0};
	if (b->n == BACKOFF_TRIES)
		memmove(b->ended_ns, b->ended_ns + 1, --b->n * sizeof b->ended_ns[0]);
	b->ended_ns[b->n++] = now_ns;
	if (b->n == BACKOFF_TRIES && now_ns - b->ended_ns[0] <= BACKOFF_WINDOW_NS) {
		*b = (struct backoff){0};
		*retry_ns = now_ns + BACKOFF_HOLD_NS;
		return BACKOFF_HOLD_OFF;
	}
	b->delay_ns = b->delay_ns == 0 ? BACKOFF_FIRST_NS : 2 * b->delay_ns;
	if (b->delay_ns > BACKOFF_MOST_NS)
		b->delay_ns = BACKOFF_MOST_NS;
	*retry_ns = now_ns + b->delay_ns;
	return BACKOFF_RETRY;
}
