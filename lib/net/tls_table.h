/* SPDX-License-Identifier: ISC */
/*
 * The control file tlspolicy: what an administrator wants of TLS by domain (satchel-control(5)).
 * "DOMAIN: [only] LEVEL [ARGUMENT...]", DOMAIN being a domain, ".parent" or "*". Checked when read.
 */
#ifndef NET_TLS_TABLE_H
#define NET_TLS_TABLE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"
#include "net/tls_requirement.h"

struct tls_table {
	struct table table;
};

struct tls_entry {
	struct slice key;  /* of the table: for messages */
	bool is_only;	   /* nobody else is asked */
	bool is_dane_only; /* DANE, or nothing goes */
	enum tls_level level;
	struct slice arguments; /* names or fingerprints */
};

/* 0, also without the file, or -1 with errno; EINVAL: PROBLEM says what is wrong. */
int tls_table_read(struct tls_table *t, const struct control *c, struct str *problem);
void tls_table_free(struct tls_table *t);
/* That of DOMAIN, else of its nearest ".parent", else of "*". False if there is none. */
bool tls_table_find(const struct tls_table *t, struct slice domain, struct tls_entry *entry);

/* Reads what stands behind the colon. False, with what was expected in *WANTED, if it is wrong. */
bool tls_entry_parse(struct slice value, struct tls_entry *entry, const char **wanted);
/*
 * What ENTRY says of fingerprints and names, put into R; NAME, the server's own, is the reference
 * identifier where none is written. False if there is no room or memory.
 */
bool tls_entry_apply(const struct tls_entry *entry, struct slice name, struct tls_requirement *r);

#endif
