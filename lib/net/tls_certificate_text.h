/* SPDX-License-Identifier: ISC */
/* Whom a certificate is for, and what is wrong with it, for people. */
#ifndef NET_TLS_CERTIFICATE_TEXT_H
#define NET_TLS_CERTIFICATE_TEXT_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "base/str.h"

/* The DNS names of its subjectAltName, at most five, commas between. Nothing where it has none. */
void tls_certificate_names(struct str *out, const X509 *certificate);
/* "2026-11-21 10:00:00 UTC". */
void tls_certificate_time(struct str *out, const ASN1_TIME *time);
/* In hexadecimal digits, the SHA-256 of the certificate, or of its public key (RFC 7469, 2.4). */
#define TLS_FINGERPRINT_SIZE 65
bool tls_certificate_fingerprint(const X509 *certificate, char out[TLS_FINGERPRINT_SIZE]);
bool tls_key_fingerprint(const X509 *certificate, char out[TLS_FINGERPRINT_SIZE]);
/*
 * Why a chain does not verify: X509's ERROR at DEPTH, where CURRENT is at fault, for a server that
 * goes by NAME and showed LEAF.
 */
void tls_certificate_explain(
    struct str *out, int error, int depth, const X509 *current, const X509 *leaf, const char *name);
/* The same as a result type of RFC 8460, 4.3. */
const char *tls_certificate_failure(int error);

#endif
