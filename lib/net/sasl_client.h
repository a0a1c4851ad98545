/* SPDX-License-Identifier: ISC */
/*
 * The client's side of SASL (RFC 4422): octets in, octets out, as net/sasl.h is the server's; what
 * crosses the wire, and in which form, is the caller's.
 *
 *	sasl_client_init(&s, &account, &conditions);
 *	m = sasl_client_choose(&s, offered & allowed);
 *	sasl_client_begin(&s, m, offered);
 *	result = sasl_client_step(&s, null for the initial response, or &challenge);
 *	...
 *	the server says that it is done: believed if sasl_client_is_done(&s)
 *
 * An account with a token has no password, and the other way round: which of them the secret is
 * follows from the mechanism. What was said is overwritten at the end.
 */
#ifndef NET_SASL_CLIENT_H
#define NET_SASL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "net/sasl.h"

#define SASL_CLIENT_SECRET_MAX ((size_t)8192)	/* octets of a password or token */
#define SASL_CLIENT_ITERATIONS_MAX 1000000U	/* half a second of ours, as a server wishes */
#define SASL_CLIENT_COMPLAINT_MAX ((size_t)200) /* octets kept of what a server says of a token */

enum sasl_client_result {
	SASL_CLIENT_SAY,    /* out is for the server; it may be empty */
	SASL_CLIENT_WAIT,   /* no initial response: the server speaks first */
	SASL_CLIENT_CANCEL, /* the challenge is not right: the exchange is to be broken off */
	SASL_CLIENT_NO_MEMORY,
};

/* Whom the client is. All slices stay the caller's. */
struct sasl_client_account {
	struct slice login, secret;
	struct slice host; /* the server, and its port, for OAUTHBEARER */
	unsigned port;
};

struct sasl_client_mechanism;

struct sasl_client {
	struct sasl_client_account account;
	struct sasl_conditions conditions;
	const struct sasl_client_mechanism *mechanism;
	bool server_binds;    /* it offers a -PLUS mechanism */
	bool is_done;	      /* this side has nothing more to say or to see */
	unsigned step;	      /* challenges taken */
	struct str out;	      /* the response */
	struct str complaint; /* what the server says is wrong, any octets */
	/* of SCRAM */
	struct str header;		     /* gs2-header */
	struct str nonce;		     /* ours */
	struct str message;		     /* AuthMessage so far */
	unsigned char signature[SCRAM_HASH]; /* that the server will show */
	const char *nonce_for_tests;	     /* in place of a random one; null */
};

/* Sets of mechanisms are bits. That of a name, in letters of either case; 0 for none of ours. */
unsigned sasl_client_bit(struct slice name);
/* The bits of those names in LIST that there are; blanks between. */
unsigned sasl_client_bits(struct slice list);
/* Those that may be used where nobody has named some: none that only old or special servers want.
 */
unsigned sasl_client_default(void);
const char *sasl_client_name(const struct sasl_client_mechanism *m);
unsigned sasl_client_bit_of(const struct sasl_client_mechanism *m);

void sasl_client_init(struct sasl_client *s, const struct sasl_client_account *account,
    const struct sasl_conditions *conditions);
void sasl_client_free(struct sasl_client *s);

/* The strongest of BITS that can be used under the conditions, or null. */
const struct sasl_client_mechanism *sasl_client_choose(const struct sasl_client *s, unsigned bits);
/* Begins an exchange with a server that offers OFFERED, and forgets what there was of another. */
void sasl_client_begin(
    struct sasl_client *s, const struct sasl_client_mechanism *m, unsigned offered);
/*
 * Answers CHALLENGE. Null, in the first step alone, asks for the initial response; where there is
 * none, or it cannot be sent at once, the first challenge is given later, and is empty for a
 * mechanism in which the client speaks first.
 */
enum sasl_client_result sasl_client_step(struct sasl_client *s, const struct slice *challenge);
/* True if the server may end the exchange here with success: it has shown all that it must. */
bool sasl_client_is_done(const struct sasl_client *s);

#endif
