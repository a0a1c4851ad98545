/* SPDX-License-Identifier: ISC */
#include "net/tls_channel.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_CONTEXT "channel"

struct tls_side {
	SSL_CTX *context;
	bool is_server, keeps_sessions;
	SSL_SESSION *session; /* a client's, of the last handshake */
};

struct tls_channel {
	struct tls_side *side;
	SSL *ssl;
};

static bool
fail(struct str *problem, const char *what)
{
	char text[256];
	unsigned long error = ERR_get_error();

	ERR_error_string_n(error, text, sizeof text);
	(void)str_format(problem, "%s: %s", what, error == 0 ? "OpenSSL does not say why" : text);
	ERR_clear_error();
	return false;
}

static bool
set_version(SSL_CTX *context, const char *version, struct str *problem)
{
	static const struct {
		const char *digits;
		int number;
	} known[] = {{"1", TLS1_VERSION}, {"1.0", TLS1_VERSION}, {"1_1", TLS1_1_VERSION},
	    {"1.1", TLS1_1_VERSION}, {"1_2", TLS1_2_VERSION}, {"1.2", TLS1_2_VERSION},
	    {"1_3", TLS1_3_VERSION}, {"1.3", TLS1_3_VERSION}};
	const char *digits = strncmp(version, "TLSv", 4) == 0 ? version + 4 : version;

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].digits, digits) == 0)
			return SSL_CTX_set_min_proto_version(context, known[i].number) == 1 &&
			       SSL_CTX_set_max_proto_version(context, known[i].number) == 1;
	(void)str_format(problem, "%s is no version of TLS: 1.0, 1.1, 1.2 or 1.3", version);
	return false;
}

/* Any name will do; without a word on it, a resumed session would not tell it (TLS 1.2). */
static int
take_name(SSL *ssl, int *alert, void *context)
{
	(void)ssl;
	(void)alert;
	(void)context;
	return SSL_TLSEXT_ERR_OK;
}

static bool
set_server(SSL_CTX *context, const struct tls_side_settings *settings, struct str *problem)
{
	if (SSL_CTX_use_certificate_chain_file(context, settings->certificate) != 1)
		return fail(problem, settings->certificate);
	if (SSL_CTX_use_PrivateKey_file(context, settings->key, SSL_FILETYPE_PEM) != 1)
		return fail(problem, settings->key);
	if (SSL_CTX_set_session_id_context(
		context, (const unsigned char *)SESSION_CONTEXT, sizeof SESSION_CONTEXT - 1) != 1)
		return fail(problem, "unable to begin with TLS");
	SSL_CTX_set_tlsext_servername_callback(context, take_name);
	if (settings->authority == NULL)
		return true;
	if (SSL_CTX_load_verify_file(context, settings->authority) != 1)
		return fail(problem, settings->authority);
	SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(settings->authority));
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return true;
}

static bool
set_up(struct tls_side *side, const struct tls_side_settings *settings, struct str *problem)
{
	side->is_server = settings->certificate != NULL;
	side->keeps_sessions = !side->is_server && !settings->keeps_no_session;
	side->context = SSL_CTX_new(side->is_server ? TLS_server_method() : TLS_client_method());
	if (side->context == NULL)
		return fail(problem, "unable to begin with TLS");
	/* tests have weak keys and old versions */
	SSL_CTX_set_security_level(side->context, 0);
	SSL_CTX_set_options(side->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(side->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					    SSL_MODE_RELEASE_BUFFERS);
	if (settings->version != NULL && !set_version(side->context, settings->version, problem))
		return false;
	return !side->is_server || set_server(side->context, settings, problem);
}

struct tls_side *
tls_side_new(const struct tls_side_settings *settings, struct str *problem)
{
	struct tls_side *side = calloc(1, sizeof *side);

	if (side == NULL)
		(void)str_add_text(problem, strerror(ENOMEM));
	else if (set_up(side, settings, problem))
		return side;
	tls_side_free(side);
	return NULL;
}

void
tls_side_free(struct tls_side *side)
{
	if (side == NULL)
		return;
	SSL_SESSION_free(side->session);
	SSL_CTX_free(side->context);
	free(side);
}

static bool
is_address(const char *name)
{
	return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

struct tls_channel *
tls_channel_new(struct tls_side *side, int fd, const char *name)
{
	struct tls_channel *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	*c = (struct tls_channel){.side = side, .ssl = SSL_new(side->context)};
	if (c->ssl == NULL || SSL_set_fd(c->ssl, fd) != 1) {
		tls_channel_free(c);
		return NULL;
	}
	if (side->is_server) {
		SSL_set_accept_state(c->ssl);
		return c;
	}
	SSL_set_connect_state(c->ssl);
	if (name != NULL && !is_address(name))
		(void)SSL_set_tlsext_host_name(c->ssl, name);
	if (side->session != NULL)
		(void)SSL_set_session(c->ssl, side->session);
	return c;
}

void
tls_channel_free(struct tls_channel *c)
{
	if (c == NULL)
		return;
	/* with TLS 1.3 the tickets come after the handshake */
	if (c->ssl != NULL && c->side->keeps_sessions && SSL_is_init_finished(c->ssl)) {
		SSL_SESSION_free(c->side->session);
		c->side->session = SSL_get1_session(c->ssl);
	}
	SSL_free(c->ssl);
	free(c);
}

static enum tls_channel_result
judge(struct tls_channel *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_NONE:
		return TLS_CHANNEL_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_CHANNEL_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_CHANNEL_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CHANNEL_END;
	default:
		return TLS_CHANNEL_BROKEN;
	}
}

enum tls_channel_result
tls_channel_shake(struct tls_channel *c)
{
	ERR_clear_error();
	return judge(c, SSL_do_handshake(c->ssl));
}

enum tls_channel_result
tls_channel_read(struct tls_channel *c, void *buf, size_t len, size_t *taken)
{
	ERR_clear_error();
	*taken = 0;
	return judge(c, SSL_read_ex(c->ssl, buf, len, taken));
}

enum tls_channel_result
tls_channel_write(struct tls_channel *c, const void *data, size_t len, size_t *written)
{
	ERR_clear_error();
	*written = 0;
	return judge(c, SSL_write_ex(c->ssl, data, len, written));
}

bool
tls_channel_has_more(const struct tls_channel *c)
{
	return SSL_has_pending(c->ssl) == 1;
}

void
tls_channel_finish(struct tls_channel *c)
{
	ERR_clear_error();
	if (SSL_is_init_finished(c->ssl))
		(void)SSL_shutdown(c->ssl);
}

const char *
tls_channel_version(const struct tls_channel *c)
{
	return SSL_get_version(c->ssl);
}

bool
tls_channel_is_resumed(const struct tls_channel *c)
{
	return SSL_session_reused(c->ssl) == 1;
}

const char *
tls_channel_name(const struct tls_channel *c)
{
	return SSL_get_servername(c->ssl, TLSEXT_NAMETYPE_host_name);
}
