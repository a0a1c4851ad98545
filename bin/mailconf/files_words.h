/* SPDX-License-Identifier: ISC */
/* Control files of few words. Each: 0, or -1 with errno; for EINVAL with PROBLEM. */
#ifndef MAILCONF_FILES_WORDS_H
#define MAILCONF_FILES_WORDS_H

#include "conf/control.h"

int check_forward_files(const struct control *c, const char *name, struct str *problem);
int check_mailbox(const struct control *c, const char *name, struct str *problem);
int check_folder(const struct control *c, const char *name, struct str *problem);
int check_address(const struct control *c, const char *name, struct str *problem);
int check_verify(const struct control *c, const char *name, struct str *problem);
/* tables: with keys alone, or with values */
int check_key_list(const struct control *c, const char *name, struct str *problem);
int check_pairs(const struct control *c, const char *name, struct str *problem);
int check_authentication(const struct control *c, const char *name, struct str *problem);
int check_tls_report(const struct control *c, const char *name, struct str *problem);

#endif
