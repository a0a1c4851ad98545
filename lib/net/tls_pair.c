/* SPDX-License-Identifier: ISC */
#include "net/tls_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define PEM_MAX ((off_t)1 << 20) /* octets of a file */

bool
tls_file_is_changed(const struct tls_file *file)
{
	struct stat now;

	if (stat(file->path, &now) == -1)
		return file->seen.st_ino != 0;
	return now.st_dev != file->seen.st_dev || now.st_ino != file->seen.st_ino ||
	       now.st_size != file->seen.st_size ||
	       now.st_mtim.tv_sec != file->seen.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != file->seen.st_mtim.tv_nsec ||
	       now.st_ctim.tv_sec != file->seen.st_ctim.tv_sec ||
	       now.st_ctim.tv_nsec != file->seen.st_ctim.tv_nsec;
}

static void
note(struct tls_file *file)
{
	if (stat(file->path, &file->seen) == -1)
		file->seen = (struct stat){.st_ino = 0};
}

static bool
complain(struct str *problem, const struct tls_file *file, const char *what)
{
	(void)str_format(problem, "%s: %s", file->path, what);
	return false;
}

/* All of it, so that nothing is left behind in a buffer of stdio's. */
static bool
read_file(struct tls_file *file, struct str *text, struct str *problem)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat *st = &file->seen;
	bool good = false;

	*st = (struct stat){.st_ino = 0};
	if (fd == -1 || fstat(fd, st) == -1)
		(void)complain(problem, file, strerror(errno));
	else if (!S_ISREG(st->st_mode) || st->st_size > PEM_MAX)
		(void)complain(problem, file, "a PEM file is expected");
	else if (str_reserve(text, (size_t)st->st_size) == -1 ||
		 io_pread(fd, text->data, (size_t)st->st_size, 0) == -1)
		(void)complain(problem, file, strerror(errno));
	else
		good = true;
	if (good)
		text->len = (size_t)st->st_size;
	io_close(fd);
	return good;
}

/* A key that wants a password is of no use to a server, and nobody is there to be asked. */
static int
no_password(char *buf, int size, int writing, void *context)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

/* The certificates of TEXT, the server's own first; null if there is none. */
static STACK_OF(X509) * read_chain(const struct str *text)
{
	BIO *bio = BIO_new_mem_buf(text->data, (int)text->len);
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *certificate;

	while (bio != NULL && chain != NULL &&
	       (certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL)
		if (sk_X509_push(chain, certificate) <= 0)
			X509_free(certificate);
	BIO_free(bio);
	ERR_clear_error(); /* that no more were found */
	if (chain == NULL || sk_X509_num(chain) > 0)
		return chain;
	sk_X509_free(chain);
	return NULL;
}

static EVP_PKEY *
read_key(const struct str *text)
{
	BIO *bio = BIO_new_mem_buf(text->data, (int)text->len);
	EVP_PKEY *key = NULL;

	if (bio != NULL && memmem(text->data, text->len, "PRIVATE KEY-----", 16) != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return key;
}

/* A chain begins a pair. */
static bool
take_chain(struct tls_pair *pairs, size_t *count, STACK_OF(X509) * chain)
{
	if (*count == TLS_PAIRS_MAX)
		return false;
	pairs[(*count)++] = (struct tls_pair){.certificate = sk_X509_shift(chain), .chain = chain};
	return true;
}

static bool
take_file(struct tls_pair *pairs, size_t *count, struct tls_file *file, const struct str *text,
    struct str *problem)
{
	STACK_OF(X509) *chain = read_chain(text);
	EVP_PKEY *key = read_key(text);
	const char *wrong = NULL;
	struct tls_pair *pair;

	if (chain != NULL && !take_chain(pairs, count, chain)) {
		sk_X509_pop_free(chain, X509_free);
		wrong = "more than four certificates for one name";
	}
	pair = *count > 0 ? &pairs[*count - 1] : NULL;
	if (wrong == NULL && chain == NULL && key == NULL)
		wrong = "there is neither a certificate nor a private key that can be read in it";
	else if (wrong == NULL && key != NULL && (file->seen.st_mode & S_IRWXO) != 0)
		wrong = "others may read this private key, or write to it; take that right away "
			"(chmod o=)";
	else if (wrong == NULL && key != NULL && (pair == NULL || pair->key != NULL))
		wrong = "the certificate of a private key stands before it, or in the same file";
	else if (wrong == NULL && key != NULL &&
		 X509_check_private_key(pair->certificate, key) != 1)
		wrong = "the private key is that of another certificate";
	if (wrong == NULL && key != NULL)
		pair->key = key;
	else
		EVP_PKEY_free(key);
	ERR_clear_error();
	return wrong == NULL || complain(problem, file, wrong);
}

static bool
all_have_keys(
    const struct tls_pair *pairs, size_t count, const struct tls_file *last, struct str *problem)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].key == NULL)
			return complain(problem, last,
			    "a certificate has no private key, in its file or in the next");
	return true;
}

size_t
tls_pairs_read(struct tls_pair *pairs, struct tls_file *files, size_t count, struct str *problem)
{
	size_t found = 0;
	bool good = count > 0;

	for (size_t i = 0; i < count; i++) {
		struct str text;

		if (!good) { /* so that it is known what a later change is a change of */
			note(&files[i]);
			continue;
		}
		str_init(&text, (size_t)PEM_MAX);
		good = read_file(&files[i], &text, problem) &&
		       take_file(pairs, &found, &files[i], &text, problem);
		str_wipe(&text);
	}
	if (good && all_have_keys(pairs, found, &files[count - 1], problem))
		return found;
	tls_pairs_free(pairs, found);
	return 0;
}

void
tls_pairs_free(struct tls_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		X509_free(pairs[i].certificate);
		sk_X509_pop_free(pairs[i].chain, X509_free);
		EVP_PKEY_free(pairs[i].key);
		pairs[i] = (struct tls_pair){.key = NULL};
	}
}
