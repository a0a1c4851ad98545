/* SPDX-License-Identifier: ISC */
/*
 * Keys (spool(5), KEYS): the same key of the same user twice is one message. enqueue keeps a record
 * of each; who takes a message with a key out of new/ marks it first. All of these block for a sync
 * or two.
 */
#ifndef SPOOL_KEY_H
#define SPOOL_KEY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "spool/id.h"
#include "spool/spool.h"

#define KEY_FOLDER "keys"
#define KEY_LOCK "lock" /* in it: see spool(5) */
#define KEY_DAY_SECONDS ((int64_t)24 * 60 * 60)
#define KEY_RECORD_SIZE 112 /* octets of its name below keys/, "DAY/UID-SUM", and a NUL */

/* A key that is held: nobody else commits a message under it meanwhile. */
struct key {
	struct spool *spool;
	int folder;		    /* keys/ */
	int lock;		    /* its lock file, of which one octet is locked for the key */
	char name[KEY_RECORD_SIZE]; /* as envelope.record */
	char id[ID_SIZE];	    /* key_ask: of the message there is */
	uint32_t content;	    /* key_ask: the check sum that its caller gave */
};

/* The name of the record of KEY, said by UID at NOW (seconds since 1970). */
void key_record_name(char name[KEY_RECORD_SIZE], uid_t uid, struct slice key, int64_t now);

/* One that is not held: key_let_go may be called. */
void key_init(struct key *k);
/*
 * Holds the key of the record NAME, whatever day that is of. 0, or -1 with errno: ETIMEDOUT if
 * somebody else did until UNTIL.
 */
int key_hold(struct key *k, struct spool *spool, struct slice name, deadline until);
void key_let_go(struct key *k);

enum key_answer {
	KEY_FREE,  /* no message has come by it, nor will one */
	KEY_TAKEN, /* one has: id and content */
	KEY_ERROR, /* errno says why */
};

/*
 * Whether a message came by the key held in the last LIFETIME seconds, or a day more. If so it is
 * durable.
 */
enum key_answer key_ask(struct key *k, int64_t lifetime);
/*
 * Writes, durably, that the message ID is about to come by the key held: if new/ has it, or ever
 * had, it did. CONTENT is for key_ask. 0, or -1 with errno.
 */
int key_promise(struct key *k, const char *id, uint32_t content);

/*
 * For who is about to take the message ID with RECORD (envelope.record) out of DIRECTORY: if that
 * is new/, marks the record, durably. 0, or -1 with errno: then the message has to stay.
 */
int key_mark(int directory, struct slice record, const char *id);

#endif
