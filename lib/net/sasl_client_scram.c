/* SPDX-License-Identifier: ISC */
/* SCRAM-SHA-256 and SCRAM-SHA-1 (RFC 5802, RFC 7677), and both with -PLUS, the client's side. */
#include <string.h>

#include "base/base64.h"
#include "base/random.h"
#include "net/sasl_client_mechanism.h"

#define NONCE_OCTETS 18 /* of randomness; 24 characters */

int
sasl_client_add_name(struct str *out, struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		int added = c == ','   ? str_add_text(out, "=2C")
			    : c == '=' ? str_add_text(out, "=3D")
				       : str_add_char(out, c);

		if (added == -1)
			return -1;
	}
	return 0;
}

/* The connection's own mark; that of TLS 1.3 (RFC 9266) where there is one. */
static struct slice
binding_of(const struct sasl_client *s)
{
	const struct sasl_conditions *c = &s->conditions;

	return c->exporter.len > 0 ? c->exporter : c->end_point;
}

/*
 * gs2-header (5). "y" says that we could bind and think that the server cannot: one that does offer
 * it knows then that somebody took that away.
 */
static int
add_header(struct sasl_client *s, bool binds)
{
	bool can = s->conditions.is_encrypted && binding_of(s).len > 0;

	if (!binds)
		return str_add_text(&s->header, can && !s->server_binds ? "y,," : "n,,");
	return str_add_text(&s->header,
	    s->conditions.exporter.len > 0 ? "p=tls-exporter,," : "p=tls-server-end-point,,");
}

static int
add_nonce(struct sasl_client *s)
{
	char octets[NONCE_OCTETS];

	if (s->nonce_for_tests != NULL)
		return str_add_text(&s->nonce, s->nonce_for_tests);
	random_bytes(octets, sizeof octets);
	return base64_encode(&s->nonce, slice_make(octets, sizeof octets));
}

/* client-first-message; without its header it is the first part of AuthMessage. */
static enum sasl_client_result
say_first(struct sasl_client *s, bool binds)
{
	if (add_header(s, binds) == -1 || add_nonce(s) == -1 ||
	    str_add_text(&s->message, "n=") == -1 ||
	    sasl_client_add_name(&s->message, s->account.login) == -1 ||
	    str_format(&s->message, ",r=%s", s->nonce.data) == -1 ||
	    str_add_slice(&s->out, str_slice(&s->header)) == -1 ||
	    str_add_slice(&s->out, str_slice(&s->message)) == -1)
		return SASL_CLIENT_NO_MEMORY;
	return SASL_CLIENT_SAY;
}

/* "X=value" off the front of *rest. False if no X stands there. */
static bool
take_attribute(struct slice *rest, char letter, struct slice *value)
{
	if (!slice_take(rest, ',', value) || value->len < 3 || value->data[0] != letter ||
	    value->data[1] != '=')
		return false;
	*value = slice_skip(*value, 2);
	return true;
}

/* The server's nonce is ours with something of its own behind (5.1). */
static bool
is_nonce(const struct sasl_client *s, struct slice nonce)
{
	if (nonce.len <= s->nonce.len ||
	    !slice_equal(slice_make(nonce.data, s->nonce.len), str_slice(&s->nonce)))
		return false;
	for (size_t i = 0; i < nonce.len; i++)
		if (nonce.data[i] < '!' || nonce.data[i] > '~')
			return false;
	return true;
}

static bool
take_salt(struct scram_key *key, struct slice text)
{
	struct str salt;
	bool good;

	str_init(&salt, SCRAM_SALT_MAX + 3);
	good = base64_decode(&salt, text) == 0 && salt.len > 0 && salt.len <= SCRAM_SALT_MAX;
	if (good) {
		key->salt_length = salt.len;
		memcpy(key->salt, salt.data, salt.len);
	}
	str_free(&salt);
	return good;
}

/*
 * server-first-message. An extension that must be understood ("m=") is not (5.1). So few iterations
 * that whoever listens could soon guess the password are refused (RFC 7677, 4), as are so many that
 * they are meant to keep us busy.
 */
static bool
take_first(struct sasl_client *s, struct slice text, struct slice *nonce, struct scram_key *key)
{
	struct slice salt, number;
	uint64_t iterations;

	if (!take_attribute(&text, 'r', nonce) || !is_nonce(s, *nonce) ||
	    !take_attribute(&text, 's', &salt) || !take_salt(key, salt) ||
	    !take_attribute(&text, 'i', &number) ||
	    !slice_number(number, SASL_CLIENT_ITERATIONS_MAX, &iterations) ||
	    iterations < SCRAM_ITERATIONS_MIN)
		return false;
	key->iterations = (uint32_t)iterations;
	return true;
}

