/* SPDX-License-Identifier: ISC */
#include "mailbox/quota.h"

#include <sys/stat.h>

#include <errno.h>

#include "mailbox/quota_file.h"

#define ATTEMPTS 3 /* to add a line, while others replace the file */

static bool
has_limits(const struct quota_limits *l)
{
	return l->octets > 0 || l->messages > 0;
}

static bool
are_equal(const struct quota_limits *a, const struct quota_limits *b)
{
	return a->octets == b->octets && a->messages == b->messages;
}

/*
 * Reads the file, or counts where it is of no use: 1, 0 without a quota, -1 and F. File->fd is -1
 * where it was counted.
 */
static int
open_quota(
    struct quota_file *file, int root, const struct quota_limits *wanted, struct mailbox_fault *f)
{
	enum quota_file_state state = quota_file_open(file, root);
	struct quota_limits limits = wanted == NULL ? file->quota.limits : *wanted;

	if (state == QUOTA_FILE_FAILED)
		return mailbox_fault_errno(f, "unable to read %s", QUOTA_FILE);
	if ((state == QUOTA_FILE_MISSING || state == QUOTA_FILE_UNUSABLE) &&
	    !has_limits(&limits)) /* nobody asks for one */
		return 0;
	if (state != QUOTA_FILE_GOOD || !are_equal(&limits, &file->quota.limits)) {
		quota_file_close(file);
		if (maildir_quota_recount(root, &limits, &file->quota, f) == -1)
			return -1;
		file->is_fresh = true;
	}
	if (has_limits(&limits))
		return 1;
	quota_file_close(file);
	return 0;
}

int
maildir_quota_read(
    int root, const struct quota_limits *wanted, struct quota *q, struct mailbox_fault *f)
{
	struct quota_file file;
	int result = open_quota(&file, root, wanted, f);

	*q = file.quota;
	quota_file_close(&file);
	return result;
}

/* Whether that much more is within the limits. */
static bool
fits(const struct quota *q, uint64_t octets, uint64_t messages)
{
	const struct quota_limits *l = &q->limits;

	return (l->octets == 0 || (octets <= l->octets && q->octets <= l->octets - octets)) &&
	       (l->messages == 0 ||
		   (messages <= l->messages && q->messages <= l->messages - messages));
}

enum added { ADDED, ADDED_AMONG_OTHERS, ADDED_TO_OLD, ADDED_NOT };

/* Tells whether the line landed where it was expected, behind what was read. */
static enum added
add_line(struct quota_file *file, int64_t octets, int64_t messages, struct mailbox_fault *f)
{
	struct stat st;

	if (quota_file_append(file, octets, messages) == -1 || fstat(file->fd, &st) == -1) {
		(void)mailbox_fault_errno(f, "unable to add to %s", QUOTA_FILE);
		return ADDED_NOT;
	}
	if (st.st_nlink == 0)
		return ADDED_TO_OLD;
	return st.st_size == file->size ? ADDED : ADDED_AMONG_OTHERS;
}

/* Others have added lines between the look and ours, and all together may be too much. */
static enum quota_answer
look_again(int root, const struct quota_limits *wanted, uint64_t octets, struct quota *q,
    struct mailbox_fault *f)
{
	int result = maildir_quota_read(root, wanted, q, f);

	if (result == -1)
		return QUOTA_FAILED;
	if (result == 0 || fits(q, 0, 0))
		return QUOTA_TAKEN;
	return maildir_quota_add(root, -(int64_t)octets, -1, f) == -1 ? QUOTA_FAILED : QUOTA_FULL;
}

/* One try with what was read. QUOTA_NONE: the file was replaced, it must be read again. */
static enum quota_answer
take(struct quota_file *file, int root, const struct quota_limits *wanted, uint64_t octets,
    struct mailbox_fault *f)
{
	struct quota *q = &file->quota;

	if (q->limits.octets > 0 && octets > q->limits.octets)
		return QUOTA_TOO_LARGE;
	if (!fits(q, octets, 1)) {
		if (file->is_fresh)
			return QUOTA_FULL;
		if (maildir_quota_recount(root, &q->limits, q, f) == -1)
			return QUOTA_FAILED;
		return fits(q, octets, 1) ? QUOTA_NONE : QUOTA_FULL;
	}
	if (file->fd == -1)
		return QUOTA_NONE;
	switch (add_line(file, (int64_t)octets, 1, f)) {
	case ADDED:
		return QUOTA_TAKEN;
	case ADDED_AMONG_OTHERS:
		return look_again(root, wanted, octets, q, f);
	case ADDED_TO_OLD:
		return QUOTA_NONE;
	default:
		return QUOTA_FAILED;
	}
}

enum quota_answer
maildir_quota_take(int root, const struct quota_limits *wanted, uint64_t octets, struct quota *q,
    struct mailbox_fault *f)
{
	if (octets > QUOTA_MAX) /* which no sum passes */
		return QUOTA_TOO_LARGE;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct quota_file file;
		int result = open_quota(&file, root, wanted, f);
		enum quota_answer answer;

		if (result != 1)
			return result == 0 ? QUOTA_NONE : QUOTA_FAILED;
		answer = take(&file, root, wanted, octets, f);
		*q = file.quota;
		quota_file_close(&file);
		if (answer != QUOTA_NONE)
			return answer;
	}
	errno = EAGAIN;
	(void)mailbox_fault_errno(f, "%s is replaced again and again", QUOTA_FILE);
	return QUOTA_FAILED;
}

int
maildir_quota_add(int root, int64_t octets, int64_t messages, struct mailbox_fault *f)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct quota_file file;
		enum quota_file_state state = quota_file_open(&file, root);
		enum added added = ADDED;

		if (state == QUOTA_FILE_FAILED)
			return mailbox_fault_errno(f, "unable to read %s", QUOTA_FILE);
		if (state == QUOTA_FILE_STALE || state == QUOTA_FILE_GOOD)
			added = add_line(&file, octets, messages, f);
		quota_file_close(&file);
		if (added != ADDED_TO_OLD)
			return added == ADDED_NOT ? -1 : 0;
	}
	return 0; /* it is counted anew all the time, and this with it */
}
