/* SPDX-License-Identifier: ISC */
#ifndef MAILUSER_SHOW_H
#define MAILUSER_SHOW_H

#include "conf/accounts.h"
#include "conf/control.h"

/* Prints the lines quota and used of ACCOUNT. */
void show_use(const struct control *c, const struct account *account);

#endif
