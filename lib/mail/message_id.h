/* SPDX-License-Identifier: ISC */
#ifndef MAIL_MESSAGE_ID_H
#define MAIL_MESSAGE_ID_H

#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/*
 * Adds a new msg-id of RFC 5322, 3.6.4, in its angle brackets: SECONDS since 1970, 80 random bits,
 * and HOST, a host name. 0, or -1 with str's errors.
 */
int message_id_add(struct str *out, int64_t seconds, struct slice host);

#endif
