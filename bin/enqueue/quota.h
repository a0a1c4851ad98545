/* SPDX-License-Identifier: ISC */
/*
 * What local users may submit: the control file submitters (conf/submitters.h), and the counters of
 * run/enqueue/tally that go with it. Without the file nothing here costs anything.
 */
#ifndef ENQUEUE_QUOTA_H
#define ENQUEUE_QUOTA_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "base/tally.h"
#include "conf/control.h"
#include "conf/submitters.h"
#include "conf/table.h"
#include "spool/spool.h"

#define QUOTA_NAME_SIZE 80

/* Who submits. */
struct quota_who {
	uid_t uid;
	pid_t pid; /* the process that asks, or that executed us */
};

struct quota {
	struct table table;
	struct tally tally;
	bool is_tally_tried;
	bool is_uncounted;	   /* there is none, and the caller may be to blame */
	const struct spool *spool; /* not owned */
	uid_t server;		   /* as quota_find_server found him; 0 for nobody */
	/* of the client at hand, once it is looked up: */
	bool is_known;
	bool is_limited; /* there is a line for him */
	struct quota_who who;
	struct submitter says;
	char name[QUOTA_NAME_SIZE];    /* "www-data (uid 33)" */
	char program[QUOTA_NAME_SIZE]; /* where the line asks for it; "" if nobody knows */
	bool is_program_wrong;
};

enum quota_result {
	QUOTA_GOOD,
	QUOTA_LATER, /* a rate is reached */
	QUOTA_NEVER, /* it is not allowed */
};

/* 0, or -1 as submitters_read. To be closed in any case. */
int quota_open(
    struct quota *q, const struct spool *spool, const struct control *control, struct str *problem);
void quota_close(struct quota *q);

/* For a service, at its start: looks up who quota_is_guest is asked about most. */
void quota_find_server(struct quota *q);
/* True unless UID is root, the spool's owner, or smtpd's user, who submits for many. */
bool quota_is_guest(const struct quota *q, uid_t uid);

/* Another client, or the same again after a while: what is known of the last one is forgotten. */
void quota_forget(struct quota *q);
/* Whether WHO may submit, and as REVERSE_PATH. Else REASON is one line for people. */
enum quota_result quota_check(
    struct quota *q, const struct quota_who *who, struct slice reverse_path, struct str *reason);
/* Counts a message of him whom quota_check had last, if it is within his rates. */
enum quota_result quota_count(
    struct quota *q, uint64_t recipients, uint64_t octets, struct str *reason);
/* True if this is to be logged: once a minute for each user. */
bool quota_is_news(struct quota *q);
/* Adds what WHO has used of his rates, a line each. 0, or -1 with str's errors. */
int quota_show(struct quota *q, const struct quota_who *who, struct str *out);

#endif
