/* SPDX-License-Identifier: ISC */
/* What the files of net/tls.h share among themselves. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/tls_certificates.h"
#include "net/tls_tickets.h"

struct tls {
	struct tls_settings settings;
	struct tls_certificates certificates;
	struct tls_tickets tickets;
	bool has_reported_tickets;
	SSL_CTX *context; /* holds no certificate: see choose_certificate */
	tls_report *report;
	void *report_context;
};

struct tls_stream {
	struct tls *tls; /* null once the keys are forgotten */
	SSL *ssl;
	int in, out;
	short wants;
};

/* Sets up tickets in t->context. */
bool tls_set_resumption(struct tls *t, struct str *problem);
void tls_renew_tickets(struct tls *t);
/* tls-server-end-point (RFC 5929, 4.1) of the certificate that this connection was made with. */
size_t tls_end_point(SSL *ssl, unsigned char octets[TLS_END_POINT_OCTETS]);

#endif
