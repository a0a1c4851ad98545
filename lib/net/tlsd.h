/* SPDX-License-Identifier: ISC */
/*
 * Asking tlsd for TLS on a connection (tlsd(8), HELPER PROTOCOL): the side of a server that knows
 * no TLS. The connection's descriptors are passed to tlsd; once the handshake is done, what was the
 * socket to tlsd carries the plaintext.
 */
#ifndef NET_TLSD_H
#define NET_TLSD_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/clock.h"
#include "base/helper.h"
#include "base/str.h"
#include "net/tls_info.h"

enum tlsd_frame {
	/* from the server */
	TLSD_START = 'S', /* with the connection's descriptors: one, or one to read and one to write
			   */
	TLSD_HANDSHAKE = 'H', /* empty: begin */
	/* from tlsd */
	TLSD_READY = 'G',	/* empty: H may come */
	TLSD_NEGOTIATED = 'T',	/* tls_info as fields; then plaintext, both ways */
	TLSD_UNAVAILABLE = 'N', /* why: in the place of G; the connection was not touched */
	TLSD_FAILED = 'F',	/* why: in the place of T; the connection is of no more use */
};

#define TLSD_PAYLOAD_MAX TLS_INFO_MAX
#define TLSD_REASON_MAX ((size_t)500)

struct tlsd {
	struct helper helper;
	struct str reason;		 /* of the last failure, one line */
	const struct executor *executor; /* null, or set by who may execute nothing himself */
};

/* Nothing open. */
void tlsd_init(struct tlsd *t);
/* Closes what tlsd_take did not take, and waits for a tlsd that was executed. */
void tlsd_free(struct tlsd *t);

/*
 * Passes the connection, IN and OUT, of the client ADDRESS ("" if unknown) to tlsd. True when tlsd
 * is ready: nothing was read or written yet, so a server may now tell its client to begin. False
 * with the reason: the connection is as it was.
 */
bool tlsd_start(struct tlsd *t, int in, int out, const char *address, deadline until);
/* After that, the handshake. False with the reason: then the connection must be closed. */
bool tlsd_handshake(struct tlsd *t, struct tls_info *info, deadline until);
/*
 * After that: the socket for the plaintext, now the caller's, and in *process the rest of the
 * helper: for tlsd_end.
 */
int tlsd_take(struct tlsd *t, struct helper *process);
/*
 * After the last words on FD, that socket: a tlsd that was executed for us alone ends, and is
 * waited for if it is a child of ours. A service, or what tlsd_take was not asked for, is left
 * alone.
 */
void tlsd_end(struct helper *process, int fd);

#endif
