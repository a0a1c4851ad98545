/* SPDX-License-Identifier: ISC */
/*
 * The keys of SCRAM-SHA-256 (RFC 5802, 3; RFC 7677): what a server keeps instead of a password,
 * and what it and a client do with it; those of SCRAM-SHA-1, for a client of old servers, too.
 * Links OpenSSL's libcrypto. What is secret is overwritten after use.
 */
#ifndef NET_SCRAM_H
#define NET_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define SCRAM_HASH 32		       /* octets of SHA-256 */
#define SCRAM_SALT_MAX ((size_t)64)    /* octets */
#define SCRAM_SALT ((size_t)16)	       /* octets of a salt that we make */
#define SCRAM_ITERATIONS_MIN 4096U     /* RFC 7677, 4 */
#define SCRAM_ITERATIONS_MAX 10000000U /* what takes seconds is an attack on ourselves */

enum scram_digest { SCRAM_SHA_256, SCRAM_SHA_1 };

struct scram_key {
	enum scram_digest digest; /* of which stored and server have the octets */
	uint32_t iterations;
	unsigned char salt[SCRAM_SALT_MAX];
	size_t salt_length;
	unsigned char stored[SCRAM_HASH]; /* H(ClientKey) */
	unsigned char server[SCRAM_HASH]; /* ServerKey */
};

/* How many octets its hashes have; at most SCRAM_HASH. */
size_t scram_octets(enum scram_digest digest);

/* "iterations,salt,StoredKey,ServerKey", the last three in base 64. SHA-256. False for anything
 * else. */
bool scram_key_parse(struct scram_key *key, struct slice text);
int scram_key_format(const struct scram_key *key, struct str *out);
/* Computes both keys from PASSWORD and the salt and iterations of KEY. 0 or -1. */
int scram_key_derive(struct scram_key *key, struct slice password);
/* The same, and ClientKey, which only who has the password knows. */
int scram_key_derive_client(
    struct scram_key *key, struct slice password, unsigned char client[SCRAM_HASH]);
/* True if KEY was made of PASSWORD; takes as long either way. */
bool scram_key_is_of(const struct scram_key *key, struct slice password);

/* What shows the server that we know the password (3: ClientProof). 0 or -1. */
int scram_prove(const struct scram_key *key, const unsigned char client[SCRAM_HASH],
    struct slice message, unsigned char proof[SCRAM_HASH]);
/* True if PROOF shows that the client knows the key (3: ClientProof). */
bool scram_check_proof(const struct scram_key *key, struct slice message, struct slice proof);
/* What shows the client that we know it (3: ServerSignature). 0 or -1. */
int scram_sign(
    const struct scram_key *key, struct slice message, unsigned char signature[SCRAM_HASH]);

/* HMAC-SHA-256 of TEXT. 0 or -1. */
int scram_hmac(const void *key, size_t len, struct slice text, unsigned char out[SCRAM_HASH]);
/* True if both are the same, in a time that does not depend on where they differ. */
bool scram_same(const void *a, const void *b, size_t len);

#endif
