/* SPDX-License-Identifier: ISC */
/*
 * What became of TLS, told to qrun for the reports of RFC 8460. Sessions with mail exchangers
 * count, but not those for a message that does without TLS if need be, as reports themselves do:
 * else each report would bring another.
 */
#include <string.h>

#include "base/escape.h"
#include "net/endpoint.h"
#include "send.h"
#include "spool/job.h"

#define TELL_MS 60000 /* for qrun to take a packet */
#define ADDRESS_MAX ((size_t)64)

static bool
is_told(const struct sender *s, struct attempt *a, const struct hops *h)
{
	return s->outcomes_fd != -1 && h->to.is_mx && !h->is_lmtp && h->to.domain.len > 0 &&
	       !secure_is_optional(a);
}

/* One packet. That qrun has gone is found out soon enough. */
static void
tell(struct sender *s, const struct hops *h, const struct hop *hop, const char *failure,
    struct slice reason)
{
	struct tls_applied applied = tls_policy_applied(s->tls_policy);
	struct str domain, address, source, words;
	struct tls_outcome o = {.type = applied.type,
	    .policy = applied.policy,
	    .failure = slice_of(failure),
	    .mx = slice_of(hop->is_literal ? "" : hop->name)};

	str_init(&domain, sizeof hop->name);
	str_init(&address, ADDRESS_MAX);
	str_init(&source, ADDRESS_MAX);
	str_init(&words, CLIENT_REPLY_MAX * 4);
	for (size_t i = 0; i < h->to.domain.len; i++)
		(void)str_add_char(&domain, ascii_lower(h->to.domain.data[i]));
	(void)endpoint_add_text(&address, &hop->address);
	if (s->outcome_source.ss_family != AF_UNSPEC)
		(void)endpoint_add_text(&source, &s->outcome_source);
	(void)escape_text(&words, reason);
	o.domain = str_slice(&domain);
	o.address = str_slice(&address);
	o.sender = str_slice(&source);
	o.reason = str_slice(&words);
	(void)job_send_tls_outcome(s->outcomes_fd, &o, deadline_in_ms(TELL_MS));
	str_free(&domain);
	str_free(&address);
	str_free(&source);
	str_free(&words);
}

void
outcomes_note_source(struct sender *s, int fd)
{
	socklen_t len = sizeof s->outcome_source;

	s->outcome_source.ss_family = AF_UNSPEC;
	if (s->outcomes_fd != -1 &&
	    getsockname(fd, (struct sockaddr *)&s->outcome_source, &len) == -1)
		s->outcome_source.ss_family = AF_UNSPEC;
}

/* "" if TLS is what the policy asks for; without a policy, if there is any. */
static const char *
judge(const struct tls_finding *f, const struct tls_applied *applied)
{
	bool has_policy = applied->type != TLS_POLICY_NONE && applied->policy.len > 0;

	if (f->is_on && (f->is_met || !has_policy))
		return "";
	if (f->failure[0] != '\0')
		return f->failure;
	return f->is_on ? "validation-failure" : "starttls-not-supported";
}

void
outcomes_tell_session(
    struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop, bool is_open)
{
	const struct tls_finding *f = &s->secure.finding;
	struct tls_applied applied = {.failure = ""};
	const char *failure;

	if (!is_told(s, a, h))
		return;
	applied = tls_policy_applied(s->tls_policy);
	failure = judge(f, &applied);
	/* what is not TLS's fault, such as a server that hangs up, is nobody's business (4.3.4) */
	if (is_open || (*failure != '\0' && (f->failure[0] != '\0' || f->problem.len > 0)))
		tell(s, h, hop, failure, *failure == '\0' ? slice_of("") : str_slice(&f->problem));
	if (applied.failure[0] != '\0' && strcmp(applied.failure, failure) != 0)
		tell(s, h, hop, applied.failure, str_slice(&h->tls.reason));
}

void
outcomes_tell_refusal(
    struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop)
{
	struct tls_applied applied;

	if (!is_told(s, a, h))
		return;
	applied = tls_policy_applied(s->tls_policy);
	s->outcome_source.ss_family = AF_UNSPEC;
	if (applied.failure[0] != '\0')
		tell(s, h, hop, applied.failure, str_slice(&h->tls.reason));
}
