/* SPDX-License-Identifier: ISC */
/*
 * A server for the targets that speak whole sessions. In the place of the spool (spool/submit.h) is
 * one that checks what it gets and keeps it; in the place of authd one that knows joe's password.
 */
#ifndef SERVER_H
#define SERVER_H

#include "smtp/session.h"

/* What came of one session. */
struct served {
	struct session session; /* as it was at its end */
	uint64_t replies;	/* the greeting is one */
	uint64_t messages;	/* that the spool took */
	struct str taken; /* those, one behind the other, each without the trace of this server */
};

/* "here.test" with some users of its own, and "xyz.test" to relay to. */
const struct routes *server_routes(void);
/* All that the client says is there at once. Each reply is looked at; FREE in any case. */
void server_serve(const struct session_settings *settings, const struct session_client *client,
    struct slice text, struct served *served);
void served_free(struct served *served);

#endif
