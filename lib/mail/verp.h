/* SPDX-License-Identifier: ISC */
/*
 * Variable envelope return paths, by qmail's convention: the reverse-path "PRE@HOST-@[]" stands for
 * another one for each recipient, PRE with "local=domain" of the recipient behind it, so that a
 * bounce says by its address whose it is. It is no address itself, and so can come by no SMTP.
 */
#ifndef MAIL_VERP_H
#define MAIL_VERP_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

/* True for "PRE@HOST-@[]" whose PRE@HOST is an address by RFC 5321 or 6531. */
bool verp_is(struct slice reverse_path);
/* "PRE@HOST" of one that verp_is; any other as it is: what rules for senders are asked about. */
struct slice verp_base(struct slice reverse_path);
/*
 * Adds the reverse-path that RECIPIENT sees. Any but one that verp_is is added as it is. Where the
 * result would be longer than RFC 5321 allows, or would be the one thing of an envelope that needs
 * SMTPUTF8 and IS_UTF8 does not say that it may, it is PRE@HOST, without the one character of
 * "+-=_" that PRE may end with. 0, or -1 with str's errors.
 */
int verp_add(struct str *out, struct slice reverse_path, struct slice recipient, bool is_utf8);

#endif
