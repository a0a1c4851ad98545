/* SPDX-License-Identifier: ISC */
/*
 * Carries octets between a TLS connection and the socket of a server that speaks plaintext, both
 * ways, until both have ended. An end on one side is passed on to the other, which may go on.
 */
#ifndef NET_TLS_PUMP_H
#define NET_TLS_PUMP_H

#include <stdint.h>

#include "net/tls.h"

enum tls_pump_end {
	TLS_PUMP_ENDED,	 /* both sides have, each after it got all that the other said */
	TLS_PUMP_BROKEN, /* the client's connection broke */
	TLS_PUMP_IDLE,	 /* nothing came for IDLE_MS */
};

/*
 * After the handshake. PLAIN is a socket. When the server has closed it, the client gets a moment
 * to read the last words. Closes nothing, but shuts down.
 */
enum tls_pump_end tls_pump(struct tls_stream *s, int plain, int64_t idle_ms);

#endif
