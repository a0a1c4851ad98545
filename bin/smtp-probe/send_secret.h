/* SPDX-License-Identifier: ISC */
#ifndef SMTP_PROBE_SEND_SECRET_H
#define SMTP_PROBE_SEND_SECRET_H

#include "base/str.h"

struct probe;

/* Reads it into SECRET, to be wiped by the caller. Ends the program where there is none. */
void send_secret_read(struct probe *p, struct str *secret);

#endif
