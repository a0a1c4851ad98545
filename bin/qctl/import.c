/* SPDX-License-Identifier: ISC */
/*
 * What comes is believed in nothing: the stream, the places and each file are checked before a name
 * is given to it. Until then a message has none, so nothing is left of what did not come whole.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "init.h"
#include "known.h"
#include "move.h"
#include "say.h"
#include "spool/identity.h"
#include "spool/parcel.h"
#include "spool/verify.h"

#define TOGETHER 64	 /* messages that are made durable at once */
#define READ_SECONDS 600 /* for whoever sends them */
#define BLOCK ((size_t)65536)
#define REASON_SIZE 256

static const char IMPORTED[] = "imported", THERE[] = "is there already";

/* One that has come, whole, and has no name yet. */
struct arrival {
	struct parcel_head head;
	int fd;
};

struct import {
	bool restores;
	bool is_own; /* the messages are of this very spool */
	struct spool spool;
	struct known known;
	int hold_fd;
	struct parcel parcel;
	struct verify verify;
	int fd; /* of the message that comes; -1: it is passed over */
	bool is_known, is_open;
	char reason[REASON_SIZE]; /* why it is not taken; "" for no reason */
	struct arrival arrivals[TOGETHER];
	size_t count;
	uint64_t done, there_already;
	int code;
};

static void
fail(struct import *m, int code, const char *id, const char *why)
{
	m->code = say_failure(m->code, code, id, why);
}

/* Standard output has what is safe here and may be deleted there: nothing if here is there. */
static void
say(struct import *m, const char *id, const char *what)
{
	fprintf(m->is_own ? stderr : stdout, "%s %s\n", id, what);
	if (what == THERE)
		m->there_already++;
	else
		m->done++;
}

/* A folder that is there, or is made here, durably. */
static int
open_folder(struct import *m, const char *place)
{
	const char *slash = strchr(place, '/');
	char above[16];
	int fd, result;

	if (slash == NULL)
		return spool_open_directory(&m->spool, place);
	if (mkdirat(m->spool.fd, place, 0700) == -1)
		return errno == EEXIST ? spool_open_directory(&m->spool, place) : -1;
	snprintf(above, sizeof above, "%.*s", (int)(slash - place), place);
	fd = spool_open_directory(&m->spool, above);
	result = fd == -1 ? -1 : fsync(fd);
	io_close(fd);
	return result == -1 ? -1 : spool_open_directory(&m->spool, place);
}

/* 0, or -1 with errno. A folder that was empty may be removed before anything stands in it. */
static int
give_name(struct import *m, const struct arrival *a)
{
	const char *place = m->restores ? a->head.place : "hold";
	char name[64];
	int result = -1;

	snprintf(name, sizeof name, "/proc/self/fd/%d", a->fd);
	for (int i = 0; i < 3 && result == -1; i++) {
		int fd = open_folder(m, place);

		if (fd != -1)
			result = linkat(AT_FDCWD, name, fd, a->head.id, AT_SYMLINK_FOLLOW);
		if (result == 0 && m->count == 1)
			result = fsync(fd);
		io_close(fd);
		if (result == -1 && errno != ENOENT)
			break;
	}
	return result;
}

/* Names them; their contents are durable. What is to be said of each, null where it failed. */
static bool
name_all(struct import *m, const char *said[TOGETHER])
{
	bool is_alone = m->count == 1; /* and then durable */

	for (size_t i = 0; i < m->count; i++) {
		struct arrival *a = &m->arrivals[i];
		int result = give_name(m, a);

		said[i] = result == 0 ? IMPORTED : errno == EEXIST ? THERE : NULL;
		if (said[i] == NULL)
			fail(m, EXIT_TEMPORARY, a->head.id, strerror(errno));
		is_alone = is_alone && said[i] != THERE;
		io_close(a->fd);
	}
	return is_alone;
}

/* One sync of the file system costs less than one for each of many files. */
static int
sync_contents(const struct import *m)
{
	return m->count == 1 ? fsync(m->arrivals[0].fd) : syncfs(m->spool.fd);
}

/* Makes durable what has come, and only then says so: whoever sent it may delete it there. */
static void
settle(struct import *m)
{
	const char *said[TOGETHER];

	if (m->count > 0 && sync_contents(m) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to sync the messages");
	if (!name_all(m, said) && m->count > 0 && syncfs(m->spool.fd) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to sync the messages");
	for (size_t i = 0; i < m->count; i++)
		if (said[i] != NULL) {
			say(m, m->arrivals[i].head.id, said[i]);
			if (known_add(&m->known, m->arrivals[i].head.id) == -1)
				die_errno(PROGRAM, EXIT_TEMPORARY, "unable to go on");
		}
	m->count = 0;
	if (fflush(stdout) == EOF)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say what was imported");
}

/* Whether that id came a moment ago, and has no name yet. */
static bool
is_arriving(const struct import *m, const char *id)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->arrivals[i].head.id, id) == 0)
			return true;
	return false;
}

static void
refuse(struct import *m, const char *why)
{
	if (m->reason[0] == '\0')
		snprintf(m->reason, sizeof m->reason, "is not taken: %s", why);
}

