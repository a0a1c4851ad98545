/* SPDX-License-Identifier: ISC */
/* What the parts of mailconf share. Each fills a text that main prints. */
#ifndef MAILCONF_MAILCONF_H
#define MAILCONF_MAILCONF_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/route.h"

#define PROGRAM "mailconf"
#define OUTPUT_MAX ((size_t)4 << 20)
#define NAME_WIDTH 18 /* of the first column */

struct show_options {
	bool is_changed; /* only what is not the default */
	bool has_tabs;	 /* for programs: tabs between columns, nothing cut */
};

/* Adds all settings with what they say: the number of problems, or -1 without memory. */
int show_settings(const struct control *c, const struct show_options *options, struct str *out);
/* True for the name of a control file, or of one of the variables of the environment. */
bool show_is_name(const char *name);
/* Adds all that is to be said about COUNT control files: as above. */
int show_files(const struct control *c, char **names, size_t count, struct str *out);
/* Adds the numbers of the control file limits: as above. */
int show_limits(const struct control *c, const struct show_options *options, struct str *out);

/*
 * Where the settings are root's and the spool another's, parts run as users of their own; where
 * both belong to one, all run as that user (satchel(7), USERS).
 */
bool checks_is_split(const struct control *c);

/* Explains where ADDRESS goes. SENDER: null, whoever it is. The exit code, or -1 without memory. */
int explain_route(const struct control *c, const struct routes *routes, struct slice address,
    const struct slice *sender, struct str *out);

/* Explains how what smtp-send is told is reached: the exit code, or -1 without memory. */
int explain_servers(const struct control *c, const struct routes *routes, struct slice next_hop,
    const char *indent, struct str *out);

/* One line: SOURCE, what it has, and what follows. 0, or -1 without memory. */
int add_line(
    struct str *out, const char *indent, const char *source, struct slice what, const char *says);

/* mailconf compile: tells what it did, and what is wrong. The worst of the exit codes. */
int compile_tables(const struct control *c, char **names, size_t count);

#endif
