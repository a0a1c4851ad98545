/* SPDX-License-Identifier: ISC */
/* STARTTLS as a client says it (RFC 3207), and what follows when TLS is there. */
#include <stdio.h>

#include "smtp/client.h"
#include "smtp/client_session.h"

/*
 * What came behind the reply came in plaintext, from anybody, and would be taken for a reply under
 * TLS: the connection is closed.
 */
enum client_status
client_starttls(struct client *c, struct client_outcome *outcome)
{
	if (str_add_text(&c->output, "STARTTLS\r\n") == -1) {
		client_lost(c, "STARTTLS", outcome);
		return outcome->status;
	}
	if (client_flush(c, "STARTTLS", outcome) == -1 ||
	    client_reply(c, CLIENT_WAIT_STARTTLS, "STARTTLS", outcome) == -1)
		return outcome->status;
	if (c->reply.code == 220)
		return client_check_order(c, "TLS", outcome) == -1 ? outcome->status : CLIENT_OK;
	client_outcome_of_reply(c, outcome);
	if (outcome->status != CLIENT_OK)
		return outcome->status;
	/* another 2yz: who knows what it goes on with */
	outcome->status = CLIENT_TEMPORARY;
	snprintf(outcome->code, sizeof outcome->code, "4.5.0");
	client_close(c);
	return outcome->status;
}

enum client_status
client_secure(
    struct client *c, struct layer *layer, struct slice helo_name, struct client_outcome *outcome)
{
	client_put_layer(c, layer);
	/* what was said before may be somebody else's word (RFC 3207, 4.2) */
	client_forget(c);
	if (client_hello(c, helo_name, outcome) != CLIENT_OK)
		client_quit(c);
	return client_is_open(c) ? CLIENT_OK : outcome->status;
}
