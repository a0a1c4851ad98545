/* SPDX-License-Identifier: ISC */
/* The TXT record of _smtp._tls.DOMAIN: where reports about TLS go (RFC 8460, 3). libc alone. */
#ifndef NET_TLS_REPORT_RECORD_H
#define NET_TLS_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

#define TLS_REPORT_PLACES_MAX 4

struct tls_report_places {
	struct slice
	    list[TLS_REPORT_PLACES_MAX]; /* URIs, in the record's text; more do not count */
	size_t count;
};

/* 1; 0 for another record, which does not count; -1 for one of this version that is wrong. */
int tls_report_record_parse(struct slice text, struct tls_report_places *places);
/*
 * Adds the address that URI, "mailto:…", stands for, its %HH decoded (RFC 6068); header fields
 * behind "?" do not count. False if URI is no such thing, or the address none in ASCII.
 */
bool tls_report_mailto(struct slice uri, struct str *address);

#endif
