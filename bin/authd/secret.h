/* SPDX-License-Identifier: ISC */
/*
 * The control file secrets, over secrets.cdb. For a login that is not in it there is a decoy:
 * always the same entry for the same login, which is checked in its place, so that neither the time
 * nor SCRAM's salt tells that the login is not there.
 */
#ifndef AUTHD_SECRET_H
#define AUTHD_SECRET_H

#include <stdbool.h>

#include "authd.h"
#include "base/slice.h"
#include "conf/accounts.h"
#include "net/sasl.h"

/* An entry, in pieces that belong to the open tables; empty where there is none. */
struct secret {
	struct slice hash, key, password; /* without their prefixes */
};

/*
 * Opens the file and its base: 1, 0 if there is neither, -1 (logged). Nobody else may be able to
 * read them. To be closed in any case.
 */
int secret_open(struct server *s, struct accounts *a);
/* False for what is in no form that satchel-control(5) has. A key is not looked into. */
bool secret_split(struct secret *secret, struct slice value);
/* True if some entry has a key of SCRAM, or with OF_PASSWORD a password as it is. */
bool secret_has_any(const struct accounts *a, bool of_password);
/*
 * The entry of LOGIN, or else its decoy: SASL_ACCEPTED, SASL_REFUSED, or SASL_TEMPORARY for an
 * entry that is none, or a base that is damaged. With NEEDS_KEY only those with a key of SCRAM
 * count.
 */
enum sasl_result secret_find(const struct server *s, const struct accounts *a, struct slice login,
    bool needs_key, struct secret *secret);

#endif
