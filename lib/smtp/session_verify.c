/* SPDX-License-Identifier: ISC */
/* VRFY and EXPN (RFC 5321, 3.5 and 7.3). Nothing that was not looked up is ever said to be there.
 */
#include <limits.h>

#include "conf/include.h"
#include "conf/lists.h"
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define MEMBERS_SHOWN 1000 /* of a list; one that has more is not shown at all */
#define MEMBERS_OCTETS ((size_t)MEMBERS_SHOWN * 256)
#define FILES_READ 10 /* of a list: a file may name others, and itself */
#define NOTHING_TO_SAY "Send some mail, and it will be tried"

static void
cannot_say(struct session *s)
{
	(void)respond(&s->writer, 252, "2.0.0", NOTHING_TO_SAY);
}

bool
session_verifies(const struct session *s)
{
	switch (s->settings->verify) {
	case SESSION_VERIFY_NEVER:
		return false;
	case SESSION_VERIFY_ALWAYS:
		return true;
	case SESSION_VERIFY_TRUSTED:
		break;
	}
	return session_is_trusted(s);
}

/* RFC 6531, 3.7.4.2: a parameter that these two take. */
static bool
take_utf8(const struct session *s, struct slice *argument)
{
	static const char parameter[] = " SMTPUTF8";
	size_t len = sizeof parameter - 1;

	if (!s->extended || !(s->offered & EXTENSION_SMTPUTF8) || argument->len <= len ||
	    !slice_ends_nocase(*argument, slice_of(parameter)))
		return false;
	*argument = slice_trim(slice_make(argument->data, argument->len - len));
	return true;
}

/* Looks up the argument, an address with or without angle brackets; replies itself where it fails.
 */
static bool
look_up(struct session *s, struct slice *argument, bool *is_utf8)
{
	struct address address;

	*is_utf8 = take_utf8(s, argument);
	if (!*is_utf8 && !slice_is_ascii(*argument)) {
		session_wrong_syntax(s, COMMAND_8BIT, NULL);
		return false;
	}
	if (argument->len > 2 && slice_starts(*argument, "<") &&
	    argument->data[argument->len - 1] == '>')
		*argument = slice_make(argument->data + 1, argument->len - 2);
	if (address_parse(*argument, ADDRESS_BARE | ADDRESS_UTF8, &address) != ADDRESS_OK) {
		session_wrong_syntax(s, COMMAND_ADDRESS, "5.1.3");
		return false;
	}
	if (!session_verifies(s)) {
		cannot_say(s);
		return false;
	}
	if (route_find(s->settings->routes, *argument, &s->route) == 0 &&
	    s->route.kind != ROUTE_TEMPORARY)
		return true;
	session_refuse(s, 451, "4.3.0", "This cannot be looked up now", *argument);
	return false;
}

static void
say_mailbox(struct session *s, struct slice mailbox)
{
	struct slice me = routes_me(s->settings->routes);
	bool bare = slice_find_last(mailbox, '@') == mailbox.len;

	/* look_up lets nothing but ASCII pass without SMTPUTF8 */
	(void)respond_utf8(&s->writer, 250, false, "2.1.5", "<%.*s%s%.*s>", (int)mailbox.len,
	    mailbox.data, bare ? "@" : "", bare ? (int)me.len : 0, me.data);
}

/* Counted as with RCPT: else this would be the way to try one name after another. */
static void
say_unknown(struct session *s, const char *text, struct slice address)
{
	struct verdict v = session_rate_unknown(s, (struct verdict){550, "5.1.1", text});

	if (v.code == 421)
		session_refuse(s, v.code, v.status, v.text, address);
	else
		(void)respond(&s->writer, v.code, v.status, "%s", v.text);
}

void
session_vrfy(struct session *s, struct slice argument)
{
	bool is_utf8;

	if (!look_up(s, &argument, &is_utf8))
		return;
	if (s->route.kind == ROUTE_UNKNOWN)
		say_unknown(s, "No such recipient here", argument);
	else if (!s->route.is_ours)
		cannot_say(s);
	else
		say_mailbox(s, argument);
}

/* What of a list may be shown. */
struct shown {
	struct str members; /* an address a line */
	size_t count;
	unsigned files;	     /* read so far */
	const char *problem; /* why it cannot be; or null */
};

static bool
cannot_show(struct shown *shown, const char *problem)
{
	shown->problem = problem;
	return false;
}

