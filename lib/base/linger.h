/* SPDX-License-Identifier: ISC */
/*
 * Closing first. A connection that is closed while there is something to read is reset, and a reset
 * may overtake the last words. So the other side gets a moment to read them, and what it still says
 * is thrown away.
 */
#ifndef BASE_LINGER_H
#define BASE_LINGER_H

#include "base/reader.h"

#define LINGER_MS 1000 /* that moment, at the most */

/* Says by OUT that nothing more comes, and reads R to its end; nothing where OUT is no socket. */
void linger_reader(struct reader *r, int out);
/* Reads FD, the other side of which has been told, to its end. */
void linger_drain(int fd);

#endif
