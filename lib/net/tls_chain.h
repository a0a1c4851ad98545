/* SPDX-License-Identifier: ISC */
/*
 * The certificates that a server has shown, for who looks: what they say, and what a sender would
 * make of them. The handshake before takes anybody (TLS_LEVEL_MAY); what is required is asked
 * afterwards, as often as wanted, of the verification that tls_client_start has. Nothing blocks.
 */
#ifndef NET_TLS_CHAIN_H
#define NET_TLS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/layer.h"
#include "base/str.h"
#include "net/tls_client.h"
#include "net/tls_finding.h"
#include "net/tls_requirement.h"

#define TLS_CHAIN_MAX 10 /* certificates that are looked at; a server may send more */
#define TLS_CHAIN_HASH_SIZE 65
#define TLS_CHAIN_WORD_SIZE 40

struct tls_chain_certificate {
	struct str subject, issuer; /* RFC 2253; UTF-8 as far as it was, any octets */
	struct str names;	    /* DNS names and addresses of subjectAltName, a blank between */
	int64_t not_before, not_after;	      /* seconds since 1970 */
	char key[TLS_CHAIN_WORD_SIZE];	      /* "RSA", "EC P-256", "ED25519" */
	unsigned bits;			      /* of the key */
	char signature[TLS_CHAIN_WORD_SIZE];  /* "RSA-SHA256", "ecdsa-with-SHA256" */
	char sha256[TLS_CHAIN_HASH_SIZE];     /* of all of it */
	char key_sha256[TLS_CHAIN_HASH_SIZE]; /* of its public key: TLSA 3 1 1 (RFC 7672, 3.1.1) */
	bool is_self_issued;
	bool names_issuer; /* it says where its issuer's is to be had, as those of public CAs do */
};

/* What a server said of revocation by itself (RFC 6066, 8). */
enum tls_chain_status {
	TLS_STATUS_NONE,
	TLS_STATUS_GOOD,
	TLS_STATUS_REVOKED,
	TLS_STATUS_UNKNOWN, /* its authority does not know the certificate */
	TLS_STATUS_WRONG,   /* it cannot be read, is of another certificate, or too old */
};

struct tls_chain {
	struct tls_chain_certificate *list; /* owned; as sent, the server's own first */
	size_t count;
	size_t sent;			 /* all, TLS_CHAIN_MAX or not */
	char group[TLS_CHAIN_WORD_SIZE]; /* of the key exchange; "" for none (RSA) */
	int cipher_bits;
	enum tls_chain_status status;
	int64_t status_until;		 /* seconds since 1970; 0: it does not say */
	struct tls_chain_opaque *opaque; /* owned */
};

/* What is wrong with a chain, a bit each. */
enum tls_fault {
	TLS_FAULT_EXPIRED = 1,
	TLS_FAULT_NOT_YET = 2,	   /* valid */
	TLS_FAULT_NAME = 4,	   /* for another server */
	TLS_FAULT_SELF_SIGNED = 8, /* by nobody else */
	TLS_FAULT_NO_ISSUER = 16,  /* that of the last one is neither sent nor known here */
	TLS_FAULT_AUTHORITY = 32,  /* it ends, and nobody here knows whom it ends with */
	TLS_FAULT_NO_RECORD = 64,  /* no TLSA record matches */
	TLS_FAULT_OTHER = 128,
};

/* Of LAYER, which tls_client_start made. 0, or -1 with ENOMEM; free it in any case. */
int tls_chain_take(struct tls_chain *chain, struct layer *layer);
void tls_chain_free(struct tls_chain *chain);

/*
 * What tls_client_start would have found, had R been required: v->is_met, v->proof, and why not.
 * All that is wrong, not the first alone, is in *FAULTS. False if that could not be found out: V
 * says why.
 */
bool tls_chain_judge(struct tls_client *t, const struct tls_chain *chain,
    const struct tls_requirement *r, struct tls_finding *v, unsigned *faults);

#endif
