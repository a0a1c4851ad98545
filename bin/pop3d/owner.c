/* SPDX-License-Identifier: ISC */
#include "owner.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/accounts.h"
#include "conf/control.h"
#include "conf/route.h"
#include "conf/user.h"
#include "pop3d.h"

void
owner_free(struct owner *o)
{
	str_free(&o->path);
	str_free(&o->user);
}

static enum owner_result
fail(struct str *reason, enum owner_result result, const char *text)
{
	(void)str_add_text(reason, text);
	return result;
}

static enum owner_result
fail_errno(struct str *reason, const char *what)
{
	(void)str_format(reason, "%s: %s", what, strerror(errno));
	return OWNER_TEMPORARY;
}

/* An absolute path with a slash at its end is a Maildir; that slash is not kept. */
static enum owner_result
take_path(struct owner *o, struct slice path, struct str *reason)
{
	if (path.len < 2 || path.data[0] != '/' || path.data[path.len - 1] != '/')
		return fail(reason, OWNER_NONE, "the mailbox is no Maildir");
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	if (slice_find(path, '\0') < path.len || str_add_slice(&o->path, path) == -1)
		return fail(reason, OWNER_NONE, "the path of the mailbox is too long");
	return OWNER_FOUND;
}

/* Who USER is; whether we may become him; and his home, for who wants it. */
static enum owner_result
take_user(struct owner *o, const char *user, bool as_root, struct str *home, struct str *reason)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(user);
	if (entry == NULL && errno != 0 && errno != ENOENT && errno != ESRCH)
		return fail_errno(reason, "the user database does not answer");
	if (entry == NULL) {
		(void)str_format(reason, "there is no user %s", user);
		return OWNER_NONE;
	}
	if (entry->pw_uid == 0)
		return fail(reason, OWNER_NONE, "nobody's mail is served as the user ID 0");
	if (!as_root && entry->pw_uid != geteuid()) {
		(void)str_format(
		    reason, "runs as %lu, cannot serve %s", (unsigned long)geteuid(), user);
		return OWNER_NONE;
	}
	o->uid = entry->pw_uid;
	o->gid = entry->pw_gid;
	if (str_add_text(&o->user, entry->pw_name) == -1 ||
	    (home != NULL && str_add_text(home, entry->pw_dir) == -1))
		return fail_errno(reason, "unable to name the user");
	return OWNER_FOUND;
}

static enum owner_result
find_hosted(struct owner *o, const struct control *c, struct slice mailbox, bool as_root,
    struct str *reason)
{
	enum owner_result result = take_path(o, mailbox, reason);
	struct str user;

	if (result != OWNER_FOUND || !as_root)
		return result;
	str_init(&user, CONTROL_FILE_MAX);
	if (control_line_or(c, "mailuser", CONTROL_MAILUSER, &user) == -1)
		result = fail_errno(reason, "unable to read mailuser");
	else
		result = take_user(o, user.data, true, NULL, reason);
	str_free(&user);
	return result;
}

static enum owner_result
find_home_mailbox(struct owner *o, const struct control *c, struct slice home, struct str *reason)
{
	enum owner_result result;
	struct str setting, path;

	str_init(&setting, CONTROL_FILE_MAX);
	str_init(&path, CONTROL_FILE_MAX);
	if (control_line_or(c, "mailbox", CONTROL_MAILBOX, &setting) == -1)
		result = fail_errno(reason, "unable to read mailbox");
	else if (str_add_slice(&path, home) == -1 || str_add_char(&path, '/') == -1 ||
		 str_add_slice(&path, str_slice(&setting)) == -1)
		result = fail_errno(reason, "unable to name the mailbox");
	else
		result = take_path(o, str_slice(&path), reason);
	str_free(&setting);
	str_free(&path);
	return result;
}

static enum owner_result
find_system(
    struct owner *o, const struct control *c, struct slice login, bool as_root, struct str *reason)
{
	size_t at = slice_find_last(login, '@');
	struct slice name = slice_make(login.data, at < login.len ? at : login.len);
	enum owner_result result;
	struct str user, home;
	int local = 1;

	if (at < login.len)
		local = routes_find_local(c, slice_skip(login, at + 1), reason);
	if (local == -1)
		return reason->len > 0 ? OWNER_TEMPORARY : fail_errno(reason, "locals");
	if (local == 0 || !user_is_name(name))
		return fail(reason, OWNER_NONE, "this login has no mailbox");
	str_init(&user, USER_NAME_MAX);
	str_init(&home, OWNER_PATH_MAX);
	switch (user_find(name, &user, reason)) {
	case USER_FOUND:
	case USER_ROOT:
		result = take_user(o, user.data, as_root, &home, reason);
		break;
	case USER_UNKNOWN:
		result = fail(reason, OWNER_NONE, "this login has no mailbox");
		break;
	default:
		result = OWNER_TEMPORARY;
	}
	if (result == OWNER_FOUND)
		result = find_home_mailbox(o, c, str_slice(&home), reason);
	str_free(&user);
	str_free(&home);
	return result;
}

static enum owner_result
find(struct owner *o, const struct control *c, struct slice login, bool as_root, struct str *reason)
{
	enum owner_result result = OWNER_TEMPORARY;
	struct accounts accounts;
	struct account account;
	int found;

	if (accounts_open(&accounts, c, reason) == -1)
		found = -1;
	else
		found = accounts_find(&accounts, login, &account);
	if (found == -1)
		result = reason->len > 0 ? OWNER_TEMPORARY : fail_errno(reason, "users");
	else if (found == 1 && account.is_disabled)
		result = fail(reason, OWNER_NONE, "this login is disabled");
	else if (found == 1 && account.mailbox.len > 0)
		result = find_hosted(o, c, account.mailbox, as_root, reason);
	else
		result = find_system(o, c, login, as_root, reason);
	accounts_close(&accounts);
	return result;
}

enum owner_result
owner_find(struct owner *o, struct slice login, bool as_root, struct str *reason)
{
	enum owner_result result;
	struct control control;

	*o = (struct owner){.uid = geteuid()};
	str_init(&o->path, OWNER_PATH_MAX);
	str_init(&o->user, USER_NAME_MAX);
	if (control_open(&control) == -1)
		return fail_errno(reason, "unable to open the control directory");
	result = find(o, &control, login, as_root, reason);
	control_close(&control);
	return result;
}

int
owner_become(const struct owner *o)
{
	struct passwd user = {.pw_name = o->user.data, .pw_uid = o->uid, .pw_gid = o->gid};

	if (o->uid == 0) {
		errno = EPERM;
		return -1;
	}
	return user_become(&user);
}
