/* SPDX-License-Identifier: ISC */
/* The handshake of net/tls_client.h. */
#include "net/tls_client.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>

#include "net/tls_certificates.h"
#include "net/tls_client_private.h"

#define FAILED "validation-failure" /* RFC 8460, 4.3.2.3: whatever has no word of its own */

static void
copy(char *member, size_t size, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len >= size)
		len = size - 1;
	memcpy(member, text == NULL ? "" : text, len);
	member[len] = '\0';
}

/* RFC 6066, 3: a name of the DNS, without its last dot; no address. */
static bool
name_server(struct tls_client_stream *s)
{
	const char *name = s->requirement->sni;

	return name[0] == '\0' || SSL_set_tlsext_host_name(s->ssl, name) == 1;
}

/*
 * In words what OpenSSL says of a handshake that failed; ERROR is errno where it was a socket's.
 * What is wrong with the certificate is the reason only where it ends the handshake.
 */
static void
explain(const struct tls_client_stream *s, int error)
{
	struct tls_finding *v = s->finding;
	unsigned long code = ERR_peek_last_error();
	const char *words = code == 0 ? NULL : ERR_reason_error_string(code);
	int reason = ERR_GET_REASON(code);

	if (!s->is_strict)
		tls_finding_clear(v);
	v->is_broken = error == ETIMEDOUT || code == 0;
	if (error == ETIMEDOUT)
		tls_finding_fail(v, FAILED, "the server did not answer in time");
	else if (code == 0 && error == 0)
		tls_finding_fail(v, FAILED, "the server closed the connection");
	else if (code == 0)
		tls_finding_fail(v, FAILED, "%s", strerror(error));
	else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
		tls_finding_fail(v, FAILED, "what the server says is not TLS");
	else
		tls_finding_fail(v, FAILED, "%s", words != NULL ? words : "unknown error");
	ERR_clear_error();
}

static bool
shake_hands(struct tls_client_stream *s, deadline until)
{
	tls_client_stream_begin(s, until);
	for (;;) {
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_connect(s->ssl);
		if (result == 1)
			return true;
		if (tls_client_stream_wait(s, result) == -1) {
			explain(s, errno);
			return false;
		}
	}
}

static void
describe(struct tls_client_stream *s)
{
	struct tls_finding *v = s->finding;

	v->is_on = true;
	v->is_resumed = SSL_session_reused(s->ssl) == 1;
	copy(v->protocol, sizeof v->protocol, SSL_get_version(s->ssl));
	copy(v->cipher, sizeof v->cipher, SSL_CIPHER_standard_name(SSL_get_current_cipher(s->ssl)));
}

static bool
begin(struct tls_client_stream *s, struct slice server)
{
	ERR_clear_error();
	if (name_server(s) && tls_client_expect(s) && tls_client_session_find(s, server))
		return true;
	tls_finding_fail(s->finding, FAILED, "unable to begin with TLS");
	return false;
}

static struct tls_client_stream *
make_stream(struct tls_client *t, int fd, struct tls_finding *v)
{
	struct tls_client_stream *s = NULL;
	struct str problem;

	str_init(&problem, TLS_REASON_MAX);
	if (tls_client_make_context(t, &problem) && (s = tls_client_stream_new(t, fd)) == NULL)
		(void)str_add_text(&problem, strerror(ENOMEM));
	if (s == NULL)
		tls_finding_fail(v, FAILED, "%s", problem.data);
	str_free(&problem);
	return s;
}

struct layer *
tls_client_start(struct tls_client *t, int fd, struct slice server, const struct tls_requirement *r,
    deadline until, struct tls_finding *v)
{
	struct tls_client_stream *s;

	tls_finding_clear(v);
	s = make_stream(t, fd, v);
	if (s == NULL)
		return NULL;
	s->requirement = r;
	s->finding = v;
	if (begin(s, server) && shake_hands(s, until)) {
		describe(s);
		if (tls_client_judge(s)) {
			s->requirement = NULL;
			s->finding = NULL;
			return &s->layer;
		}
		(void)SSL_shutdown(s->ssl);
	}
	v->is_on = v->is_met = false;
	tls_client_stream_free(s);
	return NULL;
}
