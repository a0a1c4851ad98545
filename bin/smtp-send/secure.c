/* SPDX-License-Identifier: ISC */
#include "secure.h"

#include <string.h>

#include "send.h"
#include "smtp/client_session.h"

#define PLAIN_SECONDS 600

/* What a message that requires TLS suffers, it suffers at once (RFC 8689, 4.2.1). */
static bool
requires_tls(const struct attempt *a)
{
	return a->message.requires_tls && a->message.reverse_path.len > 0;
}

static bool
refuse(const struct attempt *a, struct client_outcome *outcome, const char *code, const char *what,
    const char *why)
{
	if (requires_tls(a))
		client_outcome_set(outcome, CLIENT_PERMANENT, "5.7.10",
		    "message requires TLS, but %s%s", what, why);
	else
		client_outcome_set(
		    outcome, CLIENT_TEMPORARY, code, "TLS is required, but %s%s", what, why);
	outcome->is_unmet = outcome->status == CLIENT_TEMPORARY;
	return false;
}

static bool
is_plain(const struct secure *s, struct slice relay)
{
	struct slice rest = str_slice(&s->plain), line;

	if (deadline_poll_ms(s->plain_until) == 0)
		return false;
	while (slice_take(&rest, '\n', &line))
		if (slice_equal(line, relay))
			return true;
	return false;
}

bool
secure_is_possible(const struct secure *s, const struct attempt *a, const struct hop *hop,
    const struct tls_requirement *policy, struct client_outcome *outcome)
{
	if (!requires_tls(a) || s->is_asked || policy->is_named_surely ||
	    hop->address.ss_family == AF_UNIX)
		return true;
	return refuse(a, outcome, "4.7.5",
	    "nobody vouches for the name of the server: neither DNSSEC nor MTA-STS", "");
}

/*
 * REQUIRETLS wants a verified server whose name is sure; a policy that is satisfied with less is
 * raised. A message that would rather go without TLS lowers what the recipient's domain asks for,
 * but not what an administrator here does.
 */
static void
heed_message(struct secure *s, struct attempt *a)
{
	struct tls_requirement *r = &s->wanted;

	if (!requires_tls(a)) {
		if (!tls_requirement_is_lenient(r) && r->by != TLS_BY_TABLE &&
		    secure_is_optional(a)) {
			r->is_testing = true;
			r->by = TLS_BY_MESSAGE;
		}
		return;
	}
	if (r->level > TLS_LEVEL_ENCRYPT && !r->is_testing)
		return;
	r->level = TLS_LEVEL_VERIFY;
	r->is_testing = false;
	r->by = TLS_BY_MESSAGE;
}

bool
secure_prepare(struct secure *s, struct attempt *a, const struct hop *hop,
    const struct tls_requirement *policy, struct slice relay, struct client_outcome *outcome)
{
	tls_finding_clear(&s->finding);
	s->is_borrowed = false;
	if (tls_requirement_copy(&s->policy, policy) == -1 ||
	    (s->is_asked && secure_apply(s, hop) == -1) ||
	    tls_requirement_copy(&s->wanted, &s->policy) == -1) {
		client_outcome_set(outcome, CLIENT_TEMPORARY, "4.3.0", "out of memory");
		return false;
	}
	if (hop->is_smtps && s->wanted.level < TLS_LEVEL_ENCRYPT)
		s->wanted.level = TLS_LEVEL_ENCRYPT;
	if (hop->address.ss_family != AF_UNIX)
		heed_message(s, a);
	s->is_given_up = tls_requirement_is_lenient(&s->wanted) && is_plain(s, relay);
	return true;
}

void
secure_forget(struct secure *s)
{
	tls_finding_clear(&s->finding);
	tls_requirement_free(&s->policy);
	tls_requirement_free(&s->wanted);
	s->policy.level = s->wanted.level = TLS_LEVEL_NONE;
}

bool
secure_serves(struct secure *s, struct attempt *a, const struct client *c)
{
	const struct tls_requirement *policy = &s->policy;

	/* another domain may have brought this server, and vouched for it */
	if (requires_tls(a) && !c->is_local &&
	    !(c->is_protected && policy->is_named_surely && !s->is_borrowed))
		return false;
	return tls_requirement_covers(&s->wanted, s->finding.is_on, policy) ||
	       (!requires_tls(a) && policy->by != TLS_BY_TABLE && secure_is_optional(a));
}

/* What may go better the next time does not fail for good. */
static void
make_temporary(struct client_outcome *outcome)
{
	outcome->status = CLIENT_TEMPORARY;
	outcome->is_unmet = false;
	outcome->code[0] = '4';
}

