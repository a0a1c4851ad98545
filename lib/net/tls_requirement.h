/* SPDX-License-Identifier: ISC */
/*
 * What a client wants of TLS at one server: a value, made by the policy (net/tls_policy.h) and kept
 * to by who connects (net/tls_client.h), that can be printed and compared. Nothing here knows
 * OpenSSL, blocks, or asks anybody.
 */
#ifndef NET_TLS_REQUIREMENT_H
#define NET_TLS_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define TLS_TLSA_MAX 32	       /* records of one server that count */
#define TLS_TLSA_DATA_MAX 4096 /* octets of one: a hash, or a key or certificate as it is */
#define TLS_NAMES_MAX 4
#define TLS_NAME_SIZE 256
#define TLS_USAGE_DANE_TA 2 /* RFC 7218 */
#define TLS_USAGE_DANE_EE 3

/* What must be there before mail goes; each says more than the one before. */
enum tls_level {
	TLS_LEVEL_NONE,	       /* STARTTLS is not said */
	TLS_LEVEL_MAY,	       /* TLS if it is to be had, with anybody; without it otherwise */
	TLS_LEVEL_ENCRYPT,     /* TLS, with anybody */
	TLS_LEVEL_FINGERPRINT, /* TLS with one of these certificates or keys */
	TLS_LEVEL_VERIFY,      /* TLS with a certificate of a known CA for one of the names */
	TLS_LEVEL_DANE,	       /* TLS with what one of the TLSA records says (RFC 7672) */
};

/* Whose word it is. */
enum tls_authority {
	TLS_BY_DEFAULT, /* nobody's: opportunistic (RFC 7435) */
	TLS_BY_TABLE,	/* the control file tlspolicy */
	TLS_BY_STS,	/* RFC 8461 */
	TLS_BY_DANE,
	TLS_BY_MESSAGE, /* RFC 8689: REQUIRETLS, or TLS-Required: No */
};

/* A usable one: usage 2 or 3, selector and matching type known, length right (RFC 7672, 3.1). */
struct tls_tlsa {
	uint8_t usage, selector, matching;
	size_t length;
	unsigned char data[TLS_TLSA_DATA_MAX];
};

struct tls_requirement {
	enum tls_level level;
	enum tls_authority by;
	/* What is not met is counted and said, and mail goes all the same ("testing" of RFC 8461).
	 */
	bool is_testing;
	/* The server's name is vouched for: by DNSSEC, by MTA-STS in force, or by an administrator
	 * who wrote it (RFC 8689, 4.2.1). */
	bool is_named_surely;
	/* The policy would not have this server at all; a message passed over that, and others must
	 * not come along. */
	bool is_overridden;
	/* What goes out as SNI, whatever the level; empty: none (an address literal). */
	char sni[TLS_NAME_SIZE];
	/* Reference identifiers (RFC 9525) for VERIFY, and with usage 2 of DANE; there for every
	 * level, as a message may ask for more (REQUIRETLS). A-labels; ".example.org" is any name
	 * below it. */
	char names[TLS_NAMES_MAX][TLS_NAME_SIZE];
	size_t name_count;
	struct tls_tlsa *tlsa; /* owned; all usable */
	size_t tlsa_count;
	struct str fingerprints; /* SHA-256 in hexadecimal digits, a blank behind each */
	struct str reason;	 /* how it came to that, for people: one line */
};

#define TLS_REASON_MAX ((size_t)1000)
#define TLS_FINGERPRINTS_MAX ((size_t)4096)

/* Opportunistic TLS: TLS_LEVEL_MAY by nobody's word. Allocates nothing. */
void tls_requirement_init(struct tls_requirement *r);
void tls_requirement_free(struct tls_requirement *r);
/* What TO held is freed. 0, or -1 with ENOMEM, and TO is as after init. */
int tls_requirement_copy(struct tls_requirement *to, const struct tls_requirement *from);
/* Adds a reference identifier: 0, or -1 with EINVAL for no domain name, ENOSPC for one too many. */
int tls_requirement_add_name(struct tls_requirement *r, struct slice name);
/* True if both want the same of a server, whoever says so and whyever. */
bool tls_requirement_equal(const struct tls_requirement *a, const struct tls_requirement *b);
/* True if what is not met does not keep mail from going (MAY, or in testing). */
bool tls_requirement_is_lenient(const struct tls_requirement *r);
/*
 * True if a session that was made for HAD, and met it, will do for WANTED, to the same server: so
 * that a connection may be kept for it. IS_ENCRYPTED: TLS is there.
 */
bool tls_requirement_covers(
    const struct tls_requirement *had, bool is_encrypted, const struct tls_requirement *wanted);

/* One word each: "none", "may", "encrypt", "fingerprint", "verify", "dane"; "default", "table" …
 */
const char *tls_level_text(enum tls_level level);
const char *tls_authority_text(enum tls_authority by);
/*
 * Adds what is required, of which names, and why, as one line for people, without LF: "dane: 2
 * usable TLSA records (secure) at _25._tcp.mx1.example.org", "verify mx1.example.org: tlspolicy for
 * .example.org". 0, or -1 with str's errors.
 */
int tls_requirement_add_text(const struct tls_requirement *r, struct str *out);

#endif
