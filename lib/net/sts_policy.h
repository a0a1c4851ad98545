/* SPDX-License-Identifier: ISC */
/*
 * A policy of MTA-STS (RFC 8461, 3.2): what a domain says of the TLS of its mail exchangers. Here
 * it is read from its text and matched. Nothing blocks; libc alone.
 */
#ifndef NET_STS_POLICY_H
#define NET_STS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define STS_TEXT_MAX ((size_t)65536)	   /* octets of a policy; 3.3 */
#define STS_AGE_MAX ((uint64_t)31557600)   /* seconds: a year; 3.2 */
#define STS_DOMAIN_MAX ((size_t)(253 - 8)) /* octets, so that mta-sts. goes before it */
#define STS_ID_MAX 32			   /* 3.1 */

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };

struct sts_policy {
	enum sts_mode mode;
	uint64_t max_age;	 /* seconds, at most STS_AGE_MAX */
	struct str patterns;	 /* A-labels in lower case, a blank behind each */
	char id[STS_ID_MAX + 1]; /* of the TXT record it came with; not a part of the text */
	int64_t expires;	 /* seconds since 1970; likewise */
};

void sts_policy_init(struct sts_policy *p);
void sts_policy_free(struct sts_policy *p);

/*
 * Reads TEXT, whose lines end with LF or CRLF, by the grammar of 3.2. Of a field that comes again,
 * but for mx, the first counts; fields that nobody knows are passed over. 0, or -1 with errno:
 * EINVAL and what is wrong, by line, in PROBLEM; ENOMEM.
 */
int sts_policy_parse(struct sts_policy *p, struct slice text, struct str *problem);
/* Adds the policy as lines that sts_policy_parse reads; LF between them and at the end. 0 or -1. */
int sts_policy_add_text(struct str *out, const struct sts_policy *p);
/* The same in one line, "; " between: what a report quotes (spool/tls_outcome.h). */
int sts_policy_add_line(struct str *out, const struct sts_policy *p);
/* True if HOST (A-labels) is one of the mail exchangers: by 4.1, "*" stands for one whole label. */
bool sts_policy_matches(const struct sts_policy *p, struct slice host);
/* "none", "testing", "enforce". */
const char *sts_mode_text(enum sts_mode mode);

/*
 * The id of a TXT record "v=STSv1; id=…;" (3.1). 1 and the id; 0 for another record, which does not
 * count; -1 for one of this version whose rest is wrong.
 */
int sts_record_parse(struct slice text, char id[STS_ID_MAX + 1]);
/*
 * True for what may be a policy domain: LDH labels, the last not all digits, of at most
 * STS_DOMAIN_MAX octets. Nothing of it can be taken for a path or a part of a URL.
 */
bool sts_is_domain(struct slice domain);

#endif
