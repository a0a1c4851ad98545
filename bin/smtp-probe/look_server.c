/* SPDX-License-Identifier: ISC */
/* The whole of one server: the steps in their order, and what can be said at their end. */
#include <errno.h>
#include <unistd.h>

#include "look_parts.h"

#define SLOW_MS 10000 /* senders wait; people behind them do not like to */

/* Not a single octet leaves: UDP only asks whether there is a way. */
static bool
has_route(const struct sockaddr_storage *address, socklen_t len)
{
	int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_there = true;

	if (fd == -1)
		return errno != EAFNOSUPPORT;
	if (connect(fd, (const struct sockaddr *)address, len) == -1)
		is_there = errno != ENETUNREACH && errno != EADDRNOTAVAIL && errno != EHOSTUNREACH;
	(void)close(fd);
	return is_there;
}

static enum look_reach
reach_of(const struct look *k)
{
	if (k->link.answer == REFUSED)
		return LOOK_REFUSED;
	if (k->link.answer == UNREACHABLE && !has_route(&k->server->address, k->server->len))
		return LOOK_NO_ROUTE;
	return LOOK_NOT_CONNECTED;
}

/* An exchanger without an address: mail for it goes nowhere. */
static void
add_no_address(struct look *k)
{
	enum dns_result result = k->server->result;
	bool is_filtered = k->probe->no_four || k->probe->no_six;
	bool is_sure = result != DNS_TEMPORARY && !(result == DNS_NO_DATA && is_filtered);
	struct result *res = report_add(k->report, "address", is_sure ? NO : UNKNOWN,
	    result == DNS_NO_DATA && is_filtered ? PLAIN : PROBLEM);

	report_reached(k->report, is_sure ? NO_HOST : NOT_TOLD);
	result_value(res, "%s", dns_text(result));
	result_text(res, "%s has no address%s: %s.", k->server->name,
	    is_filtered ? " of the family that was asked for" : "", dns_text(result));
	if (is_sure)
		result_advice(res,
		    "Mail for it goes nowhere: give the name an address, or take it out "
		    "of the MX records.");
	result_source(res, "RFC 5321, 5.1");
}

static void
add_time(struct look *k)
{
	struct result *res;

	res = report_add(k->report, "time", FACT, k->slowest_ms >= SLOW_MS ? WARNING : PLAIN);
	result_value(res, "%lld", (long long)k->all_ms);
	result_took(res, k->all_ms);
	result_text(res, "It took %lld ms in all; the slowest step is %s, with %lld ms.",
	    (long long)k->all_ms, k->slowest, (long long)k->slowest_ms);
	if (k->slowest_ms >= SLOW_MS)
		result_advice(res,
		    "It may make strangers wait on purpose, wait for a DNS of its own "
		    "(PTR of this host), or be overloaded.");
}

/* Of all replies together. */
static void
add_form(struct look *k)
{
	struct result *res;

	if (k->link.has_spoken) {
		res = report_add(k->report, "reply.crlf", k->bare.len > 0 ? NO : YES, WARNING);
		result_text(res, k->bare.len > 0
				     ? "A line of its replies does not end with CRLF alone."
				     : "Its replies end with CRLF.");
		result_reply(res, str_slice(&k->bare));
		result_source(res, "RFC 5321, 2.3.8");
	}
	if (k->has_codes) {
		res = report_add(k->report, "reply.codes", k->codeless.len > 0 ? NO : YES, PLAIN);
		result_text(res, k->codeless.len > 0
				     ? "It offers enhanced status codes, and has replies without."
				     : "Its replies have enhanced status codes, as it says.");
		result_reply(res, str_slice(&k->codeless));
		result_source(res, "RFC 2034, 4");
	}
}

/* The name it greets with is a whole one, and the one in its EHLO reply. */
static void
add_name(struct look *k)
{
	struct slice name = slice_of(k->greeting_name);
	bool is_whole = slice_find(name, '.') < name.len || slice_starts(name, "[");
	bool is_same = slice_is_nocase(name, k->plain.name);
	struct result *res;

	if (!k->plain.is_said || k->server->is_lmtp)
		return;
	res = report_add(k->report, "greeting.name", is_whole && is_same ? YES : NO, PLAIN);
	result_value(res, "%s", k->greeting_name);
	result_source(res, "RFC 5321, 4.3.1");
	if (!is_whole)
		result_text(
		    res, "It greets with '%s', which is no full name of a host.", k->greeting_name);
	else if (!is_same)
		result_text(res, "It greets as '%s', and answers EHLO as '%s'.", k->greeting_name,
		    k->plain.name);
	else
		result_text(res, "It greets, and answers EHLO, as %s.", k->greeting_name);
}

static void
look_session(struct look *k)
{
	if (!look_greeting(k) || !look_ehlo(k))
		return;
	if (k->is_secure)
		k->hello = &k->plain;
	if (look_starttls(k))
		look_transaction(k);
	look_compare(k);
	look_extensions(k);
	add_name(k);
	if (!k->is_left)
		look_ask(k);
}

static void
look_init(struct look *k, struct probe *p)
{
	link_init(&k->link, p);
	look_hello_init(&k->plain);
	look_hello_init(&k->secure);
	str_init(&k->why, k->link.words.cap);
	str_init(&k->bare, 1000);
	str_init(&k->codeless, 1000);
}

static void
look_free(struct look *k)
{
	link_close(&k->link);
	link_free(&k->link);
	look_hello_free(&k->plain);
	look_hello_free(&k->secure);
	str_free(&k->why);
	str_free(&k->bare);
	str_free(&k->codeless);
}

enum look_reach
look_server(struct probe *p, const struct servers *servers, const struct server *server)
{
	struct look k = {.probe = p,
	    .report = &p->report,
	    .servers = servers,
	    .server = server,
	    .slowest_ms = -1};
	enum look_reach reach = LOOK_CONNECTED;

	report_begin_server(&p->report, server->name, server->where);
	look_init(&k, p);
	if (server->len == 0 && server->target->kind != TARGET_PIPE) {
		add_no_address(&k);
		reach = LOOK_NOT_CONNECTED;
	} else if (look_connect(&k)) {
		look_session(&k);
		if (k.is_left)
			look_add_rest(&k);
		add_form(&k);
		look_reverse(&k);
		add_time(&k);
	} else {
		reach = reach_of(&k);
	}
	if (server->len > 0 || server->target->kind == TARGET_PIPE)
		report_reached(&p->report, link_reached(&k.link));
	look_free(&k);
	return reach;
}
