/* SPDX-License-Identifier: ISC */
/*
 * How often, and how soon again, one server is connected to: --pace and --connections. A server is
 * an address with its port.
 */
#ifndef SMTP_PROBE_PACE_H
#define SMTP_PROBE_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace_server;

struct pace {
	struct pace_server *list; /* owned */
	size_t count;
};

/*
 * Waits until MS have gone by since the last connection to WHERE, and counts one more. False if
 * there were MOST already, or for want of memory.
 */
bool pace_take(struct pace *p, const char *where, int64_t ms, uint64_t most);
/* Between two questions over one connection. */
void pace_wait(int64_t ms);
void pace_free(struct pace *p);

#endif
