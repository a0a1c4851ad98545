/* SPDX-License-Identifier: ISC */
/*
 * What smtp-probe finds out of TLS. A session takes any certificate, so that one that does not
 * verify ends nothing; it is judged afterwards, by the very verification that smtp-send has
 * (net/tls_chain.h), so that the two cannot disagree.
 *
 * For a domain, once, in front of its servers:		tls_report_domain(p, r, target, &servers);
 * for a server, behind STARTTLS or where TLS came first:	tls_report_session(p, r, &link,
 * &servers); and where there is no TLS with it, but might have been:	tls_report_without(p, r,
 * &link, &servers);
 * then, with --tls-versions, over further connections:	tls_report_versions(p, r, server);
 *
 * Results go to the target, or to the server at hand.
 */
#ifndef SMTP_PROBE_TLS_H
#define SMTP_PROBE_TLS_H

#include <stdbool.h>

#include "base/options.h"

struct link;
struct probe;
struct report;
struct server;
struct servers;
struct target;

/* Of the command line. */
struct tls_wishes {
	bool versions, as_sender;
};

extern const struct option_row tls_rows[];

/* True if CODE is one of tls_rows. */
bool tls_take(struct probe *p, int code);

/*
 * "tls-rpt" and "mta-sts" of a domain: what its DNS and its policy say. Nothing for other targets.
 */
void tls_report_domain(
    struct probe *p, struct report *r, const struct target *target, const struct servers *servers);

/*
 * Of a link that is under TLS: "tls", "cipher", "certificate…", "ocsp", "dane", "mta-sts.mx",
 * "mta-sts.certificate". The link stays as it is, and open.
 */
void tls_report_session(
    struct probe *p, struct report *r, const struct link *link, const struct servers *servers);

/*
 * Of a server without TLS (STARTTLS is not offered, was refused, or the handshake failed), what
 * that means: "dane", "mta-sts.mx", "mta-sts.certificate" by its policies.
 */
void tls_report_without(
    struct probe *p, struct report *r, const struct link *link, const struct servers *servers);

/* Sets what each is called under TLS (SNI). May ask the DNS. */
void tls_name_servers(struct probe *p, struct servers *all);

/* "tls.version" about TLSv1.0 to TLSv1.3, by a connection each. */
void tls_report_versions(struct probe *p, struct report *r, const struct server *server);

/* What was kept for the last target. */
void tls_end(struct probe *p);

#endif
