/* SPDX-License-Identifier: ISC */
/* The control files of TLS for servers: tls, and the names in certificates (satchel-control(5)). */
#ifndef NET_TLS_SETTINGS_H
#define NET_TLS_SETTINGS_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

enum tls_ask { TLS_ASK_NOT, TLS_ASK, TLS_REQUIRE };

struct tls_settings {
	bool only_latest; /* TLS 1.3 alone */
	enum tls_ask client_certificates;
	struct str client_ca; /* a file; "" for none */
	struct str ciphers;   /* of TLS 1.2, as ciphers(1) has them; "" for ours */
	struct str users;     /* who may ask the service: names with blanks between */
};

/* 0, or -1 with errno (EINVAL: PROBLEM says what is wrong in which line). Free it in any case. */
int tls_settings_read(struct tls_settings *settings, const struct control *c, struct str *problem);
void tls_settings_free(struct tls_settings *settings);

/*
 * True if the control file certificates has a line, or is one that we may not read: TLS is wanted,
 * and whether it is to be had tlsd says.
 */
bool tls_is_configured(const struct control *c);

#endif
