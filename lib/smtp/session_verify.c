/* SPDX-License-Identifier: ISC */
/* VRFY and EXPN (RFC 5321, 3.5 and 7.3). Nothing that was not looked up is ever said to be there.
 */
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

static void
cannot_say(struct session *s)
{
	(void)respond(&s->writer, 252, "2.0.0", "Send some mail, and it will be tried");
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

/* Files and programs are nobody's business, so a list with one of them is not shown. */
static bool
is_list_of_addresses(struct slice targets)
{
	struct slice target;
	struct address address;
	bool any = false;

	while (slice_take(&targets, '\n', &target)) {
		if (slice_starts(target, "/") ||
		    address_parse(target, ADDRESS_BARE | ADDRESS_UTF8, &address) != ADDRESS_OK)
			return false;
		any = true;
	}
	return any;
}

static void
say_members(struct session *s, struct slice targets)
{
	struct slice target;

	while (slice_take(&targets, '\n', &target)) {
		if (targets.len == 0)
			say_mailbox(s, target);
		else
			(void)respond_utf8(
			    &s->writer, 250, true, "2.1.5", "<%.*s>", (int)target.len, target.data);
	}
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
	else if (s->route.kind == ROUTE_TARGETS &&
		 is_list_of_addresses(str_slice(&s->route.targets))) {
		if (is_utf8 || slice_is_ascii(str_slice(&s->route.targets)))
			say_members(s, str_slice(&s->route.targets));
		else /* RFC 6531, 3.7.4.2 */
			(void)respond(&s->writer, 252, "2.6.8", "The answer takes SMTPUTF8");
	} else
		cannot_say(s);
}
