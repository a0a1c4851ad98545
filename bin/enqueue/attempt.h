/* SPDX-License-Identifier: ISC */
/*
 * The first attempt of a message, where the control file deliver says "now" (enqueue(8), DELIVERY
 * AT ONCE): a pass of qrun in the background for the messages of one user, and waiting for what it
 * makes of one of them.
 */
#ifndef ENQUEUE_ATTEMPT_H
#define ENQUEUE_ATTEMPT_H

#include "accept.h"

/*
 * Has the message that A has committed last, for UID, tried now: by qrun -w, by a pass that runs,
 * or by one that is started. Where none can be, the message waits for the next.
 */
void attempt_start(struct accept *a, uid_t uid);

/*
 * Waits until the first attempt is over, nobody is at it any more, the limit deliver-wait, or the
 * end of who waits on FD. Then sends him what is known of each recipient (HELPER PROTOCOL, S).
 * False if he has gone.
 */
bool attempt_await(struct accept *a, uid_t uid, int fd);

#endif
