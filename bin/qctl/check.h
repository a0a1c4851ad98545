/* SPDX-License-Identifier: ISC */
/*
 * qctl check: every file of the spool against spool(5). What looks wrong is looked at again under
 * the lock of a claim before it is told of, so nothing that qrun or enqueue is at is taken for
 * damage, and only what is locked is changed.
 */
#ifndef QCTL_CHECK_H
#define QCTL_CHECK_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "spool/place.h"
#include "spool/spool.h"

struct check_wish {
	bool repairs; /* what spool(5) allows */
	bool deep;    /* reads every message as a whole */
};

/* What can be done about something, in words: spool(5), FAULTS. */
enum remedy {
	REMEDY_PERSON, /* the words say what */
	REMEDY_REMOVE,
	REMEDY_SET_ASIDE,
	REMEDY_MODE,
	REMEDY_MAKE,
	REMEDY_STATES,
	REMEDY_CUT,
	REMEDY_RECORD,
	REMEDY_NAME,
	REMEDY_JOIN,
};

struct check {
	const struct check_wish *wish;
	struct spool spool;
	int corrupt_fd;
	int64_t now;
	uint64_t messages, busy, cells_free; /* seen */
	uint64_t found, repaired;
	bool is_failed; /* something could not be looked at */
};

int check_spool(const struct check_wish *wish);

/*
 * Tells of a finding in PATH (below the spool), of a STATE or fault of spool(5): WHAT is wrong; and
 * of the REMEDY, that it was done if RESULT is 0, why it could not be if that is -1 (errno), or
 * that --repair would do it.
 */
#define CHECK_ONLY_TOLD 1
void check_found(struct check *c, const char *path, const char *state, const char *what,
    enum remedy remedy, int result);
/* As above with REMEDY_PERSON: ADVICE is what to do. */
void check_ask_person(
    struct check *c, const char *path, const char *state, const char *what, const char *advice);
/* Something could not be looked at (errno). */
void check_failed(struct check *c, const char *path);
/* "FOLDER/NAME", in a buffer of its caller's. */
#define CHECK_PATH_SIZE 768
const char *check_path(char path[CHECK_PATH_SIZE], const char *folder, const char *name);

/* Calls VISIT for each name in the folder FD, which it opens once more, but those of all folders.
 */
void check_each(struct check *c, int fd, const char *folder,
    void (*visit)(struct check *c, int fd, const char *folder, const char *name));

/* Mode and owner of what stands at NAME in the folder FD; MODE with its type. False: leave it. */
bool check_mode(struct check *c, int fd, const char *folder, const char *name, mode_t mode);
/* The same, and that it has one link. */
bool check_file(struct check *c, int fd, const char *folder, const char *name);

/* check_message.c: the message in the file NAME of PLACE, which may be a cell. */
void check_message(struct check *c, const struct place *place, const char *name);
/* check_cells.c: the records of what was finished in cells, and cells that were forgotten. */
void check_records(struct check *c);
/* check_twice.c: ids that stand in more than one place. */
void check_twice(struct check *c);
/* check_rest.c: hosts/, tls-report/, run/, corrupt/ and what has no business in the spool. */
void check_rest(struct check *c);

#endif
