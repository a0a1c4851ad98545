/* SPDX-License-Identifier: ISC */
/*
 * What came of TLS at one server: what a requirement (net/tls_requirement.h) was answered with.
 * Nothing here knows OpenSSL.
 */
#ifndef NET_TLS_FINDING_H
#define NET_TLS_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define TLS_TEXT_SIZE 40 /* of "TLSv1.3 fingerprint" and a NUL */

/* What vouches for it that the server is the one that was meant. */
enum tls_proof {
	TLS_PROOF_NONE,
	TLS_PROOF_TRUSTED, /* a certificate for its name, but nobody has said that it must have one
			    */
	TLS_PROOF_FINGERPRINT,
	TLS_PROOF_VERIFIED, /* a certificate of a known CA for a name that was required */
	TLS_PROOF_DANE,
};

struct tls_finding {
	bool is_on;  /* the connection is under TLS */
	bool is_met; /* the requirement; false in testing, too, where mail goes all the same */
	bool is_resumed;
	bool is_broken; /* the connection was lost, or time was up: there may be TLS another time */
	enum tls_proof proof;
	char protocol[16], cipher[64];
	/* Why it is not verified, or there is no TLS: a result type of RFC 8460, 4.3, or "". */
	const char *failure;
	struct str problem; /* the same for a postmaster, in words that may hold foreign bytes */
};

void tls_finding_init(struct tls_finding *v);
void tls_finding_free(struct tls_finding *v);
/* As after init; memory stays. */
void tls_finding_clear(struct tls_finding *v);
/* FAILURE must stay, it is not copied; FORMAT as printf(3). What there was said before stays. */
void tls_finding_fail(struct tls_finding *v, const char *failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * The result type of RFC 8460, 4.3, to be reported: "" where TLS was there as it was required,
 * although with anybody.
 */
const char *tls_finding_report(const struct tls_finding *v);
/* "none", "TLSv1.3 unverified", "TLSv1.2 dane" and so on (satchel(7), LOGS). */
void tls_finding_text(const struct tls_finding *v, char text[TLS_TEXT_SIZE]);

#endif
