/* SPDX-License-Identifier: ISC */
/*
 * The part that speaks before the login (RFC 1939, 4; RFC 2595; RFC 5034). What a stranger can
 * reach is here: it knows no password, opens no file and executes nothing, but asks its keeper.
 */
#ifndef POP3D_FRONT_H
#define POP3D_FRONT_H

#include "base/executor.h"
#include "base/helper.h"
#include "talk.h"

struct front {
	struct talk talk;
	struct executor keeper; /* the way there; it serves as the executor of helpers */
	struct tls_info tls;
	struct helper tlsd; /* once TLS is on: for its end */
	struct str user;    /* what USER said; empty before */
	bool knows_mechanisms;
	uint64_t failures; /* of logins */
};

/* From the greeting to the login, which the keeper is told of, or the end: the exit code. */
int front_run(const struct settings *s, const struct client *client, int keeper, int in, int out);

/* front_login.c */
void front_user(struct talk *t, struct slice argument);
void front_pass(struct talk *t, struct slice argument);
void front_auth(struct talk *t, struct slice argument);
/* Finds out which mechanisms there are now, at most once. */
void front_find_mechanisms(struct front *f);

/* front_tls.c */
void front_stls(struct talk *t, struct slice argument);
/* Before the greeting: ends the conversation if TLS does not come about. */
void front_begin_with_tls(struct front *f);

#endif
