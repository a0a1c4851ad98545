/* SPDX-License-Identifier: ISC */
#include <syslog.h>

#include "accept_parts.h"
#include "base/log.h"
#include "spool/envelope.h"

#define REASON_MAX 1000

/* Not for each message: who is out of bounds may try it a thousand times a second. */
static void
log_refusal(struct accept *a, const char *reason)
{
	if (!quota_is_news(&a->quota))
		return;
	if (a->is_service)
		log_note("enqueue", "over-quota", "%s", reason);
	else
		syslog(LOG_MAIL | LOG_NOTICE, "enqueue: over-quota %s", reason);
}

static bool
take_quota(struct accept *a, enum quota_result result, const struct str *reason)
{
	if (result == QUOTA_GOOD)
		return true;
	log_refusal(a, reason->data);
	return accept_fail(
	    a, result == QUOTA_LATER ? ACCEPT_LATER : ACCEPT_NOT_ALLOWED, "%s", reason->data);
}

bool
accept_check_quota(struct accept *a, const struct quota_who *who)
{
	struct envelope e;
	struct str reason;
	bool good = true;

	str_init(&reason, REASON_MAX);
	if (envelope_parse(str_slice(&a->scratch), &e))
		good = take_quota(a, quota_check(&a->quota, who, e.reverse_path, &reason), &reason);
	str_free(&reason);
	return good;
}

bool
accept_count_quota(struct accept *a)
{
	const struct message_header *h = &a->commit.header;
	struct str reason;
	bool good;

	str_init(&reason, REASON_MAX);
	good = take_quota(a, quota_count(&a->quota, h->recipients, h->length, &reason), &reason);
	str_free(&reason);
	return good;
}
