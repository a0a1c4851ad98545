/* SPDX-License-Identifier: ISC */
/* What stays from one delivery to the next: settings, names, buffers, the way to the queue. */
#ifndef DELIVER_COURIER_H
#define DELIVER_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/extension.h"
#include "conf/limits.h"
#include "conf/listed.h"
#include "conf/route.h"
#include "conf/stores.h"
#include "content.h"
#include "mail/convert_file.h"
#include "outcome.h"
#include "spool/submit.h"
#include "together.h"

#define DELIVER_PATH_MAX ((size_t)4000)

/* The files in which users say what is to be done with their mail. */
enum courier_files { COURIER_FILES_NONE, COURIER_FILES_FORWARD, COURIER_FILES_QMAIL };

#define COURIER_FILES_MAX 2

struct courier {
	struct str me;				     /* this host's name */
	struct str mailbox;			     /* of system users, below their homes */
	enum courier_files files[COURIER_FILES_MAX]; /* in this order */
	struct str postmaster;			     /* the path of that Maildir */
	struct extensions extensions;		     /* what separates them in addresses */
	struct stores stores;			     /* how mailboxes are written */
	bool relative;		/* targets may be "./path": on the command line */
	uint64_t count;		/* unique names made */
	struct content content; /* for mailboxes */
	/* of a BINARYMIME message, which mailboxes cannot hold: content is made of it */
	bool is_binary;
	enum convert_result converted; /* whether that was possible */
	struct content wire;	       /* as it came, to be forwarded */
	struct str scratch;	       /* what is about to be written */
	struct submit submit;
	struct listed listed; /* what gateways there are; read when the first is used */
	struct limits limits;
	struct together together; /* what is known of syncing many messages at once */
	struct routes *routes;	  /* for aliases within lists; read when the first is used */
	bool has_no_routes;	  /* they could not be read */
};

/* Reads the control files. 0, or -1 with errno and, in PROBLEM, what was tried. */
int courier_open(struct courier *c, struct str *problem);
void courier_close(struct courier *c);

/* 0, or -1 with O set where content holds nothing that a mailbox or a filter could take. */
int courier_check_content(const struct courier *c, struct outcome *o);

/* Adds a name that nobody else makes (mailbox/maildir_name.h). 0, or -1 with str's errors. */
int courier_unique_name(struct courier *c, struct str *name);

#endif
