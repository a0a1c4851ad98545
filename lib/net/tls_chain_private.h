/* SPDX-License-Identifier: ISC */
/* What the files of net/tls_chain.h share. */
#ifndef NET_TLS_CHAIN_PRIVATE_H
#define NET_TLS_CHAIN_PRIVATE_H

#include "net/tls_chain.h"
#include "net/tls_client_private.h"

struct tls_chain_opaque {
	STACK_OF(X509) * all; /* the server's own first */
};

/* Seconds since 1970; 0 for what is no time. */
int64_t tls_chain_seconds(const ASN1_TIME *at);
/* What the server said of revocation in SSL's handshake. */
void tls_chain_read_status(struct tls_chain *chain, SSL *ssl);

#endif
