/* SPDX-License-Identifier: ISC */
#ifndef SENDMAIL_COMPLETE_H
#define SENDMAIL_COMPLETE_H

#include "base/slice.h"
#include "base/str.h"
#include "identity.h"
#include "options.h"

/*
 * Adds HEADER to OUT as it is to be sent, with the empty line behind it: From, Date and Message-ID
 * are made where missing, and the fields that no reader may see are left out (sendmail(1), WHAT
 * BECOMES OF THE MESSAGE). SENDER is the reverse-path.
 */
void complete_header(struct slice header, const struct options *o, struct slice sender,
    struct identity *who, struct str *out);

#endif
