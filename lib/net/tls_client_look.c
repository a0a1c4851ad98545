/* SPDX-License-Identifier: ISC */
/* What handshakes are like for who looks at servers (net/tls_client.h). */
#include <openssl/err.h>
#include <openssl/tls1.h>
#include <string.h>

#include "net/tls_client_private.h"

/* SHA-1 alone signs what comes before TLS 1.2, which is no more than level 0 here. */
#define ANY_CIPHERS "ALL:!aNULL:!eNULL:@SECLEVEL=0"

static const struct {
	const char *name;
	int version;
} versions[] = {
    {"TLSv1", TLS1_VERSION},
    {"TLSv1.1", TLS1_1_VERSION},
    {"TLSv1.2", TLS1_2_VERSION},
    {"TLSv1.3", TLS1_3_VERSION},
};

void
tls_client_look(struct tls_client *t)
{
	t->is_looking = true;
	if (t->context != NULL)
		(void)SSL_CTX_set_tlsext_status_type(t->context, TLSEXT_STATUSTYPE_ocsp);
}

/* The context as it is made for everybody comes back with the next handshake. */
static bool
start_over(struct tls_client *t)
{
	struct str problem;
	bool made;

	SSL_CTX_free(t->context);
	t->context = NULL;
	str_init(&problem, TLS_REASON_MAX);
	made = tls_client_make_context(t, &problem);
	str_free(&problem);
	return made;
}

static bool
set_version(SSL_CTX *context, int version)
{
	bool done = SSL_CTX_set_min_proto_version(context, version) == 1 &&
		    SSL_CTX_set_max_proto_version(context, version) == 1 &&
		    SSL_CTX_get_min_proto_version(context) == version &&
		    SSL_CTX_get_max_proto_version(context) == version &&
		    SSL_CTX_set_cipher_list(context, ANY_CIPHERS) == 1;

	ERR_clear_error();
	return done;
}

bool
tls_client_only(struct tls_client *t, const char *version)
{
	if (!start_over(t))
		return false;
	if (version == NULL)
		return true;
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
		if (strcmp(version, versions[i].name) == 0)
			return set_version(t->context, versions[i].version);
	return false;
}
