/* SPDX-License-Identifier: ISC */
#include "net/tls_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/tls_policy_dane.h"
#include "net/tls_table.h"

#define WHY_MAX ((size_t)600)

struct tls_policy {
	struct tls_table table;
	struct dns *dns;
	struct str why; /* of the decision at hand, beside its reason */
};

struct tls_policy *
tls_policy_open(const struct control *c, struct dns *d, struct str *problem)
{
	struct tls_policy *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->dns = d;
	str_init(&p->why, WHY_MAX);
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
	str_free(&p->why);
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

static bool
add_reason(struct tls_requirement *r, const char *text, struct slice what)
{
	return (r->reason.len == 0 || str_add_text(&r->reason, "; ") == 0) &&
	       str_add_text(&r->reason, text) == 0 && str_add_slice(&r->reason, what) == 0;
}

static enum tls_verdict
apply_default(const struct tls_server *server, struct tls_requirement *r)
{
	bool done = (server->name.len == 0 || tls_requirement_add_name(r, server->name) == 0) &&
		    add_reason(r, "opportunistic", slice_of(""));

	return done ? TLS_GO : TLS_NO_MEMORY;
}

static enum tls_verdict
apply_entry(
    const struct tls_entry *entry, const struct tls_server *server, struct tls_requirement *r)
{
	const char *whose = entry->is_only ? "tlspolicy, only, for " : "tlspolicy for ";

	if (!tls_entry_apply(entry, server->name, r) || !add_reason(r, whose, entry->key))
		return TLS_NO_MEMORY;
	if (r->level != TLS_LEVEL_VERIFY || r->name_count > 0)
		return TLS_GO;
	return add_reason(r, "the server has no name to verify", slice_of("")) ? TLS_NO_NAME
									       : TLS_NO_MEMORY;
}

/* Behind DANE, which had no records that can be kept to: WHY says of it what there is to say. */
static enum tls_verdict
decide_rest(const struct tls_entry *entry, const struct tls_server *server, bool needs_tls,
    const struct str *why, struct tls_requirement *r)
{
	enum tls_verdict verdict =
	    entry != NULL ? apply_entry(entry, server, r) : apply_default(server, r);

	if (!add_reason(r, "", str_slice(why)))
		return TLS_NO_MEMORY;
	if (needs_tls && r->level < TLS_LEVEL_ENCRYPT) {
		r->level = TLS_LEVEL_ENCRYPT;
		r->by = TLS_BY_DANE;
	}
	return verdict;
}

static enum tls_verdict
refuse(enum tls_verdict verdict, const char *text, const struct str *why, struct tls_requirement *r)
{
	return add_reason(r, text, str_slice(why)) ? verdict : TLS_NO_MEMORY;
}

/* ENTRY is null where tlspolicy says nothing of the domain. */
static enum tls_verdict
decide(struct tls_policy *p, const struct tls_destination *to, const struct tls_server *server,
    const struct tls_entry *entry, deadline until, struct tls_requirement *r)
{
	enum tls_dane dane = tls_policy_dane(p->dns, to, server, until, r, &p->why);

	switch (dane) {
	case TLS_DANE_VERIFY:
		return TLS_GO;
	case TLS_DANE_FAILED:
		return refuse(TLS_TLSA_FAILED, "", &p->why, r);
	case TLS_DANE_NO_MEMORY:
		return TLS_NO_MEMORY;
	case TLS_DANE_NONE:
	case TLS_DANE_ENCRYPT:
		break;
	}
	if (entry != NULL && entry->is_dane_only)
		return refuse(TLS_DANE_WANTED, "tlspolicy wants DANE: ", &p->why, r);
	return decide_rest(entry, server, dane == TLS_DANE_ENCRYPT, &p->why, r);
}

enum tls_verdict
tls_policy_decide(struct tls_policy *p, const struct tls_destination *to,
    const struct tls_server *server, deadline until, struct tls_requirement *r)
{
	struct tls_entry entry;
	bool has_entry;

	begin(to, server, r);
	if (to->domain.len == 0) {
		r->level = TLS_LEVEL_NONE;
		return add_reason(r, "a socket of this host", slice_of("")) ? TLS_GO
									    : TLS_NO_MEMORY;
	}
	has_entry = tls_table_find(&p->table, to->domain, &entry);
	if (has_entry && entry.is_only && !entry.is_dane_only)
		return apply_entry(&entry, server, r);
	return decide(p, to, server, has_entry ? &entry : NULL, until, r);
}

const char *
tls_verdict_code(enum tls_verdict verdict)
{
	switch (verdict) {
	case TLS_NOT_IN_STS:
	case TLS_NO_NAME:
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
