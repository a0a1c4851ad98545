/* SPDX-License-Identifier: ISC */
/*
 * UCSPI-TLS, the server's side: whoever accepted the connection (tlsd -d, s6-ucspitlsd, sslserver)
 * puts TLS on it once it is asked to, and gives the plaintext on two other descriptors.
 */
#ifndef NET_UCSPI_TLS_H
#define NET_UCSPI_TLS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/tls_info.h"

struct ucspi_tls {
	int control;
	int in, out; /* the plaintext, once TLS is on */
};

/*
 * Takes SSLCTLFD, SSLREADFD and SSLWRITEFD out of the environment; their descriptors become
 * close-on-exec. False, and nothing there, if they do not name open ones.
 */
bool ucspi_tls_from_environment(struct ucspi_tls *u);
/* Asks for TLS, after the client was told that it may begin. False with the reason. */
bool ucspi_tls_start(
    const struct ucspi_tls *u, struct tls_info *info, deadline until, struct str *reason);

#endif
