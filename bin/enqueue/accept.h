/* SPDX-License-Identifier: ISC */
/*
 * Taking one message after another into the spool, whatever way they come: the rules that hold for
 * all (limits, wire format, loops) and what is said when one is broken.
 */
#ifndef ENQUEUE_ACCEPT_H
#define ENQUEUE_ACCEPT_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/limits.h"
#include "mail/wire.h"
#include "quota.h"
#include "spool/commit.h"
#include "spool/id.h"
#include "spool/key.h"
#include "spool/spool.h"

/* qmail-queue's exit codes, as far as they are used (enqueue(8), EXIT STATUS). */
enum accept_code {
	ACCEPT_DONE = 0,
	ACCEPT_ADDRESS_TOO_LONG = 11,
	ACCEPT_REFUSED = 31,
	ACCEPT_NOT_ALLOWED = 32,
	ACCEPT_NO_MEMORY = 51,
	ACCEPT_TIMEOUT = 52,
	ACCEPT_CANNOT_WRITE = 53,
	ACCEPT_CANNOT_READ = 54,
	ACCEPT_CONFIGURATION = 55,
	ACCEPT_SPOOL = 61,
	ACCEPT_LATER = 71,
	ACCEPT_BUG = 81,
	ACCEPT_ENVELOPE = 91,
};

struct accept {
	struct limits limits;
	struct str me; /* this host's name, for Received */
	struct spool spool;
	struct commit commit;
	struct wire_check check;
	struct quota quota;
	bool is_service;	      /* set by it: it has a log */
	char record[KEY_RECORD_SIZE]; /* of the message's key; "" for none */
	uint32_t content;	      /* what a message with a key is, as a check sum */
	char known[ID_SIZE]; /* after accept_commit: the message that came by this key before, or ""
			      */
	bool is_other;	     /* which was another one */
	bool active;	     /* between accept_begin and its end */
	uint64_t submitted;  /* octets of the message that have come */
	uint64_t size_max;   /* of those; 0: no limit */
	enum accept_code code; /* of the first failure since accept_begin */
	struct str reason;     /* of that failure, one line */
	struct str scratch;
	bool is_closed; /* accept_open failed: nothing can be accepted */
	bool is_prompt; /* the control file deliver says now */
	/* Called when a small message found no free cell; null for nobody. */
	void (*want_cells)(void *context);
	void *want_context;
};

/*
 * Reads the settings and opens the spool. False with code and reason, which each accept_begin gives
 * again.
 */
bool accept_open(struct accept *a);
void accept_close(struct accept *a);

/* Octets that an envelope may have: enough for as many recipients as are allowed. */
size_t accept_envelope_max(const struct accept *a);

/*
 * Begins a message with ENVELOPE (fields ended by NUL) that WHO submits. With OWN_TRACE the
 * submitter has written his Received field; else one is made. False with code and reason.
 */
bool accept_begin(
    struct accept *a, struct slice envelope, const struct quota_who *who, bool own_trace);
/* Part of it, in wire format. What is wrong is remembered and told by accept_commit. */
void accept_data(struct accept *a, struct slice data);
/*
 * Makes it durable; LENGTH is what the submitter says he has sent. False with code and reason. If
 * its key has stood for a message before, that is the one.
 */
bool accept_commit(struct accept *a, uint64_t length);
/* Back to where there is no message, nor a failure of one. */
void accept_abort(struct accept *a);
/* The queue id: until accept_commit the one that it will have unless its key is known. */
const char *accept_id(const struct accept *a);

/* Sets code and reason unless there is a failure already. Always false. */
bool accept_fail(struct accept *a, enum accept_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
