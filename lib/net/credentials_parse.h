/* SPDX-License-Identifier: ISC */
/* The entries of the control file credentials as text. */
#ifndef NET_CREDENTIALS_PARSE_H
#define NET_CREDENTIALS_PARSE_H

#include "net/credentials.h"

/* Each sets its part of ONE. False, with what was expected in *WANTED, for what is wrong. */

/* "host", "host:port", and perhaps a sender behind a blank. */
bool credential_parse_key(struct credential *one, struct slice key, const char **wanted);
/* "none", or words, and "password=" or "command=" with all the rest. */
bool credential_parse_value(struct credential *one, struct slice value, const char **wanted);

#endif
