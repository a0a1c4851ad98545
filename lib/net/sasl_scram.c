/* SPDX-License-Identifier: ISC */
/* SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the server's side. */
#include <string.h>

#include "base/base64.h"
#include "base/random.h"
#include "net/sasl_mechanism.h"

#define NONCE_OCTETS 18 /* of randomness; 24 characters */

bool
sasl_undo_name(struct str *out, struct slice name)
{
	while (name.len > 0) {
		bool is_comma = slice_starts(name, "=2C"), is_equals = slice_starts(name, "=3D");
		char c = (char)(is_comma ? ',' : is_equals ? '=' : name.data[0]);

		if ((name.data[0] == '=' && !is_comma && !is_equals) || str_add_char(out, c) == -1)
			return false;
		name = slice_skip(name, is_comma || is_equals ? 3 : 1);
	}
	return true;
}

/* "X=value" off the front of *rest, up to its comma. False if no X stands there. */
static bool
take_attribute(struct slice *rest, char letter, struct slice *value)
{
	if (rest->len < 2 || rest->data[0] != letter || rest->data[1] != '=')
		return false;
	*rest = slice_skip(*rest, 2);
	if (slice_starts(*rest, ",")) {
		*value = slice_make(rest->data, 0);
		*rest = slice_skip(*rest, 1);
		return true;
	}
	return slice_take(rest, ',', value);
}

/* The nonce: printable octets but the comma (RFC 5802, 7). */
static bool
is_nonce(struct slice nonce)
{
	for (size_t i = 0; i < nonce.len; i++)
		if (nonce.data[i] < '!' || nonce.data[i] > '~' || nonce.data[i] == ',')
			return false;
	return nonce.len > 0;
}

/* The binding called NAME; empty if it is not known here. */
static struct slice
find_binding(const struct sasl *s, struct slice name)
{
	if (slice_is(name, "tls-exporter"))
		return s->conditions.exporter;
	if (slice_is(name, "tls-server-end-point"))
		return s->conditions.end_point;
	return slice_make(NULL, 0);
}

/*
 * gs2-cbind-flag (6): with -PLUS the client binds, without it does not. One that says "y" thinks
 * that we cannot; if we had offered it, somebody in between took that away.
 */
static enum sasl_result
take_binding_flag(struct sasl *s, struct slice flag, struct slice *binding)
{
	bool plus = sasl_is_binding(s->mechanism);

	*binding = slice_make(NULL, 0);
	if (slice_is(flag, "n"))
		return plus ? SASL_SYNTAX : SASL_CHALLENGE;
	if (slice_is(flag, "y"))
		return plus ? SASL_SYNTAX : s->is_binding_offered ? SASL_REFUSED : SASL_CHALLENGE;
	if (!plus || !slice_starts(flag, "p="))
		return SASL_SYNTAX;
	*binding = find_binding(s, slice_skip(flag, 2));
	return binding->len > 0 ? SASL_CHALLENGE : SASL_REFUSED;
}

/* Takes gs2-header; keeps it, and the binding behind it, to compare with the client's "c=". */
static enum sasl_result
take_header(struct sasl *s, struct slice *rest, struct str *authorization)
{
	struct slice whole = *rest, flag, name = {NULL, 0}, binding;
	enum sasl_result result;

	if (!slice_take(rest, ',', &flag))
		return SASL_SYNTAX;
	result = take_binding_flag(s, flag, &binding);
	if (result != SASL_CHALLENGE)
		return result;
	if (slice_starts(*rest, ","))
		*rest = slice_skip(*rest, 1);
	else if (!take_attribute(rest, 'a', &name) || name.len == 0)
		return SASL_SYNTAX;
	if (!sasl_undo_name(authorization, name))
		return SASL_SYNTAX;
	if (str_add(&s->binding, whole.data, whole.len - rest->len) == -1 ||
	    str_add_slice(&s->binding, binding) == -1)
		return SASL_SYNTAX;
	return SASL_CHALLENGE;
}

static int
make_nonce(struct sasl *s, struct slice of_client)
{
	char octets[NONCE_OCTETS];

	if (str_add_slice(&s->nonce, of_client) == -1)
		return -1;
	if (s->nonce_for_tests != NULL)
		return str_add_text(&s->nonce, s->nonce_for_tests);
	random_bytes(octets, sizeof octets);
	return base64_encode(&s->nonce, slice_make(octets, sizeof octets));
}

