/* SPDX-License-Identifier: ISC */
/*
 * TLS for a client's side of a connection: one struct tls_client a process, which holds settings,
 * the store of authorities and sessions to be resumed, and a struct layer (base/layer.h) for each
 * connection. What is wanted of a server is a struct tls_requirement. Only files of the name
 * net/tls… know OpenSSL.
 *
 * Verification is RFC 9525's (DNS-IDs alone, a wildcard for one whole label), RFC 7672's for DANE.
 * A session is resumed with the same server and requirement alone, so that none that was made
 * unverified serves one that must not be; what a verification said holds for an hour. A ticket of
 * TLS 1.3 is used once (RFC 8446, C.4).
 */
#ifndef NET_TLS_CLIENT_H
#define NET_TLS_CLIENT_H

#include "base/clock.h"
#include "base/layer.h"
#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "net/tls_finding.h"
#include "net/tls_info.h"
#include "net/tls_requirement.h"

struct tls_client;

/* Channel bindings (RFC 9266; RFC 5929, 4), of which a connection may lack some. */
struct tls_bindings {
	unsigned char exporter[TLS_EXPORTER_OCTETS];
	size_t exporter_length;
	unsigned char end_point[TLS_END_POINT_OCTETS];
	size_t end_point_length;
};

/*
 * Reads the control file tlsclient. Where there is none, OpenSSL is not begun with before the first
 * handshake. Null with errno, for EINVAL with what is wrong in PROBLEM.
 */
struct tls_client *tls_client_open(const struct control *c, struct str *problem);
/*
 * In place of the certificate that the control file names: that in the file CERTIFICATE, with its
 * chain, and the key in KEY, or in the same file for null. 0, or -1 with PROBLEM; before the first
 * handshake.
 */
int tls_client_use_certificate(
    struct tls_client *t, const char *certificate, const char *key, struct str *problem);
/* No layer of it may be left. */
void tls_client_close(struct tls_client *t);

/*
 * The handshake with what is at FD, a connected socket that nothing is unread of: a layer over FD,
 * which stays the caller's. SERVER is what sessions are remembered by: host, address and port. Null
 * if it fails, or brings what does not do for R, which the server is told by an alert and V tells
 * in words: FD is of no use then but to be closed. Blocks up to UNTIL.
 */
struct layer *tls_client_start(struct tls_client *t, int fd, struct slice server,
    const struct tls_requirement *r, deadline until, struct tls_finding *v);

/*
 * From now on it is for who looks at servers: no session is resumed, so that each shows its
 * certificates, and they are asked for what their authority says of revocation (RFC 6066, 8).
 */
void tls_client_look(struct tls_client *t);
/*
 * From now on handshakes are of this one version, "TLSv1", "TLSv1.1", "TLSv1.2" or "TLSv1.3", with
 * whatever is weak, too; null: as they were. False if OpenSSL does not know it (any more).
 */
bool tls_client_only(struct tls_client *t, const char *version);

/* Of a layer that tls_client_start made. */
void tls_client_bindings(struct layer *layer, struct tls_bindings *b);

#endif
