/* SPDX-License-Identifier: ISC */
/* The fields that delivery puts in front of a message. */
#ifndef DELIVER_PREFIX_H
#define DELIVER_PREFIX_H

#include "base/str.h"
#include "content.h"

#define PREFIX_MAX ((size_t)4096)

/*
 * Adds Return-Path (RFC 5321, 4.4), Delivered-To unless RECIPIENT is empty, and the empty line that
 * a message without a header needs behind them. 0, or -1 with str's errors.
 */
int prefix_add(
    struct str *out, struct slice sender, struct slice recipient, const struct content *c);
/* As above for a message that is forwarded: without Return-Path, which is for the final delivery.
 */
int prefix_add_forward(struct str *out, struct slice recipient, const struct content *c);

#endif
