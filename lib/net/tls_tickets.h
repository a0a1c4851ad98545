/* SPDX-License-Identifier: ISC */
/*
 * The keys that session tickets are sealed with (RFC 5077, RFC 8446 4.6.1): stateless resumption,
 * and whoever has the key can read what was resumed under TLS 1.2. All processes that share a
 * folder share the keys: a file tickets in it (tlsd(8), FILES). A new one is made when the newest
 * is older than its lifetime; the one before is still accepted. Where there is no such folder the
 * keys are this process's own, and its children's.
 */
#ifndef NET_TLS_TICKETS_H
#define NET_TLS_TICKETS_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define TLS_TICKET_KEYS 2

/* As it stands in the file, too: octets alone but for the time. */
struct tls_ticket_key {
	int64_t made; /* seconds since 1970 */
	unsigned char name[16];
	unsigned char aes[32];
	unsigned char hmac[32];
};

struct tls_tickets {
	int folder; /* -1 for none */
	int64_t lifetime;
	struct stat seen;			     /* the file, when it was read last */
	struct tls_ticket_key keys[TLS_TICKET_KEYS]; /* the newest first */
	size_t count;
};

/* Opens FOLDER, which may be missing. LIFETIME is in seconds. Never fails. */
void tls_tickets_open(struct tls_tickets *t, const char *folder, int64_t lifetime);
void tls_tickets_close(struct tls_tickets *t);
/*
 * Reads the keys if they changed, and makes a new one if it is time. 0, or -1 with what is wrong in
 * PROBLEM; there are keys to work with in any case.
 */
int tls_tickets_refresh(struct tls_tickets *t, struct str *problem);

/* The key to seal with. */
const struct tls_ticket_key *tls_tickets_newest(const struct tls_tickets *t);
/* The key of that name, or null. *is_old: it is not the newest. */
const struct tls_ticket_key *tls_tickets_find(
    const struct tls_tickets *t, const unsigned char name[16], bool *is_old);

#endif
