/* SPDX-License-Identifier: ISC */
/*
 * One directory of messages, name after name. Names are read in batches and each batch is given in
 * the order of the files' inodes: where they stand on the disk, so that a large directory costs a
 * sweep and not a seek for each file. Memory is that of a batch.
 */
#ifndef QRUN_WALK_H
#define QRUN_WALK_H

#include <sys/types.h>

#include <dirent.h>

#include "qrun.h"

struct walk_name {
	ino_t inode;
	char name[ID_SIZE]; /* an id, or of a cell */
};

struct walk {
	DIR *dir; /* null for nothing */
	struct folder *folder;
	struct walk_name *names; /* of the batch */
	size_t count, room, at;
	bool is_ahead; /* files are read ahead of their turn */
};

/* Begins with FOLDER, and takes a reference of its caller's. False, and none taken, on failure. */
bool walk_open(struct walk *w, struct folder *folder);
/* The next name, good until the next call; null at the end. */
const char *walk_next(struct walk *w);
/* Gives the reference back. */
void walk_close(struct walk *w, struct qrun *q);
/* The directory FD as a stream of its own; null, and logged, on failure. */
DIR *walk_stream(int fd);

#endif