/* client-final-message-without-proof: the header again, the binding with it, and both nonces. */
static int
add_final(struct sasl_client *s, bool binds, struct slice nonce)
{
	if (binds && str_add_slice(&s->header, binding_of(s)) == -1)
		return -1;
	if (str_add_text(&s->out, "c=") == -1 ||
	    base64_encode(&s->out, str_slice(&s->header)) == -1 ||
	    str_add_text(&s->out, ",r=") == -1)
		return -1;
	return str_add_slice(&s->out, nonce);
}

static int
add_proof(struct sasl_client *s, struct scram_key *key)
{
	unsigned char client[SCRAM_HASH], proof[SCRAM_HASH];
	int result = -1;

	if (scram_key_derive_client(key, s->account.secret, client) == 0 &&
	    scram_prove(key, client, str_slice(&s->message), proof) == 0 &&
	    scram_sign(key, str_slice(&s->message), s->signature) == 0 &&
	    str_add_text(&s->out, ",p=") == 0)
		result =
		    base64_encode(&s->out, slice_make((char *)proof, scram_octets(key->digest)));
	explicit_bzero(client, sizeof client);
	explicit_bzero(proof, sizeof proof);
	return result;
}

static enum sasl_client_result
say_final(struct sasl_client *s, enum scram_digest digest, bool binds, struct slice challenge)
{
	struct scram_key key = {.digest = digest};
	struct slice nonce;
	int added = -1;

	if (!take_first(s, challenge, &nonce, &key))
		return SASL_CLIENT_CANCEL;
	if (add_final(s, binds, nonce) == 0 && str_add_char(&s->message, ',') == 0 &&
	    str_add_slice(&s->message, challenge) == 0 && str_add_char(&s->message, ',') == 0 &&
	    str_add_slice(&s->message, str_slice(&s->out)) == 0)
		added = add_proof(s, &key);
	explicit_bzero(&key, sizeof key);
	return added == 0 ? SASL_CLIENT_SAY : SASL_CLIENT_NO_MEMORY;
}

/* "e=" and what is wrong: the server ends it, but not with success. */
static enum sasl_client_result
take_complaint(struct sasl_client *s, struct slice challenge)
{
	s->is_done = false;
	if (challenge.len > SASL_CLIENT_COMPLAINT_MAX)
		challenge.len = SASL_CLIENT_COMPLAINT_MAX;
	(void)str_add_slice(&s->complaint, challenge);
	return SASL_CLIENT_SAY;
}

/* server-final-message: that the server knows the key, too. */
static enum sasl_client_result
take_final(struct sasl_client *s, enum scram_digest digest, struct slice challenge)
{
	size_t octets = scram_octets(digest);
	struct slice value;
	struct str signature;

	if (slice_starts(challenge, "e="))
		return take_complaint(s, challenge);
	str_init(&signature, SCRAM_HASH + 3);
	s->is_done = take_attribute(&challenge, 'v', &value) &&
		     base64_decode(&signature, value) == 0 && signature.len == octets &&
		     scram_same(signature.data, s->signature, octets);
	str_free(&signature);
	return s->is_done ? SASL_CLIENT_SAY : SASL_CLIENT_CANCEL;
}

static enum sasl_client_result
step(struct sasl_client *s, struct slice challenge, enum scram_digest digest, bool binds)
{
	if (s->step == 1)
		return say_first(s, binds);
	if (s->step == 2)
		return say_final(s, digest, binds, challenge);
	if (s->step == 3)
		return take_final(s, digest, challenge);
	s->is_done = false;
	return SASL_CLIENT_CANCEL;
}

enum sasl_client_result
sasl_client_scram(struct sasl_client *s, struct slice challenge)
{
	return step(s, challenge, SCRAM_SHA_256, false);
}

enum sasl_client_result
sasl_client_scram_plus(struct sasl_client *s, struct slice challenge)
{
	return step(s, challenge, SCRAM_SHA_256, true);
}

enum sasl_client_result
sasl_client_scram_sha_1(struct sasl_client *s, struct slice challenge)
{
	return step(s, challenge, SCRAM_SHA_1, false);
}

enum sasl_client_result
sasl_client_scram_sha_1_plus(struct sasl_client *s, struct slice challenge)
{
	return step(s, challenge, SCRAM_SHA_1, true);
}
