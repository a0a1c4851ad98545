/* SPDX-License-Identifier: ISC */
/* What TLS the servers for a destination must do, and whether one may have a message at all. */
#include <string.h>

#include "explain.h"
#include "net/endpoint.h"
#include "send.h"

static struct tls_server
server_of(const struct hop *hop)
{
	return (struct tls_server){.name = slice_of(hop->is_literal ? NULL : hop->name),
	    .expanded = slice_of(hop->expanded),
	    .is_secure = hop->is_secure,
	    .port = endpoint_port(&hop->address)};
}

void
hops_prefetch_tls(struct sender *s, struct attempt *a, const struct hops *h)
{
	struct tls_server servers[EXCHANGERS_MAX];
	size_t count = 0;

	/* each once, though it may have several addresses */
	for (size_t i = 0; i < h->count && count < EXCHANGERS_MAX; i++)
		if (i == 0 || strcmp(h->list[i].name, h->list[i - 1].name) != 0)
			servers[count++] = server_of(&h->list[i]);
	if (count > 1)
		tls_policy_prefetch(s->tls_policy, &h->to, servers, count, a->until);
}

bool
hops_decide(struct sender *s, struct attempt *a, struct hops *h, const struct hop *hop,
    struct client_outcome *outcome)
{
	struct tls_server server = server_of(hop);
	const struct credential *one = login_find(s, a, hop);
	bool is_new = h->decided == NULL || strcmp(h->decided->name, hop->name) != 0;

	if (!login_is_hopeful(one, outcome))
		return false;
	if (is_new) {
		h->verdict = tls_policy_decide(s->tls_policy, &h->to, &server, a->until, &h->tls);
		login_require(one, &h->tls);
		if (h->verdict == TLS_GO)
			explain_policy(s, a, h, hop);
	}
	h->decided = hop;
	if (h->verdict == TLS_GO)
		return secure_is_possible(&s->secure, a, hop, &h->tls, outcome);
	/* the domain asks for it, and this message to pass over that (RFC 8689, 3) */
	if ((h->verdict == TLS_NOT_IN_STS || h->verdict == TLS_STS_FAILED ||
		h->verdict == TLS_TLSA_FAILED) &&
	    secure_is_optional(a)) {
		h->tls.is_overridden = true;
		if (h->tls.by == TLS_BY_TABLE)
			return true;
		h->tls.level = TLS_LEVEL_MAY;
		h->tls.by = TLS_BY_MESSAGE;
		return true;
	}
	if (is_new)
		outcomes_tell_refusal(s, a, h, hop);
	client_outcome_set(outcome, CLIENT_TEMPORARY, tls_verdict_code(h->verdict), "%s: %s",
	    hop->name, h->tls.reason.data);
	outcome->is_unmet = h->verdict == TLS_NOT_IN_STS || h->verdict == TLS_DANE_WANTED ||
			    h->verdict == TLS_NO_NAME;
	return false;
}