static bool
show_member(struct shown *shown, struct slice address)
{
	if (shown->count++ == MEMBERS_SHOWN)
		return cannot_show(shown, "That list is too long to show");
	return (str_add_slice(&shown->members, address) == 0 &&
		   str_add_char(&shown->members, '\n') == 0) ||
	       cannot_show(shown, NOTHING_TO_SAY);
}

static bool show_file(struct shown *shown, struct slice path);

static bool
show_all(struct shown *shown, struct include *i)
{
	enum include_kind kind;
	struct slice text;

	while ((kind = include_next(i, &text)) != INCLUDE_END)
		if (kind == INCLUDE_FAILED ||
		    (kind == INCLUDE_ADDRESS && !show_member(shown, text)) ||
		    (kind == INCLUDE_FILE && !show_file(shown, text)))
			return shown->problem == NULL ? cannot_show(shown, NOTHING_TO_SAY) : false;
	return true;
}

/* Who may not read the file does not know who is in it. */
static bool
show_file(struct shown *shown, struct slice path)
{
	struct include i;
	struct str problem;
	bool good;

	if (shown->files++ == FILES_READ)
		return cannot_show(shown, NOTHING_TO_SAY);
	str_init(&problem, PATH_MAX);
	good = include_open(&i, path, &problem) == 0 ? show_all(shown, &i)
						     : cannot_show(shown, NOTHING_TO_SAY);
	include_close(&i);
	str_free(&problem);
	return good;
}

/* Mailboxes and programs are nobody's business, so a list with one of them is not shown. */
static bool
show_target(struct shown *shown, struct slice target)
{
	struct address address;
	struct slice path;
	struct list list;

	if (slice_starts(target, ROUTE_LIST)) {
		target = slice_skip(target, sizeof ROUTE_LIST - 1);
		return (list_parse(target, &list) == NULL && !list.is_secret) ||
		       cannot_show(shown, NOTHING_TO_SAY);
	}
	if (include_path(target, &path))
		return show_file(shown, path);
	/* what an address may begin with, and a target of another kind does */
	if (slice_starts(target, "/") || slice_starts(target, ROUTE_TARGET_PROGRAM) ||
	    address_parse(target, ADDRESS_BARE | ADDRESS_UTF8, &address) != ADDRESS_OK)
		return cannot_show(shown, NOTHING_TO_SAY);
	return show_member(shown, target);
}

static bool
show_targets(struct shown *shown, struct slice targets)
{
	struct slice target;

	while (slice_take(&targets, '\n', &target))
		if (!show_target(shown, target))
			return false;
	return shown->count > 0 || cannot_show(shown, NOTHING_TO_SAY);
}

static void
say_members(struct session *s, struct slice members)
{
	struct slice me = routes_me(s->settings->routes), one;

	while (slice_take(&members, '\n', &one)) {
		bool bare = slice_find_last(one, '@') == one.len;

		(void)respond_utf8(&s->writer, 250, members.len > 0, "2.1.5", "<%.*s%s%.*s>",
		    (int)one.len, one.data, bare ? "@" : "", bare ? (int)me.len : 0, me.data);
	}
}

static void
expand(struct session *s, bool is_utf8)
{
	struct shown shown = {.problem = NULL};

	str_init(&shown.members, MEMBERS_OCTETS);
	if (!show_targets(&shown, str_slice(&s->route.targets)))
		(void)respond(&s->writer, 252, "2.0.0", "%s", shown.problem);
	else if (is_utf8 || slice_is_ascii(str_slice(&shown.members)))
		say_members(s, str_slice(&shown.members));
	else /* RFC 6531, 3.7.4.2 */
		(void)respond(&s->writer, 252, "2.6.8", "The answer takes SMTPUTF8");
	str_free(&shown.members);
}

void
session_expn(struct session *s, struct slice argument)
{
	bool is_utf8;

	if (!look_up(s, &argument, &is_utf8))
		return;
	if (s->route.kind == ROUTE_UNKNOWN)
		say_unknown(s, "No such list here", argument);
	else if (s->route.kind == ROUTE_USER)
		(void)respond(&s->writer, 550, "5.1.0", "That is a mailbox and no list");
	else if (s->route.kind == ROUTE_TARGETS)
		expand(s, is_utf8);
	else
		cannot_say(s);
}
