/* SPDX-License-Identifier: ISC */
/*
 * The ids of all results, each explained in smtp-probe(1), RESULTS: whether it varies, whether it
 * is a detail. Those of one subject stand together; add yours to your block.
 */
#include <stddef.h>

#include "report_parts.h"

static const struct report_kind kinds[] = {
    /* the target: domain, names, addresses */
    {"domain", false, false}, {"mx", false, false}, {"address", false, false},
    {"address.ipv4", false, false}, {"address.ipv6", false, false},
    /* one connection */
    {"connect", false, false}, {"greeting", false, false}, {"ehlo", false, false},
    {"ehlo.tls-differs", false, false}, {"starttls", false, false}, {"starttls.once", false, true},
    {"auth", false, false}, {"auth.protected", false, false}, {"size", false, false},
    {"size.fits", false, false}, {"limits", false, false}, {"pipelining", false, false},
    {"8bitmime", false, false}, {"smtputf8", false, false}, {"dsn", false, false},
    {"chunking", false, false}, {"binarymime", false, true}, {"enhancedstatuscodes", false, false},
    {"requiretls", false, true}, {"deliverby", false, true}, {"mt-priority", false, true},
    {"extension", false, true}, {"help", false, false}, {"vrfy.policy", false, false},
    {"expn.policy", false, false}, {"quit", false, true}, {"steady", true, false},
    {"greeting.name", false, false}, {"ptr", false, false}, {"ptr.greeting", false, true},
    {"reply.crlf", false, true}, {"reply.codes", false, false}, {"time", true, false},
    /* TLS */
    {"tls", false, false}, {"cipher", false, false}, {"tls.group", false, true},
    {"tls.version", false, false}, {"certificate", false, true}, {"certificate.name", false, false},
    {"certificate.dates", false, false}, {"certificate.renewal", false, false},
    {"certificate.chain", false, false}, {"certificate.domain", false, true},
    {"certificate.key", false, true}, {"certificate.tlsa", false, true}, {"ocsp", false, true},
    {"dane", false, false}, {"dane.record", false, false}, {"mta-sts", false, false},
    {"mta-sts.mx", false, false}, {"mta-sts.certificate", false, false}, {"tls-rpt", false, false},
    /* --as-sender */
    {"sender.destination", false, false}, {"sender.exchanger", false, false},
    {"sender.address", false, false}, {"sender.policy", false, false},
    {"sender.connect", true, false}, {"sender.session", false, false}, {"sender.tls", false, false},
    {"sender.login", false, false}, {"sender.mail", false, false}, {"sender.rcpt", false, false},
    {"sender.reset", false, false}, {"sender.result", false, false},
    /* addresses: vrfy, expn, --to */
    {"vrfy", false, false}, {"vrfy.address", false, false}, {"expn", false, false},
    {"expn.address", false, false}, {"rcpt.address", false, false},
    {"rcpt.catch-all", false, false}, {"mail", false, false}, {"rcpt", false, false},
    /* send */
    {"login", false, false}, {"offered", false, false}, {"data", false, false},
    {"message", false, false},
    /* conform */
    {"conform.noop", false, false}, {"conform.case", false, false},
    {"conform.trailing-blank", false, false}, {"conform.pipelining", false, false},
    {"conform.rset", false, false}, {"conform.ehlo-resets", false, false},
    {"conform.rcpt-first", false, false}, {"conform.mail-twice", false, false},
    {"conform.data-first", false, false}, {"conform.data-no-rcpt", false, false},
    {"conform.partial", false, false}, {"conform.null-sender", false, false},
    {"conform.postmaster", false, false}, {"conform.literal-ehlo", false, false},
    {"conform.literal", false, false}, {"conform.quoted", false, false},
    {"conform.quoted-same", false, false}, {"conform.source-route", false, false},
    {"conform.helo", false, false}, {"conform.vrfy", false, false}, {"conform.expn", false, false},
    {"conform.help", false, false}, {"conform.unknown", false, false},
    {"conform.empty-line", false, false}, {"conform.mail-parameter", false, false},
    {"conform.rcpt-parameter", false, false}, {"conform.line-512", false, false},
    {"conform.line-long", false, false}, {"conform.command-lf", false, false},
    {"conform.command-cr", false, false}, {"conform.recipients", false, false},
    {"conform.size", false, false}, {"conform.size-small", false, false},
    {"conform.8bitmime", false, false}, {"conform.smtputf8", false, false},
    {"conform.smtputf8-undeclared", false, false}, {"conform.dsn", false, false},
    {"conform.bdat-first", false, false}, {"conform.bdat-then-data", false, false},
    {"conform.bdat-rset", false, false}, {"conform.binarymime-data", false, false},
    {"conform.smuggling", false, false}, {"conform.message", false, false},
    {"conform.message-empty", false, false}, {"conform.dots", false, false},
    {"conform.line-998", false, false}, {"conform.8bitmime-message", false, false},
    {"conform.smtputf8-message", false, false}, {"conform.bdat", false, false},
    {"conform.bdat-empty", false, false}, {"conform.bdat-octets", false, false},
    {"conform.quit", false, false}, {"conform.starttls-injection", false, false},
    {"conform.greeting", false, false}, {"conform.ehlo", false, false},
    {"conform.starttls-again", false, false}, {"conform.replies", false, false},
    {"conform.status-codes", false, false},
    /* relay */
    {"relay.closed", false, false}};

const struct report_kind *
report_kind(struct slice id)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (slice_is(id, kinds[i].id))
			return &kinds[i];
	return NULL;
}

const struct report_kind *
report_kind_at(size_t i)
{
	return i < sizeof kinds / sizeof kinds[0] ? &kinds[i] : NULL;
}
