/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "base/writer.h"
#include "init.h"
#include "move.h"
#include "say.h"
#include "spool/claim.h"
#include "spool/identity.h"
#include "spool/parcel.h"
#include "spool/survey.h"

#define TOGETHER 256	  /* messages that are put on hold before they are written */
#define WRITE_SECONDS 600 /* for whoever reads what is written */
#define BLOCK ((size_t)65536)
#define WAITING ((unsigned)PLACE_NEW | (unsigned)PLACE_DEFERRED)

struct export
{
	const struct export_wish *wish;
	struct spool spool;
	int hold_fd;
	struct parcel_writer parcel;
	struct writer out;
	struct parcel_head held[TOGETHER]; /* on hold by now, and not written yet */
	size_t held_count;
	char block[BLOCK];
	int code;
};

static void
fail(struct export *e, int code, const char *id, const char *why)
{
	e->code = say_failure(e->code, code, id, why);
}

/* Half of a stream is none: whoever reads it sees that its end is missing. */
static void
put(struct export *e, const char *data, size_t len)
{
	e->out.until = deadline_in_seconds(WRITE_SECONDS);
	if (writer_add(&e->out, data, len) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write the messages");
}

/* The file as its claim has it, without what is left of others behind it. */
static void
write_claimed(struct export *e, const struct claim *claim, const char *place)
{
	struct parcel_head head = {.length = message_file_size(&claim->header)};
	char line[PARCEL_LINE_MAX];
	uint64_t done = 0;

	memcpy(head.id, claim->header.id, sizeof head.id);
	memcpy(head.place, place, strlen(place) + 1);
	put(e, line, parcel_message(&e->parcel, line, &head));
	while (done < head.length) {
		size_t len = head.length - done < BLOCK ? (size_t)(head.length - done) : BLOCK;

		if (io_pread(claim->fd, e->block, len, (off_t)done) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s", head.id);
		parcel_octets(&e->parcel, slice_make(e->block, len));
		put(e, e->block, len);
		done += len;
	}
	put(e, line, parcel_message_end(&e->parcel, line));
}

/* Those that are on hold now, for good: what another machine delivers nobody delivers here. */
static void
write_held(struct export *e, const struct place *place)
{
	if (e->held_count > 0 && (fsync(e->hold_fd) == -1 || fsync(place->fd) == -1))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to put messages on hold");
	for (size_t i = 0; i < e->held_count; i++) {
		const struct parcel_head *head = &e->held[i];
		struct claim claim;
		enum claim_result result = claim_take(&claim, e->hold_fd, head->id, true);

		if (result == CLAIM_TAKEN)
			write_claimed(e, &claim, head->place);
		else
			fail(e, result == CLAIM_CORRUPT ? EXIT_PERMANENT : EXIT_TEMPORARY, head->id,
			    result == CLAIM_CORRUPT
				? "is not a complete message: see 'qctl check --repair'"
				: "was taken away while it was exported");
		claim_release(&claim);
	}
	e->held_count = 0;
}

static void
export_claimed(struct export *e, const struct place *place, struct claim *claim)
{
	struct parcel_head *head = &e->held[e->held_count];
	const char *name = strcmp(place->name, "cells") == 0 ? "new" : place->name;

	if (e->wish->copies) {
		write_claimed(e, claim, name);
		return;
	}
	memcpy(head->id, claim->header.id, sizeof head->id);
	memcpy(head->place, name, strlen(name) + 1);
	if (strcmp(place->name, "hold") != 0 && claim_move(claim, e->hold_fd) == -1) {
		fail(e, EXIT_TEMPORARY, head->id, strerror(errno));
		return;
	}
	claim_release(claim);
	if (++e->held_count == TOGETHER)
		write_held(e, place);
}

static bool
visit(void *context, const struct survey_message *m)
{
	struct export *e = context;
	struct claim claim = {.fd = -1};
	enum claim_result result;

	if (m->result == VIEW_INCOMPLETE && e->wish->id_count == 0)
		return true;
	/* its checksum is compared with the octets that are sent */
	if (m->entry->cell == -1)
		result = claim_take(&claim, m->place->fd, m->entry->id, e->wish->copies);
	else
		result = claim_take_cell(&claim, &e->spool, m->entry->cell, true);
	if (result == CLAIM_TAKEN && strcmp(claim.header.id, m->entry->id) == 0)
		export_claimed(e, m->place, &claim);
	else if (result == CLAIM_BUSY)
		fail(e, EXIT_TEMPORARY, m->entry->id, "is being delivered; export it later");
	else if (result == CLAIM_CORRUPT || result == CLAIM_INCOMPLETE)
		fail(e, EXIT_PERMANENT, m->entry->id,
		    "is not a complete message: see 'qctl check --repair'");
	else if (result == CLAIM_ERROR)
		fail(e, EXIT_TEMPORARY, m->entry->id, strerror(errno));
	claim_release(&claim);
	return true;
}

static void
leave(void *context, const struct place *place)
{
	write_held(context, place);
}

static void
complain(void *context, enum survey_trouble trouble, const char *name)
{
	struct export *e = context;

	if (trouble == SURVEY_NO_ID)
		fail(e, EXIT_PERMANENT, name,
		    "is no queue id; for a domain say -d, see 'qctl --help'");
	else if (trouble == SURVEY_UNREADABLE)
		fail(e, EXIT_TEMPORARY, name, strerror(errno));
	else
		fail(e, EXIT_PERMANENT, name, "is not in the queue");
}

static void
begin(struct export *e)
{
	char line[PARCEL_LINE_MAX], origin[IDENTITY_SIZE];

	if (isatty(STDOUT_FILENO))
		die(PROGRAM, EXIT_PERMANENT,
		    "export writes messages to standard output: send it to a file, or into 'qctl "
		    "import'");
	if (spool_become_owner(&e->spool) == -1 || spool_open(&e->spool) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", e->spool.problem.data);
	e->hold_fd = spool_open_directory(&e->spool, "hold");
	if (e->hold_fd == -1 || identity_make(&e->spool, origin) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", e->spool.problem.data);
	writer_init(&e->out, STDOUT_FILENO, BLOCK);
	put(e, line, parcel_begin(&e->parcel, line, clock_wall_seconds(), origin));
}

static void
end(struct export *e)
{
	char line[PARCEL_LINE_MAX];
	struct stat st;

	put(e, line, parcel_end(&e->parcel, line));
	if (writer_flush(&e->out) == -1 || fstat(STDOUT_FILENO, &st) == -1 ||
	    (S_ISREG(st.st_mode) && fsync(STDOUT_FILENO) == -1))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write the messages");
	fprintf(stderr, "%s: %" PRIu64 " message%s exported%s\n", PROGRAM, e->parcel.count,
	    e->parcel.count == 1 ? "" : "s",
	    e->wish->copies || e->parcel.count == 0
		? ""
		: ", and held here: delete them with 'qctl delete' once they are imported");
	writer_free(&e->out);
	io_close(e->hold_fd);
	spool_close(&e->spool);
}

static void
go_through(const struct export *e, struct survey *survey, unsigned kinds)
{
	survey->kinds = kinds;
	if (survey_run(survey) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", e->spool.problem.data);
}

int
export_messages(const struct export_wish *wish)
{
	struct export *e = calloc(1, sizeof *e);
	struct survey survey = {.selection = &wish->selection,
	    .ids = wish->ids,
	    .id_count = wish->id_count,
	    .order = PLACE_BY_DISK,
	    .now = clock_wall_seconds(),
	    .visit = visit,
	    .leave = leave,
	    .complain = complain,
	    .context = e};
	int code;

	if (e == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	e->wish = wish;
	begin(e);
	survey.spool = &e->spool;
	if (wish->id_count > 0)
		go_through(e, &survey, PLACE_HOLD | WAITING);
	else { /* what is held first: the others come there */
		go_through(e, &survey, PLACE_HOLD);
		go_through(e, &survey, WAITING);
	}
	end(e);
	code = e->code;
	free(e);
	return code;
}
