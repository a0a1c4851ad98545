/* SPDX-License-Identifier: ISC */
#include "net/tls_binding.h"

#include <string.h>

#include "net/tls_client_private.h"

#define EXPORTER_LABEL "EXPORTER-Channel-Binding" /* RFC 9266, 3 */

size_t
tls_exporter(SSL *ssl, unsigned char octets[TLS_EXPORTER_OCTETS])
{
	/* 4.2: under TLS 1.2 only with the extended master secret, or it binds nothing */
	bool is_bound = SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1;

	if (!is_bound || SSL_export_keying_material(ssl, octets, TLS_EXPORTER_OCTETS,
			     EXPORTER_LABEL, sizeof EXPORTER_LABEL - 1, NULL, 0, 0) != 1)
		return 0;
	return TLS_EXPORTER_OCTETS;
}

size_t
tls_hash_certificate(X509 *certificate, unsigned char octets[TLS_END_POINT_OCTETS])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	const EVP_MD *md;
	int nid = NID_undef;

	if (certificate == NULL ||
	    X509_get_signature_info(certificate, &nid, NULL, NULL, NULL) != 1)
		return 0;
	/* that of the signature, but SHA-256 for those that are too weak */
	if (nid == NID_md5 || nid == NID_sha1)
		nid = NID_sha256;
	md = nid == NID_undef ? NULL : EVP_get_digestbynid(nid);
	if (md == NULL || X509_digest(certificate, md, hash, &length) != 1 ||
	    length > TLS_END_POINT_OCTETS)
		return 0;
	memcpy(octets, hash, length);
	return length;
}

void
tls_client_bindings(struct layer *layer, struct tls_bindings *b)
{
	SSL *ssl = ((struct tls_client_stream *)layer)->ssl;

	b->exporter_length = tls_exporter(ssl, b->exporter);
	b->end_point_length = tls_hash_certificate(SSL_get0_peer_certificate(ssl), b->end_point);
}
