/* SPDX-License-Identifier: ISC */
#ifndef QSTAT_LIST_H
#define QSTAT_LIST_H

#include <stdbool.h>

#define PROGRAM "qstat"

struct wish {
	bool counts_only;
	bool everything; /* recipients that are done, too */
	char **ids;	 /* of count messages; all if there are none */
	int count;
};

/* Prints the queue as qstat(1) says. Exit code. */
int list_queue(const struct wish *wish);

#endif