static void
begin_message(struct import *m)
{
	if (is_arriving(m, m->parcel.head.id))
		settle(m);
	m->is_known = known_has(&m->known, m->parcel.head.id);
	m->reason[0] = '\0';
	m->is_open = true;
	verify_init(&m->verify);
	m->fd = -1;
	if (m->is_known)
		return;
	m->fd = openat(m->hold_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (m->fd == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make a file without a name in %s",
		    m->spool.path);
	if (fchmod(m->fd, 0600) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set the mode of a message");
}

static void
take_octets(struct import *m)
{
	struct slice rest = m->parcel.octets;

	if (m->is_known || m->reason[0] != '\0')
		return;
	if (!verify_feed(&m->verify, &rest))
		refuse(m, m->verify.is_empty ? "it is empty" : m->verify.problem);
	else if (rest.len > 0)
		refuse(m, "something stands behind the message");
	else if (io_write(m->fd, m->parcel.octets.data, m->parcel.octets.len, DEADLINE_NEVER) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s", m->parcel.head.id);
}

static void
judge(struct import *m)
{
	if (!verify_end(&m->verify))
		refuse(m, m->verify.is_empty ? "it is empty" : m->verify.problem);
	else if (strcmp(m->verify.header.id, m->parcel.head.id) != 0)
		refuse(m, "the header has another id");
	else if (m->verify.bad_states > 0)
		refuse(m, "its states are not as written: 'qctl check --repair' mends them there");
}

static void
end_message(struct import *m)
{
	const char *id = m->parcel.head.id;

	m->is_open = false;
	if (m->is_known) {
		say(m, id, THERE);
	} else {
		judge(m);
		if (m->reason[0] == '\0') {
			m->arrivals[m->count++] =
			    (struct arrival){.head = m->parcel.head, .fd = m->fd};
			m->fd = -1;
		} else
			fail(m, EXIT_PERMANENT, id, m->reason);
	}
	io_close(m->fd);
	m->fd = -1;
	verify_free(&m->verify);
	if (m->count == TOGETHER)
		settle(m);
}

/* 'qctl export all | qctl import | qctl delete -' with one spool would delete all of it. */
static void
begin_all(struct import *m)
{
	char identity[IDENTITY_SIZE];

	/* not before: it may be the export at the other end that made it */
	if (identity_read(&m->spool, identity) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", m->spool.problem.data);
	m->is_own = strcmp(m->parcel.origin, identity) == 0;
	if (m->is_own && !m->restores)
		die(PROGRAM, EXIT_PERMANENT,
		    "these messages are of this very spool, %s, so nothing is imported; 'qctl "
		    "import --restore' puts back those that are gone from it",
		    m->spool.path);
}

/* True at the end of the stream; what came before damage is kept. */
static bool
take(struct import *m, struct slice piece)
{
	for (;;)
		switch (parcel_next(&m->parcel, &piece)) {
		case PARCEL_MORE:
			return false;
		case PARCEL_BEGIN:
			begin_all(m);
			break;
		case PARCEL_MESSAGE:
			begin_message(m);
			break;
		case PARCEL_OCTETS:
			take_octets(m);
			break;
		case PARCEL_WHOLE:
			end_message(m);
			break;
		case PARCEL_END:
			if (piece.len == 0)
				return true;
			break;
		case PARCEL_BAD:
			settle(m);
			die(PROGRAM, EXIT_PERMANENT,
			    "the messages did not come as they were sent: %s; those named are here",
			    m->parcel.problem);
		}
}

static void
read_all(struct import *m, char *block)
{
	bool is_over = false;
	ssize_t n;

	while ((n = io_read(STDIN_FILENO, block, BLOCK, deadline_in_seconds(READ_SECONDS))) > 0)
		is_over = take(m, slice_make(block, (size_t)n));
	settle(m);
	if (n == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the messages");
	if (!is_over)
		die(PROGRAM, EXIT_TEMPORARY,
		    "the messages end too soon: %" PRIu64 " are here; send them all again",
		    m->done);
}

static void
begin(struct import *m)
{
	if (isatty(STDIN_FILENO))
		die(PROGRAM, EXIT_PERMANENT,
		    "import reads what 'qctl export' wrote from standard input");
	if (spool_become_owner(&m->spool) == -1 || spool_open(&m->spool) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", m->spool.problem.data);
	m->hold_fd = spool_open_directory(&m->spool, "hold");
	if (m->hold_fd == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", m->spool.problem.data);
	if (known_read(&m->known, &m->spool) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to see what is there");
	/* an import that was killed may have left names that are not durable; "there already" is */
	if (syncfs(m->spool.fd) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to sync the messages");
	parcel_init(&m->parcel);
}

int
import_messages(bool restores)
{
	struct import *m = calloc(1, sizeof *m);
	char *block = malloc(BLOCK);
	int code;

	if (m == NULL || block == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	m->restores = restores;
	m->fd = -1;
	begin(m);
	read_all(m, block);
	if (restores)
		spool_wake(&m->spool, "", -1);
	fprintf(stderr, "%s: %" PRIu64 " message%s imported, %" PRIu64 " there already%s\n",
	    PROGRAM, m->done, m->done == 1 ? "" : "s", m->there_already,
	    restores || m->done == 0 ? "" : "; 'qctl release' lets them go");
	code = m->code;
	known_free(&m->known);
	io_close(m->hold_fd);
	spool_close(&m->spool);
	free(block);
	free(m);
	return code;
}
