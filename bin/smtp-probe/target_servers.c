/* SPDX-License-Identifier: ISC */
/* From a target to its servers. */
#include <sys/un.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_srv.h"
#include "net/endpoint.h"
#include "probe.h"
#include "target.h"
#include "tls.h"

static struct server *
add(struct servers *s, const struct target *target)
{
	struct server *more = reallocarray(s->list, s->count + 1, sizeof *more);

	if (more == NULL)
		probe_no_memory();
	s->list = more;
	more += s->count++;
	*more = (struct server){.target = target,
	    .port = target->port,
	    .is_lmtp = target->is_lmtp,
	    .is_implicit = target->is_implicit};
	return more;
}

static void
name_place(struct server *server)
{
	struct str text;

	str_init(&text, sizeof server->where - 1);
	if (server->address.ss_family == AF_INET6)
		(void)str_add_char(&text, '[');
	(void)endpoint_add_text(&text, &server->address);
	(void)str_format(&text, "%s:%u", server->address.ss_family == AF_INET6 ? "]" : "",
	    (unsigned)server->port);
	(void)snprintf(server->where, sizeof server->where, "%s", text.data);
	str_free(&text);
}

static bool
is_wanted(const struct probe *p, const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? !p->no_six : !p->no_four;
}

static void
add_address(struct servers *s, const struct server *like, const struct dns_address *address,
    const struct dns_addresses *found)
{
	struct server *server = add(s, like->target);

	*server = *like;
	server->address = address->address;
	server->len = address->len;
	endpoint_set_port(&server->address, like->port);
	server->result = DNS_FOUND;
	server->is_secure = found->is_secure;
	memcpy(server->expanded, found->expanded, sizeof server->expanded);
	name_place(server);
}

/* Every address of LIKE, which has a name; or itself, if it has none. */
static void
add_host(struct probe *p, struct servers *s, const struct server *like)
{
	struct dns_addresses found = {.list = NULL};
	deadline until = deadline_in_seconds(p->timeout);
	struct slice name = slice_of(like->name);
	size_t before = s->count;
	enum dns_result result = s->is_mx ? dns_addresses(probe_dns(p), name, until, &found)
					  : dns_host_addresses(probe_dns(p), name, until, &found);

	for (size_t i = 0; result == DNS_FOUND && i < found.count; i++)
		if (s->count < TARGET_SERVERS_MAX && is_wanted(p, &found.list[i].address))
			add_address(s, like, &found.list[i], &found);
	if (s->count == before && s->count < TARGET_SERVERS_MAX) {
		struct server *none = add(s, like->target);

		*none = *like;
		none->result = result == DNS_FOUND ? DNS_NO_DATA : result;
	}
	dns_addresses_free(&found);
}

static void
add_exchangers(struct probe *p, struct servers *s, const struct target *target)
{
	struct dns_exchangers found = {.list = NULL};

	s->result = dns_exchangers(
	    probe_dns(p), slice_of(target->name), deadline_in_seconds(p->timeout), &found);
	s->is_mx = true;
	s->is_implicit_mx = found.implicit;
	s->is_secure = found.is_secure;
	memcpy(s->expanded, found.expanded, sizeof s->expanded);
	for (size_t i = 0; s->result == DNS_FOUND && i < found.count; i++) {
		struct server like = {.target = target,
		    .port = p->mx_port,
		    .is_implicit = target->is_implicit,
		    .preference = found.list[i].preference};

		memcpy(like.name, found.list[i].name, sizeof like.name);
		add_host(p, s, &like);
	}
	dns_exchangers_free(&found);
}

static enum dns_result
add_service(struct probe *p, struct servers *s, const struct target *target, bool is_implicit)
{
	const char *service = is_implicit ? "_submissions._tcp" : "_submission._tcp";
	struct dns_services found = {.list = NULL};
	enum dns_result result = dns_services(
	    probe_dns(p), service, slice_of(target->name), deadline_in_seconds(p->timeout), &found);

	for (size_t i = 0; result == DNS_FOUND && i < found.count; i++) {
		struct server like = {.target = target,
		    .port = found.list[i].port,
		    .is_implicit = is_implicit,
		    .preference = found.list[i].priority};

		memcpy(like.name, found.list[i].name, sizeof like.name);
		add_host(p, s, &like);
	}
	dns_services_free(&found);
	return result;
}

/* TLS at once comes first (RFC 8314, 3.3 and 5.1). */
static void
add_services(struct probe *p, struct servers *s, const struct target *target)
{
	enum dns_result at_once = add_service(p, s, target, true);
	enum dns_result later = add_service(p, s, target, false);

	if (s->count > 0)
		return;
	s->result = at_once == DNS_TEMPORARY ? at_once : later;
	if (s->result == DNS_FOUND) /* the service is denied */
		s->result = DNS_NO_DATA;
}

static void
add_named(struct probe *p, struct servers *s, const struct target *target)
{
	struct server like = {.target = target,
	    .port = target->port,
	    .is_lmtp = target->is_lmtp,
	    .is_implicit = target->is_implicit};
	struct dns_address literal = {.ttl = 0};
	const struct dns_addresses nothing = {.count = 0};

	if (endpoint_parse(slice_of(target->name), target->port, &literal.address, &literal.len)) {
		add_address(s, &like, &literal, &nothing);
		return;
	}
	memcpy(like.name, target->name, sizeof like.name);
	add_host(p, s, &like);
	/* a name that is not there is no server that is not there */
	if (s->list[0].len == 0)
		s->result = s->list[0].result;
}

static void
add_path(struct servers *s, const struct target *target)
{
	struct server *server = add(s, target);
	struct sockaddr_un path = {.sun_family = AF_UNIX};

	memcpy(path.sun_path, target->place.data, target->place.len);
	memcpy(&server->address, &path, sizeof path);
	server->len = sizeof path;
	server->port = 0;
	(void)snprintf(server->where, sizeof server->where, "unix:%s", path.sun_path);
}

static void
add_command(struct servers *s, const struct target *target)
{
	struct server *server = add(s, target);

	server->port = 0;
	(void)snprintf(server->where, sizeof server->where, "pipe:%.*s", (int)target->place.len,
	    target->place.data);
}

void
servers_find(struct probe *p, const struct target *target, struct servers *s)
{
	*s = (struct servers){.result = DNS_FOUND};
	if (target->kind == TARGET_UNIX)
		add_path(s, target);
	else if (target->kind == TARGET_PIPE)
		add_command(s, target);
	else if (target->kind == TARGET_HOST)
		add_named(p, s, target);
	else if (target->kind == TARGET_SUBMISSION)
		add_services(p, s, target);
	else
		add_exchangers(p, s, target);
	for (size_t i = 0; i < s->count; i++) {
		s->list[i].is_lmtp = s->list[i].is_lmtp || p->is_lmtp;
		s->list[i].is_implicit = s->list[i].is_implicit || p->tls == PROBE_TLS_IMPLICIT;
	}
	tls_name_servers(p, s);
}

void
servers_free(struct servers *s)
{
	free(s->list);
	*s = (struct servers){.list = NULL};
}

void
servers_each(struct probe *p, const struct target *target,
    void (*look)(struct probe *p, const struct server *server))
{
	struct servers servers;

	servers_find(p, target, &servers);
	for (size_t i = 0; i < servers.count; i++)
		look(p, &servers.list[i]);
	if (servers.count == 0)
		report_reached(&p->report, servers.result == DNS_TEMPORARY ? NOT_TOLD : NO_HOST);
	servers_free(&servers);
}
