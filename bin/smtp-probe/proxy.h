/* SPDX-License-Identifier: ISC */
/*
 * The header of the PROXY protocol that --proxy has said in front of everything else: what a proxy
 * before the server would say of whom it speaks for. lib/net/proxy_header.h reads the same.
 */
#ifndef SMTP_PROBE_PROXY_H
#define SMTP_PROBE_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define PROXY_LINE_MAX 108 /* version 1's longest; version 2 has 52 for IPv6 */

struct proxy_line {
	char octets[PROXY_LINE_MAX];
	size_t len; /* 0: none is to be said */
};

/*
 * TEXT is "[v1|v2] CLIENT[:PORT] [SERVER[:PORT]]" or "[v1|v2] unknown"; an IPv6 address with a port
 * is in brackets. Without SERVER it is the unspecified address, without a port 0. False for what is
 * written otherwise, or names two families.
 */
bool proxy_make(struct proxy_line *line, struct slice text);

#endif
