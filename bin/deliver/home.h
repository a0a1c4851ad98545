/* SPDX-License-Identifier: ISC */
/*
 * What a system user wants done with his mail: the files in his home that the control file
 * forwardfiles names, or else his default mailbox. All that they hold is hostile.
 */
#ifndef DELIVER_HOME_H
#define DELIVER_HOME_H

#include "expand.h"

#define HOME_FILE_MAX ((size_t)65536) /* octets of one such file */

/*
 * Adds what the user NAME wants done with his mail, or with WITH_FILES false his default mailbox.
 * If we run as another, it is forwarded to an address that means the same. 0, or -1 and the
 * outcome.
 */
int home_expand(struct expansion *e, struct slice name, bool with_files);

/* For what reads the files: the plan has a home. */
int home_add_mailbox(struct expansion *e);
/* Adds /path, ~/path or ./path, a Maildir if it ends with a slash. */
int home_add_path(struct expansion *e, struct slice path);
int home_add_program(struct expansion *e, struct slice command, bool may_stop);
/* Adds the mailbox of another user. */
int home_add_other(struct expansion *e, struct slice name, bool with_files);
/* A failure about LINE (from 1) of the file NAME, which stays with the mail until he mends it. */
int home_refuse(struct expansion *e, const char *name, size_t line, const char *why);

#endif
