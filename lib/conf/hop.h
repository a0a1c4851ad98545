/* SPDX-License-Identifier: ISC */
/* The next hop that the control file routes names for a domain. */
#ifndef CONF_HOP_H
#define CONF_HOP_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

struct hop {
	bool is_held;	   /* "hold": only when it is asked for (ETRN, ATRN) */
	bool is_mx;	   /* "mx": the DNS knows */
	struct slice host; /* a name, an IPv4 address, or an IPv6 address without brackets */
	bool is_ipv6;
	unsigned port;
};

/*
 * "mx", or "smtp:HOST" or "smtp:HOST:PORT" with an IPv6 HOST in brackets; "hold" is "hold:mx", and
 * may stand before any of them, with a colon. False for anything else.
 */
bool hop_parse(struct slice text, struct hop *hop);
/* Adds what smtp-send is told to reach DOMAIN by HOP. 0, or -1 with str's errors. */
int hop_add(struct str *out, const struct hop *hop, struct slice domain);
/* As hop_add with no route: DOMAIN by its MX, an address literal directly (RFC 5321, 5.1). */
int hop_add_default(struct str *out, struct slice domain);

#endif
