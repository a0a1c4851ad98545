/* SPDX-License-Identifier: ISC */
/* What sendmail(1) does beside submitting a message; the exit code, if it returns. */
#ifndef SENDMAIL_MODES_H
#define SENDMAIL_MODES_H

#include "conf/route.h"
#include "options.h"

/* Becomes smtpd. */
_Noreturn void mode_smtp(void);
/* These run another program, whose exit code is given in the terms of sysexits.h. */
int mode_list(void);
int mode_queue(const struct options *o);
int mode_explain(const struct options *o);
int mode_check(void);
/* The tables of routes, or the end. */
struct routes *routing_read(const struct control *control);
int mode_verify(const struct options *o);

#endif
