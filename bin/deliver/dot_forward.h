/* SPDX-License-Identifier: ISC */
/* ~/.forward, in the format of sendmail and Postfix (deliver(8)). */
#ifndef DELIVER_DOT_FORWARD_H
#define DELIVER_DOT_FORWARD_H

#include "home.h"
#include "home_file.h"

/* Reads .forward+EXTENSION, or else .forward. 1, 0 if there is neither, -1 and the outcome. */
int dot_forward_read(struct expansion *e, struct home_file *f);
/* Adds what the file says. 0, or -1 and the outcome. */
int dot_forward_expand(struct expansion *e, const struct home_file *f);

#endif
