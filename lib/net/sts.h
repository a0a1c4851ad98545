/* SPDX-License-Identifier: ISC */
/*
 * Asking mta-sts (mta-sts(8), HELPER PROTOCOL) for the policy of a domain (RFC 8461): from its
 * cache, or fetched now. Links libc alone. Whether it is asked at all, and whether it may be
 * executed where it is no service, the control file mta-sts says.
 */
#ifndef NET_STS_H
#define NET_STS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/helper.h"
#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "net/sts_policy.h"

#define STS_ANSWER_MAX ((size_t)131072) /* octets of the answer's frame */
#define STS_FAILURE_SIZE 32
#define STS_NAME_SIZE (STS_DOMAIN_MAX + 1)
#define STS_ASK_MS 60000 /* RFC 8461, 3.3: a policy is not waited for longer */

/* The frames (spool/frame.h has their form). */
enum sts_frame {
	STS_FRAME_ASK = 'Q', /* the domain, A-labels in lower case */
	STS_FRAME_ANSWER =
	    'A', /* fields: I id, E expires, L a line of the policy; F failure, W why */
};

/* When mta-sts is asked. */
enum sts_use {
	STS_USE_SERVICE, /* where it is a service; the default */
	STS_USE_EXECUTE, /* always: where there is no service, it is executed */
	STS_USE_NEVER,
};

enum sts_result {
	STS_FOUND, /* answer.policy holds; its mode may be STS_MODE_NONE */
	STS_NONE,  /* the domain has no policy, or mta-sts is not in use: go on as without */
	/* It may have one, but there was none to be had (3.3): go on as without, for the RFC says
	 * so; failure is for the report (RFC 8460). */
	STS_FAILED,
	/* mta-sts is in use, but cannot be asked now: it may have one in force (5.1). */
	STS_UNKNOWN,
};

struct sts_answer {
	enum sts_result result;
	struct sts_policy policy; /* of STS_FOUND */
	/*
	 * Of STS_FAILED, and of STS_FOUND when a cached policy could not be renewed: a result type
	 * of RFC 8460, 4.3 ("sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"),
	 * or "".
	 */
	char failure[STS_FAILURE_SIZE];
	struct str reason; /* in words, one line: why there is none, or what failed */
};

struct sts {
	enum sts_use use;
	struct str run_folder;	    /* of the spool */
	struct helper helper;	    /* one that was executed stays open; else fd is -1 */
	bool keeps_nothing;	    /* it neither has nor makes a cache */
	struct str servers;	    /* DNS servers that it asks; empty: those of the settings */
	char domain[STS_NAME_SIZE]; /* that was asked for last */
	unsigned tries;		    /* that were lost, of those */
};

/*
 * SPOOL is its path. 0; or -1 with errno, for EINVAL with what is wrong in PROBLEM. Starts nothing.
 * In any case sts_close may be called.
 */
int sts_open(struct sts *s, const struct control *control, const char *spool, struct str *problem);
/*
 * For who only looks, perhaps without rights in the spool: mta-sts is executed, asks anew for each
 * domain, by the DNS servers SERVERS or, if empty, those of the control file, and keeps nothing. 0,
 * or -1 with errno. Starts nothing; sts_close may be called in any case.
 */
int sts_open_fresh(struct sts *s, struct slice servers);
void sts_close(struct sts *s);

/* DOMAIN as it is asked for, in lower case; false for what can have no policy. */
bool sts_name(struct slice domain, char name[STS_NAME_SIZE]);

void sts_answer_init(struct sts_answer *answer);
void sts_answer_free(struct sts_answer *answer);

/*
 * The policy of DOMAIN (A-labels; capitals and a dot at its end make no difference), the domain
 * that mail is for, not a mail exchanger's. Waits up to UNTIL while mta-sts fetches; what has not
 * come by then is STS_UNKNOWN. The result is answer's, too. What was in ANSWER before is gone.
 */
enum sts_result sts_ask(
    struct sts *s, struct slice domain, deadline until, struct sts_answer *answer);

/*
 * The same in two steps, for who waits for more at once: after 0, s->helper.fd may be polled until
 * there is something to read, and sts_end takes it, or asks anew where the service was ended. -1:
 * there is nothing to wait for, and ANSWER says why.
 */
int sts_begin(struct sts *s, struct slice domain, deadline until, struct sts_answer *answer);
enum sts_result sts_end(struct sts *s, deadline until, struct sts_answer *answer);

#endif
