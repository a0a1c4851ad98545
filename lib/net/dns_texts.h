/* SPDX-License-Identifier: ISC */
/* TXT records: what domains publish about themselves (RFC 1035, 3.3.14). */
#ifndef NET_DNS_TEXTS_H
#define NET_DNS_TEXTS_H

#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"
#include "net/dns.h"

#define DNS_TEXTS_MAX ((size_t)65536) /* what TEXTS may need as its cap */

/*
 * All TXT records of NAME, which may have labels with underscores: the strings of each run together
 * (RFC 7208, 3.3), and a NUL behind each record. One that holds a NUL itself is left out. *ttl is
 * the shortest of all. DNS_FOUND with an empty TEXTS: there was none but such.
 */
enum dns_result dns_texts(
    struct dns *d, struct slice name, deadline until, struct str *texts, uint32_t *ttl);

#endif
