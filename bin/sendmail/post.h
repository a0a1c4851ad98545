/* SPDX-License-Identifier: ISC */
#ifndef SENDMAIL_POST_H
#define SENDMAIL_POST_H

#include "options.h"

/* Submits the message on standard input. Returns once it is durable; else ends the program. */
void post(const struct options *o);

#endif
