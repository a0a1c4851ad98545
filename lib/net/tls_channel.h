/* SPDX-License-Identifier: ISC */
/*
 * TLS for programs that serve, or load, many connections in one process and for tests: either side
 * of a connection, and nothing ever blocks. It verifies nobody (but a server may ask clients for a
 * certificate), and takes weak keys and old versions if told to, as a test needs: programs that
 * carry mail use net/tls.h and net/tls_client.h. Only files of the name net/tls… know OpenSSL.
 */
#ifndef NET_TLS_CHANNEL_H
#define NET_TLS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct tls_side;
struct tls_channel;

/* Files in PEM. */
struct tls_side_settings {
	const char *certificate; /* with its chain; null for the side of a client */
	const char *key;
	const char *authority; /* a server's clients must have a certificate of it; or null */
	const char *version;   /* "TLSv1.2", "TLSv1_2" or "1.2", and no other one; or null */
	bool keeps_no_session; /* a client's: each handshake is a whole one */
};

enum tls_channel_result {
	TLS_CHANNEL_DONE,
	TLS_CHANNEL_READ,  /* again, once the descriptor can be read */
	TLS_CHANNEL_WRITE, /* again, once it can be written */
	TLS_CHANNEL_END,   /* the other side has ended */
	TLS_CHANNEL_BROKEN,
};

/* Null with PROBLEM, one line. */
struct tls_side *tls_side_new(const struct tls_side_settings *settings, struct str *problem);
/* No channel of it may be left. */
void tls_side_free(struct tls_side *side);

/*
 * A channel over FD, which does not block and stays the caller's. NAME is the server that a client
 * wants (RFC 6066, 3), or null. Null for want of memory.
 */
struct tls_channel *tls_channel_new(struct tls_side *side, int fd, const char *name);
/* Says nothing more to the other side. */
void tls_channel_free(struct tls_channel *c);

/* The handshake, again and again until it is not TLS_CHANNEL_READ or _WRITE. */
enum tls_channel_result tls_channel_shake(struct tls_channel *c);
enum tls_channel_result tls_channel_read(
    struct tls_channel *c, void *buf, size_t len, size_t *taken);
/* What was begun by a write that could not be done must be written again. */
enum tls_channel_result tls_channel_write(
    struct tls_channel *c, const void *data, size_t len, size_t *written);
/* True if there are octets at hand, which no descriptor tells of. */
bool tls_channel_has_more(const struct tls_channel *c);
/* Tells the other side, if that needs no waiting, that no more is to come. */
void tls_channel_finish(struct tls_channel *c);

/* After the handshake. */
const char *tls_channel_version(const struct tls_channel *c);
bool tls_channel_is_resumed(const struct tls_channel *c);
/* The name that the client asked for, or null. */
const char *tls_channel_name(const struct tls_channel *c);

#endif
