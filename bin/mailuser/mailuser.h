/* SPDX-License-Identifier: ISC */
/* What the commands of mailuser share. They end the program themselves where something is wrong. */
#ifndef MAILUSER_MAILUSER_H
#define MAILUSER_MAILUSER_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

#define PROGRAM "mailuser"
#define NAME_CAP ((size_t)4096)
#define LINE_CAP ((size_t)8192)

/* The command line behind the command's name. */
struct options {
	struct control control;
	char **words;
	int count;
	bool no_password, adopt, delete_mail, yes, skip, dry_run;
	const char *mailbox, *quota, *domain, *output; /* null where not given */
	int password_fd;			       /* -1 where not given */
};

_Noreturn void wrong_usage(const char *what);

/* Each is one command: an exit code. */
int command_add(struct options *o);
int command_passwd(struct options *o);
int command_list(struct options *o);
int command_show(struct options *o);
int command_quota(struct options *o);
int command_disable(struct options *o);
int command_enable(struct options *o);
int command_rename(struct options *o);
int command_remove(struct options *o);
int command_domain(struct options *o);
int command_import(struct options *o);
int command_export(struct options *o);
int command_fold(struct options *o);

/* Flushes standard output: what was not printed was not done, for who asked. */
void finish_output(void);

#endif