bool
secure_takes_on(struct secure *s, struct attempt *a, const struct client *c,
    const struct tls_requirement *policy)
{
	struct tls_requirement copy;
	bool is_borrowed = s->is_borrowed || !tls_requirement_equal(&s->policy, policy);

	/* what was verified may have been another name (RFC 8689, 4.2.1) */
	if (!tls_requirement_covers(&s->wanted, s->finding.is_on, policy) ||
	    (requires_tls(a) && (!c->is_protected || !policy->is_named_surely || is_borrowed)))
		return false;
	tls_requirement_init(&copy);
	if (tls_requirement_copy(&copy, policy) == -1)
		return false; /* what the connection was opened for stays */
	tls_requirement_free(&s->policy);
	s->policy = copy;
	s->is_borrowed = is_borrowed;
	return true;
}

struct layer *
secure_shake_hands(struct secure *s, const struct client *c, int fd, struct slice relay,
    struct attempt *a, struct client_outcome *outcome)
{
	struct layer *layer = tls_client_start(
	    s->client, fd, relay, &s->wanted, client_until(c, CLIENT_WAIT_TLS), &s->finding);

	if (layer != NULL)
		return layer;
	(void)refuse(a, outcome, "4.7.5", "it cannot be had: ", s->finding.problem.data);
	if (s->finding.is_broken)
		make_temporary(outcome);
	return NULL;
}

/* Without STARTTLS the session goes on where that may be. */
static bool
go_without(struct secure *s, struct client *c, struct attempt *a, struct client_outcome *outcome)
{
	s->finding.failure = "starttls-not-supported"; /* RFC 8460, 4.3.1 */
	if (tls_requirement_is_lenient(&s->wanted))
		return true;
	client_quit(c);
	return refuse(a, outcome, "4.7.4", "the server does not offer STARTTLS", "");
}

/* It was offered, and refused when asked for: as if it had not been; but its words count. */
static bool
take_refusal(struct secure *s, struct client *c, struct attempt *a, struct client_outcome *outcome)
{
	enum client_status status = outcome->status;
	struct str reply;

	if (!client_is_open(c)) {
		if (strcmp(outcome->code, "4.4.2") == 0) /* as if it were the handshake's end */
			tls_finding_fail(
			    &s->finding, "starttls-not-supported", "%s", outcome->reply.data);
		return false;
	}
	s->finding.failure = "starttls-not-supported";
	if (tls_requirement_is_lenient(&s->wanted))
		return true;
	str_init(&reply, CLIENT_REPLY_MAX);
	(void)str_add_slice(&reply, str_slice(&outcome->reply));
	client_quit(c);
	(void)refuse(a, outcome, "4.7.4", "the server refuses STARTTLS: ", reply.data);
	if (status == CLIENT_TEMPORARY)
		make_temporary(outcome);
	str_free(&reply);
	return false;
}

bool
secure_start(struct secure *s, struct client *c, struct slice helo, struct slice relay,
    struct attempt *a, struct client_outcome *outcome)
{
	struct layer *layer;

	if (s->wanted.level == TLS_LEVEL_NONE || s->is_given_up)
		return true;
	if ((c->extensions & CLIENT_STARTTLS) == 0)
		return go_without(s, c, a, outcome);
	if (client_starttls(c, outcome) != CLIENT_OK)
		return take_refusal(s, c, a, outcome);
	layer = secure_shake_hands(s, c, c->fd, relay, a, outcome);
	if (layer == NULL) {
		client_close(c);
		return false;
	}
	return client_secure(c, layer, helo, outcome) == CLIENT_OK;
}

static void
remember(struct secure *s, struct slice relay)
{
	if (deadline_poll_ms(s->plain_until) == 0) {
		str_clear(&s->plain);
		s->plain_until = deadline_in_seconds(PLAIN_SECONDS);
	}
	if (str_format(&s->plain, "%.*s\n", (int)relay.len, relay.data) == 0)
		return;
	str_clear(&s->plain); /* those that go on failing are remembered again */
	(void)str_format(&s->plain, "%.*s\n", (int)relay.len, relay.data);
}

/*
 * Of TLS 1.3 a client may think that the handshake is done when the server has given it up: that
 * shows at the first reply, which does not come.
 */
bool
secure_gives_up(struct secure *s, struct slice relay, const struct client_outcome *outcome)
{
	struct tls_finding *f = &s->finding;
	bool has_failed = f->is_on ? strcmp(outcome->code, "4.4.2") == 0 : f->problem.len > 0;

	if (!tls_requirement_is_lenient(&s->wanted) || s->is_given_up || !has_failed)
		return false;
	remember(s, relay);
	if (f->is_on) /* whatever was wrong with the certificate */
		tls_finding_clear(f);
	tls_finding_fail(f, "validation-failure", "the server broke off behind the handshake");
	f->is_on = f->is_met = false;
	f->proof = TLS_PROOF_NONE;
	s->is_given_up = true;
	return true;
}
