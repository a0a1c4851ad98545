/* SPDX-License-Identifier: ISC */
#include "net/tls_finding.h"

#include <stdarg.h>
#include <stdio.h>

#define PROBLEM_MAX ((size_t)500)

void
tls_finding_init(struct tls_finding *v)
{
	*v = (struct tls_finding){.failure = ""};
	str_init(&v->problem, PROBLEM_MAX);
}

void
tls_finding_free(struct tls_finding *v)
{
	str_free(&v->problem);
}

void
tls_finding_clear(struct tls_finding *v)
{
	struct str problem = v->problem;

	str_clear(&problem);
	*v = (struct tls_finding){.failure = "", .problem = problem};
}

void
tls_finding_fail(struct tls_finding *v, const char *failure, const char *format, ...)
{
	va_list args;

	if (v->failure[0] != '\0' || v->problem.len > 0)
		return;
	v->failure = failure;
	va_start(args, format);
	(void)str_vformat(&v->problem, format, args);
	va_end(args);
}

void
tls_finding_text(const struct tls_finding *v, char text[TLS_TEXT_SIZE])
{
	static const char *const proofs[] = {
	    [TLS_PROOF_NONE] = "unverified",
	    [TLS_PROOF_TRUSTED] = "trusted",
	    [TLS_PROOF_FINGERPRINT] = "fingerprint",
	    [TLS_PROOF_VERIFIED] = "verified",
	    [TLS_PROOF_DANE] = "dane",
	};

	if (v->is_on)
		snprintf(text, TLS_TEXT_SIZE, "%s %s", v->protocol, proofs[v->proof]);
	else
		snprintf(text, TLS_TEXT_SIZE, "none");
}

const char *
tls_finding_report(const struct tls_finding *v)
{
	if (v->is_on && v->is_met)
		return "";
	return v->failure[0] != '\0' ? v->failure : "validation-failure";
}
