/* SPDX-License-Identifier: ISC */
/*
 * Mailing lists: from a file of members, and what is nested in it, to the steps of a plan. Each
 * file and each alias is expanded once in a plan, whoever names it again.
 */
#ifndef DELIVER_LIST_H
#define DELIVER_LIST_H

#include "expand.h"

/*
 * The recipient's targets are those of a list with the settings WORDS (conf/lists.h): they become
 * plan.list, and its owner the sender, unless that is the null one. 0, or -1 and the outcome.
 */
int list_begin(struct expansion *e, struct slice words);
/* Adds the members that the file PATH names. 0, or -1 and the outcome. */
int list_add_file(struct expansion *e, struct slice path);
/* Adds the address TEXT, or what it stands for where it is an alias of ours. Likewise. */
int list_add_member(struct expansion *e, struct slice text);
/* Forgets what was seen. */
void list_end(struct expansion *e);

#endif
