/* SPDX-License-Identifier: ISC */
#include "base/linger.h"

#include <sys/socket.h>

#include "base/io.h"

#define PIECE 16384

void
linger_reader(struct reader *r, int out)
{
	if (shutdown(out, SHUT_WR) == -1)
		return; /* no socket: nothing can be lost */
	r->until = deadline_in_ms(LINGER_MS);
	do
		reader_consume(r, reader_unread(r).len);
	while (deadline_poll_ms(r->until) > 0 && reader_fill(r) > 0);
}

void
linger_drain(int fd)
{
	deadline until = deadline_in_ms(LINGER_MS);
	char scrap[PIECE];

	while (deadline_poll_ms(until) > 0 && io_read(fd, scrap, sizeof scrap, until) > 0)
		;
}
