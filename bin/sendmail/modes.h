/* SPDX-License-Identifier: ISC */
/* What sendmail(1) does beside submitting a message; the exit code, if it returns. */
#ifndef SENDMAIL_MODES_H
#define SENDMAIL_MODES_H

#include "conf/route.h"
#include "options.h"

_Noreturn void mode_smtp(void);
_Noreturn void mode_list(void);
_Noreturn void mode_queue(void);
int mode_check(void);
/* The tables of routes, or the end. */
struct routes *routing_read(const struct control *control);
int mode_verify(const struct options *o);
int mode_explain(void);

#endif
