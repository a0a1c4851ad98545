/* SPDX-License-Identifier: ISC */
/* What the files of net/tls_client.h share among themselves. */
#ifndef NET_TLS_CLIENT_PRIVATE_H
#define NET_TLS_CLIENT_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls_client.h"
#include "net/tls_client_settings.h"

#define TLS_SESSIONS_MAX 64
#define TLS_SESSION_KEY_OCTETS 32
#define TLS_RECORD_OCTETS ((size_t)16384) /* RFC 8446, 5.1 */

/* A session that may be resumed, and what was found when it was made. */
struct tls_session {
	unsigned char key[TLS_SESSION_KEY_OCTETS];
	SSL_SESSION *session; /* null: the place is free */
	int64_t made;	      /* seconds on the wall clock: when the certificate was looked at */
	bool is_met;
	enum tls_proof proof;
	const char *failure;
	struct str problem;
};

struct tls_client {
	struct tls_client_settings settings;
	SSL_CTX *context; /* null before it is needed */
	BIO_METHOD *socket;
	bool is_looking; /* tls_client_look */
	struct tls_session sessions[TLS_SESSIONS_MAX];
	size_t oldest; /* of sessions: the next to give way */
};

struct tls_client_stream {
	struct layer layer;
	struct tls_client *client;
	const struct tls_requirement *requirement; /* during the handshake */
	struct tls_finding *finding;		   /* likewise */
	SSL *ssl;
	int fd;
	deadline until;		 /* of the call at hand */
	unsigned late;		 /* reads behind that */
	bool is_strict;		 /* what is wrong with the certificate ends the handshake */
	bool has_error;		 /* something is wrong with it */
	bool is_any_tlsa;	 /* none of the TLSA records can be used */
	unsigned faults;	 /* all that was wrong with it: enum tls_fault */
	SSL_SESSION *ticket;	 /* the last that came */
	struct tls_session kept; /* of this connection, for the cache */
	char gathered[TLS_RECORD_OCTETS];
};

/* Makes t->context where there is none yet. False with PROBLEM. */
bool tls_client_make_context(struct tls_client *t, struct str *problem);

/* tls_client_verify.c: what the handshake looks at. False if it could not be said to OpenSSL. */
bool tls_client_expect(struct tls_client_stream *s);
/* What the requirement makes of CERTIFICATE, the server's, once it was verified. */
void tls_client_weigh(struct tls_client_stream *s, const X509 *certificate);
/* After the handshake: false with the finding, if it is not what was required. */
bool tls_client_judge(struct tls_client_stream *s);

/* tls_client_stream.c: null with ENOMEM. */
struct tls_client_stream *tls_client_stream_new(struct tls_client *t, int fd);
void tls_client_stream_free(struct tls_client_stream *s);
BIO_METHOD *tls_client_socket_method(void);
/* Before the calls of OpenSSL that belong together and must be over by UNTIL. */
void tls_client_stream_begin(struct tls_client_stream *s, deadline until);
/*
 * Waits for what the last call that gave RESULT wants: 0; or -1 with errno, or with errno 0 where
 * the other side has ended.
 */
int tls_client_stream_wait(struct tls_client_stream *s, int result);

/* tls_client_sessions.c. */
void tls_client_sessions_set(SSL_CTX *context);
void tls_client_sessions_free(struct tls_client *t);
/* Names the stream's sessions, and takes up one if there is one. False for want of memory. */
bool tls_client_session_find(struct tls_client_stream *s, struct slice server);
/* At the end of a connection: what it brought is kept. */
void tls_client_session_keep(struct tls_client_stream *s);

#endif
