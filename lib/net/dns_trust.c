/* SPDX-License-Identifier: ISC */
/* Which resolvers are asked, and whether they are believed. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "net/dns.h"
#include "net/endpoint.h"
#include "net/query.h"

#define LINE_MAX_OCTETS ((size_t)65536)

static bool
is_own(const struct ares_addr_port_node *server)
{
	struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (server->family == AF_INET6) {
		memcpy(&six.sin6_addr, &server->addr.addr6, sizeof six.sin6_addr);
		memcpy(&address, &six, sizeof six);
	} else if (server->family == AF_INET) {
		four.sin_addr = server->addr.addr4;
		memcpy(&address, &four, sizeof four);
	} else
		return false;
	return endpoint_is_own(&address);
}

/* Any of them may answer, so all must be. */
static bool
are_own(struct dns *d)
{
	struct ares_addr_port_node *servers = NULL;
	bool all;

	if (ares_get_servers_ports(d->channel.ares, &servers) != ARES_SUCCESS)
		return false;
	all = servers != NULL;
	for (const struct ares_addr_port_node *at = servers; at != NULL && all; at = at->next)
		all = is_own(at);
	ares_free_data(servers);
	return all;
}

void
dns_trust(struct dns *d, enum dns_trust trust)
{
	d->trust = trust;
	d->is_trusted = trust == DNS_TRUST_ALL || (trust == DNS_TRUST_OWN && are_own(d));
}

bool
dns_is_trusted(const struct dns *d)
{
	return d->is_trusted;
}

bool
dns_trust_parse(struct slice word, enum dns_trust *trust)
{
	static const char *const words[] = {
	    [DNS_TRUST_OWN] = "own",
	    [DNS_TRUST_ALL] = "trust",
	    [DNS_TRUST_NONE] = "off",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_is_nocase(word, words[i])) {
			*trust = (enum dns_trust)i;
			return true;
		}
	return false;
}

static int
complain(struct str *problem, const char *name, const char *wanted, const struct str *text)
{
	(void)str_format(problem, "%s: %s, not \"%.100s\"", name, wanted, text->data);
	errno = EINVAL;
	return -1;
}

int
dns_trust_read(const struct control *c, enum dns_trust *trust, struct str *problem)
{
	struct str text;
	int found, result;

	str_init(&text, LINE_MAX_OCTETS);
	found = control_line(c, "dnssec", &text);
	*trust = DNS_TRUST_OWN;
	result = found == -1 ? -1 : 0;
	if (found == 1 && !dns_trust_parse(str_slice(&text), trust))
		result = complain(problem, "dnssec", "own, trust or off is expected", &text);
	str_free(&text);
	return result;
}

struct dns *
dns_open_configured(const struct control *c, struct str *problem)
{
	struct dns *d = NULL;
	struct str text;
	enum dns_trust trust;

	str_init(&text, LINE_MAX_OCTETS);
	if (dns_trust_read(c, &trust, problem) == -1 || control_line(c, "resolvers", &text) == -1)
		goto out;
	d = dns_open(str_slice(&text));
	if (d == NULL && errno == EINVAL)
		(void)complain(problem, "resolvers", "a list of servers is expected", &text);
	if (d != NULL)
		dns_trust(d, trust);
out:
	str_free(&text);
	return d;
}
