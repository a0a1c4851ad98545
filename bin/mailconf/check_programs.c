/* SPDX-License-Identifier: ISC */
/* Routes that lead back here, and programs that settings name. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "conf/gateway.h"
#include "conf/hop.h"
#include "conf/server.h"
#include "net/endpoint.h"

/* Ports of this host where its own smtpd is; behind others a filter may listen. */
static bool
is_mail_port(unsigned port)
{
	return port == 25 || port == 465 || port == 587;
}

static bool
is_own(const struct checks *k, struct slice host)
{
	struct sockaddr_storage address;
	socklen_t len;

	if (slice_equal_nocase(host, str_slice(&k->tables.me)) ||
	    slice_is_nocase(host, "localhost"))
		return true;
	return endpoint_parse(host, 25, &address, &len) && endpoint_is_own(&address);
}

static void
check_servers(struct checks *k, const struct check_table *table, const struct table_entry *e,
    struct slice servers)
{
	struct slice one;
	struct server server;

	while (slice_take(&servers, ',', &one)) {
		if (!server_parse(slice_trim(one), &server) || !is_mail_port(server.port) ||
		    !is_own(k, server.host))
			continue;
		finding_entry(k, FINDING_ERROR, table, e,
		    "%.*s is this host itself: mail would go round until it has too many hops",
		    (int)one.len, one.data);
	}
}

static void
check_values(struct checks *k, const struct check_table *table)
{
	for (size_t i = 0; i < table->table.count; i++) {
		const struct table_entry *e = &table->table.entries[i];
		struct hop hop;

		if (hop_parse(e->value, &hop) != NULL)
			continue;
		if (hop.kind == HOP_SERVERS)
			check_servers(k, table, e, hop.text);
		else if (hop.kind == HOP_MX && hop.text.len > 0 &&
			 slice_equal_nocase(hop.text, str_slice(&k->tables.me)))
			finding_entry(k, FINDING_ERROR, table, e,
			    "%.*s is this host itself: mail would come back", (int)hop.text.len,
			    hop.text.data);
	}
}

void
check_routes_back(struct checks *k)
{
	check_values(k, &k->tables.routes);
	check_values(k, &k->tables.senders);
}

static bool
can_run(struct checks *k, const struct who *who, struct slice command, struct str *path)
{
	struct slice word;

	str_clear(path);
	return !slice_word(&command, &word) || word.data[0] != '/' ||
	       str_add_slice(path, word) == -1 || who_can(k, who, path->data, X_OK) != CANNOT;
}

static void
check_pipe(struct checks *k, const struct check_table *table, const struct table_entry *e,
    struct str *path)
{
	struct who who = k->mail_user;
	struct gateway g;
	struct hop hop;

	if (hop_parse(e->value, &hop) != NULL || hop.kind != HOP_PIPE ||
	    gateway_parse_program(hop.text, &g) != NULL)
		return;
	if (g.user.len > 0 && k->is_split)
		who_find(&who, g.user);
	if (!who.is_found)
		finding_entry(k, FINDING_ERROR, table, e,
		    "there is no user %s to run the program, so mail waits", who.name);
	else if (!can_run(k, &who, g.command, path))
		finding_entry(k, FINDING_ERROR, table, e,
		    "%s cannot run the program %s (%s), so mail waits", who.name, path->data,
		    strerror(errno));
}

/* Programs that servers run: "KEY: /program ..." of authentication, and lines of policy. */
static void
check_lines(struct checks *k, const char *file, const char *service, struct str *path)
{
	struct str text;
	struct slice rest, line;
	struct who who;

	str_init(&text, CONTROL_FILE_MAX);
	who_service(k, &who, service);
	rest = control_read(k->control, file, &text) == 1 ? str_slice(&text) : slice_of("");
	while (who.is_found && control_next_line(&rest, &line)) {
		struct slice command = slice_skip(line, slice_find(line, '/'));
		size_t number = 1;

		/* "unix:/path" and the like are no programs */
		if (slice_starts_nocase(line, "dovecot") || command.len == 0 ||
		    (command.len < line.len && strchr(" \t", command.data[-1]) == NULL))
			continue;
		for (const char *at = text.data; at < line.data; at++)
			number += *at == '\n';
		if (!can_run(k, &who, command, path))
			finding(k, FINDING_ERROR, file, number, "%s cannot run the program %s (%s)",
			    who.name, path->data, strerror(errno));
	}
	str_free(&text);
}

void
check_programs(struct checks *k)
{
	struct str path;

	str_init(&path, 4096);
	for (size_t i = 0; i < k->tables.routes.table.count; i++)
		check_pipe(k, &k->tables.routes, &k->tables.routes.table.entries[i], &path);
	for (size_t i = 0; i < k->tables.senders.table.count; i++)
		check_pipe(k, &k->tables.senders, &k->tables.senders.table.entries[i], &path);
	check_lines(k, "policy", "satchel-smtpd", &path);
	check_lines(k, "authentication", "satchel-authd", &path);
	str_free(&path);
}
