/* SPDX-License-Identifier: ISC */
/*
 * The mechanisms in which the client says its secret, PLAIN (RFC 4616), LOGIN, OAUTHBEARER (RFC
 * 7628) and XOAUTH2; CRAM-MD5 (RFC 2195), in which it says it badly hidden; and EXTERNAL (RFC 4422,
 * appendix A), in which it has none: its certificate has said who it is.
 */
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "net/sasl_client_mechanism.h"

#define MD5_OCTETS 16

static enum sasl_client_result
said(int added)
{
	return added == 0 ? SASL_CLIENT_SAY : SASL_CLIENT_NO_MEMORY;
}

/* All at once: a string that grows leaves copies behind. */
static int
make_room(struct sasl_client *s)
{
	return str_reserve(
	    &s->out, s->account.login.len + s->account.secret.len + s->account.host.len + 100);
}

enum sasl_client_result
sasl_client_plain(struct sasl_client *s, struct slice challenge)
{
	struct str *out = &s->out;

	(void)challenge;
	if (s->step > 1)
		return SASL_CLIENT_CANCEL;
	s->is_done = true;
	if (make_room(s) == -1 || str_add_char(out, '\0') == -1 ||
	    str_add_slice(out, s->account.login) == -1 || str_add_char(out, '\0') == -1)
		return SASL_CLIENT_NO_MEMORY;
	return said(str_add_slice(out, s->account.secret));
}

/* What the prompts say is left to chance; their order is not. */
enum sasl_client_result
sasl_client_login(struct sasl_client *s, struct slice challenge)
{
	(void)challenge;
	if (s->step > 2)
		return SASL_CLIENT_CANCEL;
	s->is_done = s->step == 2;
	if (make_room(s) == -1)
		return SASL_CLIENT_NO_MEMORY;
	return said(str_add_slice(&s->out, s->is_done ? s->account.secret : s->account.login));
}

/* The login is whom it wants to act as; empty where that is whom the certificate names. */
enum sasl_client_result
sasl_client_external(struct sasl_client *s, struct slice challenge)
{
	(void)challenge;
	if (s->step > 1)
		return SASL_CLIENT_CANCEL;
	s->is_done = true;
	return said(str_add_slice(&s->out, s->account.login));
}

enum sasl_client_result
sasl_client_cram_md5(struct sasl_client *s, struct slice challenge)
{
	struct slice secret = s->account.secret;
	unsigned char mac[EVP_MAX_MD_SIZE];

	if (s->step > 1 || challenge.len == 0)
		return SASL_CLIENT_CANCEL;
	if (secret.len > INT_MAX ||
	    HMAC(EVP_md5(), secret.data, (int)secret.len, (const unsigned char *)challenge.data,
		challenge.len, mac, NULL) == NULL ||
	    str_add_slice(&s->out, s->account.login) == -1 || str_add_char(&s->out, ' ') == -1)
		return SASL_CLIENT_NO_MEMORY;
	for (size_t i = 0; i < MD5_OCTETS; i++)
		if (str_format(&s->out, "%02x", mac[i]) == -1)
			return SASL_CLIENT_NO_MEMORY;
	s->is_done = true;
	return SASL_CLIENT_SAY;
}

/* A challenge after the token says why it is not taken; ANSWER lets the server end this. */
static enum sasl_client_result
take_complaint(struct sasl_client *s, struct slice challenge, const char *answer)
{
	if (s->step > 2)
		return SASL_CLIENT_CANCEL;
	s->is_done = false;
	if (challenge.len > SASL_CLIENT_COMPLAINT_MAX)
		challenge.len = SASL_CLIENT_COMPLAINT_MAX;
	(void)str_add_slice(&s->complaint, challenge);
	return said(str_add_text(&s->out, answer));
}

/* RFC 7628, 3.1; the error, 3.2.3. */
enum sasl_client_result
sasl_client_oauthbearer(struct sasl_client *s, struct slice challenge)
{
	const struct sasl_client_account *a = &s->account;
	struct str *out = &s->out;

	if (s->step > 1)
		return take_complaint(s, challenge, "\1");
	s->is_done = true;
	if (make_room(s) == -1 || str_add_text(out, "n,a=") == -1 ||
	    sasl_client_add_name(out, a->login) == -1 || str_add_text(out, ",\1host=") == -1 ||
	    str_add_slice(out, a->host) == -1 ||
	    str_format(out, "\1port=%u\1auth=Bearer ", a->port) == -1 ||
	    str_add_slice(out, a->secret) == -1)
		return SASL_CLIENT_NO_MEMORY;
	return said(str_add_text(out, "\1\1"));
}

enum sasl_client_result
sasl_client_xoauth2(struct sasl_client *s, struct slice challenge)
{
	struct str *out = &s->out;

	if (s->step > 1)
		return take_complaint(s, challenge, "");
	s->is_done = true;
	if (make_room(s) == -1 || str_add_text(out, "user=") == -1 ||
	    str_add_slice(out, s->account.login) == -1 ||
	    str_add_text(out, "\1auth=Bearer ") == -1 ||
	    str_add_slice(out, s->account.secret) == -1)
		return SASL_CLIENT_NO_MEMORY;
	return said(str_add_text(out, "\1\1"));
}
