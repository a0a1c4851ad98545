/* SPDX-License-Identifier: ISC */
/* A queue on its way from one machine to another (qctl(8), export and import). */
#ifndef QCTL_MOVE_H
#define QCTL_MOVE_H

#include <stdbool.h>

#include "spool/selection.h"

struct export_wish {
	struct selection selection;
	char **ids; /* as in struct wish */
	int id_count;
	bool copies; /* leaves them as they are */
};

/* To standard output. Exit code. */
int export_messages(const struct export_wish *wish);
/* From standard input, into hold/, or with RESTORES to where they were. Exit code. */
int import_messages(bool restores);

#endif
