/* SPDX-License-Identifier: ISC */
#include "net/tls_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/tls_policy_dane.h"
#include "net/tls_policy_note.h"
#include "net/tls_policy_sts.h"
#include "net/tls_table.h"

#define WHY_MAX ((size_t)600)

struct tls_policy {
	struct tls_table table;
	struct dns *dns;
	struct tls_sts sts;
	struct str why;	      /* of the decision at hand, beside its reason */
	struct tls_note note; /* of the last decision */
};

struct tls_policy *
tls_policy_open(const struct control *c, struct dns *d, struct str *problem)
{
	struct tls_policy *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->dns = d;
	str_init(&p->why, WHY_MAX);
	tls_note_init(&p->note);
	if (tls_sts_open(&p->sts, c, problem) == 0 && tls_table_read(&p->table, c, problem) == 0)
		return p;
	tls_policy_close(p);
	return NULL;
}

void
tls_policy_close(struct tls_policy *p)
{
	int saved = errno;

	if (p == NULL)
		return;
	tls_table_free(&p->table);
	tls_sts_close(&p->sts);
	tls_note_free(&p->note);
	str_free(&p->why);
	free(p);
	errno = saved;
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

/* One question. */
struct question {
	struct tls_policy *policy;
	const struct tls_destination *to;
	const struct tls_server *server;
	const struct tls_entry *entry; /* null where tlspolicy says nothing of the domain */
	deadline until;
	bool needs_tls; /* there are TLSA records, though none is usable (RFC 7672, 2.2) */
};

/* What is wanted for a test alone must not stand before what is wanted in earnest. */
static enum tls_sts_result
decide_by_sts(const struct question *q, struct tls_requirement *r)
{
	struct tls_policy *p = q->policy;
	bool tests = q->entry == NULL && !q->needs_tls;
	const char *failure;
	enum tls_sts_result result =
	    tls_sts_decide(&p->sts, q->to, q->server, tests, q->until, r, &failure);

	if (result == TLS_STS_UNKNOWN || result == TLS_STS_UNTOLD)
		return result;
	if (result == TLS_STS_NONE && (*failure == '\0' || q->needs_tls))
		return result;
	tls_note_set(&p->note, TLS_POLICY_STS, q->to->domain, failure);
	if (result == TLS_STS_VERIFY || result == TLS_STS_NOT_NAMED)
		tls_note_add_sts(&p->note, tls_sts_policy(&p->sts));
	return result;
}

/* Where DANE had no records that can be kept to: WHY says of it what there is to say. */
static enum tls_verdict
decide_rest(const struct question *q, const struct str *why, struct tls_requirement *r)
{
	enum tls_sts_result sts = decide_by_sts(q, r);
	enum tls_verdict verdict = TLS_GO;

	if (sts == TLS_STS_NOT_NAMED)
		return TLS_NOT_IN_STS;
	if (sts == TLS_STS_UNKNOWN)
		return TLS_STS_FAILED;
	if (sts == TLS_STS_UNTOLD)
		return TLS_STS_WANTED;
	if (sts == TLS_STS_NO_MEMORY)
		return TLS_NO_MEMORY;
	if (sts == TLS_STS_NONE)
		verdict = q->entry != NULL ? apply_entry(q->entry, q->server, r)
					   : apply_default(q->server, r);
	if (!add_reason(r, "", str_slice(why)))
		return TLS_NO_MEMORY;
	if (q->needs_tls && r->level < TLS_LEVEL_ENCRYPT) {
		r->level = TLS_LEVEL_ENCRYPT;
		r->by = TLS_BY_DANE;
	}
	return verdict;
}

static enum tls_verdict
refuse(const struct question *q, enum tls_verdict verdict, const char *text, const char *failure,
    struct tls_requirement *r)
{
	tls_note_set(&q->policy->note, TLS_POLICY_TLSA, q->server->name, failure);
	return add_reason(r, text, str_slice(&q->policy->why)) ? verdict : TLS_NO_MEMORY;
}

static enum tls_verdict
decide(struct question *q, struct tls_requirement *r)
{
	struct tls_policy *p = q->policy;

	switch (tls_policy_dane(p->dns, q->to, q->server, q->until, r, &p->why)) {
	case TLS_DANE_VERIFY:
		tls_note_set(&p->note, TLS_POLICY_TLSA, slice_of(r->names[0]), "");
		tls_note_add_records(&p->note, r);
		return TLS_GO;
	case TLS_DANE_FAILED:
		return refuse(q, TLS_TLSA_FAILED, "", "dnssec-invalid", r);
	case TLS_DANE_NO_MEMORY:
		return TLS_NO_MEMORY;
	case TLS_DANE_ENCRYPT:
		q->needs_tls = true;
		tls_note_set(&p->note, TLS_POLICY_TLSA, q->server->name, "tlsa-invalid");
		break;
	case TLS_DANE_NONE:
		break;
	}
	if (q->entry != NULL && q->entry->is_dane_only)
		return refuse(q, TLS_DANE_WANTED, "tlspolicy wants DANE: ", "dane-required", r);
	return decide_rest(q, &p->why, r);
}

/* What others keep mail from, a message may pass over (RFC 8689, 3); not what is said here. */
static enum tls_verdict
heed_entry(const struct question *q, enum tls_verdict verdict, struct tls_requirement *r)
{
	if (verdict == TLS_GO || verdict == TLS_NO_MEMORY || q->entry == NULL)
		return verdict;
	if (q->entry->is_dane_only)
		return TLS_DANE_WANTED;
	return tls_entry_apply(q->entry, q->server->name, r) ? verdict : TLS_NO_MEMORY;
}

/* The dot at the end that a name may have is none of it. */
static struct slice
without_dot(struct slice name)
{
	if (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}

enum tls_verdict
tls_policy_decide(struct tls_policy *p, const struct tls_destination *destination,
    const struct tls_server *its_server, deadline until, struct tls_requirement *r)
{
	struct tls_destination whole = *destination, *to = &whole;
	struct tls_server one = *its_server, *server = &one;
	struct question q = {.policy = p, .to = to, .server = server, .until = until};
	struct tls_entry entry;

	to->domain = without_dot(to->domain);
	server->name = without_dot(server->name);
	begin(to, server, r);
	tls_note_set(&p->note, TLS_POLICY_NONE, to->domain, "");
	if (to->domain.len == 0) {
		r->level = TLS_LEVEL_NONE;
		return add_reason(r, "a socket of this host", slice_of("")) ? TLS_GO
									    : TLS_NO_MEMORY;
	}
	if (tls_table_find(&p->table, to->domain, &entry))
		q.entry = &entry;
	if (q.entry != NULL && entry.is_only && !entry.is_dane_only)
		return apply_entry(&entry, server, r);
	return heed_entry(&q, decide(&q, r), r);
}

void
tls_policy_tell(struct tls_policy *p, const struct sts_answer *answer)
{
	p->sts.is_told = true;
	p->sts.told = answer;
}

void
tls_policy_prefetch(struct tls_policy *p, const struct tls_destination *to,
    const struct tls_server *servers, size_t count, deadline until)
{
	struct tls_entry entry;

	if (!tls_table_find(&p->table, to->domain, &entry) || !entry.is_only || entry.is_dane_only)
		tls_policy_dane_prefetch(p->dns, to, servers, count, until);
}

struct tls_applied
tls_policy_applied(const struct tls_policy *p)
{
	return (struct tls_applied){.type = p->note.type,
	    .domain = str_slice(&p->note.domain),
	    .policy = str_slice(&p->note.policy),
	    .failure = p->note.failure};
}

const char *
tls_verdict_code(enum tls_verdict verdict)
{
	switch (verdict) {
	case TLS_NOT_IN_STS:
	case TLS_STS_FAILED:
	case TLS_STS_WANTED:
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
