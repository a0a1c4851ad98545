/* SPDX-License-Identifier: ISC */
/* What a monitor wants to know of the queue, in the text format of Prometheus. */
#ifndef QSTAT_METRICS_H
#define QSTAT_METRICS_H

/*
 * Prints it; or with FILE writes it to a new file that then takes the place of FILE, by a process
 * that still has the rights of who called. Exit code; it says what is wrong itself.
 */
int metrics_show(const char *file);

#endif
