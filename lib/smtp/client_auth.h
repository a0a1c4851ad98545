/* SPDX-License-Identifier: ISC */
/*
 * AUTH (RFC 4954), the client's side: behind EHLO, and behind STARTTLS and the EHLO after it. Who
 * calls decides whether this server may have the secret. Blocks as smtp/client.h says. What fails
 * is temporary, whatever the server says: it is about who sends, and no message's fault.
 */
#ifndef SMTP_CLIENT_AUTH_H
#define SMTP_CLIENT_AUTH_H

#include "net/sasl_client.h"
#include "smtp/client.h"

enum client_auth_result {
	CLIENT_AUTH_DONE,
	CLIENT_AUTH_NONE,    /* the server offers nothing that is allowed */
	CLIENT_AUTH_REFUSED, /* the secret is not right */
	CLIENT_AUTH_FAILED,  /* something else */
};

struct client_login {
	struct sasl_client_account account;
	struct sasl_conditions conditions;
	unsigned mechanisms; /* allowed: bits of net/sasl_client.h */
	const char **tried;  /* gets the name of the mechanism that was tried last; may be null */
	/* Gets each response, as it is before base 64, before the server does; may be null. For who
	 * shows what the server says, and wants to hide what it repeats. */
	void (*watch)(void *context, struct slice response);
	void *context;
};

/*
 * Logs in with the strongest mechanism, and with the next where the server says that it cannot or
 * will not use that. OUTCOME is set but for CLIENT_AUTH_DONE; the connection may be closed then.
 * Nothing that was said of the secret stays in memory.
 */
enum client_auth_result client_auth(
    struct client *c, const struct client_login *login, struct client_outcome *outcome);

#endif
