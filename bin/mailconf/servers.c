/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "conf/mx_port.h"
#include "mailconf.h"
#include "net/dns.h"
#include "net/endpoint.h"
#include "net/tls_policy.h"

#define SECONDS 30 /* for all questions */

/* One answer at work. */
struct asking_servers {
	struct dns *dns;
	struct tls_policy *policy;
	struct tls_requirement requirement;
	struct str line;
	const char *indent;
	struct str *out;
	struct slice me;
	deadline until;
	uint16_t mx_port;
	int code; /* the best of all servers */
};

static void
improve(struct asking_servers *a, int code)
{
	if (a->code == EXIT_PERMANENT || code == EXIT_DONE)
		a->code = code;
}

static int
add(struct asking_servers *a, const char *source, struct slice what, const char *says)
{
	return add_line(a->out, a->indent, source, what, says);
}

/* What TLS the server must do, by the one who decides that for smtp-send. */
static int
add_tls(struct asking_servers *a, const struct tls_destination *to, const struct tls_server *server)
{
	enum tls_verdict verdict =
	    tls_policy_decide(a->policy, to, server, a->until, &a->requirement);
	int result;

	str_clear(&a->line);
	if (verdict == TLS_GO)
		result = tls_requirement_add_text(&a->requirement, &a->line);
	else
		result = str_format(&a->line, "refused (%s): %s", tls_verdict_code(verdict),
		    a->requirement.reason.data);
	improve(a, verdict == TLS_GO ? EXIT_DONE : EXIT_TEMPORARY);
	return result == -1 ? -1 : add(a, "  TLS", str_slice(&a->line), "");
}

static int
add_addresses(struct asking_servers *a, const char *source, const char *name,
    enum dns_result result, const struct dns_addresses *found)
{
	str_clear(&a->line);
	if (str_format(&a->line, "%s", name) == -1)
		return -1;
	for (size_t i = 0; i < found->count; i++)
		if (str_add_text(&a->line, i == 0 ? ": " : ", ") == -1 ||
		    endpoint_add_text(&a->line, &found->list[i].address) == -1)
			return -1;
	return add(a, source, str_slice(&a->line),
	    result == DNS_FOUND ? found->is_secure ? "signed" : "" : dns_text(result));
}

static int
add_exchanger(struct asking_servers *a, const struct tls_destination *to,
    const struct dns_exchanger *one, bool is_implicit)
{
	struct dns_addresses found;
	enum dns_result result = dns_addresses(a->dns, slice_of(one->name), a->until, &found);
	struct tls_server server = {.name = slice_of(one->name),
	    .expanded = slice_of(found.expanded),
	    .is_secure = found.is_secure,
	    .port = a->mx_port};
	char source[32];
	int added;

	if (is_implicit)
		snprintf(source, sizeof source, "no MX");
	else
		snprintf(source, sizeof source, "MX %u", (unsigned)one->preference);
	added = add_addresses(a, source, one->name, result, &found);
	if (added == 0 && result == DNS_FOUND)
		added = add_tls(a, to, &server);
	else
		improve(a, EXIT_TEMPORARY);
	dns_addresses_free(&found);
	return added;
}

static int
explain_list(struct asking_servers *a, struct slice domain, const struct dns_exchangers *list)
{
	struct tls_destination to = {.domain = domain,
	    .expanded = slice_of(list->expanded),
	    .is_mx = true,
	    .is_secure = list->is_secure};

	if (list->count == 0)
		improve(a, EXIT_TEMPORARY);
	for (size_t i = 0; i < list->count; i++) {
		if (slice_equal_nocase(slice_of(list->list[i].name), a->me))
			return add(a, "MX", slice_of(list->list[i].name),
			    "this host: it and those behind are not used");
		if (add_exchanger(a, &to, &list->list[i], list->implicit) == -1)
			return -1;
	}
	return 0;
}

/* "mx:DOMAIN": as smtp-send takes the answers, NXDOMAIN and a null MX alone are permanent. */
static int
explain_domain(struct asking_servers *a, struct slice domain)
{
	struct dns_exchangers list;
	enum dns_result result = dns_exchangers(a->dns, domain, a->until, &list);
	int added = add(a, "DNS", domain, result == DNS_FOUND ? "" : dns_text(result));

	if (result == DNS_NO_DATA || result == DNS_TEMPORARY)
		improve(a, EXIT_TEMPORARY);
	if (added == 0 && result == DNS_FOUND)
		added = explain_list(a, domain, &list);
	dns_exchangers_free(&list);
	return added;
}

