/* SPDX-License-Identifier: ISC */
/* What a report is told of a decision (RFC 8460), for net/tls_policy.h alone. */
#ifndef NET_TLS_POLICY_NOTE_H
#define NET_TLS_POLICY_NOTE_H

#include "base/slice.h"
#include "base/str.h"
#include "net/sts_policy.h"
#include "net/tls_policy.h"

struct tls_note {
	enum tls_policy_type type;
	const char *failure;
	struct str domain, policy;
};

void tls_note_init(struct tls_note *n);
void tls_note_free(struct tls_note *n);
/* TYPE of DOMAIN; FAILURE is not copied. What does not fit in a report is left out. */
void tls_note_set(
    struct tls_note *n, enum tls_policy_type type, struct slice domain, const char *failure);
/* The policy itself, as RFC 8460, 4.5, wants it. */
void tls_note_add_records(struct tls_note *n, const struct tls_requirement *r);
void tls_note_add_sts(struct tls_note *n, const struct sts_policy *policy);

#endif
