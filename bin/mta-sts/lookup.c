/* SPDX-License-Identifier: ISC */
/* What is to be said of a domain now: RFC 8461, 3.3 and 5.1. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "mta_sts.h"

#define DAY 86400
#define UNUSED_SECONDS (INT64_C(30) * DAY) /* a policy that nobody asks for is renewed no more */
#define CHECK_MINIMUM 60		   /* seconds that a TXT record's answer holds */
#define CHECK_MAXIMUM 3600
#define RETRY_MINIMUM 300 /* 3.3: five minutes or longer, doubled with each failure */
#define RETRY_DOUBLINGS 8

/* A policy is renewed once a day, but a short-lived one at half of its life. */
static bool
is_due(const struct entry *e, int64_t now)
{
	int64_t age = (int64_t)e->policy.max_age / 2;

	return now >= e->fetched + (age < DAY ? age : DAY);
}

static void
log_failure(struct slice domain, const struct entry *e)
{
	struct event event;

	event_start(&event, PROGRAM, "fetch-failed");
	event_slice(&event, "domain", domain);
	event_text(&event, "failure", e->failure);
	event_slice(&event, "reason", str_slice(&e->reason));
	event_send(&event);
}

static void
note_success(struct entry *e, const char *id, struct sts_policy *policy, int64_t now)
{
	struct sts_policy old = e->policy;

	e->policy = *policy;
	*policy = old;
	snprintf(e->policy.id, sizeof e->policy.id, "%s", id);
	e->policy.expires = now + (int64_t)e->policy.max_age;
	e->fetched = now;
	e->failure[0] = e->failed_id[0] = '\0';
	e->failures = 0;
	e->retry_at = 0;
	str_clear(&e->reason);
}

static void
note_failure(struct entry *e, const char *id, const char *failure, int64_t now)
{
	uint64_t doublings = e->failures < RETRY_DOUBLINGS ? e->failures : RETRY_DOUBLINGS;

	e->failures = strcmp(e->failed_id, id) == 0 ? e->failures + 1 : 1;
	snprintf(e->failure, sizeof e->failure, "%s", failure);
	snprintf(e->failed_id, sizeof e->failed_id, "%s", id);
	e->retry_at = now + (e->failures == 1 ? RETRY_MINIMUM : RETRY_MINIMUM << doublings);
}

/* One fetch for the version ID, unless the last is too near. True if there was one. */
static bool
fetch(const struct server *s, struct slice domain, const char *id, deadline until, struct entry *e)
{
	int64_t now = clock_wall_seconds();
	struct sts_policy policy;
	const char *failure;

	if (e->failure[0] != '\0' && now < e->retry_at && strcmp(e->failed_id, id) == 0)
		return false;
	sts_policy_init(&policy);
	if (fetch_policy(s, domain, until, &policy, &failure, &e->reason) == 0) {
		note_success(e, id, &policy, now);
	} else {
		note_failure(e, id, failure, now);
		if (!entry_is_valid(e, now) || e->policy.mode != STS_MODE_NONE)
			log_failure(domain, e);
	}
	sts_policy_free(&policy);
	return true;
}

/* What is in force holds until it expires, whatever the TXT record says (3.1, 5.1). */
static void
check(const struct server *s, struct slice domain, deadline until, struct entry *e)
{
	char id[STS_ID_MAX + 1];
	uint32_t ttl = 0;
	struct str reason;
	int64_t now = clock_wall_seconds();
	bool is_valid = entry_is_valid(e, now);
	enum record_result result;

	str_init(&reason, REASON_MAX);
	result = record_ask(s, domain, until, id, &ttl, &reason);
	ttl = ttl < CHECK_MINIMUM ? CHECK_MINIMUM : ttl > CHECK_MAXIMUM ? CHECK_MAXIMUM : ttl;
	e->check_at = now + (int64_t)ttl;
	if (result == RECORD_FOUND) {
		if (!is_valid || is_due(e, now) || strcmp(id, e->policy.id) != 0)
			(void)fetch(s, domain, id, until, e);
	} else if (!is_valid) {
		entry_free(e);
		entry_init(e);
		e->check_at = result == RECORD_UNKNOWN ? CHECK_UNKNOWN : 0;
		(void)str_add_slice(&e->reason, str_slice(&reason));
	}
	str_free(&reason);
}

static void
keep(const struct server *s, struct slice domain, const struct entry *e)
{
	if (e->policy.expires == 0 && e->failure[0] == '\0') /* the resolver remembers that */
		cache_remove(s, domain);
	else if (s->cache_fd != -1 && cache_write(s, domain, e) == -1)
		log_note(PROGRAM, "warning", "unable to write to the cache: %s", strerror(errno));
}

static bool
is_fresh(const struct entry *e)
{
	int64_t now = clock_wall_seconds();

	/* a clock that was set back makes nothing last longer than it may */
	if (now >= e->check_at || e->check_at > now + CHECK_MAXIMUM)
		return false;
	/* whoever makes up a new id for each look does not have us fetch each time */
	if (!entry_is_valid(e, now))
		return e->failure[0] != '\0';
	return !is_due(e, now) || now < e->retry_at;
}

void
lookup(const struct server *s, struct slice domain, deadline until, struct entry *e)
{
	int lock;

	if (cache_read(s, domain, e) && is_fresh(e))
		return;
	lock = cache_lock(
	    s, domain, entry_is_valid(e, clock_wall_seconds()) ? deadline_in_ms(0) : until);
	if (lock == -1 && s->cache_fd != -1)
		return; /* somebody else is at it: what is known until then */
	if (!cache_read(s, domain, e) || !is_fresh(e)) {
		check(s, domain, until, e);
		e->used = clock_wall_seconds();
		keep(s, domain, e);
	}
	io_close(lock);
}

struct refresh {
	const struct server *server;
	int failures;
};

/* Over HTTPS alone: who keeps us from the DNS cannot make us forget (10.2). */
static void
refresh_one(void *context, struct slice domain)
{
	struct refresh *r = context;
	const struct server *s = r->server;
	deadline until = deadline_in_seconds(s->settings.timeout);
	int64_t now = clock_wall_seconds();
	int lock = cache_lock(s, domain, deadline_in_ms(0));
	struct entry e;
	char id[STS_ID_MAX + 1];

	if (lock == -1)
		return;
	entry_init(&e);
	if (!cache_read(s, domain, &e) || (!entry_is_valid(&e, now) && now >= e.retry_at + DAY)) {
		cache_remove(s, domain);
	} else if (entry_is_valid(&e, now) && is_due(&e, now) && now < e.used + UNUSED_SECONDS) {
		snprintf(id, sizeof id, "%s", e.policy.id);
		if (fetch(s, domain, id, until, &e)) {
			keep(s, domain, &e);
			r->failures += e.failure[0] != '\0';
		}
	}
	entry_free(&e);
	io_close(lock);
}

int
refresh_all(const struct server *s)
{
	struct refresh r = {.server = s};

	return cache_each(s, refresh_one, &r) == -1 ? -1 : r.failures;
}