/* server-first-message, and with it the first two thirds of AuthMessage. */
static enum sasl_result
answer_first(struct sasl *s, struct slice bare, struct slice nonce)
{
	if (make_nonce(s, nonce) == -1 || str_format(&s->out, "r=%s,s=", s->nonce.data) == -1 ||
	    base64_encode(&s->out, slice_make((char *)s->key.salt, s->key.salt_length)) == -1 ||
	    str_format(&s->out, ",i=%u", (unsigned)s->key.iterations) == -1 ||
	    str_add_slice(&s->message, bare) == -1 || str_add_char(&s->message, ',') == -1 ||
	    str_add_slice(&s->message, str_slice(&s->out)) == -1 ||
	    str_add_char(&s->message, ',') == -1)
		return SASL_SYNTAX; /* longer than can be */
	return SASL_CHALLENGE;
}

static enum sasl_result
find_key(struct sasl *s, struct slice authorization)
{
	enum sasl_result result;
	struct slice login = str_slice(&s->login);
	struct str who;

	if (!sasl_is_name(login))
		return SASL_SYNTAX;
	str_init(&who, SASL_NAME_MAX);
	result = s->backend->find_key(s->backend->context, login, &s->key, &who);
	s->is_known = result == SASL_ACCEPTED &&
		      (authorization.len == 0 || slice_equal_nocase(authorization, login) ||
			  slice_equal_nocase(authorization, str_slice(&who)));
	if (result == SASL_ACCEPTED && sasl_accept(s, &who) != SASL_ACCEPTED)
		result = SASL_TEMPORARY;
	str_free(&who);
	return result == SASL_TEMPORARY ? SASL_TEMPORARY : SASL_CHALLENGE;
}

/* client-first-message. An extension that must be understood ("m=") is not (5.1). */
static enum sasl_result
take_first(struct sasl *s, struct slice response)
{
	struct slice bare, name, nonce;
	struct str authorization;
	enum sasl_result result;

	str_init(&authorization, SASL_NAME_MAX);
	result = take_header(s, &response, &authorization);
	bare = response;
	if (result == SASL_CHALLENGE &&
	    (!take_attribute(&response, 'n', &name) || !take_attribute(&response, 'r', &nonce) ||
		!is_nonce(nonce) || !sasl_undo_name(&s->login, name)))
		result = SASL_SYNTAX;
	if (result == SASL_CHALLENGE)
		result = find_key(s, str_slice(&authorization));
	if (result == SASL_CHALLENGE)
		result = answer_first(s, bare, nonce);
	str_free(&authorization);
	return result;
}

/* "c=" must be what the client said first, and the connection's own binding. */
static bool
is_same_binding(const struct sasl *s, struct slice text)
{
	struct str said;
	bool same;

	str_init(&said, SASL_MESSAGE_MAX);
	same = base64_decode(&said, text) == 0 && said.len == s->binding.len &&
	       scram_same(said.data, s->binding.data, said.len);
	str_free(&said);
	return same;
}

static enum sasl_result
answer_final(struct sasl *s)
{
	unsigned char signature[SCRAM_HASH];

	if (scram_sign(&s->key, str_slice(&s->message), signature) == -1 ||
	    str_add_text(&s->out, "v=") == -1 ||
	    base64_encode(&s->out, slice_make((char *)signature, sizeof signature)) == -1)
		return SASL_TEMPORARY;
	s->told = SASL_ACCEPTED;
	return SASL_CHALLENGE;
}

/* Where "p=", which comes last, begins; the comma before it is no part of AuthMessage. */
static size_t
find_proof(struct slice text)
{
	size_t comma = slice_find_last(text, ',');

	return comma < text.len && slice_starts(slice_skip(text, comma), ",p=") ? comma : text.len;
}

/* client-final-message. */
static enum sasl_result
take_final(struct sasl *s, struct slice response)
{
	size_t at = find_proof(response);
	struct slice rest = slice_make(response.data, at), binding, nonce;
	struct str proof;
	bool good;

	if (at == response.len || str_add_slice(&s->message, rest) == -1 ||
	    !take_attribute(&rest, 'c', &binding) || !take_attribute(&rest, 'r', &nonce))
		return SASL_SYNTAX;
	str_init(&proof, SASL_MESSAGE_MAX);
	if (base64_decode(&proof, slice_skip(response, at + 3)) == -1) {
		str_free(&proof);
		return SASL_SYNTAX;
	}
	good = scram_check_proof(&s->key, str_slice(&s->message), str_slice(&proof));
	good = slice_equal(nonce, str_slice(&s->nonce)) && is_same_binding(s, binding) && good &&
	       s->is_known;
	str_free(&proof);
	return good ? answer_final(s) : SASL_REFUSED;
}

enum sasl_result
sasl_scram(struct sasl *s, struct slice response)
{
	if (s->step == 1)
		return take_first(s, response);
	if (s->step == 2)
		return take_final(s, response);
	/* the client has seen that we know it, too, and has nothing more to say */
	return response.len == 0 ? SASL_ACCEPTED : SASL_SYNTAX;
}
