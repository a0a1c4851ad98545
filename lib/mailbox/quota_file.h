/* SPDX-License-Identifier: ISC */
/* The file maildirsize itself; for the modules of this folder. */
#ifndef MAILBOX_QUOTA_FILE_H
#define MAILBOX_QUOTA_FILE_H

#include <sys/types.h>

#include "mailbox/quota.h"

#define QUOTA_FILE "maildirsize"
#define QUOTA_FILE_MAX 5120 /* octets, from which on it is counted anew */

enum quota_file_state {
	QUOTA_FILE_MISSING,
	QUOTA_FILE_UNUSABLE, /* a symbolic link, a FIFO, somebody else's, without limits */
	QUOTA_FILE_STALE,    /* the limits are good, the sum is not */
	QUOTA_FILE_GOOD,
	QUOTA_FILE_FAILED, /* errno */
};

struct quota_file {
	int fd;	       /* to append to; -1 unless stale or good */
	off_t size;    /* octets that were read, and added */
	bool is_fresh; /* counted less than 15 minutes ago, and nothing was added since */
	struct quota quota;
};

/* Reads it in the Maildir ROOT. Whatever stands there, this does not wait. */
enum quota_file_state quota_file_open(struct quota_file *q, int root);
void quota_file_close(struct quota_file *q);

/* Adds a line in one write. 0, or -1 with errno. */
int quota_file_append(struct quota_file *q, int64_t octets, int64_t messages);

/* Counts what the Maildir ROOT and its folders hold. 0, or -1 with errno. */
int quota_count(int root, struct quota *q);

#endif
