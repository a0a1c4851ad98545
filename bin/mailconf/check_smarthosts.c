/* SPDX-License-Identifier: ISC */
/* Routes to other servers, and the logins there, that are typed as another program has them. */
#include <string.h>

#include "check.h"
#include "conf/hop.h"
#include "conf/server.h"
#include "net/credentials.h"

#define PORT_SMTP 25
#define PORT_SUBMISSIONS 465 /* TLS comes first (RFC 8314, 7.3) */
#define PORT_SUBMISSION 587

static void
check_port(struct checks *k, const struct check_table *table, const struct table_entry *e,
    struct slice route, const struct server *server)
{
	bool is_tls = strcmp(server->scheme, "smtps") == 0;

	if (!is_tls && server->port == PORT_SUBMISSIONS)
		finding_entry(k, FINDING_ERROR, table, e,
		    "%.*s waits for a greeting that does not come, as on port 465 the client "
		    "begins with TLS; write smtps: in place of smtp:",
		    (int)route.len, route.data);
	else if (is_tls && (server->port == PORT_SMTP || server->port == PORT_SUBMISSION))
		finding_entry(k, FINDING_WARNING, table, e,
		    "%.*s begins with TLS, but on port %u servers begin without it and have "
		    "STARTTLS; write smtp: in place of smtps:",
		    (int)route.len, route.data, server->port);
}

static void
check_servers(struct checks *k, const struct check_table *table, const struct table_entry *e)
{
	struct slice rest, one;
	struct server server;
	struct hop hop;

	if (hop_parse(e->value, &hop) != NULL || hop.kind != HOP_SERVERS)
		return;
	for (rest = hop.text; slice_take(&rest, ',', &one);)
		if (server_parse(slice_trim(one), &server))
			check_port(k, table, e, slice_trim(one), &server);
}

/* What stands for all mail in other programs is a domain like any here. */
static void
check_key(struct checks *k, const struct check_table *table, const struct table_entry *e)
{
	static const char *const words[] = {"default", "any", "all", "smarthost", "mailhub",
	    "relayhost", "relay", "host", "server"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_is_nocase(e->key, words[i]))
			finding_entry(k, FINDING_WARNING, table, e,
			    "%.*s is for mail to a domain of that name alone; * stands for all",
			    (int)e->key.len, e->key.data);
}

static void
check_routes(struct checks *k, const struct check_table *table)
{
	for (size_t i = 0; i < table->table.count; i++) {
		check_servers(k, table, &table->table.entries[i]);
		check_key(k, table, &table->table.entries[i]);
	}
}

/* The entry of routes for all that has no other, if it names a server: else the DNS decides. */
static bool
goes_to_smarthost(const struct checks *k)
{
	const struct table_entry *e = table_find(&k->tables.routes.table, slice_of("*"));
	struct hop hop;

	return e != NULL && hop_parse(e->value, &hop) == NULL && hop.kind != HOP_MX;
}

static bool
names_server(struct slice servers, const struct credential *one)
{
	struct server server;
	struct slice text;

	while (slice_take(&servers, ',', &text))
		if (server_parse(slice_trim(text), &server) &&
		    slice_equal_nocase(server.host, one->host) &&
		    (one->port == 0 || one->port == server.port))
			return true;
	return false;
}

/* True where mail by the entry E may come to the relay of ONE. */
static bool
leads_to(const struct table_entry *e, const struct credential *one)
{
	struct slice domain = check_domain_of(e->key);
	struct hop hop;

	if (hop_parse(e->value, &hop) != NULL)
		return false;
	if (hop.kind == HOP_LMTP) /* it stands behind its scheme */
		return names_server(
		    slice_make(hop.text.data - strlen("lmtp:"), hop.text.len + strlen("lmtp:")),
		    one);
	if (hop.kind != HOP_MX)
		return hop.kind == HOP_SERVERS && names_server(hop.text, one);
	if (one->port != 0 || hop.text.len > 0)
		return one->port == 0 && slice_equal_nocase(hop.text, one->host);
	return slice_starts(domain, ".") ? slice_ends_nocase(one->host, domain)
					 : slice_equal_nocase(domain, one->host);
}

static bool
is_led_to(const struct table *table, const struct credential *one)
{
	for (size_t i = 0; i < table->count; i++)
		if (leads_to(&table->entries[i], one))
			return true;
	return false;
}

/* Servers of mailboxes may ask for a login, too. */
static bool
is_led_to_mailbox(const struct checks *k, const struct credential *one)
{
	struct table servers;
	struct str problem;
	bool result;

	str_init(&problem, 4096);
	/* what is wrong in it is another check's */
	result = table_read(&servers, k->control, "lmtpdomains", TABLE_PAIRS, &problem) == 1 &&
		 is_led_to(&servers, one);
	table_free(&servers);
	str_free(&problem);
	return result || is_led_to(&k->tables.virtual.table, one);
}

/* "secret" in quotes, as the shell and some settings files have it. */
static bool
is_quoted(struct slice text)
{
	return text.len > 1 && (text.data[0] == '"' || text.data[0] == '\'') &&
	       text.data[text.len - 1] == text.data[0];
}

static bool
has_comment(struct slice text)
{
	for (size_t i = 1; i < text.len; i++)
		if (text.data[i] == '#' && (text.data[i - 1] == ' ' || text.data[i - 1] == '\t'))
			return true;
	return false;
}

static void
check_login(struct checks *k, const struct credentials *all, const struct credential *one)
{
	size_t line = credentials_line(all, one);

	/* of all relays there is only what says that nobody logs in */
	if (goes_to_smarthost(k) && !slice_starts(one->host, "*") &&
	    !is_led_to(&k->tables.routes.table, one) && !is_led_to(&k->tables.senders.table, one) &&
	    !is_led_to_mailbox(k, one))
		finding(k, FINDING_WARNING, "credentials", line,
		    "no route leads to this relay, so nobody logs in by this; write its host, and "
		    "its port if you do, as routes has them");
	if (is_quoted(one->login) || is_quoted(one->password))
		finding(k, FINDING_WARNING, "credentials", line,
		    "the quotation marks are a part of the login or password; leave them out "
		    "where they are not");
	if (has_comment(one->password))
		finding(k, FINDING_WARNING, "credentials", line,
		    "what stands behind # is a part of the password; put comments on lines of "
		    "their own");
}

void
check_smarthosts(struct checks *k)
{
	struct credentials all;
	struct str problem;

	check_routes(k, &k->tables.routes);
	check_routes(k, &k->tables.senders);
	str_init(&problem, 4096);
	if (credentials_read(&all, k->control, &problem) == 0)
		for (size_t i = 0; i < all.count; i++)
			check_login(k, &all, &all.list[i]);
	credentials_free(&all);
	str_free(&problem);
}
