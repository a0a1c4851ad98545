/* SPDX-License-Identifier: ISC */
#include "init.h"

#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/str.h"
#include "conf/user.h"
#include "spool/make.h"
#include "spool/spool.h"

#define DEFAULT_USER "satchel"
#define MADE_MAX 65536

/* True if root should make it for himself: SATCHEL_SPOOL names a place of his own. */
static bool
is_own_place(void)
{
	const char *named = getenv("SATCHEL_SPOOL");

	return named != NULL && *named != '\0';
}

/* The uid and gid that shall own the spool; false where root shall. */
static bool
find_owner(const char *user, uid_t *uid, gid_t *gid)
{
	const struct passwd *entry;
	struct stat st;

	if (user == NULL && stat(spool_path(), &st) == 0 && st.st_uid != 0) {
		*uid = st.st_uid;
		*gid = st.st_gid;
		return true;
	}
	if (user == NULL && is_own_place())
		return false;
	if (user == NULL)
		user = DEFAULT_USER;
	errno = 0;
	entry = getpwnam(user);
	if (entry == NULL && errno != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to look up the user %s", user);
	if (entry == NULL)
		die(PROGRAM, EXIT_PERMANENT,
		    "there is no user %s to own the spool: run 'useradd --system --user-group "
		    "--shell /usr/sbin/nologin %s', or name another with -u",
		    user, user);
	*uid = entry->pw_uid;
	*gid = entry->pw_gid;
	return entry->pw_uid != 0;
}

/* Only the directory is made by root; all that is in it by its owner, who may be watching. */
static void
make_for(uid_t uid, gid_t gid, struct str *made)
{
	struct spool spool;

	if (make_root(&spool, uid, gid, made) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", spool.problem.data);
	spool_close(&spool);
	if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to become uid %ld", (long)uid);
}

static void
check_caller(const char *user)
{
	const struct passwd *entry;

	if (user == NULL)
		return;
	entry = getpwnam(user);
	if (entry == NULL || entry->pw_uid != geteuid())
		die(PROGRAM, EXIT_PERMANENT, "only root can make a spool for another user");
}

int
init_spool(const char *user)
{
	char owner[USER_TEXT_SIZE];
	struct spool spool;
	struct str made;
	uid_t uid;
	gid_t gid;

	str_init(&made, MADE_MAX);
	if (geteuid() != 0)
		check_caller(user);
	else if (find_owner(user, &uid, &gid))
		make_for(uid, gid, &made);
	if (make_spool(&spool, &made) == -1) {
		int code = errno == EIO || errno == ENOSPC ? EXIT_TEMPORARY : EXIT_PERMANENT;

		die(PROGRAM, code, "%s", spool.problem.data);
	}
	if (made.len == 0)
		printf("nothing is missing in %s\n", spool.path);
	for (char *line = made.data; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		printf("made %.*s\n", (int)len, line);
		line += len + 1;
	}
	printf("%s belongs to %s\n", spool.path, user_text(owner, geteuid()));
	spool_close(&spool);
	str_free(&made);
	return EXIT_DONE;
}
