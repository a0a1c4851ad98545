/* SPDX-License-Identifier: ISC */
/*
 * A handshake with ourselves, in memory. OpenSSL looks for its algorithms when they are first used;
 * done here once, before workers are forked, it costs them neither time nor memory of their own.
 */
#include <openssl/err.h>

#include "net/tls_private.h"

#define STEPS_MAX 10

/* Back and forth until neither side has anything more to say. */
static void
shake_hands(SSL *server, SSL *client)
{
	char c;

	for (int i = 0; i < STEPS_MAX; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	/* the first octet goes both ways, and with it the ticket */
	if (SSL_write(client, "x", 1) == 1 && SSL_read(server, &c, 1) == 1 &&
	    SSL_write(server, &c, 1) == 1)
		(void)SSL_read(client, &c, 1);
}

/* With a client that verifies signatures of this kind alone; null for all kinds. */
static void
try(struct tls *t, SSL_CTX *context, const char *signatures)
{
	struct tls_stream stream = {.tls = t, .ssl = SSL_new(t->context)};
	SSL *client = SSL_new(context);
	BIO *ours = NULL, *theirs = NULL;

	if (stream.ssl != NULL && client != NULL && SSL_set_app_data(stream.ssl, &stream) == 1 &&
	    (signatures == NULL || SSL_set1_sigalgs_list(client, signatures) == 1) &&
	    BIO_new_bio_pair(&ours, 0, &theirs, 0) == 1) {
		SSL_set_bio(stream.ssl, ours, ours);
		SSL_set_bio(client, theirs, theirs);
		SSL_set_accept_state(stream.ssl);
		SSL_set_connect_state(client);
		shake_hands(stream.ssl, client);
	}
	SSL_free(client);
	SSL_free(stream.ssl);
	ERR_clear_error();
}

void
tls_warm_up(struct tls *t)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (context != NULL) {
		try(t, context, NULL);
		try(t, context, "RSA-PSS+SHA256");
	}
	SSL_CTX_free(context);
}
