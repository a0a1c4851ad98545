/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_WORKER_H
#define DELIVER_WORKER_H

#include <signal.h>

#include "courier.h"
#include "outcome.h"
#include "spool/job.h"

/* Puts off the signals that would end the process: SIGTERM, SIGINT, SIGHUP. */
void worker_block_signals(sigset_t *before);

/* Delivers JOB to all its recipients; OUTCOMES are as many, initialised, and then final. */
void worker_run_job(struct courier *c, const struct job *job, struct outcome *outcomes);

/* Takes job after job from FD. 0 when qrun has gone, -1 with errno. */
int worker_run(struct courier *c, int fd);

#endif
