/* SPDX-License-Identifier: ISC */
#ifndef SENDMAIL_OUTCOME_H
#define SENDMAIL_OUTCOME_H

#include <stdbool.h>

#include "base/slice.h"
#include "spool/submit.h"

/*
 * Waits for the first attempt, if S was to do so. With IS_SHOWN prints what became of each
 * recipient of ENVELOPE, the fields that were submitted.
 */
void outcome_await(struct submit *s, struct slice envelope, bool is_shown);

#endif
