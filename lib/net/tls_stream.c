/* SPDX-License-Identifier: ISC */
/* One connection of net/tls.h. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_binding.h"
#include "net/tls_private.h"

static int
set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

struct tls_stream *
tls_stream_new(struct tls *t, int in, int out)
{
	struct tls_stream *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	*s = (struct tls_stream){.tls = t, .in = in, .out = out, .ssl = SSL_new(t->context)};
	if (s->ssl == NULL || SSL_set_app_data(s->ssl, s) != 1 || SSL_set_rfd(s->ssl, in) != 1 ||
	    SSL_set_wfd(s->ssl, out) != 1) {
		tls_stream_free(s);
		errno = ENOMEM;
		return NULL;
	}
	return s;
}

void
tls_stream_free(struct tls_stream *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	free(s);
}

static enum tls_result
judge(struct tls_stream *s, int result)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		s->wants = POLLIN;
		return TLS_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		s->wants = POLLOUT;
		return TLS_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_END;
	default:
		return TLS_BROKEN;
	}
}

/* False with the reason: time is up, or GUARD hung up. */
static bool
wait_for_client(const struct tls_stream *s, int guard, deadline until, struct str *reason)
{
	struct pollfd p[2] = {{.fd = s->wants == POLLIN ? s->in : s->out, .events = s->wants},
	    {.fd = guard, .events = POLLRDHUP}};
	int n;

	do
		n = poll(p, 2, deadline_poll_ms(until));
	while (n == -1 && errno == EINTR);
	if (n > 0 && p[1].revents == 0)
		return true;
	(void)str_add_text(reason, n > 0    ? "the server gave it up"
				   : n == 0 ? "the client did not answer in time"
					    : strerror(errno));
	return false;
}

static void
explain(enum tls_result result, int error, struct str *reason)
{
	if (result == TLS_END || (ERR_peek_last_error() == 0 && error == 0))
		(void)str_add_text(reason, "the client closed the connection");
	else
		tls_add_error(reason, strerror(error));
}

bool
tls_stream_accept(struct tls_stream *s, int guard, deadline until, struct str *reason)
{
	if (set_nonblocking(s->in) == -1 || set_nonblocking(s->out) == -1) {
		(void)str_add_text(reason, strerror(errno));
		return false;
	}
	tls_renew_tickets(s->tls);
	for (;;) {
		enum tls_result result;

		ERR_clear_error();
		errno = 0;
		result = judge(s, SSL_accept(s->ssl));
		if (result == TLS_DONE)
			return true;
		if (result != TLS_AGAIN) {
			explain(result, errno, reason);
			return false;
		}
		if (!wait_for_client(s, guard, until, reason))
			return false;
	}
}

static void
describe_client(const struct tls_stream *s, struct tls_info *info)
{
	X509 *certificate = SSL_get0_peer_certificate(s->ssl);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	BIO *text;
	int n;

	if (certificate == NULL || X509_digest(certificate, EVP_sha256(), hash, &length) != 1 ||
	    length * 2 >= sizeof info->client_fingerprint)
		return;
	for (unsigned i = 0; i < length; i++) {
		info->client_fingerprint[2 * i] = "0123456789abcdef"[hash[i] >> 4];
		info->client_fingerprint[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
	}
	info->client_is_verified =
	    s->tls->settings.client_ca.len > 0 && SSL_get_verify_result(s->ssl) == X509_V_OK;
	text = BIO_new(BIO_s_mem());
	/* control characters and what is no ASCII come escaped */
	if (text != NULL &&
	    X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
		n = BIO_read(text, info->client_subject, (int)sizeof info->client_subject - 1);
		info->client_subject[n > 0 ? n : 0] = '\0';
	}
	BIO_free(text);
}

static void
copy(char *member, size_t size, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len < size) {
		memcpy(member, text == NULL ? "" : text, len);
		member[len] = '\0';
	}
}

void
tls_stream_describe(const struct tls_stream *s, struct tls_info *info)
{
	struct slice name = slice_of(SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name));

	*info = (struct tls_info){.is_on = true};
	copy(info->protocol, sizeof info->protocol, SSL_get_version(s->ssl));
	copy(info->cipher, sizeof info->cipher,
	    SSL_CIPHER_standard_name(SSL_get_current_cipher(s->ssl)));
	info->bits = (unsigned)SSL_get_cipher_bits(s->ssl, NULL);
	info->is_resumed = SSL_session_reused(s->ssl) == 1;
	/* by way of the variable, which takes no name that is none */
	tls_info_take_variable(info, slice_of("SSL_TLS_SNI_SERVERNAME"), name);
	describe_client(s, info);
	info->exporter_length = tls_exporter(s->ssl, info->exporter);
	info->end_point_length = tls_end_point(s->ssl, info->end_point);
}

void
tls_stream_forget_keys(struct tls_stream *s)
{
	SSL_certs_clear(s->ssl);
	s->tls = NULL;
}

enum tls_result
tls_stream_read(struct tls_stream *s, void *buf, size_t len, size_t *taken)
{
	ERR_clear_error();
	*taken = 0;
	return judge(s, SSL_read_ex(s->ssl, buf, len, taken));
}

enum tls_result
tls_stream_write(struct tls_stream *s, const void *data, size_t len, size_t *written)
{
	ERR_clear_error();
	*written = 0;
	return judge(s, SSL_write_ex(s->ssl, data, len, written));
}

enum tls_result
tls_stream_finish(struct tls_stream *s)
{
	int result;

	ERR_clear_error();
	result = SSL_shutdown(s->ssl);
	return result >= 0 ? TLS_DONE : judge(s, result);
}

short
tls_stream_wants(const struct tls_stream *s)
{
	return s->wants;
}
