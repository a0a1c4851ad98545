/* SPDX-License-Identifier: ISC */
/*
 * What mailconf check is made of: small checks, each of which looks at one kind of fault, and what
 * they share. A check says what it found, and also what it was not allowed to look at.
 */
#ifndef MAILCONF_CHECK_H
#define MAILCONF_CHECK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "check_tables.h"
#include "conf/control.h"
#include "mailconf.h"

enum finding {
	FINDING_ERROR,	 /* mail is lost, goes to others, or stays */
	FINDING_WARNING, /* it may be meant so */
	FINDING_UNKNOWN, /* nobody could look */
};

struct routes;

struct who { /* a user of this system */
	char name[64];
	uid_t uid;
	gid_t gid;
	bool is_found;
};

struct checks {
	const struct control *control;
	struct str *out;
	size_t counts[3]; /* by finding */
	bool has_failed;  /* no memory */
	bool asks_dns;
	bool is_split; /* the parts run as several users; else all as the spool's owner */
	bool has_spool;
	struct who owner;	  /* of the spool */
	struct who mail_user;	  /* as whom hosted mailboxes are written */
	struct who programs_user; /* as whom programs of targets run */
	struct check_tables tables;
	size_t unseen_paths; /* that only another user can look at */
	struct str unseen;   /* the first of them */
};

/* The table of checks runs. Adds to OUT. 0, or -1 without memory; k->counts says what came of it.
 */
int checks_run(struct checks *k, const struct control *c, struct str *out, bool asks_dns);

/*
 * A line: FILE is a control file, or with a slash in front any other, or "" where the text begins
 * with it, or null where it begins with a whole path; LINE 0: none. The rest is what is wrong and
 * what to do.
 */
void finding(struct checks *k, enum finding level, const char *file, size_t line,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same of ENTRY, of the table NAME. */
void finding_entry(struct checks *k, enum finding level, const struct check_table *table,
    const struct table_entry *entry, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * The tables of routes, for a check that asks them for many addresses. Null without memory, which
 * is remembered, and where they cannot be read, which check_files and check_compiled say.
 */
struct routes *check_open_routes(struct checks *k);

/* The user NAME; WHO->is_found is false where there is none. */
void who_find(struct who *who, struct slice name);
/* The user of UID, who may have no name. */
void who_of(struct who *who, uid_t uid);
/* The users of services that are to be told apart, or the spool's owner where none are. */
void who_service(const struct checks *k, struct who *who, const char *name);

enum can { CAN, CANNOT, CAN_UNKNOWN };

/*
 * Whether WHO can do MODE, of access(2), with PATH; errno says why not. What cannot be told is
 * remembered, and said once in the end.
 */
enum can who_can(struct checks *k, const struct who *who, const char *path, int mode);

/* The checks. */
void check_files(struct checks *k);
void check_modes(struct checks *k);
void check_compiled(struct checks *k);
void check_names(struct checks *k);
void check_me(struct checks *k);
void check_relay(struct checks *k);
void check_domains(struct checks *k);
void check_keys(struct checks *k);
void check_lists(struct checks *k);
void check_circles(struct checks *k);
void check_targets(struct checks *k);
void check_routes_back(struct checks *k);
void check_smarthosts(struct checks *k);
void check_programs(struct checks *k);
void check_secrets(struct checks *k);
void check_credentials_use(struct checks *k);
void check_certificates(struct checks *k);
void check_users(struct checks *k);
void check_spool(struct checks *k);
void check_rights(struct checks *k);

#endif
