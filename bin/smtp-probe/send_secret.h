/* SPDX-License-Identifier: ISC */
#ifndef SMTP_PROBE_SEND_SECRET_H
#define SMTP_PROBE_SEND_SECRET_H

#include "base/secret_source.h"

/* Reads it into SECRET, to be wiped by the caller. Ends the program where there is none. */
void send_secret_read(const struct secret_source *from, const char *login, struct str *secret);

#endif
