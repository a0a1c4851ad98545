/* SPDX-License-Identifier: ISC */
/*
 * The value of an entry in the control file routes: what is to be done with mail for a domain or an
 * address. satchel-control(5) has the words.
 */
#ifndef CONF_HOP_H
#define CONF_HOP_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

enum hop_kind {
	HOP_MX,	     /* "mx", "mx:DOMAIN": the DNS knows */
	HOP_SERVERS, /* "smtp:HOST:PORT" or "smtps:..."; several, with commas, in order */
	HOP_LMTP,    /* "lmtp:HOST:PORT", "lmtp:unix:/path" */
	HOP_PIPE,    /* "pipe:[OPTIONS ]/program ..." (conf/gateway.h) */
	HOP_BSMTP,   /* "bsmtp:[OPTIONS ]/path" (the same) */
	HOP_ERROR,   /* "error:[CODE ]TEXT" */
	HOP_DISCARD, /* "discard", "discard:TEXT" */
};

#define HOP_SERVERS_MAX 10

struct hop {
	enum hop_kind kind;
	bool is_held;	   /* "hold": only when it is asked for (ETRN, ATRN) */
	struct slice text; /* of HOP_MX the domain, or empty; of HOP_SERVERS all; else what follows
			      the colon, of HOP_ERROR without the code */
	struct slice code; /* HOP_ERROR: RFC 3463, class 4 or 5 */
};

/*
 * Takes TEXT apart; "hold" is "hold:mx", and may stand before mx, smtp, smtps and lmtp, with a
 * colon. Null, or what would be right.
 */
const char *hop_parse(struct slice text, struct hop *hop);
/*
 * Adds what a worker is told to reach DOMAIN by HOP, which is neither HOP_ERROR nor HOP_DISCARD:
 * "mx:DOMAIN"; "smtp:HOST:PORT", "smtps:HOST:PORT", several with commas between; "lmtp:HOST:PORT",
 * "lmtp:unix:/path"; "pipe:...", "bsmtp:..." as they were written. Names are in lower case, so that
 * one destination has one name, ports are always there, and IPv6 addresses are in brackets. 0, or
 * -1 with str's errors.
 */
int hop_add(struct str *out, const struct hop *hop, struct slice domain);
/*
 * As hop_add with no route: "mx:DOMAIN", also of an address literal, which is no administrator's
 * word: smtp-send goes there directly (RFC 5321, 5.1), but not to this host itself.
 */
int hop_add_default(struct str *out, struct slice domain);

#endif
