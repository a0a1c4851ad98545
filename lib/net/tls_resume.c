/* SPDX-License-Identifier: ISC */
/* Session tickets: sealing and opening them with the keys of net/tls_tickets.h. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "net/tls_binding.h"
#include "net/tls_private.h"

static int
set_hmac(EVP_MAC_CTX *mac, const struct tls_ticket_key *key)
{
	OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
				       (void *)(uintptr_t)key->hmac, sizeof key->hmac),
	    OSSL_PARAM_construct_utf8_string(
		OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0),
	    OSSL_PARAM_construct_end()};

	return EVP_MAC_CTX_set_params(mac, parameters);
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 good, 2 good and to be renewed, 0 no key, -1 error. */
static int
prepare(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
    int is_sealing)
{
	const struct tls_stream *stream = SSL_get_app_data(ssl);
	const struct tls_ticket_key *key;
	bool is_old = false;

	if (stream->tls == NULL)
		return 0;
	if (!is_sealing) {
		key = tls_tickets_find(&stream->tls->tickets, name, &is_old);
		if (key == NULL)
			return 0;
		if (EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key->aes, iv, NULL) != 1 ||
		    set_hmac(mac, key) != 1)
			return -1;
		return is_old ? 2 : 1;
	}
	key = tls_tickets_newest(&stream->tls->tickets);
	if (key == NULL)
		return 0;
	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1 ||
	    EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key->aes, iv, NULL) != 1 ||
	    set_hmac(mac, key) != 1)
		return -1;
	memcpy(name, key->name, sizeof key->name);
	return 1;
}

/* A connection that is resumed shows no certificate; the ticket says which there was. */
static int
put_end_point(SSL *ssl, void *context)
{
	unsigned char octets[TLS_END_POINT_OCTETS];
	size_t length = tls_end_point(ssl, octets);

	(void)context;
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), octets, length);
}

static SSL_TICKET_RETURN
judge_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_length,
    SSL_TICKET_STATUS status, void *context)
{
	(void)ssl;
	(void)session;
	(void)name;
	(void)name_length;
	(void)context;
	switch (status) {
	case SSL_TICKET_SUCCESS:
		return SSL_TICKET_RETURN_USE;
	case SSL_TICKET_SUCCESS_RENEW:
		return SSL_TICKET_RETURN_USE_RENEW;
	default:
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	}
}

size_t
tls_end_point(SSL *ssl, unsigned char octets[TLS_END_POINT_OCTETS])
{
	void *data = NULL;
	size_t length = 0;

	if (!SSL_session_reused(ssl))
		return tls_hash_certificate(SSL_get_certificate(ssl), octets);
	if (SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &data, &length) != 1 ||
	    data == NULL || length > TLS_END_POINT_OCTETS)
		return 0;
	memcpy(octets, data, length);
	return length;
}

bool
tls_set_resumption(struct tls *t, struct str *problem)
{
	SSL_CTX_set_session_cache_mode(t->context, SSL_SESS_CACHE_OFF);
	if (t->tickets.lifetime == 0) {
		SSL_CTX_set_options(t->context, SSL_OP_NO_TICKET);
		(void)SSL_CTX_set_num_tickets(t->context, 0);
		return true;
	}
	SSL_CTX_set_timeout(t->context, t->tickets.lifetime);
	if (SSL_CTX_set_num_tickets(t->context, 1) == 1 &&
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(t->context, prepare) == 1 &&
	    SSL_CTX_set_session_ticket_cb(t->context, put_end_point, judge_ticket, NULL) == 1)
		return true;
	(void)str_add_text(problem, "unable to set up session tickets: ");
	tls_add_error(problem, "OpenSSL does not say why");
	return false;
}
