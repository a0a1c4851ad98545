/* SPDX-License-Identifier: ISC */
/* Channel bindings: what both ends of a connection know of it and nobody between them can make. */
#ifndef NET_TLS_BINDING_H
#define NET_TLS_BINDING_H

#include <openssl/ssl.h>

#include "net/tls_info.h"

/* tls-exporter (RFC 9266): how many octets, 0 where the connection has none. */
size_t tls_exporter(SSL *ssl, unsigned char octets[TLS_EXPORTER_OCTETS]);
/* tls-server-end-point (RFC 5929, 4.1) of CERTIFICATE, which may be null: likewise. */
size_t tls_hash_certificate(X509 *certificate, unsigned char octets[TLS_END_POINT_OCTETS]);

#endif
