/* SPDX-License-Identifier: ISC */
/* A requirement asked of certificates that were shown before: the very verification of handshakes.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "net/tls_chain_private.h"

/* As OpenSSL does it in a handshake (SSL_CTX_set_cert_verify_callback(3)). */
static bool
prepare(X509_STORE_CTX *context, struct tls_client_stream *s, const struct tls_chain *chain)
{
	STACK_OF(X509) *all = chain->opaque->all;
	X509_VERIFY_PARAM *parameters;

	if (X509_STORE_CTX_init(context, SSL_CTX_get_cert_store(s->client->context),
		sk_X509_value(all, 0), all) != 1 ||
	    X509_STORE_CTX_set_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx(), s->ssl) !=
		1 ||
	    X509_STORE_CTX_set_default(context, "ssl_server") != 1)
		return false;
	parameters = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_auth_level(parameters, SSL_get_security_level(s->ssl));
	if (s->requirement->level == TLS_LEVEL_DANE)
		X509_STORE_CTX_set0_dane(context, SSL_get0_dane(s->ssl));
	X509_STORE_CTX_set_verify_cb(context, SSL_get_verify_callback(s->ssl));
	return X509_VERIFY_PARAM_set1(parameters, SSL_get0_param(s->ssl)) == 1;
}

/* To its end, whatever is found on the way: so all faults are known. */
static bool
verify(struct tls_client_stream *s, const struct tls_chain *chain)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool done = context != NULL && prepare(context, s, chain);

	if (done) {
		s->is_strict = false;
		(void)X509_verify_cert(context); /* the callback has what is wrong */
		SSL_set_verify_result(s->ssl, X509_STORE_CTX_get_error(context));
		tls_client_weigh(s, sk_X509_value(chain->opaque->all, 0));
	}
	X509_STORE_CTX_free(context);
	return done;
}

static bool
judge(struct tls_client_stream *s, const struct tls_chain *chain, const struct tls_requirement *r,
    struct tls_finding *v, unsigned *faults)
{
	struct tls_requirement strict = *r;
	bool done;

	/* who only tests is lenient in the handshake, too */
	strict.is_testing = false;
	s->requirement = &strict;
	s->finding = v;
	ERR_clear_error();
	done = tls_client_expect(s) && verify(s, chain);
	*faults = s->faults;
	s->requirement = NULL;
	s->finding = NULL;
	return done;
}

bool
tls_chain_judge(struct tls_client *t, const struct tls_chain *chain,
    const struct tls_requirement *r, struct tls_finding *v, unsigned *faults)
{
	struct tls_client_stream *s;
	struct str problem;
	bool done = false;

	tls_finding_clear(v);
	*faults = 0;
	str_init(&problem, TLS_REASON_MAX);
	s = tls_client_make_context(t, &problem) ? tls_client_stream_new(t, -1) : NULL;
	str_free(&problem);
	if (s != NULL) {
		done = judge(s, chain, r, v, faults);
		tls_client_stream_free(s);
	}
	ERR_clear_error();
	if (!done) {
		v->is_met = false;
		tls_finding_fail(v, "validation-failure", "it could not be verified");
	}
	v->is_on = true;
	return done;
}
