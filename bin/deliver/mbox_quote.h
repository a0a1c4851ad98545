/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_MBOX_QUOTE_H
#define DELIVER_MBOX_QUOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/*
 * Adds BLOCK with one ">" more before each line of any number of ">" and "From ". IN_LINE: it
 * begins inside a line. 0, or -1 with str's errors.
 */
int mbox_quote(struct str *out, struct slice block, bool in_line);

/*
 * Adds the line that begins a message: "From SENDER DATE", the sender as MAILER-DAEMON if it is
 * empty and with its blanks made hyphens, SECONDS since 1970 as ctime(3) shows UTC (RFC 4155,
 * appendix A).
 */
int mbox_add_separator(struct str *out, struct slice sender, int64_t seconds);

#endif
