/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "check.h"
#include "spool/cell.h"
#include "spool/claim.h"
#include "spool/verify.h"

#define FIRST ((size_t)4096)
#define BLOCK ((size_t)65536)
#define ABANDONED_SECONDS 3600 /* spool(5): when an incomplete file is removed */

enum fault { SOUND, INCOMPLETE, CORRUPT, STATES, LONGER, FAILED };

/* The file that is looked at. */
struct subject {
	const struct place *place;
	const char *name, *path;
	int fd;
	int cell; /* -1 for none */
};

/* A file as it was found, and what is said of it. */
struct judgement {
	enum fault fault;
	const char *problem;
	char text[128];
	struct message_header header;
	uint64_t size;
};

/* Feeds what the file has until VERIFY has had all that is asked for. False with errno. */
static bool
feed(struct verify *v, int fd, bool deep)
{
	enum verify_part end = deep ? VERIFY_BEHIND : VERIFY_MESSAGE;
	char first[FIRST], *block = first;
	size_t size = sizeof first;
	off_t offset = 0;
	ssize_t n = 1;

	while (n > 0 && v->part < end && v->problem == NULL && !v->is_empty) {
		struct slice rest;

		n = pread(fd, block, size, offset);
		if (n == -1 && errno == EINTR)
			n = 1;
		else if (n > 0) {
			rest = slice_make(block, (size_t)n);
			(void)verify_feed(v, &rest);
			offset += n;
		}
		if (block == first) {
			block = malloc(BLOCK);
			size = BLOCK;
			if (block == NULL)
				return false;
		}
	}
	if (block != first)
		free(block);
	return n != -1;
}

static void
judge_whole(struct judgement *j, const struct verify *v, const struct subject *s)
{
	if (s->cell == -1 && strcmp(v->header.id, s->name) != 0) {
		j->fault = CORRUPT;
		j->problem = "the header has another id";
	} else if (message_file_size(&v->header) > j->size) {
		j->fault = CORRUPT;
		j->problem = "the file ends within the message";
	} else if (v->bad_states > 0) {
		j->fault = STATES;
		snprintf(j->text, sizeof j->text,
		    "%zu state%s not as written, the first that of recipient %zu", v->bad_states,
		    v->bad_states == 1 ? " is" : "s are", v->first_bad + 1);
		j->problem = j->text;
	} else if (s->cell == -1 && message_file_size(&v->header) < j->size) {
		j->fault = LONGER;
		j->problem = "it is longer than its message, as a cell is";
	}
}

/* A cell whose message is done, whatever it holds. */
static bool
is_finished(const struct check *c, const struct subject *s, const struct verify *v)
{
	return s->cell != -1 && v->part > VERIFY_HEADER &&
	       cell_is_finished(&c->spool, s->cell, v->header.id);
}

static void
judge(const struct check *c, struct judgement *j, const struct subject *s)
{
	bool deep = c->wish->deep;
	struct verify v;
	struct stat st;

	*j = (struct judgement){.fault = SOUND};
	verify_init(&v);
	if (fstat(s->fd, &st) == -1 || !feed(&v, s->fd, deep))
		j->fault = FAILED;
	else if (is_finished(c, s, &v))
		j->problem = NULL;
	else if (v.is_empty || st.st_size < (off_t)MESSAGE_HEADER_SIZE) {
		j->fault = INCOMPLETE;
		j->problem = "its writer died before it was whole";
	} else if (v.problem == NULL && (v.part == VERIFY_BEHIND || !deep) &&
		   v.part >= VERIFY_MESSAGE) {
		j->size = (uint64_t)st.st_size;
		judge_whole(j, &v, s);
	} else {
		(void)verify_end(&v);
		j->fault = CORRUPT;
		j->problem = v.problem;
	}
	j->header = v.header;
	verify_free(&v);
}

/* Each state as it is read. 0, or -1 with errno. */
static int
rewrite_states(int fd, const struct message_header *h)
{
	char bytes[MESSAGE_STATE_SIZE], text[MESSAGE_STATE_SIZE];

	for (size_t i = 0; i < h->recipients; i++) {
		struct recipient_state state;

		if (io_pread(fd, bytes, sizeof bytes, message_state_offset(h, i)) == -1)
			return -1;
		if (verify_is_state(bytes))
			continue;
		message_state_decode(&state, bytes);
		if (slice_has_control(state.reply))
			state.reply = slice_of("");
		message_state_encode(&state, text);
		if (io_pwrite(fd, text, sizeof text, message_state_offset(h, i)) == -1)
			return -1;
	}
	return fdatasync(fd);
}

