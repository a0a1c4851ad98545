/* SPDX-License-Identifier: ISC */
/*
 * The control file credentials: whom this host is to other servers (satchel-control(5)). An entry
 * is for a relay, that is, a host or domain that mail is sent to by that name, and for all senders
 * or for some. A secret is a password, or a token, that stands there or that a command prints.
 *
 * What is secret is overwritten when it is not needed any more.
 */
#ifndef NET_CREDENTIALS_H
#define NET_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

struct credential {
	struct slice host;		       /* of the relay, without brackets; empty: any */
	uint16_t port;			       /* 0: any */
	struct slice sender;		       /* address, "@domain", "<>"; empty: any */
	bool is_none;			       /* nobody: the rest does not count */
	struct slice login, password, command; /* one of the latter two */
	unsigned mechanisms;		       /* that may be used: bits of net/sasl_client.h */
	bool is_insecure;  /* the server need not show who it is, nor speak TLS */
	bool is_optional;  /* where it does not work, mail goes without */
	uint64_t lifetime; /* seconds that what the command printed is good for; 0: till refused */
	/* what is known of it: */
	struct str token; /* that the command printed last */
	deadline token_until;
	deadline refused_until; /* the server did not take it: not tried again before */
};

struct credentials {
	char *text; /* owned, as is the list */
	size_t len;
	struct credential *list;
	size_t count;
};

/*
 * 0, also without the file, or -1 with errno: EPERM where others may read it, and for EINVAL what
 * is wrong in PROBLEM. To be freed in any case.
 */
int credentials_read(struct credentials *all, const struct control *c, struct str *problem);
/*
 * In place of a file: an entry for all relays and senders. VALUE is what stands behind the colon of
 * the file. 0, or -1 with EINVAL and *WANTED, or ENOMEM.
 */
int credentials_make(struct credentials *all, struct slice value, const char **wanted);
void credentials_free(struct credentials *all);
/* The number of the line that ONE of the file stands in. */
size_t credentials_line(const struct credentials *all, const struct credential *one);

/*
 * The entry for mail of SENDER, empty for the null reverse-path, to HOST (and PORT, 0 where there
 * is none): of the sender's own, then of his domain, then of everybody; of two such that of host
 * and port. Null if nobody logs in there.
 */
struct credential *credentials_find(
    const struct credentials *all, struct slice host, uint16_t port, struct slice sender);

/*
 * The password or token in *SECRET, which stays until the next call. Runs the command where there
 * is one and it need not be asked: *IS_FRESH then. 0, or -1 with what is wrong in PROBLEM.
 */
int credential_secret(struct credential *one, deadline until, struct slice *secret, bool *is_fresh,
    struct str *problem);
/* What the command printed is not good any more. */
void credential_forget(struct credential *one);

#endif
