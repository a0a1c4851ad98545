/* SPDX-License-Identifier: ISC */
#ifndef CONF_ROUTE_TEXT_H
#define CONF_ROUTE_TEXT_H

#include "base/str.h"
#include "conf/route.h"

/*
 * Adds where a route leads, on one line without its end, for people: "user joe, extension x",
 * "smtp:relay.example.net:587", "refused: 5.1.2 no mail there". What foreign text it holds is
 * escaped. 0, or -1 with str's errors.
 */
int route_text_add(struct str *out, const struct route *route);

#endif
