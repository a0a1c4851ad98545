/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_INPUT_H
#define DELIVER_INPUT_H

#include "spool/job.h"

/*
 * Finds the message on FD for JOB: a regular file is read in place, anything else is copied to a
 * file without a name; a first line "From " is left out. Blocks as long as the writer takes. 0, or
 * -1 with errno. job->fd is then owned.
 */
int input_open(struct job *job, int fd);

#endif
