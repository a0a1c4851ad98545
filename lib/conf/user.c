/* SPDX-License-Identifier: ISC */
#include "conf/user.h"

#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_LEN_MAX 64		    /* RFC 5321 4.5.3.1.1: no local part is longer */
#define ENTRY_MAX ((size_t)1 << 20) /* what one entry of the user database may take */

bool
user_is_name(struct slice name)
{
	if (name.len == 0 || name.len > NAME_LEN_MAX || strchr(".-+", name.data[0]) != NULL)
		return false;
	return !slice_has_control(name) && slice_find(name, '/') == name.len &&
	       slice_find(name, ':') == name.len && slice_find(name, ' ') == name.len;
}

static enum user_result
judge(int error, const struct passwd *entry, struct str *found, struct str *reason)
{
	if (entry == NULL && (error == 0 || error == ENOENT || error == ESRCH))
		return USER_UNKNOWN;
	if (entry != NULL && str_add_text(found, entry->pw_name) == 0)
		return entry->pw_uid == 0 ? USER_ROOT : USER_FOUND;
	/* a reason that does not fit changes nothing in what is to be done */
	(void)str_format(reason, "the user database does not answer: %s",
	    strerror(entry == NULL ? error : errno));
	return USER_TEMPORARY;
}

static enum user_result
look_up(const char *name, struct str *found, struct str *reason)
{
	char small[1024];
	char *buf = small, *larger = NULL;
	struct passwd entry, *answer = NULL;
	enum user_result result;
	int error;

	error = getpwnam_r(name, &entry, small, sizeof small, &answer);
	for (size_t size = sizeof small * 4; error == ERANGE && size <= ENTRY_MAX; size *= 4) {
		buf = realloc(larger, size);
		if (buf == NULL) {
			error = ENOMEM;
			break;
		}
		larger = buf;
		error = getpwnam_r(name, &entry, buf, size, &answer);
	}
	result = judge(error, answer, found, reason);
	free(larger);
	return result;
}

enum user_result
user_find(struct slice name, struct str *found, struct str *reason)
{
	char text[NAME_LEN_MAX + 1];
	enum user_result result;
	bool is_lower = true;

	if (!user_is_name(name))
		return USER_UNKNOWN;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	result = look_up(text, found, reason);
	if (result != USER_UNKNOWN)
		return result;
	for (size_t i = 0; i < name.len; i++) {
		text[i] = ascii_lower(name.data[i]);
		is_lower = is_lower && text[i] == name.data[i];
	}
	return is_lower ? USER_UNKNOWN : look_up(text, found, reason);
}

const char *
user_text(char text[static USER_TEXT_SIZE], uid_t uid)
{
	int saved = errno;
	const struct passwd *entry = getpwuid(uid);

	errno = saved;
	if (entry == NULL)
		(void)snprintf(text, USER_TEXT_SIZE, "uid %ld", (long)uid);
	else
		(void)snprintf(text, USER_TEXT_SIZE, "uid %ld (%.40s)", (long)uid, entry->pw_name);
	return text;
}

int
user_become(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) == -1 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == -1)
		return -1;
	return setresuid(user->pw_uid, user->pw_uid, user->pw_uid);
}
