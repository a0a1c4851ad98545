/* SPDX-License-Identifier: ISC */
/*
 * The certificates of this host and their private keys: the control file certificates, and the PEM
 * files that it names. A file that changed is read again when its certificate is next wanted; one
 * that is wrong then changes nothing but the log. This is the one place that holds private keys.
 */
#ifndef NET_TLS_CERTIFICATES_H
#define NET_TLS_CERTIFICATES_H

#include <openssl/ssl.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

#define TLS_PAIRS_MAX 4 /* certificates of one name, each of another kind of key */

struct tls_pair {
	X509 *certificate;
	STACK_OF(X509) * chain; /* what stands behind it; may be empty */
	EVP_PKEY *key;
};

struct tls_file;

struct tls_name {
	struct slice name; /* a domain, .DOMAIN for those below, or * */
	struct tls_file *files;
	size_t file_count;
	struct tls_pair pairs[TLS_PAIRS_MAX];
	size_t pair_count; /* 0: not read yet, or never good */
};

struct tls_certificates {
	struct table table; /* whose entries are the names, in their order */
	struct tls_name *names;
	struct tls_name *fallback;			    /* that of * */
	void (*report)(void *context, const char *problem); /* what is wrong with a renewed file */
	void *context;
};

/*
 * Reads the control file, and no other yet. 0, or -1 with errno and PROBLEM: among others, that
 * there is no line for *. Free it in any case.
 */
int tls_certificates_read(
    struct tls_certificates *all, const struct control *c, struct str *problem);
/* Wipes the keys, but for those that a connection still refers to. */
void tls_certificates_free(struct tls_certificates *all);

/* Wipes them, with the same exception; there is nothing more to be found then. */
void tls_certificates_forget_keys(struct tls_certificates *all);

/* Reads the files of *: 0, or -1 with PROBLEM. Nothing works without them. */
int tls_certificates_load(struct tls_certificates *all, struct str *problem);
/* Reads all that is new or changed; what is wrong is reported. */
void tls_certificates_refresh(struct tls_certificates *all);

/*
 * That for SERVER_NAME (null or unknown here: *), read again if it changed. Null if there is none
 * that works.
 */
const struct tls_name *tls_certificates_find(struct tls_certificates *all, const char *server_name);

/* Adds what OpenSSL says went wrong, and forgets it; CAUSE if it says nothing. */
void tls_add_error(struct str *out, const char *cause);

#endif
