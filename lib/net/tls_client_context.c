/* SPDX-License-Identifier: ISC */
/* What all connections of net/tls_client.h have in common, and is dear to make. */
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_client_private.h"
#include "net/tls_pair.h"

#define FILES_MAX 8
/*
 * To anybody: the alternative is plaintext (RFC 7435), so that what is weak is better than nothing;
 * but it must be somebody's certificate, and no TLS before 1.2.
 */
#define LENIENT_CIPHERS "DEFAULT:!aNULL:@SECLEVEL=1"

static bool
fail(struct str *problem, const char *what)
{
	(void)str_format(problem, "%s: ", what);
	tls_add_error(problem, "OpenSSL does not say why");
	return false;
}

/* True if the folder is one that OpenSSL finds authorities in by the hash of their name. */
static bool
is_hashed(const char *path)
{
	DIR *folder = path == NULL ? NULL : opendir(path);
	struct dirent *entry;
	bool found = false;

	while (folder != NULL && !found && (entry = readdir(folder)) != NULL)
		found = slice_ends_nocase(slice_of(entry->d_name), slice_of(".0"));
	if (folder != NULL)
		(void)closedir(folder);
	return found;
}

/*
 * By default those of the system. Where they are files by their hash, only those that are asked for
 * are read; the one file with all of them costs 40 ms. Where there are none, nobody is verified.
 */
static bool
set_authorities(struct tls_client *t, struct str *problem)
{
	const char *ca = t->settings.ca.data;
	const char *folder = getenv(X509_get_default_cert_dir_env());

	if (t->settings.ca.len > 0)
		return SSL_CTX_load_verify_file(t->context, ca) == 1 || fail(problem, ca);
	(void)SSL_CTX_set_default_verify_dir(t->context);
	if (getenv(X509_get_default_cert_file_env()) != NULL ||
	    !is_hashed(folder != NULL ? folder : X509_get_default_cert_dir()))
		(void)SSL_CTX_set_default_verify_file(t->context);
	ERR_clear_error();
	return true;
}

static bool
use_pairs(struct tls_client *t, struct tls_file *files, size_t count, struct str *problem)
{
	struct tls_pair pairs[TLS_PAIRS_MAX] = {{.key = NULL}};
	size_t found = tls_pairs_read(pairs, files, count, problem);
	bool good = found > 0;

	for (size_t i = 0; i < found && good; i++)
		good = SSL_CTX_use_cert_and_key(t->context, pairs[i].certificate, pairs[i].key,
			   pairs[i].chain, 1) == 1 ||
		       fail(problem, t->settings.certificate.data);
	tls_pairs_free(pairs, found);
	return good;
}

/* Ours, for servers that ask who we are. */
static bool
set_certificate(struct tls_client *t, struct str *problem)
{
	struct tls_file files[FILES_MAX] = {{.path = NULL}};
	struct slice rest = str_slice(&t->settings.certificate), word;
	size_t count = 0;
	bool good = true;

	while (good && slice_word(&rest, &word)) {
		good = count < FILES_MAX &&
		       (files[count++].path = strndup(word.data, word.len)) != NULL;
		if (!good)
			(void)str_add_text(problem, "certificate: too many files");
	}
	good = good && (count == 0 || use_pairs(t, files, count, problem));
	for (size_t i = 0; i < count; i++)
		free(files[i].path);
	return good;
}

static bool
set_up(struct tls_client *t, struct str *problem)
{
	SSL_CTX_set_options(t->context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
					    /* replies say themselves whether they are whole */
					    SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(t->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					 SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(t->context, 1);
	tls_client_sessions_set(t->context);
	if (SSL_CTX_set_min_proto_version(
		t->context, t->settings.only_latest ? TLS1_3_VERSION : TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(t->context, LENIENT_CIPHERS) != 1 ||
	    SSL_CTX_dane_enable(t->context) != 1)
		return fail(problem, "unable to begin with TLS");
	return set_authorities(t, problem) && set_certificate(t, problem);
}

bool
tls_client_make_context(struct tls_client *t, struct str *problem)
{
	if (t->context != NULL)
		return true;
	ERR_clear_error();
	t->context = SSL_CTX_new(TLS_client_method());
	if (t->socket == NULL)
		t->socket = tls_client_socket_method();
	if (t->context != NULL && t->socket != NULL && set_up(t, problem)) {
		if (t->is_looking)
			tls_client_look(t);
		return true;
	}
	if (t->context == NULL || t->socket == NULL)
		(void)fail(problem, "unable to begin with TLS");
	SSL_CTX_free(t->context);
	t->context = NULL;
	return false;
}

/* What a file that the settings name is at fault for is theirs, too. */
static bool
try_settings(struct tls_client *t, struct str *problem)
{
	struct str cause;
	bool good;

	if (!t->settings.is_set)
		return true;
	str_init(&cause, TLS_REASON_MAX);
	good = tls_client_make_context(t, &cause);
	if (!good)
		(void)str_format(problem, "tlsclient: %s", cause.data);
	str_free(&cause);
	errno = EINVAL;
	return good;
}

struct tls_client *
tls_client_open(const struct control *c, struct str *problem)
{
	struct tls_client *t = calloc(1, sizeof *t);
	int error;

	if (t == NULL)
		return NULL;
	if (tls_client_settings_read(&t->settings, c, problem) == 0 && try_settings(t, problem))
		return t;
	error = errno;
	tls_client_close(t);
	errno = error;
	return NULL;
}

int
tls_client_use_certificate(
    struct tls_client *t, const char *certificate, const char *key, struct str *problem)
{
	const char *second = key == NULL ? "" : key;

	/* the list of the settings is one of words */
	if (strpbrk(certificate, " \t") != NULL || strpbrk(second, " \t") != NULL) {
		(void)str_add_text(problem, "blanks in the name of a certificate's file");
		return -1;
	}
	str_clear(&t->settings.certificate);
	if (str_format(&t->settings.certificate, "%s %s", certificate, second) == -1) {
		(void)str_add_text(problem, "the name of a certificate's file is too long");
		return -1;
	}
	SSL_CTX_free(t->context);
	t->context = NULL;
	return tls_client_make_context(t, problem) ? 0 : -1;
}

void
tls_client_close(struct tls_client *t)
{
	if (t == NULL)
		return;
	tls_client_sessions_free(t);
	SSL_CTX_free(t->context);
	BIO_meth_free(t->socket);
	tls_client_settings_free(&t->settings);
	free(t);
}
