/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/escape.h"
#include "check.h"
#include "init.h"

static const struct {
	const char *would, *did;
} words[] = {
    [REMEDY_REMOVE] = {"removes it", "removed"},
    [REMEDY_SET_ASIDE] = {"moves it to corrupt/", "moved to corrupt/"},
    [REMEDY_MODE] = {"sets the mode", "the mode is set"},
    [REMEDY_MAKE] = {"makes it, as 'qctl init' does", "made"},
    [REMEDY_STATES] = {"writes what they are read as", "written as they are read"},
    [REMEDY_CUT] = {"cuts it", "cut"},
    [REMEDY_RECORD] = {"clears it", "cleared"},
    [REMEDY_NAME] = {"removes this name of it", "this name is removed"},
    [REMEDY_JOIN] = {"marks there what is done here and moves this one to corrupt/",
	"what was done here is marked there, and this one moved to corrupt/"},
};

static void
print(struct check *c, const char *path, const char *state, const char *what, const char *how,
    const char *why)
{
	struct str line;

	str_init(&line, 8192);
	/* a name that somebody has put there may hold anything */
	if (escape_text(&line, slice_of(path)) == -1 || str_format(&line, ": %s: ", state) == -1 ||
	    escape_text(&line, slice_of(what)) == -1)
		(void)str_add_text(&line, "...");
	printf("%s; %s%s\n", line.data, how, why);
	str_free(&line);
	c->found++;
}

void
check_found(struct check *c, const char *path, const char *state, const char *what,
    enum remedy remedy, int result)
{
	char how[128];

	if (result == CHECK_ONLY_TOLD) {
		snprintf(how, sizeof how, "--repair %s", words[remedy].would);
		print(c, path, state, what, how, "");
	} else if (result == 0) {
		print(c, path, state, what, words[remedy].did, "");
		c->repaired++;
	} else
		print(c, path, state, what, "unable to repair it: ", strerror(errno));
}

void
check_ask_person(
    struct check *c, const char *path, const char *state, const char *what, const char *advice)
{
	print(c, path, state, what, advice, "");
}

void
check_failed(struct check *c, const char *path)
{
	int error = errno;
	struct str text;

	str_init(&text, 8192);
	if (escape_text(&text, slice_of(path)) == -1)
		str_clear(&text);
	fprintf(stderr, "%s: unable to look at %s: %s\n", PROGRAM, text.data, strerror(error));
	str_free(&text);
	c->is_failed = true;
}

const char *
check_path(char path[CHECK_PATH_SIZE], const char *folder, const char *name)
{
	snprintf(path, CHECK_PATH_SIZE, "%s%s%s", folder, *folder == '\0' ? "" : "/", name);
	return path;
}

static bool
repair_mode(struct check *c, int fd, const char *path, const char *name, mode_t is, mode_t wanted)
{
	char what[64];
	int result = CHECK_ONLY_TOLD;

	snprintf(what, sizeof what, "its mode is %04o, not %04o", (unsigned)(is & 07777),
	    (unsigned)(wanted & 07777));
	if (c->wish->repairs)
		result = fchmodat(fd, name, wanted & 07777, 0);
	check_found(c, path, "mode", what, REMEDY_MODE, result);
	/* where only others have too many rights it can be read as it is */
	return result == 0 || (is & wanted & 0700) == (wanted & 0700);
}

static bool
look(struct check *c, int fd, const char *folder, const char *name, mode_t mode, struct stat *st)
{
	char path[CHECK_PATH_SIZE];

	if (fstatat(fd, name, st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			check_failed(c, check_path(path, folder, name));
		return false;
	}
	check_path(path, folder, name);
	if ((st->st_mode & S_IFMT) != (mode & S_IFMT)) {
		check_ask_person(c, path, "stray",
		    S_ISDIR(mode)    ? "it is no folder"
		    : S_ISFIFO(mode) ? "it is no FIFO"
		    : S_ISLNK(mode)  ? "it is no symbolic link"
				     : "it is no plain file",
		    "look at it and remove it");
		return false;
	}
	if (st->st_uid != geteuid()) {
		check_ask_person(c, path, "owner", "it belongs to another user",
		    "as root, give it to the spool's owner with chown(1)");
		return false;
	}
	return (st->st_mode & 07777) == (mode & 07777) ||
	       repair_mode(c, fd, path, name, st->st_mode, mode);
}

bool
check_mode(struct check *c, int fd, const char *folder, const char *name, mode_t mode)
{
	struct stat st;

	return look(c, fd, folder, name, mode, &st);
}

bool
check_file(struct check *c, int fd, const char *folder, const char *name)
{
	char path[CHECK_PATH_SIZE];
	struct stat st;

	if (!look(c, fd, folder, name, S_IFREG | 0600, &st))
		return false;
	/* of two names in the spool check_twice tells more */
	if (st.st_nlink > 1)
		check_ask_person(c, check_path(path, folder, name), "linked",
		    "the file has more than one name",
		    "find the other with find(1), -inum, and remove it");
	return st.st_nlink == 1;
}
