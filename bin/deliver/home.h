/* SPDX-License-Identifier: ISC */
/* What a system user wants done with his mail. */
#ifndef DELIVER_HOME_H
#define DELIVER_HOME_H

#include "expand.h"

/*
 * Adds what the user NAME, who must be the one that we run as, wants done with his mail. 0, or -1
 * and the outcome.
 */
int home_expand(struct expansion *e, struct slice name);
/* Adds his default mailbox; the plan has his home. */
int home_add_mailbox(struct expansion *e);

#endif
