/* SPDX-License-Identifier: ISC */
/* What the files of link.h share. */
#ifndef SMTP_PROBE_LINK_PARTS_H
#define SMTP_PROBE_LINK_PARTS_H

#include "link.h"

/* All of it, within the step: 0, or -1 with errno. */
int link_write(struct link *l, struct slice octets);
/* Ends the step by what errno says. */
enum answer link_lose(struct link *l);

/* Starts the command of the server: a descriptor that is its standard input and output, or -1. */
int link_run(struct link *l);
/* Waits a little for it to end, and ends it then. */
void link_end_run(struct link *l);

#endif
