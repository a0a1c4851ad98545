/* SPDX-License-Identifier: ISC */
/*
 * Counters that processes share, for "so many in such a time": a file of TALLY_FILE_SIZE octets at
 * most, however many keys there are. What is kept of a key is one moment, until which what was
 * counted lasts (a token bucket), so that nothing has to run to expire it, and a key that was idle
 * for its period takes no place. Where too many keys are alive, those that would expire first are
 * forgotten: a limit is then too mild, never too hard.
 *
 * A killed process leaves nothing locked. A file that is damaged is begun anew when it is opened.
 * Nothing here is durable, and nothing blocks for longer than TALLY_PATIENCE_MS. A struct tally may
 * be used on both sides of a fork.
 */
#ifndef BASE_TALLY_H
#define BASE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"

#define TALLY_FILE_SIZE ((4 << 20) + 128)
#define TALLY_PATIENCE_MS 20
#define TALLY_LIMIT_MAX UINT64_C(1000000000)
#define TALLY_SECONDS_MAX UINT64_C(31536000)

struct tally {
	int fd; /* -1 when it is not open: then every call below gives -1 with EBADF */
	unsigned char secret[SIPHASH_KEY_OCTETS];
};

/* LIMIT at once, and as many again in each SECONDS, evenly. Both at least 1. */
struct tally_rate {
	uint64_t limit, seconds;
};

/* One that is not open. */
void tally_init(struct tally *t);
/*
 * Opens the file PATH, and makes it, and its folder where that alone is missing. It must be a plain
 * file of our own that nobody else may read or write. 0, or -1 with errno.
 */
int tally_open(struct tally *t, const char *path);
void tally_close(struct tally *t);

/*
 * Counts AMOUNT for KEY if that stays within RATE. 1 if it did; 0 if it is over, and then nothing
 * is counted and *wait is in how many seconds it would be within (at least 1; INT64_MAX if AMOUNT
 * is over the limit by itself); -1 with errno. A key stands for one counter with one rate: what
 * is counted belongs in it ("messages of 192.0.2.1"). WAIT may be null.
 */
int tally_add(struct tally *t, struct slice key, uint64_t amount, const struct tally_rate *rate,
    int64_t *wait);
/* The same without counting. */
int tally_look(struct tally *t, struct slice key, uint64_t amount, const struct tally_rate *rate,
    int64_t *wait);
/* How much of the limit is used now, rounded up: 0 to rate->limit; -1 with errno. */
int64_t tally_level(struct tally *t, struct slice key, const struct tally_rate *rate);
/* Counts as if there had been nothing. 0, or -1 with errno. */
int tally_forget(struct tally *t, struct slice key);

#endif
