/* SPDX-License-Identifier: ISC */
/* What MTA-STS says of one server (RFC 8461, 4 and 5), for net/tls_policy.h alone. */
#ifndef NET_TLS_POLICY_STS_H
#define NET_TLS_POLICY_STS_H

#include <stdbool.h>

#include "base/clock.h"
#include "net/sts.h"
#include "net/tls_policy.h"

/* Who is asked, and what he said last: the servers of one domain come one behind the other. */
struct tls_sts {
	struct sts sts;
	struct sts_answer answer;
	char domain[TLS_NAME_SIZE]; /* that ANSWER is of; empty: none */
	deadline until;		    /* it is good */
	/* The owner asks, and says what came (tls_policy_tell); null: nothing as yet. */
	bool is_told;
	const struct sts_answer *told;
};

enum tls_sts_result {
	TLS_STS_NONE,	   /* no policy, or none to be had, or one that says nothing */
	TLS_STS_VERIFY,	   /* R is set; in "testing" is_testing, too */
	TLS_STS_NOT_NAMED, /* R has the reason: not this server */
	TLS_STS_UNKNOWN,   /* R has the reason: there may be a policy in force */
	TLS_STS_UNTOLD,	   /* what the owner has not said yet would count */
	TLS_STS_NO_MEMORY,
};

/* 0, or -1 with errno; EINVAL: PROBLEM says what is wrong. tls_sts_close in any case. */
int tls_sts_open(struct tls_sts *s, const struct control *c, struct str *problem);
void tls_sts_close(struct tls_sts *s);
/*
 * TESTS: what is in force only for a test counts, too. *failure is for a report (RFC 8460, 4.3), or
 * "". Where there is a policy that counts, tls_sts_policy has it.
 */
enum tls_sts_result tls_sts_decide(struct tls_sts *s, const struct tls_destination *to,
    const struct tls_server *server, bool tests, deadline until, struct tls_requirement *r,
    const char **failure);
/* Of the last decision, that was VERIFY or NOT_NAMED. */
const struct sts_policy *tls_sts_policy(const struct tls_sts *s);

#endif
