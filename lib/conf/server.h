/* SPDX-License-Identifier: ISC */
/* One server that a route names: "smtp:HOST:PORT" and its like. */
#ifndef CONF_SERVER_H
#define CONF_SERVER_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

struct server {
	const char *scheme; /* "smtp", "smtps" or "lmtp" */
	struct slice host;  /* a name, an IPv4 address, or an IPv6 address without brackets */
	bool is_ipv6;
	unsigned port; /* as written, or 25, 465, 24 */
};

/*
 * "smtp:HOST", "smtps:HOST" or "lmtp:HOST", each perhaps with ":PORT" behind; an IPv6 HOST stands
 * in brackets. False for anything else.
 */
bool server_parse(struct slice text, struct server *server);
/* Adds "SCHEME:HOST:PORT", the host in lower case. 0, or -1 with str's errors. */
int server_add(struct str *out, const struct server *server);
/* [192.0.2.1], [IPv6:2001:db8::1] (RFC 5321, 4.1.3) or [2001:db8::1]: sets host and is_ipv6. */
bool server_parse_literal(struct slice text, struct server *server);
/* Adds TEXT in lower case: 0, or -1 with str's errors. */
int server_add_lower(struct str *out, struct slice text);

#endif
