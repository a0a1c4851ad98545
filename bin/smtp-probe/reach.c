/* SPDX-License-Identifier: ISC */
#include "net/reach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "net/connect.h"
#include "net/dns.h"
#include "net/endpoint.h"
#include "net/idn.h"
#include "probe.h"
#include "smtp/client_session.h"

#define SMTP_PORT 25
#define ADDRESSES_MAX 64
#define DELAY_MS 250 /* RFC 8305, 5 */

void
reach_begin_step(struct probe *p)
{
	p->step_ms = clock_monotonic_ms();
	p->client.hard = deadline_in_seconds(p->timeout);
}

double
reach_step_seconds(const struct probe *p)
{
	return (double)(clock_monotonic_ms() - p->step_ms) / 1000;
}

/* "name [address]:port" */
static void
name_peer(struct probe *p, const struct sockaddr_storage *address, struct slice host)
{
	str_clear(&p->peer);
	if (str_format(&p->peer, "%.*s [", (int)host.len, host.data) == -1 ||
	    endpoint_add_text(&p->peer, address) == -1 ||
	    str_format(&p->peer, "]:%u", (unsigned)endpoint_port(address)) == -1)
		str_clear(&p->peer);
}

/* IPv6 and IPv4 are raced, as smtp-send does. False, with the outcome set. */
static bool
connect_first(struct probe *p, const struct dns_addresses *found, struct slice host, uint16_t port)
{
	struct connect_attempt list[ADDRESSES_MAX];
	struct connect_pace pace = {.delay_ms = DELAY_MS, .each_ms = p->timeout * 1000};
	const struct reach nothing_known = {.next = 0};
	size_t count = found->count < ADDRESSES_MAX ? found->count : ADDRESSES_MAX, winner;
	int fd;

	for (size_t i = 0; i < count; i++) {
		list[i] = (struct connect_attempt){
		    .address = found->list[i].address, .len = found->list[i].len};
		endpoint_set_port(&list[i].address, port);
	}
	reach_sort(&nothing_known, list, count);
	reach_begin_step(p);
	pace.until = p->client.hard;
	fd = connect_race(list, count, &pace, &winner);
	if (fd != -1) {
		name_peer(p, &list[winner].address, host);
		client_attach(&p->client, fd);
		return true;
	}
	name_peer(p, &list[count - 1].address, host);
	client_outcome_set(&p->outcome, CLIENT_TEMPORARY, "4.4.1", "unable to connect to %s: %s",
	    p->peer.data, strerror(errno));
	return false;
}

static struct dns *
open_dns(struct probe *p)
{
	struct dns *dns = dns_open(str_slice(&p->servers));

	if (dns == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "not a list of DNS servers: %s", p->servers.data);
	if (dns == NULL)
		die_errno(PROGRAM, COULD_NOT_TELL, "unable to set up the resolver");
	return dns;
}

/* The first address that takes a connection. False, with the outcome set. */
static bool
connect_host(struct probe *p, struct slice text)
{
	struct endpoint_text parts;
	struct dns_address literal[1] = {{.ttl = 0}};
	struct dns_addresses found = {.list = literal};
	char ascii[IDN_NAME_SIZE];
	uint16_t port;
	bool connected = false;

	if (!endpoint_split(text, &parts))
		wrong_usage(
		    "HOST[:PORT] is a name, an address or [IPV6], and a port from 1 to 65535");
	if (idn_to_ascii(parts.host, ascii))
		parts.host = slice_of(ascii);
	port = parts.has_port ? parts.port : SMTP_PORT;
	if (endpoint_parse(parts.host, port, &literal[0].address, &literal[0].len)) {
		found.count = 1;
	} else {
		struct dns *dns = open_dns(p);
		enum dns_result result =
		    dns_host_addresses(dns, parts.host, deadline_in_seconds(p->timeout), &found);

		dns_close(dns);
		client_outcome_set(&p->outcome, CLIENT_TEMPORARY, "4.4.3", "%.*s: %s",
		    (int)parts.host.len, parts.host.data, dns_text(result));
	}
	if (found.count > 0)
		connected = connect_first(p, &found, parts.host, port);
	if (found.list != literal)
		dns_addresses_free(&found);
	return connected;
}

static enum verdict
verdict_of_class(int class)
{
	return class == 2 ? YES : class == 5 ? NO : COULD_NOT_TELL;
}

enum verdict
reach_greeting(struct probe *p, struct slice host, bool show)
{
	if (!connect_host(p, host))
		return COULD_NOT_TELL;
	if (show)
		printf("%-10s %s  (%.3f s)\n", "connect", p->peer.data, reach_step_seconds(p));
	reach_begin_step(p);
	if (client_reply(&p->client, CLIENT_WAIT_GREETING, "connect", &p->outcome) == -1)
		return COULD_NOT_TELL;
	if (show)
		show_reply(p, "greeting");
	client_outcome_of_reply(&p->client, &p->outcome);
	if (p->client.reply.code == 220)
		return YES;
	return reply_class(&p->client.reply) == 5 ? NO : COULD_NOT_TELL;
}

enum verdict
reach_hello(struct probe *p, bool show)
{
	reach_begin_step(p);
	(void)client_hello(&p->client, str_slice(&p->helo), &p->outcome);
	if (!client_is_open(&p->client))
		return COULD_NOT_TELL;
	if (show)
		show_reply(p, p->client.is_esmtp ? "EHLO" : "HELO");
	return verdict_of_class(reply_class(&p->client.reply));
}
