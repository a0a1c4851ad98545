/* SPDX-License-Identifier: ISC */
/*
 * The control file secrets. For a login that is not in it there is a decoy: always the same entry
 * for the same login, which is checked in its place, so that neither the time nor SCRAM's salt
 * tells that the login is not there.
 */
#ifndef AUTHD_SECRET_H
#define AUTHD_SECRET_H

#include <stdbool.h>

#include "authd.h"
#include "base/slice.h"
#include "base/str.h"
#include "net/sasl.h"

/* An entry, in pieces that belong to the text of the file; empty where there is none. */
struct secret {
	struct slice hash, key, password; /* without their prefixes */
};

/* The whole file: 1, 0 if there is none, -1 (logged). Nobody else may be able to read it. */
int secret_read(struct server *s, struct str *text);
/* Takes the next "key: value" off *rest. */
bool secret_next_entry(struct slice *rest, struct slice *key, struct slice *value);
/* False for what is in no form that satchel-control(5) has. A key is not looked into. */
bool secret_split(struct secret *secret, struct slice value);
/*
 * The entry of LOGIN in TEXT, or else its decoy: SASL_ACCEPTED, SASL_REFUSED, or SASL_TEMPORARY for
 * an entry that is none. With NEEDS_KEY only those with a key of SCRAM count.
 */
enum sasl_result secret_find(const struct server *s, struct slice text, struct slice login,
    bool needs_key, struct secret *secret);

#endif
