/* SPDX-License-Identifier: ISC */
/*
 * The quota of a Maildir++: the file maildirsize, as Courier, Dovecot, maildrop and the patches to
 * qmail read and write it. The first line has the limits ("10485760S,1000C"); every other one adds
 * octets and messages ("1234 1", "-1234 -1"). Writers append whole lines and never lock. Whoever
 * finds it broken, over 5120 octets, or with other limits than it should have counts anew and
 * replaces it. It is a sum of what is there, not a truth of its own: losing it costs a count.
 */
#ifndef MAILBOX_QUOTA_H
#define MAILBOX_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "mailbox/fault.h"

#define QUOTA_MAX ((uint64_t)1 << 60)

/* 0: without limit. */
struct quota_limits {
	uint64_t octets;   /* "S" */
	uint64_t messages; /* "C" */
};

struct quota {
	struct quota_limits limits;
	uint64_t octets, messages; /* in use */
};

/*
 * Reads "10485760S,1000C" (either alone, in any order, each once; a number without a letter is
 * octets). False for anything else.
 */
bool quota_limits_parse(struct slice text, struct quota_limits *l);
/* Writes it as it stands in maildirsize. 0, or -1 with str's errors. */
int quota_limits_add(struct str *out, const struct quota_limits *l);

/*
 * Reads maildirsize in the Maildir ROOT, and counts anew where it must. WANTED is the limits it
 * shall have; null: those in it. 1 and Q; 0 where there is no quota; -1 and F.
 */
int maildir_quota_read(
    int root, const struct quota_limits *wanted, struct quota *q, struct mailbox_fault *f);
/* Counts what is in the Maildir ROOT and its folders, and replaces maildirsize. 0, or -1 and F. */
int maildir_quota_recount(
    int root, const struct quota_limits *limits, struct quota *q, struct mailbox_fault *f);

enum quota_answer {
	QUOTA_TAKEN,	 /* it is counted in maildirsize */
	QUOTA_NONE,	 /* there is no quota, and nothing was counted */
	QUOTA_FULL,	 /* it does not fit now */
	QUOTA_TOO_LARGE, /* it would not fit into an empty mailbox */
	QUOTA_FAILED,	 /* F says why */
};

/* Counts a message of OCTETS that is about to be stored, if it fits. */
enum quota_answer maildir_quota_take(int root, const struct quota_limits *wanted, uint64_t octets,
    struct quota *q, struct mailbox_fault *f);
/*
 * Adds to maildirsize what came (or, negative, went). Nothing happens where there is no such file.
 * 0, or -1 and F.
 */
int maildir_quota_add(int root, int64_t octets, int64_t messages, struct mailbox_fault *f);

#endif
