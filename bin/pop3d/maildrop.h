/* SPDX-License-Identifier: ISC */
/*
 * A maildrop (RFC 1939, 5): the messages of a Maildir as they were when the session began, in the
 * order of the times in their names. The Maildir is anybody's who shares it: a message may be
 * renamed or vanish at any time, and what stands there may be anything. What is opened is a regular
 * file, and nothing waits.
 */
#ifndef POP3D_MAILDROP_H
#define POP3D_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define MAILDROP_REASON_MAX ((size_t)1000)

struct message {
	uint64_t time;	   /* seconds, as its name begins */
	size_t name;	   /* where it begins in names; a NUL ends it */
	uint64_t size;	   /* of the file, when octets were counted */
	int64_t modified;  /* ns: the same */
	uint64_t octets;   /* in wire format; see maildrop_octets */
	uint32_t further;  /* octets that it has more where UTF-8 may not be sent as it is */
	uint16_t base_len; /* of the name: what stays the same, and makes its unique-id */
	bool is_seen : 1;  /* it stands in cur/ */
	bool is_known : 1; /* size, modified, octets and further were counted in some session */
	bool is_sized : 1; /* and that holds in this one */
	bool is_retrieved : 1;
	bool is_deleted : 1;
	bool is_gone : 1; /* somebody else has removed it */
};

struct maildrop {
	int root, folders[2]; /* the Maildir, and its new/ and cur/; all -1: there is none yet */
	int sizes;	      /* the file pop3d-sizes, locked; -1 without */
	struct str names;
	struct message *messages;
	size_t count, room, room_max;
	bool knows_sizes; /* pop3d-sizes was read */
};

enum maildrop_result {
	MAILDROP_OPEN,
	MAILDROP_IN_USE,
	MAILDROP_TOO_SOON, /* the last login was less than the delay ago */
	MAILDROP_WRONG,	   /* it is no Maildir of our own: REASON */
	MAILDROP_FAILED,   /* REASON */
};

/*
 * Opens the Maildir PATH, locks it against other sessions, and lists at most MOST messages; a
 * Maildir that does not exist is empty. DELAY seconds must be between logins. To be closed in any
 * case.
 */
enum maildrop_result maildrop_open(
    struct maildrop *m, const char *path, size_t most, uint64_t delay, struct str *reason);
void maildrop_close(struct maildrop *m);
/* Lets other sessions in, where this one needs its messages no more. */
void maildrop_unlock(struct maildrop *m);

const char *maildrop_name(const struct maildrop *m, const struct message *message);

/*
 * Opens a message, wherever it stands by now. A descriptor, or -1 with errno (ENOENT: it has gone;
 * EINVAL: what stands there is no message).
 */
int maildrop_open_message(struct maildrop *m, struct message *message);

/*
 * How many octets MESSAGE has as it is sent (without dot-stuffing); in PLAIN it is sent with
 * encoded-words in place of UTF-8. 0, or -1 with errno as above.
 */
int maildrop_octets(struct maildrop *m, struct message *message, bool plain, uint64_t *octets);
/*
 * The same for all. What had to be counted is kept in pop3d-sizes, where there are enough messages
 * for that to be worth it. Messages that cannot be read count as none.
 */
void maildrop_size_all(struct maildrop *m);

/*
 * At the end (RFC 1939, 6): removes what is deleted, and marks what was retrieved as seen, in cur/.
 * How many could not be removed.
 */
size_t maildrop_update(struct maildrop *m);

/* For the files of the maildrop. */
int maildrop_scan(struct maildrop *m);
void maildrop_find_again(struct maildrop *m);
int maildrop_compare(const struct maildrop *m, const struct message *a, const struct message *b);
struct slice maildrop_base(const struct maildrop *m, const struct message *message);
void maildrop_read_sizes(struct maildrop *m);
void maildrop_write_sizes(const struct maildrop *m);
/* The seconds that a name begins with; 0 where it does not. */
uint64_t maildrop_time(struct slice base);

#endif
