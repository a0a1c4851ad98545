/* SPDX-License-Identifier: ISC */
/* What is required of TLS, in words. */
#include "net/tls_requirement.h"

const char *
tls_level_text(enum tls_level level)
{
	static const char *const texts[] = {
	    [TLS_LEVEL_NONE] = "none",
	    [TLS_LEVEL_MAY] = "may",
	    [TLS_LEVEL_ENCRYPT] = "encrypt",
	    [TLS_LEVEL_FINGERPRINT] = "fingerprint",
	    [TLS_LEVEL_VERIFY] = "verify",
	    [TLS_LEVEL_DANE] = "dane",
	};

	return texts[level];
}

const char *
tls_authority_text(enum tls_authority by)
{
	static const char *const texts[] = {
	    [TLS_BY_DEFAULT] = "default",
	    [TLS_BY_TABLE] = "table",
	    [TLS_BY_STS] = "sts",
	    [TLS_BY_DANE] = "dane",
	    [TLS_BY_MESSAGE] = "message",
	};

	return texts[by];
}

static bool
names_count(const struct tls_requirement *r)
{
	for (size_t i = 0; i < r->tlsa_count; i++)
		if (r->tlsa[i].usage == TLS_USAGE_DANE_TA)
			return true;
	return r->level == TLS_LEVEL_VERIFY;
}

int
tls_requirement_add_text(const struct tls_requirement *r, struct str *out)
{
	if (str_add_text(out, tls_level_text(r->level)) == -1)
		return -1;
	for (size_t i = 0; names_count(r) && i < r->name_count; i++)
		if (str_format(out, " %s", r->names[i]) == -1)
			return -1;
	if (r->is_testing && str_add_text(out, " (testing)") == -1)
		return -1;
	if (r->reason.len == 0)
		return 0;
	return str_add_text(out, ": ") == -1 ? -1 : str_add_slice(out, str_slice(&r->reason));
}
