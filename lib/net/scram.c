/* SPDX-License-Identifier: ISC */
#include "net/scram.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/base64.h"

static const EVP_MD *
digest_of(const struct scram_key *key)
{
	return key->digest == SCRAM_SHA_1 ? EVP_sha1() : EVP_sha256();
}

size_t
scram_octets(enum scram_digest digest)
{
	return digest == SCRAM_SHA_1 ? 20 : SCRAM_HASH;
}

static int
hmac(const EVP_MD *digest, const void *key, size_t len, struct slice text,
    unsigned char out[SCRAM_HASH])
{
	if (len <= INT_MAX && HMAC(digest, key, (int)len, (const unsigned char *)text.data,
				  text.len, out, NULL) != NULL)
		return 0;
	errno = ENOMEM;
	return -1;
}

int
scram_hmac(const void *key, size_t len, struct slice text, unsigned char out[SCRAM_HASH])
{
	return hmac(EVP_sha256(), key, len, text, out);
}

bool
scram_same(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

/* The octets of base 64 TEXT, of which there must be from LOWEST to HIGHEST. 0 for others. */
static size_t
take_octets(struct slice text, unsigned char *octets, size_t lowest, size_t highest)
{
	struct str decoded;
	size_t len = 0;

	str_init(&decoded, highest + 3);
	if (base64_decode(&decoded, text) == 0 && decoded.len >= lowest && decoded.len <= highest) {
		len = decoded.len;
		memcpy(octets, decoded.data, len);
	}
	str_wipe(&decoded);
	return len;
}

bool
scram_key_parse(struct scram_key *key, struct slice text)
{
	struct slice field[4];
	uint64_t iterations;
	size_t count = 0;

	*key = (struct scram_key){0};
	while (count < 4 && slice_take(&text, ',', &field[count]))
		count++;
	if (count < 4 || text.len > 0 ||
	    !slice_number(field[0], SCRAM_ITERATIONS_MAX, &iterations) || iterations == 0)
		return false;
	key->iterations = (uint32_t)iterations;
	key->salt_length = take_octets(field[1], key->salt, 1, SCRAM_SALT_MAX);
	return key->salt_length > 0 &&
	       take_octets(field[2], key->stored, SCRAM_HASH, SCRAM_HASH) > 0 &&
	       take_octets(field[3], key->server, SCRAM_HASH, SCRAM_HASH) > 0;
}

static int
add_octets(struct str *out, const unsigned char *octets, size_t len)
{
	if (str_add_char(out, ',') == -1)
		return -1;
	return base64_encode(out, slice_make((const char *)octets, len));
}

int
scram_key_format(const struct scram_key *key, struct str *out)
{
	if (str_format(out, "%u", (unsigned)key->iterations) == -1 ||
	    add_octets(out, key->salt, key->salt_length) == -1 ||
	    add_octets(out, key->stored, SCRAM_HASH) == -1)
		return -1;
	return add_octets(out, key->server, SCRAM_HASH);
}

int
scram_key_derive_client(
    struct scram_key *key, struct slice password, unsigned char client[SCRAM_HASH])
{
	const EVP_MD *digest = digest_of(key);
	size_t octets = scram_octets(key->digest);
	unsigned char salted[SCRAM_HASH];
	int result = -1;

	if (password.len <= INT_MAX &&
	    PKCS5_PBKDF2_HMAC(password.data, (int)password.len, key->salt, (int)key->salt_length,
		(int)key->iterations, digest, (int)octets, salted) == 1 &&
	    hmac(digest, salted, octets, slice_of("Client Key"), client) == 0 &&
	    hmac(digest, salted, octets, slice_of("Server Key"), key->server) == 0 &&
	    EVP_Digest(client, octets, key->stored, NULL, digest, NULL) == 1)
		result = 0;
	else
		errno = ENOMEM;
	explicit_bzero(salted, sizeof salted);
	return result;
}

int
scram_key_derive(struct scram_key *key, struct slice password)
{
	unsigned char client[SCRAM_HASH];
	int result = scram_key_derive_client(key, password, client);

	explicit_bzero(client, sizeof client);
	return result;
}

int
scram_prove(const struct scram_key *key, const unsigned char client[SCRAM_HASH],
    struct slice message, unsigned char proof[SCRAM_HASH])
{
	size_t octets = scram_octets(key->digest);

	if (hmac(digest_of(key), key->stored, octets, message, proof) == -1)
		return -1;
	for (size_t i = 0; i < octets; i++)
		proof[i] ^= client[i];
	return 0;
}

bool
scram_key_is_of(const struct scram_key *key, struct slice password)
{
	struct scram_key made = *key;
	bool same = scram_key_derive(&made, password) == 0 &&
		    scram_same(made.stored, key->stored, scram_octets(key->digest));

	explicit_bzero(&made, sizeof made);
	return same;
}

bool
scram_check_proof(const struct scram_key *key, struct slice message, struct slice proof)
{
	size_t octets = scram_octets(key->digest);
	unsigned char client[SCRAM_HASH], hash[SCRAM_HASH];
	bool good;

	if (proof.len != octets || hmac(digest_of(key), key->stored, octets, message, client) == -1)
		return false;
	for (size_t i = 0; i < octets; i++)
		client[i] ^= (unsigned char)proof.data[i];
	good = EVP_Digest(client, octets, hash, NULL, digest_of(key), NULL) == 1 &&
	       scram_same(hash, key->stored, octets);
	explicit_bzero(client, sizeof client);
	return good;
}

int
scram_sign(const struct scram_key *key, struct slice message, unsigned char signature[SCRAM_HASH])
{
	return hmac(digest_of(key), key->server, scram_octets(key->digest), message, signature);
}
