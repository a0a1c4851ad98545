/* SPDX-License-Identifier: ISC */
/* Whether the tables behind conf/route.h are still those that were read. */
#ifndef CONF_ROUTES_STAMP_H
#define CONF_ROUTES_STAMP_H

#include <stdint.h>

#include "conf/control.h"

/*
 * What the files of routes_open are like now, to be asked before they are read: another number once
 * one of them has come, gone, been replaced or been written. Reads no file.
 */
uint64_t routes_stamp(const struct control *c);

#endif
