/* SPDX-License-Identifier: ISC */
/*
 * How often each outcome of TLS came on a day (spool(5), TLS REPORTS): lines that are appended to a
 * file for the day. What comes again and again is counted here first, so a busy host writes little;
 * nothing is synced: a report is no mail, and may miss a minute.
 */
#ifndef SPOOL_TLS_COUNTS_H
#define SPOOL_TLS_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"
#include "spool/tls_outcome.h"

#define TLS_COUNTS_FOLDER "tls-report"
#define TLS_COUNTS_FILE_MAX ((int64_t)64 << 20) /* of one day; more is not counted */
#define TLS_COUNTS_DAYS 7			/* files are kept; older ones are removed */
#define TLS_COUNTS_SLOTS 256
#define TLS_COUNTS_LINE_MAX (TLS_OUTCOME_MAX + 32)
#define TLS_DAY_SIZE 16 /* "2026-11-22" */
#define TLS_DAY_SECONDS ((int64_t)86400)

struct tls_counts {
	int folder_fd; /* -1: nothing is counted */
	int64_t day;   /* since 1970, of what is in slots */
	int64_t flush_at;
	unsigned char secret[SIPHASH_KEY_OCTETS];
	struct {
		char *record; /* owned: fields that end with TABs; null for none */
		size_t length;
		uint64_t count;
	} slots[TLS_COUNTS_SLOTS];
};

/* One that counts nothing. */
void tls_counts_init(struct tls_counts *c);
/*
 * Counts in the spool SPOOL_FD, whose folder is made where it is missing, and removes old days. 0,
 * or -1 with errno, and then nothing is counted.
 */
int tls_counts_open(struct tls_counts *c, int spool_fd);
/* Writes what is left. */
void tls_counts_close(struct tls_counts *c);

/* Counts one, FIELDS as they come from a worker (NUL behind each). False if it is none. */
bool tls_counts_add(struct tls_counts *c, struct slice fields);
/* Writes what there is if a minute has passed; for who waits anyway. */
void tls_counts_tick(struct tls_counts *c);

/* The name of the file of DAY, since 1970 in UTC. */
void tls_day_name(char name[TLS_DAY_SIZE], int64_t day);
/* The other way, for a day from 1970 to 9999; false for what is none. */
bool tls_day_parse(struct slice name, int64_t *day);
/* One line of such a file without its end: an outcome and how often it came. */
bool tls_counts_parse(struct slice line, struct tls_outcome *o, uint64_t *count);

#endif
