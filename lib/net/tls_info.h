/* SPDX-License-Identifier: ISC */
/*
 * What was negotiated for a connection under TLS, as tlsd tells it; all empty without TLS. It
 * travels in two notations: as fields (base/fields.h) in tlsd's answer, and as environment
 * variables, named as mod_ssl and s6-networking have them where they have one (tlsd(8)). Nothing
 * here knows OpenSSL, blocks or keeps memory.
 */
#ifndef NET_TLS_INFO_H
#define NET_TLS_INFO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

#define TLS_EXPORTER_OCTETS 32
#define TLS_END_POINT_OCTETS 64
#define TLS_INFO_MAX ((size_t)2048) /* octets of it as fields, or as variables */

struct tls_info {
	bool is_on;
	char protocol[16]; /* "TLSv1.3" */
	char cipher[64];   /* "TLS_AES_256_GCM_SHA384" */
	unsigned bits;	   /* of the cipher's key */
	bool is_resumed;
	char server_name[256]; /* that the client asked for (SNI, RFC 6066), or "" */
	/* The client's certificate; it holds the key, but who it is counts only if it is verified.
	 */
	char client_fingerprint[65]; /* SHA-256 in hexadecimal digits; "" for no certificate */
	char client_subject[256];    /* its distinguished name (RFC 4514); cut, if longer */
	bool client_is_verified;     /* issued by one of client-ca, and in its time */
	/* Channel bindings of SCRAM; the lengths are 0 where there is none. */
	unsigned char exporter[TLS_EXPORTER_OCTETS]; /* tls-exporter, RFC 9266 */
	size_t exporter_length;
	unsigned char end_point[TLS_END_POINT_OCTETS]; /* tls-server-end-point, RFC 5929 */
	size_t end_point_length;
};

/* What the client's certificate says is forgotten: it is another's than who speaks. */
void tls_info_forget_client(struct tls_info *info);

/* Adds the fields, each ended by NUL. 0, or -1 with str's errors. */
int tls_info_add_fields(struct str *out, const struct tls_info *info);
/* False for what tls_info_add_fields cannot have made. */
bool tls_info_from_fields(struct tls_info *info, struct slice fields);

/* Adds "NAME=value" for each that is known, each ended by NUL. 0, or -1 with str's errors. */
int tls_info_add_variables(struct str *out, const struct tls_info *info);
/*
 * Takes one variable; other names are ignored. A value that is too long or holds what it should not
 * counts as unknown. The connection is under TLS once SSL_PROTOCOL is.
 */
void tls_info_take_variable(struct tls_info *info, struct slice name, struct slice value);
/* The name at INDEX of those above, or null behind the last. */
const char *tls_info_variable(size_t index);
/* All of them from this process's environment. */
void tls_info_from_environment(struct tls_info *info);

#endif
