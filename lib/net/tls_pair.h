/* SPDX-License-Identifier: ISC */
/* The PEM files of one name of the control file certificates, as certificates with their keys. */
#ifndef NET_TLS_PAIR_H
#define NET_TLS_PAIR_H

#include <sys/stat.h>

#include <stdbool.h>

#include "net/tls_certificates.h"

struct tls_file {
	char *path;	  /* owned */
	struct stat seen; /* when it was read last; st_ino 0 where it was not there */
};

/* True if it is another, or was written to, since FILE->seen. */
bool tls_file_is_changed(const struct tls_file *file);

/*
 * Reads COUNT files: a certificate begins a chain, its issuers stand behind it, and its private key
 * is in the same file or in the next. Notes in each file when it was read. How many pairs there
 * are now in PAIRS, which has room for TLS_PAIRS_MAX; 0 with PROBLEM: nothing to free then.
 */
size_t tls_pairs_read(
    struct tls_pair *pairs, struct tls_file *files, size_t count, struct str *problem);
void tls_pairs_free(struct tls_pair *pairs, size_t count);

#endif
