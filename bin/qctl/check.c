/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "init.h"
#include "spool/cell.h"
#include "spool/make.h"

#define MADE_MAX 65536

void
check_each(struct check *c, int fd, const char *folder,
    void (*visit)(struct check *c, int fd, const char *folder, const char *name))
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own == -1 ? NULL : fdopendir(own);
	const struct dirent *entry;

	if (dir == NULL) {
		check_failed(c, folder);
		io_close(own);
		return;
	}
	for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			visit(c, fd, folder, entry->d_name);
	if (errno != 0)
		check_failed(c, folder);
	closedir(dir);
}

/* What the spool consists of. Folders come before what is in them. */
static void
check_parts(struct check *c)
{
	struct str made;

	for (size_t i = 0; i < make_parts_count; i++) {
		const struct make_part *part = &make_parts[i];

		if (faccessat(c->spool.fd, part->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			(void)check_mode(c, c->spool.fd, "", part->name, part->mode);
		else if (!c->wish->repairs)
			check_found(c, part->name, "missing", "it is not there", REMEDY_MAKE,
			    CHECK_ONLY_TOLD);
	}
	if (!c->wish->repairs)
		return;
	str_init(&made, MADE_MAX);
	spool_close(&c->spool);
	if (make_spool(&c->spool, &made) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", c->spool.problem.data);
	for (char *line = made.data; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		line[len] = '\0';
		check_found(c, line + strlen(c->spool.path) + 1, "missing", "it was not there",
		    REMEDY_MAKE, 0);
		line += len + 1;
	}
	str_free(&made);
}

struct walk {
	struct check *c;
	const struct place *place;
};

/* A name in PLACE. */
static void
visit_name(const struct walk *w, const char *name)
{
	const struct place *place = w->place;
	bool is_message =
	    place->cells != NULL ? cell_number(slice_of(name)) != -1 : id_is_valid(slice_of(name));
	bool is_hold = strcmp(place->name, "hold") == 0;
	char path[CHECK_PATH_SIZE];
	struct stat st;

	if (is_message)
		check_message(w->c, place, name);
	else if (is_hold && fstatat(place->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		 S_ISDIR(st.st_mode))
		(void)check_mode(w->c, place->fd, place->name, name, S_IFDIR | 0700);
	else
		check_ask_person(w->c, check_path(path, place->name, name), "stray",
		    "nothing of satchel is called so", "look at it and remove it");
}

static bool
visit_place(void *context, const struct place *place)
{
	struct walk w = {.c = context, .place = place};
	int own = openat(place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own == -1 ? NULL : fdopendir(own);
	const struct dirent *entry;

	if (dir == NULL) {
		check_failed(w.c, place->name);
		io_close(own);
		return true;
	}
	for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			visit_name(&w, entry->d_name);
	if (errno != 0)
		check_failed(w.c, place->name);
	closedir(dir);
	return ferror(stdout) == 0;
}

static void
check_slot(struct check *c, int fd, const char *folder, const char *name)
{
	char path[CHECK_PATH_SIZE];

	if (schedule_slot_time(name) != -1)
		(void)check_mode(c, fd, folder, name, S_IFDIR | 0700);
	else
		check_ask_person(c, check_path(path, folder, name), "stray", "it is no time",
		    "look at it and remove it");
}

static void
check_slots(struct check *c)
{
	int fd = spool_open_directory(&c->spool, "deferred");

	if (fd == -1)
		check_failed(c, "deferred");
	else
		check_each(c, fd, "deferred", check_slot);
	io_close(fd);
}

static void
open_for_check(struct check *c)
{
	if (spool_become_owner(&c->spool) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", c->spool.problem.data);
	c->spool.fd = open(c->spool.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->spool.fd == -1)
		die(PROGRAM, EXIT_PERMANENT, "unable to open the spool %s: %s%s", c->spool.path,
		    strerror(errno), errno == ENOENT ? " (make it with 'qctl init')" : "");
	check_parts(c);
	spool_close(&c->spool);
	if (spool_open(&c->spool) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", c->spool.problem.data);
	c->corrupt_fd = spool_open_directory(&c->spool, "corrupt");
	if (c->corrupt_fd == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", c->spool.problem.data);
}

static int
say_total(const struct check *c)
{
	uint64_t left = c->found - c->repaired;

	if (fflush(stdout) == EOF || ferror(stdout))
		return EXIT_TEMPORARY;
	fprintf(
	    stderr, "%s: %" PRIu64 " message%s", PROGRAM, c->messages, c->messages == 1 ? "" : "s");
	if (c->busy > 0)
		fprintf(
		    stderr, ", %" PRIu64 " of them in somebody's hands and passed over", c->busy);
	fprintf(stderr, "; %" PRIu64 " found", c->found);
	if (c->wish->repairs)
		fprintf(stderr, ", %" PRIu64 " repaired", c->repaired);
	fputs("\n", stderr);
	if (c->is_failed)
		return EXIT_TEMPORARY;
	return left > 0 ? EXIT_PERMANENT : EXIT_DONE;
}

int
check_spool(const struct check_wish *wish)
{
	struct check c = {.wish = wish, .corrupt_fd = -1, .now = clock_wall_seconds()};
	int code;

	open_for_check(&c);
	check_slots(&c);
	check_twice(&c); /* first: a second name looks like damage */
	if (place_each(&c.spool, PLACE_NEW | PLACE_DEFERRED | PLACE_HOLD, visit_place, &c) == -1) {
		fprintf(stderr, "%s: %s\n", PROGRAM, c.spool.problem.data);
		c.is_failed = true;
	}
	check_records(&c);
	check_rest(&c);
	code = say_total(&c);
	io_close(c.corrupt_fd);
	spool_close(&c.spool);
	return code;
}
