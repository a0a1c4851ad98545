/* SPDX-License-Identifier: ISC */
#include "net/tls_certificate_text.h"

#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <time.h>

#define SHOWN_NAMES 5
#define SHOWN_OCTETS 128

static void
add_name(struct str *out, size_t index, const ASN1_STRING *name)
{
	int len = ASN1_STRING_length(name);

	(void)str_format(out, "%s%.*s", index > 0 ? ", " : "",
	    len < SHOWN_OCTETS ? len : SHOWN_OCTETS, (const char *)ASN1_STRING_get0_data(name));
}

void
tls_certificate_names(struct str *out, const X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

		if (one->type == GEN_DNS && found++ < SHOWN_NAMES)
			add_name(out, found - 1, one->d.dNSName);
	}
	if (found > SHOWN_NAMES)
		(void)str_format(out, " and %zu more", found - SHOWN_NAMES);
	GENERAL_NAMES_free(names);
}

void
tls_certificate_time(struct str *out, const ASN1_TIME *time)
{
	char text[32];
	struct tm parts;

	if (ASN1_TIME_to_tm(time, &parts) != 1 ||
	    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
		(void)str_add_text(out, "a time that cannot be read");
	else
		(void)str_add_text(out, text);
}

static bool
fingerprint(const unsigned char *data, int len, char out[TLS_FINGERPRINT_SIZE])
{
	unsigned char hash[32];

	if (len <= 0 || EVP_Digest(data, (size_t)len, hash, NULL, EVP_sha256(), NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof hash; i++) {
		out[2 * i] = "0123456789abcdef"[hash[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
	}
	out[2 * sizeof hash] = '\0';
	return true;
}

bool
tls_certificate_fingerprint(const X509 *certificate, char out[TLS_FINGERPRINT_SIZE])
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	bool made = fingerprint(der, len, out);

	OPENSSL_free(der);
	return made;
}

bool
tls_key_fingerprint(const X509 *certificate, char out[TLS_FINGERPRINT_SIZE])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	bool made = fingerprint(der, len, out);

	OPENSSL_free(der);
	return made;
}

static void
explain_time(struct str *out, int depth, const char *how, const ASN1_TIME *time)
{
	(void)str_format(
	    out, "%s %s ", depth > 0 ? "its issuer's certificate" : "certificate", how);
	tls_certificate_time(out, time);
}

static void
explain_names(struct str *out, const X509 *leaf, const char *name)
{
	struct str names;

	str_init(&names, TLS_FINGERPRINT_SIZE * 16);
	tls_certificate_names(&names, leaf);
	if (names.len == 0)
		(void)str_format(out, "certificate names no server, and not %s", name);
	else
		(void)str_format(out, "certificate is for %s, not for %s", names.data, name);
	str_free(&names);
}

static void
explain_issuer(struct str *out, const X509 *current)
{
	char name[256];

	(void)str_add_text(out, "certificate is issued by an authority that is not known here");
	if (current != NULL &&
	    X509_NAME_oneline(X509_get_issuer_name(current), name, sizeof name) != NULL)
		(void)str_format(out, ": %s", name);
}

void
tls_certificate_explain(
    struct str *out, int error, int depth, const X509 *current, const X509 *leaf, const char *name)
{
	if (error == X509_V_ERR_CERT_HAS_EXPIRED && current != NULL)
		explain_time(out, depth, "expired on", X509_get0_notAfter(current));
	else if (error == X509_V_ERR_CERT_NOT_YET_VALID && current != NULL)
		explain_time(out, depth, "is not valid before", X509_get0_notBefore(current));
	else if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
		explain_names(out, leaf, name);
	else if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		(void)str_add_text(out, "certificate is self-signed");
	else if (error == X509_V_ERR_DANE_NO_MATCH)
		(void)str_add_text(out, "no TLSA record matches the certificate");
	else if (error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
		 error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		 error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
		 error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE)
		explain_issuer(out, current);
	else
		(void)str_format(out, "certificate: %s", X509_verify_cert_error_string(error));
}

const char *
tls_certificate_failure(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "certificate-expired";
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "certificate-host-mismatch";
	case X509_V_ERR_DANE_NO_MATCH:
		return "tlsa-invalid";
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REVOKED:
		return "certificate-not-trusted";
	default:
		return "validation-failure";
	}
}
