/* SPDX-License-Identifier: Apache-2.0 */
/* From what is applied to what a law wants, without a bump. */
#ifndef ISOTHERM_CONTROLLERS_TAKEOVER_H
#define ISOTHERM_CONTROLLERS_TAKEOVER_H

#include "controllers/supervisor.h"

void demands_clear(struct demands *d);

/* Ask for what is applied. Readings move within their resolution and lag: a demand follows only
 * what leaves its band, so that it can't creep. `ceiling`: the device holds duties below the demand by
 * its own ceiling; to ask for less for that would let it take its part again from what is left. */
void takeover_track(struct demands *d, const struct law_in *in, bool ceiling);
/* Work as it is: of what is demanded only, for it may be a person's that moved it. */
void takeover_track_shares(struct demands *d, const struct law_in *in);

/* The law's first answer stands in s->out: is it near enough to what is applied? */
void takeover_begin(struct supervisor *s, const struct control_params *p);
/* We stood still, and a device that was on its way has gone on: from where it is now. */
void takeover_after_stall(struct supervisor *s, const struct control_params *p);
/* Demands go to what the law wants, at once or by the ramp. */
void takeover_move(struct supervisor *s, const struct control_params *p);

#endif
