/* SPDX-License-Identifier: ISC */
/*
 * Opening stream connections, non-blocking and close-on-exec, without Nagle's delay: what a
 * protocol of commands and replies wants. To several addresses at once, as RFC 8305 has it: they
 * are begun one after the other, each a little later than the one before or as soon as that has
 * failed, and the first that answers is taken. Those that have not answered by then are let go of
 * before they are connections, so that no server sees one that nobody speaks on.
 */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum connect_state {
	CONNECT_WAITING, /* not begun */
	CONNECT_TRYING,	 /* begun; behind the race: not heard of by then */
	CONNECT_FAILED,
	CONNECT_WON,
};

struct connect_attempt {
	/* of the caller: */
	struct sockaddr_storage address;
	socklen_t len;
	const struct sockaddr_storage *source; /* to connect from; null: the kernel knows */
	socklen_t source_len;
	size_t index; /* whatever it likes */
	/* of the race: */
	enum connect_state state;
	int fd;
	int error;	    /* errno of CONNECT_FAILED */
	bool source_failed; /* it is not possible to connect from there */
	deadline begun, until;
};

struct connect_pace {
	int64_t delay_ms; /* between the begin of one attempt and that of the next */
	int64_t each_ms;  /* for one attempt */
	deadline until;	  /* for all */
};

/*
 * The descriptor that one of LIST was connected with, and *winner is that one. -1 if all have
 * failed, or with ETIMEDOUT at the end; errno is that of the last to fail.
 */
int connect_race(
    struct connect_attempt *list, size_t count, const struct connect_pace *pace, size_t *winner);

/* To one address. The descriptor, or -1 with errno; ETIMEDOUT at the deadline. */
int connect_to(const struct sockaddr_storage *address, socklen_t len, deadline until);

#endif
