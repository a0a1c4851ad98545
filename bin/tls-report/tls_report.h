/* SPDX-License-Identifier: ISC */
/* What the files of tls-report share. */
#ifndef TLS_REPORT_H
#define TLS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/control.h"
#include "net/dns.h"
#include "spool/tls_counts.h"

#define PROGRAM "tls-report"
#define PROBLEM_MAX ((size_t)4096)
#define REPORT_MAX ((size_t)16 << 20) /* octets of one report; receivers take no more than ten */

/* The control file tls-report, and what stands in for it. */
struct settings {
	struct str me, organization, contact, resolvers;
	struct slice contact_domain; /* in contact */
};

/* A line of the day's file. */
struct count {
	struct tls_outcome outcome; /* in the text */
	uint64_t sessions;
};

struct counts {
	struct str text;    /* the file */
	struct count *list; /* owned, sorted: what belongs together stands together */
	size_t count;
};

struct report {
	const struct settings *settings;
	int64_t day;
	struct slice domain;
	const struct count *list; /* of this domain */
	size_t count;
	struct str id; /* of the report */
};

/* 0, or -1 with what is wrong in PROBLEM. */
int settings_read(struct settings *s, struct str *problem);
void settings_free(struct settings *s);

/*
 * Reads the file of DAY in the folder FD, which may be missing. Lines that are none do not count.
 * 0, or -1 with errno.
 */
int counts_read(struct counts *c, int fd, int64_t day);
void counts_free(struct counts *c);
/* The next domain at *at and behind: its part of the list in R. False behind the last. */
bool counts_next(const struct counts *c, size_t *at, struct report *r);
/* As strcmp(3): by domain, then policy, then what failed. */
int count_compare(const void *one, const void *other);
/* True if both are of the same policy, for the same domain. */
bool count_same_policy(const struct tls_outcome *a, const struct tls_outcome *b);

/* The report as RFC 8460, 4.4 has it. 0 or -1. PRETTY: for people. */
int json_add(struct str *out, const struct report *r, bool pretty);
/* The same by gzip. 0 or -1. */
int pack(struct str *out, struct slice text);
/* "here.test!example.org!0!86399" (5.1). 0 or -1. */
int report_name(struct str *out, const struct report *r);

/* Puts it into the queue for ADDRESS. 0; -1 for now; -2 for ever; REASON says why. */
int mail_send(
    const struct report *r, struct slice address, struct slice packed, struct str *reason);
/* Has mta-sts send it to URL. Likewise; mta-sts says why on standard error. */
int post_send(struct slice url, struct slice packed);

/* What was sent already, so that another try sends it to nobody twice: a file beside the day's. */
struct sent {
	int fd;
	struct str text;
};

/* 0, or -1 with errno: EAGAIN if another tls-report is at it. */
int sent_open(struct sent *s, int folder, int64_t day);
void sent_close(struct sent *s);
bool sent_has(const struct sent *s, struct slice domain, struct slice uri);
int sent_add(struct sent *s, struct slice domain, struct slice uri);

#endif
