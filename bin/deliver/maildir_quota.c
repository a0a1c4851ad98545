/* SPDX-License-Identifier: ISC */
#include "maildir_quota.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>

#include "mailbox/quota.h"

/* Most Maildirs have none; large messages are not to be measured for that. */
static bool
has_none(const struct maildir_message *m, int root)
{
	struct stat st;

	return m->quota.len == 0 && fstatat(root, "maildirsize", &st, AT_SYMLINK_NOFOLLOW) == -1 &&
	       errno == ENOENT;
}

/* What a sender may read. */
static int
refuse(const struct courier *c, enum quota_answer answer, const struct quota *q, struct outcome *o)
{
	bool is_final = c->stores.is_over_quota_final;

	if (answer == QUOTA_TOO_LARGE)
		return outcome_fail(o, JOB_PERMANENT, "5.2.3",
		    "the message is larger than the whole mailbox may be: %llu octets",
		    (unsigned long long)q->limits.octets);
	return outcome_fail(o, is_final ? JOB_PERMANENT : JOB_TEMPORARY,
	    is_final ? "5.2.2" : "4.2.2", "the mailbox is full: %llu octets in %llu messages",
	    (unsigned long long)q->octets, (unsigned long long)q->messages);
}

/* Counts it in ROOT: true if there is a quota that it is counted for; else O if that failed. */
static bool
take(struct courier *c, int root, const struct maildir_message *m, uint64_t octets,
    struct outcome *o)
{
	struct quota_limits wanted;
	struct mailbox_fault fault;
	struct quota q = {0};
	enum quota_answer answer;

	if (m->quota.len > 0 && !quota_limits_parse(m->quota, &wanted)) {
		(void)outcome_fail(o, JOB_TEMPORARY, "4.3.5", "\"%.*s\" is no quota",
		    (int)m->quota.len, m->quota.data);
		return false;
	}
	answer = maildir_quota_take(root, m->quota.len > 0 ? &wanted : NULL, octets, &q, &fault);
	if (answer == QUOTA_FAILED)
		(void)outcome_fault(o, &fault);
	else if (answer != QUOTA_TAKEN && answer != QUOTA_NONE)
		(void)refuse(c, answer, &q, o);
	return answer == QUOTA_TAKEN;
}

int
maildir_quota_count(
    struct courier *c, const struct maildir_message *m, struct maildir_entry *e, struct outcome *o)
{
	struct mailbox_fault fault;
	uint64_t octets;
	int root = opened_quota_root(e->in, &fault);

	if (root == -1)
		return outcome_fault(o, &fault);
	if (has_none(m, root))
		return 0;
	if (content_measure(&c->content, &octets) == -1)
		return outcome_errno(o, "unable to read the message");
	if (take(c, root, m, octets + m->prefix.len, o)) {
		e->quota = e->in;
		e->counted = octets + m->prefix.len;
	}
	return o->status == JOB_DELIVERED ? 0 : -1;
}

void
maildir_quota_uncount(const struct maildir_entry *e)
{
	struct mailbox_fault fault;

	/* what could not be written is put right by the next count */
	if (e->quota != NULL)
		(void)maildir_quota_add(
		    opened_quota_root(e->quota, &fault), -(int64_t)e->counted, -1, &fault);
}
