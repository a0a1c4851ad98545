/* SPDX-License-Identifier: ISC */
/* What the files of mta-sts share: what it was told, and what it knows of one domain. */
#ifndef MTA_STS_H
#define MTA_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/control.h"
#include "net/dns.h"
#include "net/sts.h"

#define PROGRAM "mta-sts"
#define PROBLEM_MAX ((size_t)4096)
#define REASON_MAX ((size_t)400)

/* The control file mta-sts (satchel-control(5)). */
struct settings {
	struct str ca_file; /* "" for the system's */
	uint16_t port;
	int64_t timeout; /* seconds for one look-up in all */
	size_t workers;	 /* of the service */
	struct str resolvers;
};

struct server {
	struct settings settings;
	struct dns *dns; /* null before server_resolve */
	int cache_fd;	 /* the folder; -1 where there is none to be had */
	int lock_fd;	 /* the file that has an octet for each lock; -1 likewise */
	int client;	 /* who waits for the answer: a socket, or -1 */
};

#define CHECK_UNKNOWN (-1) /* entry.check_at, of what is in no cache: the DNS did not answer */

/* What there is in the cache of one domain; times are seconds since 1970. */
struct entry {
	struct sts_policy policy; /* expires is 0 where there is none */
	int64_t fetched, used;	  /* the policy was */
	int64_t check_at;	  /* the TXT record is not asked for before */
	/* Of the last fetch that failed; failure is "" if none has since the policy came. */
	char failure[STS_FAILURE_SIZE];
	char failed_id[STS_ID_MAX + 1];
	int64_t retry_at; /* no fetch for that id before */
	uint64_t failures;
	struct str reason; /* in words: why there is none, or what failed */
};

/* Reads mta-sts and resolvers. 0, or -1 with errno and what is wrong in PROBLEM. */
int settings_read(struct settings *s, struct str *problem);
void settings_free(struct settings *s);
/*
 * Opens the resolver, in the process that will ask: its question numbers are to be no other's. 0,
 * or -1 with errno.
 */
int server_resolve(struct server *s);

void entry_init(struct entry *e);
void entry_free(struct entry *e);
bool entry_is_valid(const struct entry *e, int64_t now);
/* As fields for a client (net/sts.h). 0 or -1. */
int entry_add_answer(struct str *out, const struct entry *e, int64_t now);

/* run/mta-sts/cache in the spool, made where it is missing. Logs nothing: without, all is fetched.
 */
void cache_open(struct server *s);
void cache_close(struct server *s);
/* True if there is a whole file of DOMAIN; any other is as if there were none. */
bool cache_read(const struct server *s, struct slice domain, struct entry *e);
/* 0, or -1 with errno; then the cache is as it was. */
int cache_write(const struct server *s, struct slice domain, const struct entry *e);
void cache_remove(const struct server *s, struct slice domain);
/*
 * For who is about to look DOMAIN up: a descriptor whose closing lets go, or -1 if somebody else is
 * at it until UNTIL, or there is no cache.
 */
int cache_lock(const struct server *s, struct slice domain, deadline until);
/* Calls VISIT for each domain, and removes what was left half written. 0, or -1 with errno. */
int cache_each(
    const struct server *s, void (*visit)(void *context, struct slice domain), void *context);

enum record_result { RECORD_FOUND, RECORD_NONE, RECORD_WRONG, RECORD_UNKNOWN };

/* The TXT record of DOMAIN (RFC 8461, 3.1); why there is no id in REASON. */
enum record_result record_ask(const struct server *s, struct slice domain, deadline until,
    char id[STS_ID_MAX + 1], uint32_t *ttl, struct str *reason);

/* Once a process, before and behind the two below. 0 or -1. */
int fetch_prepare(void);
void fetch_end(void);
/*
 * Fetches the policy of DOMAIN (3.3) into *policy. 0; or -1 with a result type of RFC 8460 in
 * *failure and words in REASON.
 */
int fetch_policy(const struct server *s, struct slice domain, deadline until,
    struct sts_policy *policy, const char **failure, struct str *reason);
/* Sends BODY by HTTPS (RFC 8460, 5.4). 0; -1 for what may pass; -2 for what stays. */
int fetch_post(const struct server *s, const char *url, const char *type, struct slice body,
    deadline until, struct str *reason);

/* From the cache, or by the network: what is to be said of DOMAIN now is in *e. */
void lookup(const struct server *s, struct slice domain, deadline until, struct entry *e);
/*
 * Renews what is in the cache, and removes what is of no use any more (3.3: once a day). How many
 * could not be renewed, or -1 with errno.
 */
int refresh_all(const struct server *s);

/* The protocol of helpers on FD until its end; PATIENCE: seconds between requests, 0 for any. */
void exchange_serve(struct server *s, int fd, int64_t patience);
/* The service: an exit code. */
int service_run(struct server *s);
/* Shows people what DOMAIN has: an exit code. CACHED: as the cache has it. */
int show_domain(struct server *s, const char *domain, bool cached);

#endif
