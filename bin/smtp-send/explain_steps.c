/* SPDX-License-Identifier: ISC */
/* What "smtp-send --explain" says of each step. */
#include <string.h>

#include "explain.h"
#include "net/endpoint.h"
#include "smtp/client_session.h"

#define NAMES_MAX_OCTETS ((size_t)500)
#define TEXT_MAX ((size_t)2000)

void
explain_exchangers(struct attempt *a, const struct hops *h)
{
	const struct dns_exchangers *e = &h->exchangers;

	if (!a->is_explained)
		return;
	explain_done(a, slice_of(""), "%s%s%s, %s",
	    e->implicit ? "no MX record: the domain is its own mail exchanger" : "MX records",
	    e->expanded[0] == '\0' ? "" : " of ", e->expanded,
	    e->is_secure ? "signed (DNSSEC)" : "not signed");
	a->step = "exchanger";
	for (size_t i = 0; i < e->count; i++)
		explain_note(a, slice_of(e->list[i].name), "preference %u%s",
		    (unsigned)e->list[i].preference,
		    i < EXCHANGERS_MAX ? "" : ": too far behind, never tried");
}

void
explain_servers(struct sender *s, struct attempt *a, const struct hops *h)
{
	if (!a->is_explained)
		return;
	explain_begin(a, "address");
	for (size_t i = 0; i < h->count; i++) {
		const struct hop *hop = &h->list[i];

		connection_name(s, hop);
		explain_note(a, str_slice(&s->relay), "%s%s%s",
		    hop->is_secure ? "signed (DNSSEC)" : "not signed",
		    hop->expanded[0] == '\0' ? "" : ", an alias of ", hop->expanded);
	}
}

void
explain_policy(struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop)
{
	struct str text;

	if (!a->is_explained)
		return;
	if (s->secure.is_asked) {
		explain_done(a, slice_of(hop->name), "command: %s, whatever else is to be had",
		    tls_level_text(
			s->secure.record_count > 0 ? TLS_LEVEL_DANE : s->secure.asked.level));
		return;
	}
	str_init(&text, TEXT_MAX);
	if (tls_requirement_add_text(&h->tls, &text) == 0)
		explain_done(a, slice_of(hop->name), "%s%s: %s", tls_authority_text(h->tls.by),
		    h->tls.is_testing ? " (testing)" : "", text.data);
	str_free(&text);
}

static void
add_source(struct str *out, int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;

	if (getsockname(fd, (struct sockaddr *)&own, &len) == -1 || own.ss_family == AF_UNIX)
		return;
	(void)str_add_text(out, "from ");
	(void)endpoint_add_text(out, &own);
}

/* Those who did not answer before are let go of, and are tried again if this one is of no use. */
void
explain_race(
    struct sender *s, struct attempt *a, const struct hops *h, const struct hop *hop, int fd)
{
	struct str source;

	if (!a->is_explained)
		return;
	str_init(&source, NAMES_MAX_OCTETS);
	add_source(&source, fd);
	connection_name(s, hop);
	explain_done(a, str_slice(&s->relay), "%s", source.data);
	for (size_t i = 0; i < h->count; i++) {
		if (h->list[i].is_done)
			continue;
		connection_name(s, &h->list[i]);
		explain_note(a, str_slice(&s->relay), "not connected to yet: another was faster");
	}
	str_free(&source);
}

void
explain_login(struct sender *s, struct attempt *a)
{
	if (s->credential == NULL)
		explain_note(a, str_slice(&s->relay), "none: credentials has no line for it");
	else if (s->client.is_authenticated)
		explain_done(a, str_slice(&s->relay), "as %.*s", (int)s->credential->login.len,
		    s->credential->login.data);
	else
		explain_note(a, str_slice(&s->relay), "none, and it is optional");
}

/* Its extensions, by the names that they have in EHLO. */
void
explain_hello(struct sender *s, struct attempt *a)
{
	static const struct {
		enum client_extension extension;
		const char *name;
	} rows[] = {
	    {CLIENT_PIPELINING, "PIPELINING"},
	    {CLIENT_SIZE, "SIZE"},
	    {CLIENT_8BITMIME, "8BITMIME"},
	    {CLIENT_DSN, "DSN"},
	    {CLIENT_STARTTLS, "STARTTLS"},
	    {CLIENT_SMTPUTF8, "SMTPUTF8"},
	    {CLIENT_CHUNKING, "CHUNKING"},
	    {CLIENT_REQUIRETLS, "REQUIRETLS"},
	    {CLIENT_AUTH, "AUTH"},
	};
	struct str names;

	if (!a->is_explained)
		return;
	str_init(&names, NAMES_MAX_OCTETS);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((s->client.extensions & rows[i].extension) != 0)
			(void)str_format(&names, " %s", rows[i].name);
	explain_done(a, str_slice(&s->relay), "%s as %s:%s",
	    s->client.is_lmtp	 ? "LHLO"
	    : s->client.is_esmtp ? "EHLO"
				 : "HELO",
	    s->hello.data, names.len == 0 ? " no extension that is of use" : names.data);
	str_free(&names);
}

static const char *
why_no_tls(const struct sender *s)
{
	if (s->secure.wanted.level == TLS_LEVEL_NONE)
		return "none is wanted";
	if (s->secure.is_given_up)
		return "it failed with this server, which is now spoken to without";
	return "the server does not do STARTTLS, and need not";
}

void
explain_tls(struct sender *s, struct attempt *a)
{
	const struct tls_finding *f = &s->secure.finding;
	char text[TLS_TEXT_SIZE];

	if (!a->is_explained)
		return;
	if (!f->is_on) {
		explain_note(a, str_slice(&s->relay), "none: %s", why_no_tls(s));
		return;
	}
	tls_finding_text(f, text);
	explain_done(a, str_slice(&s->relay), "%s, %s%s%s", text, f->cipher,
	    f->problem.len == 0 ? "" : "; mail goes all the same: ",
	    f->problem.len == 0 ? "" : f->problem.data);
}

void
explain_answers(struct sender *s, struct attempt *a)
{
	const struct client_transaction *t = &a->transaction;
	struct slice sender = a->message.reverse_path;

	a->is_reached = true;
	if (!a->is_explained || t->count == 0)
		return;
	a->step = "mail";
	if (!t->is_refused)
		explain_done(a, str_slice(&s->relay), "MAIL FROM:<%.*s> is taken", (int)sender.len,
		    sender.data);
	else
		explain_failure(a, a->asked[0].outcome, str_slice(&s->relay));
	a->step = "rcpt";
	for (size_t i = 0; i < t->count && !t->is_refused; i++)
		if (t->recipients[i].outcome->is_set)
			explain_failure(a, t->recipients[i].outcome, t->recipients[i].address);
	a->step = "reset";
	if (client_is_open(&s->client))
		explain_done(a, str_slice(&s->relay), "RSET: nothing was sent");
}
