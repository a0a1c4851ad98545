/* SPDX-License-Identifier: ISC */
/* What is to become of a message once everything has been tried: who is told what, and where next.
 */
#ifndef QRUN_ENDING_H
#define QRUN_ENDING_H

#include "qrun.h"

/* All tasks are over: M leaves qrun's hands. */
void ending_finish(struct qrun *q, struct message *m);

#endif
