/* SPDX-License-Identifier: ISC */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_private.h"

#define PROBLEM_MAX ((size_t)1000)
/* RFC 9325, 4.2: forward secrecy and authenticated encryption; ECDSA first, as it costs less. */
#define CIPHERS \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:" \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"
#define SESSION_CONTEXT "satchel"
#define SECURITY_LEVEL 2 /* keys of 112 bits: RSA of 2048 at least */

static void
report(void *context, const char *problem)
{
	struct tls *t = context;

	t->report(t->report_context, problem);
}

static bool
fail(struct str *problem, const char *what)
{
	(void)str_add_text(problem, what);
	(void)str_add_text(problem, ": ");
	tls_add_error(problem, "OpenSSL does not say why");
	return false;
}

/*
 * Which certificate, now that the client has named the server. Taken from here and not from the
 * SSL_CTX, so that a connection can let go of the keys.
 */
static int
choose_certificate(SSL *ssl, void *context)
{
	struct tls *t = context;
	const struct tls_name *name = tls_certificates_find(
	    &t->certificates, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));

	if (name == NULL)
		return 0;
	for (size_t i = 0; i < name->pair_count; i++) {
		const struct tls_pair *pair = &name->pairs[i];

		if (SSL_use_cert_and_key(ssl, pair->certificate, pair->key, pair->chain, 1) != 1)
			return 0;
	}
	return 1;
}

/* A name that is not known here gets the certificate for *: that does no harm, a refusal does. */
static int
take_server_name(SSL *ssl, int *alert, void *context)
{
	(void)ssl;
	(void)alert;
	(void)context;
	return SSL_TLSEXT_ERR_OK;
}

/* Where a certificate is only asked for, or nobody can vouch for it, any will do. */
static int
judge_client(int good, X509_STORE_CTX *context)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_stream *stream = SSL_get_app_data(ssl);
	const struct tls_settings *settings = &stream->tls->settings;

	return good || settings->client_certificates != TLS_REQUIRE || settings->client_ca.len == 0;
}

static bool
set_clients(struct tls *t, struct str *problem)
{
	const struct tls_settings *settings = &t->settings;
	int mode = SSL_VERIFY_PEER;

	if (settings->client_certificates == TLS_ASK_NOT)
		return true;
	if (settings->client_certificates == TLS_REQUIRE)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(t->context, mode, judge_client);
	if (settings->client_ca.len == 0)
		return true;
	if (SSL_CTX_load_verify_file(t->context, settings->client_ca.data) != 1)
		return fail(problem, settings->client_ca.data);
	SSL_CTX_set_client_CA_list(t->context, SSL_load_client_CA_file(settings->client_ca.data));
	return true;
}

static bool
set_ciphers(struct tls *t, struct str *problem)
{
	const struct tls_settings *settings = &t->settings;
	bool ours = settings->ciphers.len == 0;

	SSL_CTX_set_security_level(t->context, SECURITY_LEVEL);
	if (SSL_CTX_set_min_proto_version(
		t->context, settings->only_latest ? TLS1_3_VERSION : TLS1_2_VERSION) != 1)
		return fail(problem, "unable to set the TLS version");
	if (SSL_CTX_set_cipher_list(t->context, ours ? CIPHERS : settings->ciphers.data) != 1)
		return fail(problem, "tls: ciphers");
	return true;
}

/*
 * An end of file without close_notify counts as one with it: SMTP and POP3 say themselves what is
 * whole, and what came before may be answered.
 */
static bool
make_context(struct tls *t, struct str *problem)
{
	t->context = SSL_CTX_new(TLS_server_method());
	if (t->context == NULL)
		return fail(problem, "unable to begin with TLS");
	SSL_CTX_set_options(t->context,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
		SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(t->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					 SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_cert_cb(t->context, choose_certificate, t);
	SSL_CTX_set_tlsext_servername_callback(t->context, take_server_name);
	if (SSL_CTX_set_session_id_context(t->context, (const unsigned char *)SESSION_CONTEXT,
		sizeof SESSION_CONTEXT - 1) != 1)
		return fail(problem, "unable to begin with TLS");
	return tls_set_resumption(t, problem) && set_ciphers(t, problem) && set_clients(t, problem);
}

/* The control file NAME, unless the problem is in what it says. */
static bool
blame(const struct control *c, const char *name, struct str *problem)
{
	if (problem->len == 0)
		(void)str_format(
		    problem, "unable to read %s/%s: %s", c->path, name, strerror(errno));
	return false;
}

static bool
open_all(struct tls *t, const struct control *c, const struct limits *limits, const char *folder,
    struct str *problem)
{
	if (tls_settings_read(&t->settings, c, problem) == -1)
		return blame(c, "tls", problem);
	if (tls_certificates_read(&t->certificates, c, problem) == -1)
		return blame(c, "certificates", problem);
	t->certificates.report = report;
	t->certificates.context = t;
	if (tls_certificates_load(&t->certificates, problem) == -1)
		return false;
	tls_tickets_open(&t->tickets, folder, (int64_t)limits->tls_tickets);
	tls_renew_tickets(t);
	return make_context(t, problem);
}

struct tls *
tls_open(const struct control *c, const struct limits *limits, const char *folder,
    tls_report *report_to, void *context, struct str *problem)
{
	struct tls *t = calloc(1, sizeof *t);

	if (t == NULL) {
		(void)str_add_text(problem, strerror(ENOMEM));
		return NULL;
	}
	t->report = report_to;
	t->report_context = context;
	t->tickets.folder = -1;
	if (open_all(t, c, limits, folder, problem))
		return t;
	tls_close(t);
	return NULL;
}

/* Trouble with ticket keys costs resumption alone, and is told once. */
void
tls_renew_tickets(struct tls *t)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	if (tls_tickets_refresh(&t->tickets, &problem) == -1 && !t->has_reported_tickets) {
		t->has_reported_tickets = true;
		report(t, problem.data);
	}
	str_free(&problem);
}

void
tls_refresh(struct tls *t)
{
	tls_certificates_refresh(&t->certificates);
	tls_renew_tickets(t);
}

void
tls_forget_keys(struct tls *t)
{
	tls_certificates_forget_keys(&t->certificates);
	tls_tickets_close(&t->tickets);
}

void
tls_close(struct tls *t)
{
	if (t == NULL)
		return;
	tls_certificates_free(&t->certificates);
	tls_tickets_close(&t->tickets);
	tls_settings_free(&t->settings);
	SSL_CTX_free(t->context);
	free(t);
}

const struct tls_settings *
tls_get_settings(const struct tls *t)
{
	return &t->settings;
}
