/* SPDX-License-Identifier: ISC */
/*
 * Asking qrun -w, which listens on run/qrun/socket (satchel(7), Asking qrun), to see to the mail of
 * some domains now: to try it (ETRN), or to send it over a connection that is handed over (ATRN).
 * Packets of fields on a SOCK_SEQPACKET socket, one request a connection. Both sides use this.
 *
 * A domain is written as ETRN has it (RFC 1985, 5.3): "example.org", or "@example.org" for it and
 * all that are below it.
 */
#ifndef SPOOL_ASK_H
#define SPOOL_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define ASK_DOMAINS_MAX 100  /* of one request */
#define ASK_PACKET_MAX 32768 /* octets */
#define ASK_FOLDER_SIZE 256  /* of a name in hold/, with its NUL */
#define ASK_WHY_SIZE 128
#define ASK_SEVERAL "+" /* the one for messages that more than one domain waits for */

/* The letters of fields: satchel(7) tells people. */
enum ask_letter {
	ASK_TRY = 'E',	      /* request: try these domains; value: who asks, for the log */
	ASK_TURN = 'A',	      /* request: there will be a connection; value: whose it is */
	ASK_DOMAIN = 'D',     /* of both */
	ASK_CONNECTION = 'C', /* second packet of a turn, with the descriptor */
	ASK_FOUND = 'N',      /* answer: so many messages; of a turn, at least one: C may come */
	ASK_BEGUN = 'G',      /* answer: begun, and nobody has counted */
	ASK_BUSY = 'B',	      /* answer: not now; value: why */
	ASK_MINE = 'M',	  /* request: who asks wants to see his own mail; value: in which form */
	ASK_OUTPUT = 'O', /* answer, with a descriptor to read it from */
	ASK_CODE = 'X',	  /* second answer: it was all; value: qstat's exit code */
};

enum ask_result {
	ASK_OK,	     /* with a number, or not */
	ASK_REFUSED, /* not now */
	ASK_LATE,    /* no answer in time: it is being looked for */
	ASK_FAILED,  /* nobody is there, or what is there does not speak this */
};

struct ask {
	int fd; /* -1 when closed */
	bool is_counted;
	uint64_t count;
	char why[ASK_WHY_SIZE]; /* of ask_mine */
};

/* True if somebody may be there to be asked. */
bool ask_is_possible(void);
/*
 * Asks about DOMAINS, a list with commas. The connection stays open after ASK_OK for a turn, for
 * ask_hand_over; else it is closed.
 */
enum ask_result ask_qrun(
    struct ask *a, enum ask_letter what, struct slice who, struct slice domains, deadline until);
/* Gives FD away: a duplicate is qrun's then. 0, or -1 with errno. Closes in any case. */
int ask_hand_over(struct ask *a, int fd, deadline until);
void ask_close(struct ask *a);

/*
 * Asks for the mail of who calls this, in one of the forms of satchel(7). *output, the caller's
 * after ASK_OK, is read to its end, and then ask_code tells how it ended. After ASK_REFUSED a->why
 * says why.
 */
enum ask_result ask_mine(struct ask *a, const char *form, int *output, deadline until);
/* qstat's exit code, or -1 if it did not come to its end. Closes. */
int ask_code(struct ask *a, deadline until);

/* True if the PATTERN is about DOMAIN. */
bool ask_covers(struct slice pattern, struct slice domain);
/* The folder of hold/ for DOMAIN: ASK_SEVERAL where it is no name for one. */
void ask_folder(char name[ASK_FOLDER_SIZE], struct slice domain);

#endif
