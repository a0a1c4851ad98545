/* SPDX-License-Identifier: ISC */
/* What a server said of revocation: the response of OCSP that it staples (RFC 6066, 8; RFC 6960).
 */
#include <openssl/ocsp.h>

#include "net/tls_chain_private.h"

#define SKEW_SECONDS 300

static enum tls_chain_status
status_of(int status)
{
	switch (status) {
	case V_OCSP_CERTSTATUS_GOOD:
		return TLS_STATUS_GOOD;
	case V_OCSP_CERTSTATUS_REVOKED:
		return TLS_STATUS_REVOKED;
	default:
		return TLS_STATUS_UNKNOWN;
	}
}

/* Who issued the server's own among those that it sent; null: nobody. */
static X509 *
find_issuer(const STACK_OF(X509) * all)
{
	X509 *own = sk_X509_value(all, 0);

	for (int i = 1; i < sk_X509_num(all); i++)
		if (X509_check_issued(sk_X509_value(all, i), own) == X509_V_OK)
			return sk_X509_value(all, i);
	return X509_check_issued(own, own) == X509_V_OK ? own : NULL;
}

/* The certificate of whom signed it is in the response, or among those sent. */
static void
read_basic(struct tls_chain *chain, OCSP_BASICRESP *basic, X509_STORE *store)
{
	STACK_OF(X509) *all = chain->opaque->all;
	X509 *issuer = find_issuer(all);
	OCSP_CERTID *id =
	    issuer == NULL ? NULL : OCSP_cert_to_id(NULL, sk_X509_value(all, 0), issuer);
	ASN1_GENERALIZEDTIME *revoked, *from, *until;
	int status, reason;

	if (id != NULL && OCSP_basic_verify(basic, all, store, 0) == 1 &&
	    OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &from, &until) == 1 &&
	    OCSP_check_validity(from, until, SKEW_SECONDS, -1) == 1) {
		chain->status = status_of(status);
		chain->status_until = tls_chain_seconds(until);
	}
	OCSP_CERTID_free(id);
}

void
tls_chain_read_status(struct tls_chain *chain, SSL *ssl)
{
	const unsigned char *octets = NULL;
	long len = SSL_get_tlsext_status_ocsp_resp(ssl, &octets);
	OCSP_RESPONSE *response;
	OCSP_BASICRESP *basic;

	chain->status = TLS_STATUS_NONE;
	if (len <= 0 || octets == NULL || chain->count == 0)
		return;
	chain->status = TLS_STATUS_WRONG;
	response = d2i_OCSP_RESPONSE(NULL, &octets, len);
	if (response != NULL && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL &&
	    (basic = OCSP_response_get1_basic(response)) != NULL) {
		read_basic(chain, basic, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)));
		OCSP_BASICRESP_free(basic);
	}
	OCSP_RESPONSE_free(response);
}
