/* SPDX-License-Identifier: ISC */
#include "net/tls_certificates_check.h"

#include <errno.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <time.h>
#include <unistd.h>

#include "net/tls_certificate_text.h"
#include "net/tls_pair.h"

#define DAY 86400

const char *
tls_certificates_path(const struct tls_certificates *all, size_t i, size_t j)
{
	return all->names[i].files[j].path;
}

/* True, with words in PROBLEM, if one of the files is kept from this user. */
static bool
is_kept_from_us(const struct tls_certificates *all, size_t i, struct str *problem)
{
	for (size_t j = 0; j < all->names[i].file_count; j++)
		if (access(tls_certificates_path(all, i, j), R_OK) == -1 && errno == EACCES)
			return str_format(problem, "this user may not read %s",
				   tls_certificates_path(all, i, j)) == 0;
	return false;
}

static bool
is_for(const X509 *certificate, struct slice name)
{
	X509 *leaf = (X509 *)(uintptr_t)certificate;

	/* a key of the file that is ".example.org" stands for any name below */
	if (name.len > 0 && name.data[0] == '.')
		return true;
	return X509_check_host(leaf, name.data, name.len, 0, NULL) == 1;
}

static enum tls_certificates_state
say_time(
    struct str *problem, enum tls_certificates_state state, const char *what, const ASN1_TIME *time)
{
	(void)str_add_text(problem, what);
	tls_certificate_time(problem, time);
	return state;
}

static enum tls_certificates_state
check_pair(const struct tls_pair *pair, struct slice name, unsigned days, struct str *problem)
{
	const ASN1_TIME *from = X509_get0_notBefore(pair->certificate);
	const ASN1_TIME *until = X509_get0_notAfter(pair->certificate);
	time_t soon = time(NULL) + (time_t)days * DAY;

	if (X509_cmp_current_time(from) > 0)
		return say_time(
		    problem, TLS_CERTIFICATES_WRONG, "the certificate is not valid before ", from);
	if (X509_cmp_current_time(until) < 0)
		return say_time(
		    problem, TLS_CERTIFICATES_WRONG, "the certificate expired on ", until);
	if (X509_cmp_time(until, &soon) < 0)
		return say_time(
		    problem, TLS_CERTIFICATES_DOUBTFUL, "the certificate expires on ", until);
	if (is_for(pair->certificate, name))
		return TLS_CERTIFICATES_GOOD;
	(void)str_add_text(problem, "the certificate is for ");
	tls_certificate_names(problem, pair->certificate);
	(void)str_format(
	    problem, ", and not for %.*s, as clients may call this host", (int)name.len, name.data);
	return TLS_CERTIFICATES_DOUBTFUL;
}

enum tls_certificates_state
tls_certificates_check(
    struct tls_certificates *all, size_t i, struct slice name, unsigned days, struct str *problem)
{
	struct tls_pair pairs[TLS_PAIRS_MAX] = {{.key = NULL}};
	enum tls_certificates_state state = TLS_CERTIFICATES_GOOD;
	struct tls_name *one = &all->names[i];
	size_t count;

	if (is_kept_from_us(all, i, problem))
		return TLS_CERTIFICATES_UNREADABLE;
	count = tls_pairs_read(pairs, one->files, one->file_count, problem);
	if (count == 0)
		return TLS_CERTIFICATES_WRONG;
	for (size_t n = 0; n < count && state == TLS_CERTIFICATES_GOOD; n++)
		state = check_pair(&pairs[n], name, days, problem);
	tls_pairs_free(pairs, count);
	return state;
}
