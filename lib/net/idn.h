/* SPDX-License-Identifier: ISC */
/*
 * Domain names in the script of their owners and in that of the DNS (RFC 5890: U-labels, A-labels).
 * libidn2 is used here and nowhere else. IDNA2008, with the mapping of UTS 46 for what people type
 * (capitals, full-width forms). Nothing blocks.
 */
#ifndef NET_IDN_H
#define NET_IDN_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

#define IDN_NAME_SIZE 256 /* with its NUL; RFC 1035, 2.3.4 */

/* A-labels for DOMAIN; what is ASCII stays as it is. False for what is no domain name. */
bool idn_to_ascii(struct slice domain, char ascii[IDN_NAME_SIZE]);
/* U-labels for DOMAIN, emptied before into TEXT: 0, or -1 for what cannot be written so. */
int idn_to_unicode(struct slice domain, struct str *text);
/*
 * ADDRESS with A-labels for its domain where that is not ASCII and the local part is: it needs no
 * SMTPUTF8 then (RFC 6531, 3.2). ROOM holds it; else ADDRESS itself, as for what is no address.
 */
struct slice idn_address(struct slice address, struct str *room);

#endif
