/* SPDX-License-Identifier: ISC */
/*
 * run/qrun/socket, where others ask qrun -w to see to the mail of some domains now (spool/ask.h),
 * and everybody else for a list of his own. Root, the spool's owner and the users of the control
 * file askers may do the former; the kernel says who asks.
 */
#ifndef QRUN_CONTROL_H
#define QRUN_CONTROL_H

#include <poll.h>

#include "fetch.h"
#include "own.h"
#include "qrun.h"
#include "spool/ask.h"

#define CONTROL_ASKERS 32
#define CONTROL_GUESTS 8 /* of these, those who may see their own mail alone */
#define CONTROL_FDS (CONTROL_ASKERS + 1 + OWN_MAX) /* polled, the first of them the listener */
#define CONTROL_USERS 16
#define CONTROL_RECENT 64

/* A connection. */
struct asker {
	int fd; /* -1: free */
	int64_t until_ms;
	uid_t uid;
	bool is_guest;	       /* may ask for his own mail, and nothing else */
	bool is_server;	       /* of askers: what it submitted is not its own */
	struct fetch *fetch;   /* once it was asked */
	const char *waits_for; /* a form of his own mail, until there is a place */
	struct own *own;       /* and then this */
	int64_t since_ms;      /* of either */
};

/* What was asked for a moment ago is not looked for again. */
struct recent {
	char *domains;
	int64_t when; /* monotonic, ms */
};

struct control_socket {
	int listener; /* -1: nobody can ask */
	int lock;     /* held as long as it listens */
	uid_t users[CONTROL_USERS];
	size_t user_count;
	struct asker askers[CONTROL_ASKERS];
	struct recent recent[CONTROL_RECENT];
	struct own own[OWN_MAX];
};

/* control.c's, for control_own.c: an answer, and the end of a conversation. */
void control_answer_one(struct asker *a, enum ask_letter letter, const char *text);
void control_let_go(struct asker *a);
/* He wants to see his own mail. False if he may not, or there is no such FORM. */
bool control_ask_own(struct asker *a, struct slice form);
/* Ends lists that are complete, and begins others. */
void control_see_to_own(struct control_socket *c, int64_t now);
/* When the next has to give way; INT64_MAX for none. */
int64_t control_own_until(const struct control_socket *c);

/* Makes the socket. Without it mail goes on: a failure is logged. */
void control_open_socket(struct control_socket *c, struct qrun *q);
/* And removes it, so that nobody offers what we would do. */
void control_close_socket(struct control_socket *c, const struct qrun *q);
/* Fills in CONTROL_FDS; how many that is. */
size_t control_poll(const struct control_socket *c, struct pollfd *fds);
/* When, in monotonic ms, the next of them is let go; INT64_MAX for none. */
int64_t control_until(const struct control_socket *c);
/* Answers what is known by now. */
void control_answer(struct control_socket *c);
/* Takes what has come, as poll reported it. */
void control_run(struct control_socket *c, struct qrun *q, const struct pollfd *fds);

#endif
