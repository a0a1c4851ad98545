/* SPDX-License-Identifier: ISC */
/*
 * Why something failed, in words that are the same for all whom it befell: what replies hold of
 * addresses, hosts, numbers, ids and times is put into words of its kind.
 */
#ifndef MAILLOG_REASON_H
#define MAILLOG_REASON_H

#include "base/slice.h"
#include "base/str.h"

#define REASON_MAX ((size_t)160) /* octets */

/*
 * Adds the REPLY to OUT: "450 4.7.1 <ann@example.org>: Greylisted for 300 s (192.0.2.1)" becomes
 * "450 4.7.1 ADDRESS: Greylisted for N s (IP)". What is longer is cut. 0, or -1.
 */
int reason_add(struct str *out, struct slice reply);

#endif
