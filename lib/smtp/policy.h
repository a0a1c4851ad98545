/* SPDX-License-Identifier: ISC */
/*
 * Asking others what to do with a message: the policy delegation protocol of Postfix
 * (SMTPD_POLICY_README), as its client. A request is lines "name=value" and an empty line; so is
 * the answer, of which "action=..." counts. Many requests go over one connection.
 */
#ifndef SMTP_POLICY_H
#define SMTP_POLICY_H

#include <sys/socket.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/executor.h"
#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

#define POLICY_SERVICES_MAX 8
#define POLICY_ANSWER_MAX ((size_t)8192)
#define POLICY_TASK_MAX 16

enum policy_stage { POLICY_RCPT, POLICY_DATA, POLICY_END };

/* A line of the control file policy. */
struct policy_service {
	enum policy_stage stage;
	bool is_for_all;		 /* for clients that may relay, too */
	char *path;			 /* of a unix socket; owned; or null */
	char **words;			 /* of a program; owned, as one block; or null */
	struct sockaddr_storage address; /* else */
	socklen_t length;
	char task[POLICY_TASK_MAX]; /* the executor's name for it */
	unsigned seconds;	    /* after which a program is stuck, and ends; 0: never */
};

struct policy {
	struct policy_service services[POLICY_SERVICES_MAX];
	size_t count;
};

/* 1, 0 without the file, or -1 with errno, for EINVAL with line and cause in PROBLEM. */
int policy_read(struct policy *p, const struct control *c, struct str *problem);
void policy_free(struct policy *p);
/* The executor's task of a program; CONTEXT is its service. Returns only if that fails. */
void policy_run(const void *context, int fd);

/* A connection to one. */
struct policy_link {
	int fd;	   /* -1: none */
	pid_t pid; /* of a program that we executed */
};

/* 0, or -1 with errno. EXECUTOR may be null: programs are executed by this process then. */
int policy_open(struct policy_link *l, const struct policy_service *service,
    const struct executor *executor, deadline until);
void policy_close(struct policy_link *l);
/* ANSWER, cleared before, becomes what came, up to its empty line. 0 or -1; EPROTO: no answer. */
int policy_ask(struct policy_link *l, struct slice request, struct str *answer, deadline until);

/* Adds "NAME=VALUE" and a line end; what could make a line of its own in VALUE becomes "?". */
int policy_add(struct str *request, const char *name, struct slice value);

enum policy_action {
	POLICY_DUNNO,
	POLICY_OK,
	POLICY_REPLY, /* code, status, text */
	POLICY_DEFER_IF_PERMIT,
	POLICY_DEFER_IF_REJECT,
	POLICY_PREPEND, /* text is a header field */
	POLICY_NOTE,	/* WARN, INFO: text is for the log */
	POLICY_OTHER,	/* an action that is not known here: text names it */
};

struct policy_verdict {
	enum policy_action action;
	int code;	 /* 421, 4xx or 5xx */
	char status[40]; /* "5.7.1" */
	struct slice text;
};

/* What ANSWER, as policy_ask had it, says; POLICY_OTHER with an empty text for no action at all. */
struct policy_verdict policy_understand(struct slice answer);

#endif