static int
explain_host(struct asking_servers *a, struct slice host, uint16_t port, bool is_smtps)
{
	struct dns_addresses found;
	enum dns_result result = dns_host_addresses(a->dns, host, a->until, &found);
	struct tls_destination to = {.domain = host};
	struct tls_server server = {.name = host,
	    .expanded = slice_of(found.expanded),
	    .is_secure = found.is_secure,
	    .port = port};
	char name[300];
	int added;

	snprintf(name, sizeof name, "%.*s", (int)host.len, host.data);
	added = add_addresses(a, "host", name, result, &found);
	if (added == 0 && is_smtps)
		added = add(a, "  TLS", slice_of("first, before SMTP"), "");
	if (added == 0 && result == DNS_FOUND)
		added = add_tls(a, &to, &server);
	else
		improve(a, EXIT_TEMPORARY);
	dns_addresses_free(&found);
	return added;
}

static int
explain_address(struct asking_servers *a, struct slice host, struct slice literal, uint16_t port)
{
	struct tls_destination to = {.domain = literal};
	struct tls_server server = {.port = port};

	return add(a, "address", host, "") == -1 ? -1 : add_tls(a, &to, &server);
}

/* "[ADDRESS]", whose port is that of exchangers. */
static int
explain_literal(struct asking_servers *a, struct slice literal)
{
	struct slice host = slice_make(literal.data + 1, slice_find(literal, ']') - 1);
	struct sockaddr_storage address;
	socklen_t len;

	if (endpoint_parse(host, a->mx_port, &address, &len) && a->mx_port == MX_PORT &&
	    endpoint_is_own(&address))
		return add(a, "address", host, "this host: mail would come back");
	return explain_address(a, host, literal, a->mx_port);
}

/* "HOST:PORT" of a route. */
static int
explain_server(struct asking_servers *a, struct slice text, bool is_smtps)
{
	struct sockaddr_storage address;
	struct endpoint_text parts;
	socklen_t len;

	if (!endpoint_split(text, &parts))
		return add(a, "server", text, "not understood");
	if (!endpoint_parse(parts.host, parts.port, &address, &len))
		return explain_host(a, parts.host, parts.port, is_smtps);
	return explain_address(a, parts.host,
	    parts.bracketed ? slice_make(parts.host.data - 1, parts.host.len + 2) : parts.host,
	    parts.port);
}

static int
explain_all(struct asking_servers *a, struct slice next_hop)
{
	struct slice one;

	if (slice_starts(next_hop, "mx:["))
		return explain_literal(a, slice_skip(next_hop, 3));
	if (slice_starts(next_hop, "mx:"))
		return explain_domain(a, slice_skip(next_hop, 3));
	if (slice_starts(next_hop, "lmtp:unix:")) {
		improve(a, EXIT_DONE);
		return add(a, "socket", slice_skip(next_hop, strlen("lmtp:unix:")), "no TLS");
	}
	while (slice_take(&next_hop, ',', &one))
		if (explain_server(a, slice_skip(one, slice_find(one, ':') + 1),
			slice_starts(one, "smtps:")) == -1)
			return -1;
	return 0;
}

int
explain_servers(const struct control *c, const struct routes *routes, struct slice next_hop,
    const char *indent, struct str *out)
{
	struct asking_servers a = {.indent = indent,
	    .out = out,
	    .me = routes_me(routes),
	    .until = deadline_in_seconds(SECONDS),
	    .code = EXIT_PERMANENT};
	int result;

	str_init(&a.line, 65536);
	tls_requirement_init(&a.requirement);
	a.dns = dns_open_configured(c, &a.line);
	if (a.dns != NULL)
		a.policy = tls_policy_open(c, a.dns, &a.line);
	if (a.policy == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, a.line.data);
	if (a.policy == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up the resolver");
	str_clear(&a.line);
	(void)mx_port_read(c, &a.mx_port, &a.line); /* the check tells of what is none */
	result = explain_all(&a, next_hop);
	tls_policy_close(a.policy);
	tls_requirement_free(&a.requirement);
	dns_close(a.dns);
	str_free(&a.line);
	return result == -1 ? -1 : a.code;
}
