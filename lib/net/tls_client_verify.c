/* SPDX-License-Identifier: ISC */
/* What a server's certificate must be, by the level of the requirement. */
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/endpoint.h"
#include "net/tls_certificate_text.h"
#include "net/tls_chain.h"
#include "net/tls_client_private.h"

#define PROBLEM_MAX ((size_t)1000)
/* RFC 9325, 4.1 and 4.2: where more is asked for than encryption, forward secrecy is, too. */
#define STRICT_CIPHERS \
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:!aNULL:@SECLEVEL=2"
/* RFC 9525, 6.3: no part of a label, and 6.2: not the subject's common name */
#define HOST_FLAGS (X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

static const char *
first_name(const struct tls_client_stream *s)
{
	const struct tls_requirement *r = s->requirement;

	return r != NULL && r->name_count > 0 ? r->names[0] : "the server's name";
}

static unsigned
fault(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TLS_FAULT_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TLS_FAULT_NOT_YET;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return TLS_FAULT_NAME;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return TLS_FAULT_SELF_SIGNED;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: /* what follows from one of these */
		return TLS_FAULT_NO_ISSUER;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return TLS_FAULT_AUTHORITY;
	case X509_V_ERR_DANE_NO_MATCH:
		return TLS_FAULT_NO_RECORD;
	default:
		return TLS_FAULT_OTHER;
	}
}

/* With DANE all that is not said of a time or a name is said of the records. */
static int
meaning(const struct tls_client_stream *s, int error)
{
	static const int of_trust[] = {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	    X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	    X509_V_ERR_CERT_UNTRUSTED};

	for (size_t i = 0; i < sizeof of_trust / sizeof of_trust[0]; i++)
		if (error == of_trust[i] && s->requirement->level == TLS_LEVEL_DANE)
			return X509_V_ERR_DANE_NO_MATCH;
	return error;
}

/* Called for each certificate of the chain: what is wrong with it is kept, the first time. */
static int
look(int good, X509_STORE_CTX *context)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_client_stream *s = SSL_get_app_data(ssl);
	struct str problem;
	int error;

	if (good)
		return 1;
	s->faults |= fault(X509_STORE_CTX_get_error(context));
	if (s->has_error || s->requirement == NULL)
		return !s->is_strict;
	s->has_error = true;
	error = meaning(s, X509_STORE_CTX_get_error(context));
	str_init(&problem, PROBLEM_MAX);
	tls_certificate_explain(&problem, error, X509_STORE_CTX_get_error_depth(context),
	    X509_STORE_CTX_get_current_cert(context), X509_STORE_CTX_get0_cert(context),
	    first_name(s));
	tls_finding_fail(s->finding, tls_certificate_failure(error), "%s", problem.data);
	str_free(&problem);
	return !s->is_strict;
}

/* Its address, if that is what the server goes by; else each of its names will do. */
static bool
expect_names(struct tls_client_stream *s)
{
	const struct tls_requirement *r = s->requirement;
	struct sockaddr_storage address;
	socklen_t len;

	if (r->name_count == 0 && r->level == TLS_LEVEL_VERIFY) {
		tls_finding_fail(s->finding, "certificate-host-mismatch",
		    "there is no name that its certificate could be for");
		return false;
	}
	if (r->name_count == 0)
		return true;
	SSL_set_hostflags(s->ssl, HOST_FLAGS);
	if (r->name_count == 1 && endpoint_parse(slice_of(r->names[0]), 0, &address, &len))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s->ssl), r->names[0]) == 1;
	for (size_t i = 0; i < r->name_count; i++)
		if (SSL_add1_host(s->ssl, r->names[i]) != 1)
			return false;
	return true;
}

/*
 * RFC 7672, 3.1: with usage 3 neither names nor times count. If no record can be used after all,
 * any certificate does, but not without TLS (2.1.1).
 */
static bool
expect_tlsa(struct tls_client_stream *s)
{
	const struct tls_requirement *r = s->requirement;
	size_t usable = 0;

	if (r->name_count == 0 || SSL_dane_enable(s->ssl, r->names[0]) != 1)
		return false;
	(void)SSL_dane_set_flags(s->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < r->tlsa_count; i++) {
		const struct tls_tlsa *one = &r->tlsa[i];

		if (one->usage < 2 || one->usage > 3) /* 3.1.3: not for SMTP */
			continue;
		if (SSL_dane_tlsa_add(s->ssl, one->usage, one->selector, one->matching, one->data,
			one->length) > 0)
			usable++;
	}
	ERR_clear_error();
	s->is_any_tlsa = usable == 0;
	if (s->is_any_tlsa)
		tls_finding_fail(s->finding, "tlsa-invalid", "no TLSA record can be used");
	return true;
}

