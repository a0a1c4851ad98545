/* SPDX-License-Identifier: ISC */
#ifndef MAIL_ENHANCED_CODE_H
#define MAIL_ENHANCED_CODE_H

#include <stdbool.h>

#include "base/slice.h"

/* True for an enhanced status code of a failure: "4.DDD.DDD" or "5.DDD.DDD" (RFC 3463, 2). */
bool enhanced_code_is_failure(struct slice text);

#endif
