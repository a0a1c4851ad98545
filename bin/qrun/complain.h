/* SPDX-License-Identifier: ISC */
/*
 * Warnings: what failed that mail survives. They are logged like all events, and where the log is
 * not standard error (-q) they go there, too, as that is what cron mails to people.
 */
#ifndef QRUN_COMPLAIN_H
#define QRUN_COMPLAIN_H

void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* From now on events go to /dev/log, and warnings to what is standard error now, too. */
void complain_alone(void);
/* What standard error was when we began. */
int complain_fd(void);

#endif
