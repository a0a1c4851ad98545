/* SPDX-License-Identifier: ISC */
/* NOTIFY of RFC 3461, 4.1: words with commas between, in capitals as the envelope keeps them. */
#ifndef MAIL_NOTIFY_H
#define MAIL_NOTIFY_H

#include <stdbool.h>

#include "base/slice.h"

#define NOTIFY_NEVER "NEVER"
#define NOTIFY_SUCCESS "SUCCESS"
#define NOTIFY_FAILURE "FAILURE"
#define NOTIFY_DELAY "DELAY"

/* True if WORD is one of them. */
bool notify_has(struct slice notify, const char *word);

#endif
