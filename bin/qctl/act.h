/* SPDX-License-Identifier: ISC */
/* What is done to messages: each is claimed first, so nothing is taken from under a delivery. */
#ifndef QCTL_ACT_H
#define QCTL_ACT_H

#include <stdbool.h>

enum action { ACTION_HOLD, ACTION_RELEASE, ACTION_RETRY, ACTION_DELETE };

/* IDS are COUNT queue ids, or the one word "all". Exit code. */
int act_on(enum action action, char **ids, int count);

#endif
