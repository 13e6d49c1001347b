/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a room that ended is started again: after 0.1 s, then twice as long each time up to 5 s. Five
 * ends within 10 s: a pause of 30 s, said once. A room that says its command line or configuration
 * is wrong (exit 64, 78) is not tried again: it would say so for ever.
 */
#ifndef ISOTHERM_RUNNER_BACKOFF_H
#define ISOTHERM_RUNNER_BACKOFF_H

#include <stdint.h>

#define BACKOFF_TRIES 5
#define BACKOFF_WINDOW_NS INT64_C(10000000000)
#define BACKOFF_FIRST_NS INT64_C(100000000)
#define BACKOFF_MOST_NS INT64_C(5000000000)
#define BACKOFF_HOLD_NS INT64_C(30000000000)

enum backoff_verdict { BACKOFF_RETRY, BACKOFF_HOLD_OFF, BACKOFF_GIVE_UP };

struct backoff { /* zeroed: never failed */
	int64_t ended_ns[BACKOFF_TRIES];
	uint32_t n; /* used, oldest first */
	int64_t delay_ns;
};

/*
 * The room ended at now_ns, after it had been ready for up_ns (0: never), with exit_code (-1: by a
 * signal). *retry_ns: when to start it again (unchanged if the verdict is to give up).
 */
enum backoff_verdict backoff_ended(struct backoff *b, int exit_code, int64_t up_ns, int64_t now_ns,
				   int64_t *retry_ns);

#endif