/* Under its id, as far as it has one. */
static int
set_aside(const struct check *c, const struct subject *s, const struct judgement *j)
{
	char id[ID_SIZE];

	memcpy(id, s->cell == -1 ? s->name : j->header.id, sizeof id);
	if (id[0] == '\0')
		id_make(id, clock_wall_us());
	if (renameat2(s->place->fd, s->name, c->corrupt_fd, id, RENAME_NOREPLACE) == -1)
		return -1;
	return fsync(c->corrupt_fd) == -1 || fsync(s->place->fd) == -1 ? -1 : 0;
}

/* Made, and never filled: in new/ that is what a killed writer leaves, elsewhere it is damage. */
static void
see_to_incomplete(struct check *c, const struct subject *s, const struct judgement *j)
{
	bool is_new = s->place->kind == PLACE_NEW;
	int result = CHECK_ONLY_TOLD;

	if (s->cell != -1 ||
	    (is_new && c->now - id_time(slice_of(s->name)) / 1000000 <= ABANDONED_SECONDS))
		return; /* qrun removes it in its time */
	if (c->wish->repairs)
		result = is_new ? unlinkat(s->place->fd, s->name, 0) : set_aside(c, s, j);
	check_found(c, s->path, is_new ? "incomplete" : "corrupt", j->problem,
	    is_new ? REMEDY_REMOVE : REMEDY_SET_ASIDE, result);
}

/* The file is locked, and it is still what the name leads to. */
static void
see_to(struct check *c, const struct subject *s, const struct judgement *j)
{
	bool repairs = c->wish->repairs;
	int result = CHECK_ONLY_TOLD;

	switch (j->fault) {
	case INCOMPLETE:
		see_to_incomplete(c, s, j);
		break;
	case CORRUPT:
		if (repairs)
			result = set_aside(c, s, j);
		check_found(c, s->path, "corrupt", j->problem, REMEDY_SET_ASIDE, result);
		break;
	case STATES:
		if (repairs)
			result = rewrite_states(s->fd, &j->header);
		check_found(c, s->path, "states", j->problem, REMEDY_STATES, result);
		break;
	case LONGER:
		if (repairs)
			result = ftruncate(s->fd, (off_t)message_file_size(&j->header));
		check_found(c, s->path, "longer", j->problem, REMEDY_CUT, result);
		break;
	case FAILED:
		check_failed(c, s->path);
		break;
	case SOUND:
		break;
	}
}

static bool
still_leads_to(const struct subject *s)
{
	struct stat named, opened;

	return fstatat(s->place->fd, s->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(s->fd, &opened) == 0 && named.st_dev == opened.st_dev &&
	       named.st_ino == opened.st_ino;
}

/* False if it is not there any more, or cannot be opened. */
static bool
open_subject(struct check *c, struct subject *s, int how)
{
	s->fd = openat(s->place->fd, s->name, how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (s->fd == -1 && errno != ENOENT)
		check_failed(c, s->path);
	return s->fd != -1;
}

/* Once more, alone with it: what somebody else is at is what he makes of it. */
static void
judge_again(struct check *c, struct subject *s)
{
	struct judgement again;

	if (!open_subject(c, s, O_RDWR))
		return;
	if (claim_lock(s->fd, false) == -1)
		c->busy++;
	else if (still_leads_to(s)) {
		judge(c, &again, s);
		see_to(c, s, &again);
	}
	io_close(s->fd);
}

void
check_message(struct check *c, const struct place *place, const char *name)
{
	struct subject s = {.place = place, .name = name, .cell = -1};
	char path[CHECK_PATH_SIZE];
	struct judgement j;

	if (!check_file(c, place->fd, place->name, name))
		return;
	s.path = check_path(path, place->name, name);
	if (place->cells != NULL)
		s.cell = cell_number(slice_of(name));
	if (!open_subject(c, &s, O_RDONLY))
		return;
	judge(c, &j, &s);
	io_close(s.fd);
	c->messages += s.cell == -1 || j.fault == SOUND;
	/* nearly all cells are free, and there may be many */
	if (s.cell != -1 && j.fault == INCOMPLETE)
		c->cells_free++;
	else if (j.fault != SOUND)
		judge_again(c, &s);
}
