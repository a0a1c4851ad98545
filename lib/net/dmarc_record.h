/* SPDX-License-Identifier: ISC */
/*
 * A record of DMARC (RFC 7489, 6.3), and where it is looked for. Nothing blocks or allocates.
 */
#ifndef NET_DMARC_RECORD_H
#define NET_DMARC_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define DMARC_PLACES_MAX 8

enum dmarc_policy { DMARC_UNSET, DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

struct dmarc_record {
	enum dmarc_policy policy, subdomains, missing; /* p, sp, np (RFC 9091) */
	char boundary;	  /* psd: 'y' the record of a public suffix, 'n' not; 'u' */
	unsigned percent; /* pct; 100 where it is not given */
	bool is_strict_dkim, is_strict_spf; /* adkim, aspf */
	struct slice reports, failures;	    /* rua, ruf: URIs with commas between; may be empty */
};

/*
 * 1; 0 for a record that is none of DMARC; -1 for one without a usable "p" and "sp", which counts
 * for none, or with a "rua" for "p=none" (6.6.3). *WRONG is the first tag that is wrong, or empty.
 */
int dmarc_record_parse(struct slice text, struct dmarc_record *r, struct slice *wrong);
/* "none", "quarantine", "reject"; "" for DMARC_UNSET. */
const char *dmarc_policy_text(enum dmarc_policy policy);

/*
 * The domains whose record may count for DOMAIN, the nearest first: itself, then up the tree, as
 * the successor of RFC 7489 has it in place of a list of public suffixes: at most 8 questions, of a
 * longer name the last 7 labels behind the name itself. How many. A dot at the end is left out.
 */
size_t dmarc_places(struct slice domain, struct slice places[DMARC_PLACES_MAX]);

#endif
