/* SPDX-License-Identifier: ISC */
/*
 * What a server is called when TLS begins. Under DANE that is the TLSA base domain (RFC 7672, 8.1),
 * which for an alias may be the name that it leads to; else the name by MX or target (RFC 8461,
 * 4.1). A server may have another certificate for each: who looks must see the one that those who
 * deliver see.
 */
#include <stdio.h>
#include <string.h>

#include "net/tls_policy_dane.h"
#include "tls_state.h"

#define WHY_MAX ((size_t)600)

/* Without aliases both are the same name, and the DNS need not be asked. */
static bool
is_alias(const struct servers *all, const struct server *server)
{
	return tls_has_policies(server) &&
	       (server->expanded[0] != '\0' ||
		   slice_is_nocase(slice_of(all->expanded), server->name));
}

static void
name_alias(struct probe *p, const struct servers *all, struct server *server, deadline until)
{
	struct tls_destination to = tls_destination_of(all, server);
	struct tls_server its_server = tls_server_of(server);
	struct tls_requirement r;
	struct str why;

	tls_requirement_init(&r);
	str_init(&why, WHY_MAX);
	if (tls_policy_dane(probe_dns(p), &to, &its_server, until, &r, &why) == TLS_DANE_VERIFY)
		(void)snprintf(server->sni, sizeof server->sni, "%s", r.sni);
	tls_requirement_free(&r);
	str_free(&why);
}

void
tls_name_servers(struct probe *p, struct servers *all)
{
	deadline until = tls_until(p);

	for (size_t i = 0; i < all->count; i++) {
		struct server *one = &all->list[i], *before = i == 0 ? NULL : one - 1;
		size_t len = strlen(one->name);

		if (before != NULL && before->port == one->port && before->len > 0 &&
		    strcmp(before->name, one->name) == 0) {
			memcpy(one->sni, before->sni, sizeof one->sni);
			continue;
		}
		memcpy(one->sni, one->name, sizeof one->sni);
		if (len > 1 && one->sni[len - 1] == '.')
			one->sni[len - 1] = '\0';
		if (is_alias(all, one))
			name_alias(p, all, one, until);
	}
}
