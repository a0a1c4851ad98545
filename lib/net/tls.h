/* SPDX-License-Identifier: ISC */
/*
 * TLS for a server's side of a connection (RFC 9325): settings, certificates and ticket keys in
 * one struct tls, which serves connection after connection, and a struct tls_stream for each. Only
 * files of the name net/tls… know OpenSSL.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/limits.h"
#include "net/tls_info.h"
#include "net/tls_settings.h"

struct tls;
struct tls_stream;

/* Called with one line for what is wrong but hinders nothing: a renewed certificate, say. */
typedef void tls_report(void *context, const char *problem);

/*
 * Reads settings, the certificate for * and the ticket keys in FOLDER (which may be missing). Null
 * with PROBLEM, one line.
 */
struct tls *tls_open(const struct control *c, const struct limits *limits, const char *folder,
    tls_report *report, void *context, struct str *problem);
/* Reads the other certificates, too, and all that changed: for a service, and before rights go. */
void tls_refresh(struct tls *t);
/* For a service, before it forks: what OpenSSL does at its first handshake. Never fails. */
void tls_warm_up(struct tls *t);
/*
 * Wipes all private keys and those of tickets: only streams whose handshake is done can be used
 * from then on. In a process that was forked this touches little of the memory that it shares.
 */
void tls_forget_keys(struct tls *t);
/* Frees it and wipes its keys; streams whose handshake is done go on. */
void tls_close(struct tls *t);
const struct tls_settings *tls_get_settings(const struct tls *t);

/* A stream on descriptors that it does not own and makes non-blocking. Null with ENOMEM. */
struct tls_stream *tls_stream_new(struct tls *t, int in, int out);
void tls_stream_free(struct tls_stream *s);

/*
 * The handshake. It is given up when GUARD (-1 for none), a socket, hangs up: nobody wants it any
 * more. False with REASON, one line.
 */
bool tls_stream_accept(struct tls_stream *s, int guard, deadline until, struct str *reason);
void tls_stream_describe(const struct tls_stream *s, struct tls_info *info);
/* After the handshake: lets go of the private keys, which are no more needed. */
void tls_stream_forget_keys(struct tls_stream *s);

enum tls_result {
	TLS_DONE,  /* some octets */
	TLS_AGAIN, /* when the descriptor can be read or written, as tls_stream_wants says */
	TLS_END,   /* the other side said that it has ended */
	TLS_BROKEN,
};

/* None of these blocks. What was begun by a write that says TLS_AGAIN must be tried again. */
enum tls_result tls_stream_read(struct tls_stream *s, void *buf, size_t len, size_t *taken);
enum tls_result tls_stream_write(
    struct tls_stream *s, const void *data, size_t len, size_t *written);
/* Says that no more is written (close_notify); reading may go on. */
enum tls_result tls_stream_finish(struct tls_stream *s);
/* What the last call that said TLS_AGAIN waits for: POLLIN or POLLOUT. */
short tls_stream_wants(const struct tls_stream *s);

#endif
