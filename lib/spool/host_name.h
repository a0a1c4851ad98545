/* SPDX-License-Identifier: ISC */
/* The names of files in hosts/ (spool(5), HOSTS): destinations, escaped. */
#ifndef SPOOL_HOST_NAME_H
#define SPOOL_HOST_NAME_H

#include "base/str.h"

/* Adds the name for DESTINATION, "mx:example.org". 0, or -1 with str's errors. */
int host_name_add(struct str *name, const char *destination);
/* Adds the destination that a file of that NAME is about. 0, or -1 with errno (EINVAL: no name). */
int host_name_read(struct str *destination, const char *name);

#endif
