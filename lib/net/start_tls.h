/* SPDX-License-Identifier: ISC */
/*
 * TLS on a connection that a server has, for a server that knows no TLS itself: it asks tlsd, or
 * whoever gave it the connection by UCSPI-TLS. The plaintext then has the numbers that the
 * connection had.
 */
#ifndef NET_START_TLS_H
#define NET_START_TLS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/executor.h"
#include "base/helper.h"
#include "base/str.h"
#include "net/tls_info.h"
#include "net/ucspi_tls.h"

enum start_tls_result {
	START_TLS_ON,
	START_TLS_UNAVAILABLE, /* the client was told nothing: the connection is as it was */
	START_TLS_UNTOLD,      /* the client could not be told to begin */
	START_TLS_FAILED,      /* the connection is of no more use */
};

struct start_tls {
	int in, out;			   /* the connection, which may be one descriptor */
	const char *address;		   /* the client's, or "" */
	const struct ucspi_tls *ucspi_tls; /* null: tlsd is asked */
	const struct executor *executor;   /* executes tlsd; null: this process may itself */
	/* Tells the client to begin; nothing else is on its way then. Null where it knows. */
	bool (*tell)(void *context);
	void *context;
	struct str reason; /* of UNAVAILABLE and FAILED, one line; see start_tls_init */
};

/* Nothing but an empty reason. */
void start_tls_init(struct start_tls *t);
void start_tls_free(struct start_tls *t);
/*
 * Does it, with nothing unread of the connection. *process becomes what tlsd_end wants when the
 * session is over.
 */
enum start_tls_result start_tls(
    struct start_tls *t, struct tls_info *info, struct helper *process, deadline until);

#endif
