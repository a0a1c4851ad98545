/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "net/proxy_header.h"
#include "smtpd.h"

#define HEADER_SECONDS 10

static void
complain(const struct session_client *client, const char *reason)
{
	struct event e;

	event_start(&e, PROGRAM, "proxy");
	event_text(&e, "client", client->peer.address);
	event_text(&e, "reason", reason);
	event_send(&e);
}

/*
 * Nothing that is the proxy's goes over to its client: neither its name nor its rights. Not even
 * where the client has no address: somebody else may be behind it.
 */
static void
become_client(
    struct session_client *client, const struct proxy_header *h, const struct cidr_list *relay)
{
	client->name = NULL;
	client->may_relay = false;
	tls_info_forget_client(&client->tls);
	client->is_hidden = !h->has_client;
	if (!h->has_client)
		return;
	client->peer = h->client;
	client->port = h->client_port;
	client->server = h->server;
	client->server_port = h->server_port;
	client->may_relay = cidr_list_contains(relay, client->peer.address);
}

int
smtpd_take_proxy_header(struct smtpd *d, struct session_client *client)
{
	struct proxy_header header;

	if (!cidr_list_contains(&d->proxies, client->peer.address))
		return 0;
	switch (proxy_header_read(d->in, &header, deadline_in_seconds(HEADER_SECONDS))) {
	case 1:
		become_client(client, &header, &d->relay_hosts);
		return 0;
	case 0: /* it only looks whether we are there */
		return -1;
	default:
		complain(client, errno == EPROTO ? "no PROXY header in front of the connection"
						 : strerror(errno));
		return -1;
	}
}
