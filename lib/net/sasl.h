/* SPDX-License-Identifier: ISC */
/*
 * The server's side of SASL (RFC 4422): a table in sasl.c with a row for each mechanism, and one
 * exchange at a time. What a mechanism needs to know of accounts it asks of a backend, a table of
 * functions; a mechanism whose function is null is not there. Nothing here reads or writes a
 * descriptor: octets in, octets out, so a test or a fuzz target may call it with anything:
 *
 *	sasl_init(&s, &backend, &conditions);
 *	if (sasl_begin(&s, sasl_find(slice_of("SCRAM-SHA-256"))) …
 *	result = sasl_step(&s, null or &initial response);
 *	while (result == SASL_CHALLENGE)
 *		result = sasl_step(&s, &response to s.out);
 *	sasl_free(&s);
 *
 * What was said is overwritten at the end of an exchange.
 */
#ifndef NET_SASL_H
#define NET_SASL_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "net/scram.h"

#define SASL_MESSAGE_MAX ((size_t)12288) /* octets of a challenge or response, decoded */
#define SASL_NAME_MAX ((size_t)255)	 /* octets of a login */

enum sasl_result {
	SASL_CHALLENGE, /* out is for the client; its response goes to sasl_step */
	SASL_ACCEPTED,	/* login says who it is */
	SASL_REFUSED,	/* wrong, or not allowed: nobody is told which */
	SASL_SYNTAX,	/* this is not the mechanism's grammar */
	SASL_TEMPORARY, /* a backend does not work now */
};

/* What is known of the connection. A slice that is empty is not known. */
struct sasl_conditions {
	bool is_encrypted;
	struct slice exporter;	  /* channel binding tls-exporter (RFC 9266) */
	struct slice end_point;	  /* tls-server-end-point (RFC 5929, 4) */
	struct slice certificate; /* the name in the client's certificate, which was verified */
};

/*
 * Each function takes the same time for a login that there is and one that there is not, and puts
 * the login as the accounts write it into WHO. None may be asked with a name that sasl_is_name
 * does not take.
 */
struct sasl_backend {
	void *context;
	/* SASL_ACCEPTED, SASL_REFUSED or SASL_TEMPORARY. */
	enum sasl_result (*check_password)(
	    void *context, struct slice login, struct slice password, struct str *who);
	/*
	 * SASL_ACCEPTED and the key; SASL_REFUSED and, for a login without one, a key that nobody
	 * has, but with the same salt each time; or SASL_TEMPORARY.
	 */
	enum sasl_result (*find_key)(
	    void *context, struct slice login, struct scram_key *key, struct str *who);
	/* The password itself, for CRAM-MD5; SASL_REFUSED and some password where there is none. */
	enum sasl_result (*find_password)(
	    void *context, struct slice login, struct str *password, struct str *who);
	/* A bearer token (RFC 6750) of LOGIN, which may be empty: the token says who it is. */
	enum sasl_result (*check_token)(void *context, struct slice mechanism, struct slice login,
	    struct slice token, struct str *who);
	/* Whether there is such a login at all, for who has shown that by other means. */
	enum sasl_result (*check_name)(void *context, struct slice login, struct str *who);
};

struct sasl_mechanism;

struct sasl {
	const struct sasl_backend *backend;
	struct sasl_conditions conditions;
	bool is_binding_offered; /* some -PLUS mechanism is: set by the caller */
	const struct sasl_mechanism *mechanism;
	unsigned step;	/* steps taken */
	struct str out; /* the challenge */
	/*
	 * What out tells already, where the mechanism has one more step after that: SASL_ACCEPTED
	 * or SASL_REFUSED. Else SASL_CHALLENGE.
	 */
	enum sasl_result told;
	struct str login; /* as the client wrote it, and once accepted as the accounts do */
	/* of SCRAM */
	struct str binding; /* the GS2 header, and the channel binding behind it */
	struct str message; /* AuthMessage so far */
	struct str nonce;   /* the client's and ours */
	struct scram_key key;
	bool is_known;		     /* the key is somebody's */
	const char *nonce_for_tests; /* in place of a random one; null */
};

void sasl_init(
    struct sasl *s, const struct sasl_backend *backend, const struct sasl_conditions *conditions);
void sasl_free(struct sasl *s);

/* The row of a mechanism, or null. */
const struct sasl_mechanism *sasl_find(struct slice name);
/* The row at INDEX, the strongest first, or null behind the last. */
const struct sasl_mechanism *sasl_at(size_t index);
const char *sasl_name(const struct sasl_mechanism *m);
/* What the row needs. */
bool sasl_is_clear(const struct sasl_mechanism *m);   /* a password or token crosses the wire */
bool sasl_is_binding(const struct sasl_mechanism *m); /* -PLUS */
bool sasl_is_off(const struct sasl_mechanism *m);     /* unless somebody asks for it by name */
/* True if the mechanism can work with this backend under these conditions. */
bool sasl_can(const struct sasl *s, const struct sasl_mechanism *m);

/* Begins an exchange, and forgets what there was of another. */
void sasl_begin(struct sasl *s, const struct sasl_mechanism *m);
/*
 * Takes what the client says; null, in the first step alone, where it says nothing yet, which is
 * not the same as an empty response.
 */
enum sasl_result sasl_step(struct sasl *s, const struct slice *response);

/*
 * True for a login: UTF-8 of at most SASL_NAME_MAX octets, not empty, no control character. (Of
 * SASLprep, RFC 4013, that is all: no normalization, so a name is written as the accounts have it.)
 */
bool sasl_is_name(struct slice name);

#endif
