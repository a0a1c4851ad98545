/* SPDX-License-Identifier: ISC */
/*
 * The Sender Rewriting Scheme: a message that is forwarded leaves with a reverse-path of this
 * host's, in which the one it came with is wrapped, so that who checks by SPF whether we may use
 * it finds that we may, and so that bounces find back through us.
 *
 *	SRS0=HASH=DAY=domain=local@ours      for local@domain
 *	SRS1=HASH=host=REST@ours             for SRS0REST@host, which another host wrapped before
 *
 * HASH is 30 bits of SipHash under a secret of this host's, as six digits of base 32, over what
 * stands behind it; letters of either case are the same, as some hosts change them. DAY is the day
 * it was made, modulo 1024. Nothing here blocks but srs_read, on files.
 */
#ifndef CONF_SRS_H
#define CONF_SRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

#define SRS_KEYS_MAX 8

struct srs {
	struct str domain; /* of the addresses made here; empty: none are made */
	uint64_t days;	   /* for which they are good */
	unsigned char keys[SRS_KEYS_MAX][SIPHASH_KEY_OCTETS]; /* the first makes, all prove */
	size_t count;
	bool is_closed; /* there are keys, and this user may not read them */
};

enum srs_result {
	SRS_GOOD,
	SRS_FORGED,  /* or another host's, or misspelt */
	SRS_EXPIRED, /* was good once */
	SRS_CLOSED,  /* nobody can say without the keys */
	SRS_FAILED,  /* ENOMEM */
};

/*
 * Reads the control files srs and srs-keys. 0, also without them, or -1 with errno; for EINVAL
 * PROBLEM says what is wrong. Keys that this user may not read are no error.
 */
int srs_read(struct srs *s, const struct control *c, struct str *problem);
/* Overwrites the keys. */
void srs_free(struct srs *s);

/* True if LOCAL@DOMAIN is of a form that only srs_unwrap understands. */
bool srs_is_wrapped(const struct srs *s, struct slice local, struct slice domain);
/*
 * Adds to OUT what takes the place of SENDER, which is not null and not of this host, at NOW,
 * seconds since 1970. 1; 0 with nothing added where it cannot be wrapped: without keys, for a
 * quoted local part or an address literal, and where the result would be longer than RFC 5321
 * allows; or -1 with ENOMEM.
 */
int srs_wrap(const struct srs *s, struct slice sender, int64_t now, struct str *out);
/* Adds to OUT the address within LOCAL, for which srs_is_wrapped. */
enum srs_result srs_unwrap(const struct srs *s, struct slice local, int64_t now, struct str *out);

#endif
