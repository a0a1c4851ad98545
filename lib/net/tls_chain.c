/* SPDX-License-Identifier: ISC */
#include "net/tls_chain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/tls_certificate_text.h"
#include "net/tls_chain_private.h"

#define NAME_MAX_OCTETS ((size_t)1000)
#define NAMES_MAX_OCTETS ((size_t)4000)

/* What does not fit is cut off. */
static void
add_cut(struct str *out, const char *data, size_t len)
{
	size_t room = out->cap > out->len + 1 ? out->cap - out->len - 1 : 0;

	(void)str_add(out, data, len < room ? len : room);
}

static void
add_name(struct str *out, const X509_NAME *name)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *data;
	long len;

	if (memory != NULL && X509_NAME_print_ex(memory, name, 0,
				  XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(memory, &data);
		if (len > 0)
			add_cut(out, data, (size_t)len);
	}
	BIO_free(memory);
}

static void
add_alternative(struct str *out, const GENERAL_NAME *one)
{
	const ASN1_STRING *value;
	char text[INET6_ADDRSTRLEN];

	if (one->type != GEN_DNS && one->type != GEN_IPADD)
		return;
	if (out->len > 0)
		add_cut(out, " ", 1);
	value = one->type == GEN_DNS ? one->d.dNSName : one->d.iPAddress;
	if (one->type == GEN_DNS)
		add_cut(out, (const char *)ASN1_STRING_get0_data(value),
		    (size_t)ASN1_STRING_length(value));
	else if ((ASN1_STRING_length(value) == 4 || ASN1_STRING_length(value) == 16) &&
		 inet_ntop(ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6,
		     ASN1_STRING_get0_data(value), text, sizeof text) != NULL)
		add_cut(out, text, strlen(text));
}

static void
add_alternatives(struct str *out, const X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_alternative(out, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
}

int64_t
tls_chain_seconds(const ASN1_TIME *at)
{
	struct tm parts;

	return at != NULL && ASN1_TIME_to_tm(at, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static void
describe_key(struct tls_chain_certificate *one, const X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	const char *name = key == NULL ? NULL : EVP_PKEY_get0_type_name(key);
	char group[TLS_CHAIN_WORD_SIZE / 2] = "";

	snprintf(one->key, sizeof one->key, "%s", name == NULL ? "unknown" : name);
	if (key == NULL)
		return;
	one->bits = (unsigned)EVP_PKEY_get_bits(key);
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
		snprintf(one->key, sizeof one->key, "EC %s", group);
}

static bool
names_issuer(const X509 *x)
{
	AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(all); i++)
		found = found || OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(all, i)->method) ==
				     NID_ad_ca_issuers;
	AUTHORITY_INFO_ACCESS_free(all);
	return found;
}

static bool
describe(struct tls_chain_certificate *one, const X509 *x)
{
	const char *signature = OBJ_nid2sn(X509_get_signature_nid(x));

	str_init(&one->subject, NAME_MAX_OCTETS);
	str_init(&one->issuer, NAME_MAX_OCTETS);
	str_init(&one->names, NAMES_MAX_OCTETS);
	add_name(&one->subject, X509_get_subject_name(x));
	add_name(&one->issuer, X509_get_issuer_name(x));
	add_alternatives(&one->names, x);
	one->not_before = tls_chain_seconds(X509_get0_notBefore(x));
	one->not_after = tls_chain_seconds(X509_get0_notAfter(x));
	describe_key(one, x);
	snprintf(one->signature, sizeof one->signature, "%s", signature);
	one->is_self_issued = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	one->names_issuer = names_issuer(x);
	return tls_certificate_fingerprint(x, one->sha256) &&
	       tls_key_fingerprint(x, one->key_sha256);
}

static void
describe_session(struct tls_chain *chain, SSL *ssl)
{
	int group = (int)SSL_get_negotiated_group(ssl);
	const char *name = group == NID_undef ? NULL : SSL_group_to_name(ssl, group);

	snprintf(chain->group, sizeof chain->group, "%s", name == NULL ? "" : name);
	chain->cipher_bits = SSL_get_cipher_bits(ssl, NULL);
}

static bool
keep(struct tls_chain *chain, SSL *ssl)
{
	STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl);
	size_t count = sent == NULL ? 0 : (size_t)sk_X509_num(sent);

	chain->sent = count;
	chain->opaque = calloc(1, sizeof *chain->opaque);
	chain->list = calloc(count == 0 ? 1 : count, sizeof *chain->list);
	if (chain->opaque == NULL || chain->list == NULL)
		return false;
	chain->opaque->all = count == 0 ? sk_X509_new_null() : X509_chain_up_ref(sent);
	if (chain->opaque->all == NULL)
		return false;
	for (size_t i = 0; i < count && i < TLS_CHAIN_MAX; i++) {
		chain->count = i + 1;
		if (!describe(&chain->list[i], sk_X509_value(sent, (int)i)))
			return false;
	}
	return true;
}

int
tls_chain_take(struct tls_chain *chain, struct layer *layer)
{
	SSL *ssl = ((struct tls_client_stream *)layer)->ssl;
	bool kept;

	*chain = (struct tls_chain){.list = NULL};
	ERR_clear_error();
	kept = keep(chain, ssl);
	if (kept) {
		describe_session(chain, ssl);
		tls_chain_read_status(chain, ssl);
	}
	ERR_clear_error(); /* what a certificate has that is strange is no error here */
	errno = ENOMEM;
	return kept ? 0 : -1;
}

void
tls_chain_free(struct tls_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++) {
		str_free(&chain->list[i].subject);
		str_free(&chain->list[i].issuer);
		str_free(&chain->list[i].names);
	}
	free(chain->list);
	if (chain->opaque != NULL)
		sk_X509_pop_free(chain->opaque->all, X509_free);
	free(chain->opaque);
	*chain = (struct tls_chain){.list = NULL};
}