bool
tls_client_expect(struct tls_client_stream *s)
{
	const struct tls_requirement *r = s->requirement;
	bool is_verified = r->level == TLS_LEVEL_VERIFY || r->level == TLS_LEVEL_DANE;

	SSL_set_verify(s->ssl, SSL_VERIFY_PEER, look);
	if (r->level == TLS_LEVEL_DANE && !expect_tlsa(s))
		return false;
	if (!expect_names(s))
		return false;
	is_verified = is_verified && !s->is_any_tlsa;
	s->is_strict = is_verified && !r->is_testing;
	if (s->is_strict)
		return SSL_set_cipher_list(s->ssl, STRICT_CIPHERS) == 1;
	/* RFC 5746: who does not know it may be spoken to where anybody may */
	if (r->level != TLS_LEVEL_FINGERPRINT)
		(void)SSL_set_options(s->ssl, SSL_OP_LEGACY_SERVER_CONNECT);
	return true;
}

static bool
has_fingerprint(const struct tls_requirement *r, const char *one)
{
	struct slice rest = str_slice(&r->fingerprints), word;

	while (slice_word(&rest, &word))
		if (slice_is_nocase(word, one))
			return true;
	return false;
}

static bool
check_fingerprint(struct tls_client_stream *s, const X509 *certificate)
{
	char of_certificate[TLS_FINGERPRINT_SIZE], of_key[TLS_FINGERPRINT_SIZE];

	if (certificate == NULL || !tls_certificate_fingerprint(certificate, of_certificate) ||
	    !tls_key_fingerprint(certificate, of_key)) {
		tls_finding_fail(s->finding, "validation-failure", "no certificate was shown");
		return false;
	}
	if (has_fingerprint(s->requirement, of_certificate) ||
	    has_fingerprint(s->requirement, of_key))
		return true;
	tls_finding_clear(s->finding);
	s->finding->is_on = true;
	tls_finding_fail(s->finding, "certificate-not-trusted",
	    "certificate has another fingerprint: %s, its key %s", of_certificate, of_key);
	return false;
}

void
tls_client_weigh(struct tls_client_stream *s, const X509 *certificate)
{
	const struct tls_requirement *r = s->requirement;
	struct tls_finding *v = s->finding;
	bool is_good =
	    !s->has_error && SSL_get_verify_result(s->ssl) == X509_V_OK && certificate != NULL;

	v->is_met = true;
	if (r->level == TLS_LEVEL_FINGERPRINT) {
		v->is_met = check_fingerprint(s, certificate);
		v->proof = v->is_met ? TLS_PROOF_FINGERPRINT : TLS_PROOF_NONE;
	} else if (r->level == TLS_LEVEL_VERIFY) {
		v->is_met = is_good;
		v->proof = is_good ? TLS_PROOF_VERIFIED : TLS_PROOF_NONE;
	} else if (r->level == TLS_LEVEL_DANE && !s->is_any_tlsa) {
		v->is_met = is_good && SSL_get0_dane_authority(s->ssl, NULL, NULL) >= 0;
		v->proof = v->is_met ? TLS_PROOF_DANE : TLS_PROOF_NONE;
	} else if (r->name_count > 0 && r->level != TLS_LEVEL_DANE && is_good) {
		v->proof = TLS_PROOF_TRUSTED;
	}
	if (!v->is_met)
		tls_finding_fail(v, "validation-failure", "the certificate was not verified");
}

bool
tls_client_judge(struct tls_client_stream *s)
{
	struct tls_finding *v = s->finding;
	struct tls_session *kept = &s->kept;

	if (v->is_resumed) {
		v->is_met = kept->is_met;
		v->proof = kept->proof;
		tls_finding_fail(v, kept->failure, "%s", kept->problem.data);
		return true;
	}
	tls_client_weigh(s, SSL_get0_peer_certificate(s->ssl));
	kept->made = clock_wall_seconds();
	kept->is_met = v->is_met;
	kept->proof = v->proof;
	kept->failure = v->failure;
	str_clear(&kept->problem);
	(void)str_add_slice(&kept->problem, str_slice(&v->problem));
	return v->is_met || s->requirement->is_testing;
}
