/* SPDX-License-Identifier: ISC */
#include "user.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#define RECORD_MAX ((size_t)1 << 20)

/* The record of NAME, with its strings in ROOM. 1, 0 if there is none, -1 with errno. */
static int
find_user(const char *name, struct str *room, struct passwd *user)
{
	struct passwd *found;
	int error;

	for (size_t size = 4096;; size *= 2) {
		if (str_reserve(room, size) == -1)
			return -1;
		error = getpwnam_r(name, user, room->data, size, &found);
		if (error == EINTR)
			continue;
		if (error != ERANGE)
			break;
	}
	if (found != NULL)
		return 1;
	errno = error;
	/* some services say "not found" by one of these (getpwnam(3)) */
	return error == 0 || error == ENOENT || error == ESRCH ? 0 : -1;
}

static int
check_user(const struct passwd *user, struct outcome *o)
{
	if (geteuid() == 0)
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5",
		    "deliver runs as the user ID 0, which delivers no user's mail");
	if (user->pw_uid != geteuid())
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5", "runs as %lu, cannot deliver to %s",
		    (unsigned long)geteuid(), user->pw_name);
	return 0;
}

static int
open_home(const struct passwd *user, struct str *path, struct outcome *o)
{
	int home;

	if (check_user(user, o) == -1)
		return -1;
	home = open(user->pw_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (home == -1)
		return outcome_errno(o, "unable to open the home directory %s", user->pw_dir);
	if (str_add_text(path, user->pw_dir) == -1) {
		close(home);
		return outcome_errno(o, "unable to name the home directory");
	}
	return home;
}

/* 1 and USER, whose strings are in ROOM; or -1 and O. */
static int
look_up(struct slice name, struct str *room, struct passwd *user, struct outcome *o)
{
	struct str text;
	int found;

	str_init(&text, 256);
	found = str_add_slice(&text, name) == -1 ? -1 : find_user(text.data, room, user);
	if (found == -1)
		(void)outcome_errno(o, "unable to look up the user %s", text.data);
	else if (found == 0)
		/* qrun found him a moment ago, and will look again: that is for it to say */
		found = outcome_fail(o, JOB_TEMPORARY, "4.3.5", "there is no user %s", text.data);
	str_free(&text);
	return found;
}

int
user_open_home(struct slice name, struct str *path, struct outcome *o)
{
	struct str room;
	struct passwd user;
	int home = -1;

	str_init(&room, RECORD_MAX);
	if (look_up(name, &room, &user, o) == 1)
		home = open_home(&user, path, o);
	str_free(&room);
	return home;
}

int
user_is_own(struct slice name, struct outcome *o)
{
	struct str room;
	struct passwd user;
	int result;

	str_init(&room, RECORD_MAX);
	result = look_up(name, &room, &user, o);
	if (result == 1 && user.pw_uid != geteuid() && user.pw_uid != 0 && geteuid() != 0)
		result = 0;
	else if (result == 1)
		result = check_user(&user, o) == -1 ? -1 : 1;
	str_free(&room);
	return result;
}
