/* SPDX-License-Identifier: ISC */
/* What there is under TLS: protocol, cipher, key exchange, and the certificates as they were sent.
 */
#include <string.h>

#include "tls_state.h"

#define DAY 86400
#define TEXT_MAX ((size_t)8192)
#define RSA_BITS_LEAST 2048 /* RFC 9325, 4.3 */

static void
add_protocol(const struct tls_look *k)
{
	const struct tls_finding *f = &k->link->finding;
	struct result *res = report_add(k->report, "tls", FACT, PLAIN);

	result_value(res, "%s", f->protocol);
	result_text(res, "The session is under %s.", f->protocol);
	result_took(res, k->link->ms);
}

/* RFC 9325, 4.1: forward secrecy, and encryption with authentication, as TLS 1.3 has them always.
 */
static void
add_cipher(const struct tls_look *k)
{
	const struct tls_finding *f = &k->link->finding;
	bool is_latest = strcmp(f->protocol, "TLSv1.3") == 0;
	bool is_forward = is_latest || strstr(f->cipher, "DHE_") != NULL;
	bool is_sealed = is_latest || strstr(f->cipher, "_GCM_") != NULL ||
			 strstr(f->cipher, "CHACHA20") != NULL || strstr(f->cipher, "_CCM") != NULL;
	bool is_good = is_forward && is_sealed && k->chain->cipher_bits >= 128;
	struct result *res = report_add(k->report, "cipher", FACT, is_good ? PLAIN : WARNING);

	result_value(res, "%s", f->cipher);
	result_source(res, "RFC 9325, 4");
	if (is_good)
		result_text(res, "%s, %d bits.", f->cipher, k->chain->cipher_bits);
	else
		result_text(res, "%s, %d bits, is weak: %s.", f->cipher, k->chain->cipher_bits,
		    !is_forward	 ? "without forward secrecy, who gets the key can read what was "
				   "recorded"
		    : !is_sealed ? "a mode that is broken or about to be"
				 : "too few bits");
	if (!is_good)
		result_advice(res, "Have that server prefer ECDHE with AES-GCM or ChaCha20.");
	if (k->chain->group[0] == '\0')
		return;
	res = report_add(k->report, "tls.group", FACT, PLAIN);
	result_value(res, "%s", k->chain->group);
	result_text(res, "The key exchange is by %s.", k->chain->group);
}

void
tls_add_session(const struct tls_look *k)
{
	add_protocol(k);
	add_cipher(k);
}

static void
add_days(struct str *out, const char *before, int64_t seconds, const char *behind)
{
	long long days = (long long)(seconds / DAY);

	(void)str_format(out, "%s%lld day%s%s", before, days, days == 1 ? "" : "s", behind);
}

static void
add_validity(struct str *out, const struct tls_chain_certificate *one)
{
	int64_t now = clock_wall_seconds();

	if (now < one->not_before)
		add_days(out, "for ", one->not_before - now, " not valid yet");
	else if (now > one->not_after)
		add_days(out, "expired ", now - one->not_after, " ago");
	else
		add_days(out, "", one->not_after - now, " left");
}

static void
describe(struct str *out, const struct tls_chain_certificate *one)
{
	(void)str_format(out, "%s, issued by %s, ", one->subject.len > 0 ? one->subject.data : "-",
	    one->is_self_issued	  ? "itself"
	    : one->issuer.len > 0 ? one->issuer.data
				  : "-");
	if (one->names.len > 0)
		(void)str_format(out, "for %s, ", one->names.data);
	(void)str_add_text(out, "valid from ");
	tls_add_time(out, one->not_before);
	(void)str_add_text(out, " to ");
	tls_add_time(out, one->not_after);
	(void)str_add_text(out, " (");
	add_validity(out, one);
	(void)str_format(out, "), key %s of %u bits, signed with %s, SHA-256 %s", one->key,
	    one->bits, one->signature, one->sha256);
}

static void
add_certificate(const struct tls_look *k, size_t i)
{
	const struct tls_chain_certificate *one = &k->chain->list[i];
	struct result *res = report_add(k->report, "certificate", FACT, PLAIN);
	struct str text;

	str_init(&text, TEXT_MAX);
	describe(&text, one);
	result_about(res, "%zu", i + 1);
	result_value(res, "%s", one->sha256);
	result_text(res, "%s", text.data);
	str_free(&text);
}

/* Of the server's own certificate. */
static void
add_key(const struct tls_look *k)
{
	const struct tls_chain_certificate *own = &k->chain->list[0];
	bool is_weak = strncmp(own->key, "RSA", 3) == 0 && own->bits < RSA_BITS_LEAST;
	struct result *res =
	    report_add(k->report, "certificate.key", FACT, is_weak ? WARNING : PLAIN);

	result_value(res, "%s %u", own->key, own->bits);
	result_text(res,
	    is_weak ? "Its key, %s of %u bits, is too short: many clients refuse it."
		    : "Its key is %s of %u bits.",
	    own->key, own->bits);
	if (is_weak)
		result_advice(res, "Make a new key: EC P-256, or RSA with 2048 bits or more.");
	result_source(res, "RFC 9325, 4.3");
	res = report_add(k->report, "certificate.tlsa", FACT, PLAIN);
	result_value(res, "3 1 1 %s", own->key_sha256);
	result_text(res, "The TLSA record of its key: 3 1 1 %s", own->key_sha256);
	result_source(res, "RFC 7672, 3.1.1");
}

static void
add_status(const struct tls_look *k)
{
	static const struct {
		const char *value, *text;
		enum weight weight;
	} rows[] = {
	    [TLS_STATUS_NONE] = {"none", "It staples no word of its authority on revocation.",
		PLAIN},
	    [TLS_STATUS_GOOD] = {"good", "Its authority says that the certificate is not revoked.",
		PLAIN},
	    [TLS_STATUS_REVOKED] = {"revoked", "Its authority has revoked the certificate.",
		PROBLEM},
	    [TLS_STATUS_UNKNOWN] = {"unknown",
		"Its authority says that it does not know the certificate.", WARNING},
	    [TLS_STATUS_WRONG] = {"wrong",
		"What it staples about revocation cannot be verified, or is out of date.", WARNING},
	};
	enum tls_chain_status status = k->chain->status;
	struct result *res = report_add(k->report, "ocsp", FACT, rows[status].weight);

	result_value(res, "%s", rows[status].value);
	result_text(res, "%s", rows[status].text);
	result_source(res, "RFC 6066, 8");
	if (status == TLS_STATUS_REVOKED)
		result_advice(res, "Get a new certificate, with a new key.");
}

void
tls_add_certificates(const struct tls_look *k)
{
	for (size_t i = 0; i < k->chain->count; i++)
		add_certificate(k, i);
	if (k->chain->count == 0)
		return;
	add_key(k);
	add_status(k);
}
