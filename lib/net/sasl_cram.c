/* SPDX-License-Identifier: ISC */
/* CRAM-MD5 (RFC 2195): old, and in need of passwords that are kept as they are. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "net/password.h"
#include "net/sasl_mechanism.h"

#define MD5_OCTETS 16

static enum sasl_result
challenge(struct sasl *s)
{
	unsigned char octets[16];

	random_bytes(octets, sizeof octets);
	if (s->nonce_for_tests != NULL)
		return str_add_text(&s->message, s->nonce_for_tests) == -1
			   ? SASL_TEMPORARY
			   : sasl_challenge(s, s->message.data);
	if (str_add_char(&s->message, '<') == -1)
		return SASL_TEMPORARY;
	for (size_t i = 0; i < sizeof octets; i++)
		if (str_format(&s->message, "%02x", octets[i]) == -1)
			return SASL_TEMPORARY;
	if (str_add_text(&s->message, "@authd>") == -1)
		return SASL_TEMPORARY;
	return sasl_challenge(s, s->message.data);
}

static bool
is_digest(const struct sasl *s, const struct str *password, struct slice digest)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	char text[2 * MD5_OCTETS + 1];

	if (HMAC(EVP_md5(), password->data, (int)password->len,
		(const unsigned char *)s->message.data, s->message.len, mac, NULL) == NULL)
		return false;
	for (size_t i = 0; i < MD5_OCTETS; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", mac[i]);
	return digest.len == 2 * MD5_OCTETS && scram_same(digest.data, text, digest.len);
}

/* login, space, 32 hexadecimal digits. */
enum sasl_result
sasl_cram_md5(struct sasl *s, struct slice response)
{
	size_t space = slice_find_last(response, ' ');
	struct slice login = slice_make(response.data, space);
	struct str password, who;
	enum sasl_result result;

	if (s->step == 1)
		return challenge(s);
	if (space == response.len || !sasl_is_name(login))
		return SASL_SYNTAX;
	str_clear(&s->login);
	if (str_add_slice(&s->login, login) == -1)
		return SASL_TEMPORARY;
	str_init(&password, PASSWORD_MAX);
	str_init(&who, SASL_NAME_MAX);
	result = s->backend->find_password(s->backend->context, login, &password, &who);
	if (!is_digest(s, &password, slice_skip(response, space + 1)) && result == SASL_ACCEPTED)
		result = SASL_REFUSED;
	if (result == SASL_ACCEPTED)
		result = sasl_accept(s, &who);
	str_wipe(&password);
	str_free(&who);
	return result;
}
