/* SPDX-License-Identifier: ISC */
/* Whether clients will take the certificates of this host, for who looks before they do. */
#ifndef NET_TLS_CERTIFICATES_CHECK_H
#define NET_TLS_CERTIFICATES_CHECK_H

#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "net/tls_certificates.h"

enum tls_certificates_state {
	TLS_CERTIFICATES_GOOD,
	TLS_CERTIFICATES_DOUBTFUL,   /* not for that name, or soon too old */
	TLS_CERTIFICATES_UNREADABLE, /* this user may not read a file */
	TLS_CERTIFICATES_WRONG,	     /* no key or that of another, expired, not yet valid, ... */
};

/*
 * Reads the files of the name of index I. NAME is what clients call this host, and DAYS how long
 * certificates should be good for at least. What is wrong is said in PROBLEM.
 */
enum tls_certificates_state tls_certificates_check(
    struct tls_certificates *all, size_t i, struct slice name, unsigned days, struct str *problem);

/* The path of file J of the name of index I. */
const char *tls_certificates_path(const struct tls_certificates *all, size_t i, size_t j);

#endif
