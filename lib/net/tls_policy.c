/* SPDX-License-Identifier: ISC */
#include "net/tls_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/tls_table.h"

struct tls_policy {
	struct tls_table table;
	struct dns *dns;
};

struct tls_policy *
tls_policy_open(const struct control *c, struct dns *d, struct str *problem)
{
	struct tls_policy *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->dns = d;
	if (tls_table_read(&p->table, c, problem) == 0)
		return p;
	free(p);
	return NULL;
}

void
tls_policy_close(struct tls_policy *p)
{
	if (p == NULL)
		return;
	tls_table_free(&p->table);
	free(p);
}

/* What holds whoever decides. */
static void
begin(const struct tls_destination *to, const struct tls_server *server, struct tls_requirement *r)
{
	tls_requirement_free(r);
	r->is_named_surely = server->name.len > 0 && (!to->is_mx || to->is_secure);
	if (server->name.len < sizeof r->sni)
		snprintf(r->sni, sizeof r->sni, "%.*s", (int)server->name.len, server->name.data);
}

static enum tls_verdict
decide_by_table(
    const struct tls_entry *entry, const struct tls_server *server, struct tls_requirement *r)
{
	if (!tls_entry_apply(entry, server->name, r) ||
	    str_format(&r->reason, "tlspolicy, %.*s", (int)entry->key.len, entry->key.data) == -1)
		return TLS_NO_MEMORY;
	return entry->is_dane_only ? TLS_DANE_WANTED : TLS_GO;
}

static enum tls_verdict
decide_by_default(const struct tls_server *server, struct tls_requirement *r)
{
	if (server->name.len > 0 && tls_requirement_add_name(r, server->name) == -1)
		return TLS_NO_MEMORY;
	return str_add_text(&r->reason, "opportunistic") == -1 ? TLS_NO_MEMORY : TLS_GO;
}

enum tls_verdict
tls_policy_decide(struct tls_policy *p, const struct tls_destination *to,
    const struct tls_server *server, deadline until, struct tls_requirement *r)
{
	struct tls_entry entry;

	(void)until;
	begin(to, server, r);
	if (to->domain.len == 0) {
		r->level = TLS_LEVEL_NONE;
		return str_add_text(&r->reason, "a socket of this host") == -1 ? TLS_NO_MEMORY
									       : TLS_GO;
	}
	if (tls_table_find(&p->table, to->domain, &entry))
		return decide_by_table(&entry, server, r);
	return decide_by_default(server, r);
}

const char *
tls_verdict_code(enum tls_verdict verdict)
{
	switch (verdict) {
	case TLS_NOT_IN_STS:
	case TLS_DANE_WANTED:
	case TLS_TLSA_FAILED:
		return "4.7.5";
	case TLS_NO_MEMORY:
		return "4.3.0";
	case TLS_GO:
		break;
	}
	return "2.0.0";
}
