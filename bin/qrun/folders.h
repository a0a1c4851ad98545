/* SPDX-License-Identifier: ISC */
/*
 * The directories that messages stand in: new/, the slots of deferred/ and the domains of hold/.
 * Those in use are open, with a count of references; a slot whose time has come, and the folder of
 * a domain, is removed when its last message has left. Some stay open without a reference: slots
 * that are still to come, and domains, for the messages that come next.
 */
#ifndef QRUN_FOLDERS_H
#define QRUN_FOLDERS_H

#include "qrun.h"

/* Opens the slot NAME if it is there, with a reference for the caller. Null with errno. */
struct folder *folder_open_slot(struct qrun *q, const char *name);
/* The same for the folder of a domain, by its name in hold/. */
struct folder *folder_open_held(struct qrun *q, const char *name);
void folder_let_go(struct qrun *q, struct folder *folder);
/* Moves M, whose claim ends, to the slot for DUE. 0, or -1 with errno and M where it was. */
int folder_defer(struct qrun *q, struct message *m, int64_t due);
/* The same to the folder NAME of hold/, which domain_folder made. */
int folder_hold(struct qrun *q, struct message *m, const char *name);
/*
 * A file that failed a check goes to corrupt/, and the log says so. The claim that failed still has
 * its lock: another qrun may have moved a cell, and what has its name then is good. 0, or -1 with
 * errno.
 */
int folder_set_aside(struct qrun *q, struct folder *folder, const struct claim *failed);
/* Removes a file that its writer gave up, and logs it. 0, or -1 with errno. */
int folder_remove_incomplete(struct folder *folder, const char *id);
/* Makes what was removed or moved durable. */
void folders_sync(struct qrun *q);
bool folders_need_sync(const struct qrun *q);
/* Makes run/qrun/ where it is missing: into which everybody may look. 0, or -1 with errno. */
int folders_make_run(const struct qrun *q);
/* Leaves the time of run/qrun/pass as that of a look at what is due. */
void folders_note_pass(const struct qrun *q);

#endif
