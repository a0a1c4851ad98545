/* SPDX-License-Identifier: ISC */
/* What deliver makes of the targets of a route, and as whom. */
#include <errno.h>
#include <string.h>

#include "base/die.h"
#include "conf/include.h"
#include "conf/user.h"
#include "explain.h"
#include "mail/address.h"

/* Targets that are not followed any further; what is behind the prefix is shown. */
static const struct {
	const char *prefix, *words, *says;
} kinds[] = {
    {ROUTE_TARGET_QUOTA, "within the quota ", ""},
    {ROUTE_LIST, "mailing list: ", ""},
    {ROUTE_TARGET_USER, "mail of the user ", "as his own files say, or into his mailbox"},
    {ROUTE_TARGET_MAILBOX, "default mailbox of the user ", ""},
    {ROUTE_TARGET_PROGRAM, "program ", ""},
    {ROUTE_POSTMASTER, "Maildir postmaster/ in the spool", ""},
};

/* As qrun sorts them (qrun(8)), which alone knows whether there is a root to become others. */
struct crowd {
	struct slice user;
	size_t users;
	bool has_program, has_other, has_postmaster;
};

static void
look_at(struct crowd *c, struct slice one)
{
	struct slice user = slice_of("");

	if (slice_starts(one, ROUTE_TARGET_USER))
		user = slice_skip(one, strlen(ROUTE_TARGET_USER));
	else if (slice_starts(one, ROUTE_TARGET_MAILBOX))
		user = slice_skip(one, strlen(ROUTE_TARGET_MAILBOX));
	c->has_program = c->has_program || slice_starts(one, ROUTE_TARGET_PROGRAM);
	c->has_postmaster = c->has_postmaster || slice_is(one, ROUTE_POSTMASTER);
	c->has_other = c->has_other || (slice_starts(one, "/") && !slice_is(one, "/dev/null")) ||
		       slice_starts_nocase(one, INCLUDE_PREFIX);
	if (user.len > 0) {
		c->users += c->users == 0 || !slice_equal(c->user, user);
		c->user = user;
	}
}

static int
explain_user(struct explanation *e, struct slice name)
{
	struct str found, reason;
	enum user_result result;

	str_init(&found, 1000);
	str_init(&reason, 1000);
	result = user_find(name, &found, &reason);
	explain_add(e, "  as user", name,
	    result == USER_FOUND     ? ""
	    : result == USER_ROOT    ? "has uid 0, which deliver refuses"
	    : result == USER_UNKNOWN ? "there is no such user"
				     : "unable to look him up");
	str_free(&found);
	str_free(&reason);
	return result == USER_FOUND ? EXIT_DONE : EXIT_TEMPORARY;
}

/* Nobody delivers what is only forwarded, nor the postmaster's mail but the spool's owner. */
static int
explain_who(struct explanation *e, struct slice targets)
{
	struct crowd c = {.users = 0};
	struct slice one;

	if (!checks_is_split(e->control))
		return EXIT_DONE;
	while (slice_take(&targets, '\n', &one))
		look_at(&c, one);
	if (c.has_program)
		return explain_user(e, routes_program_user(e->routes));
	if (c.users == 1 && !c.has_other && !c.has_postmaster)
		return explain_user(e, c.user);
	if (c.has_other || c.users > 1)
		return explain_user(e, routes_mail_user(e->routes));
	return EXIT_DONE;
}

static int
follow(struct explanation *e, const char *words, struct slice address)
{
	int code;

	(void)explain_end(e, words, address, "", EXIT_DONE);
	e->depth++;
	code = explain_address(e, address);
	e->depth--;
	return code;
}

static int
explain_members(struct explanation *e, struct slice path)
{
	struct include members;
	struct slice text;
	struct str problem;
	enum include_kind kind;
	int code = EXIT_DONE;

	str_init(&problem, 4096);
	(void)explain_end(e, "addresses in ", path, "", EXIT_DONE);
	if (include_open(&members, path, &problem) == -1)
		code = explain_end(e, "not known now: ", str_slice(&problem), "", EXIT_TEMPORARY);
	else
		while ((kind = include_next(&members, &text)) == INCLUDE_ADDRESS ||
		       kind == INCLUDE_FILE || kind == INCLUDE_BAD)
			if (!explain_is_enough(e))
				code = explain_worse(
				    code, kind == INCLUDE_ADDRESS
					      ? follow(e, "member ", text)
					      : explain_end(e,
						    kind == INCLUDE_FILE ? "more addresses in "
									 : "no address: ",
						    text, "", EXIT_DONE));
	include_close(&members);
	str_free(&problem);
	return code;
}

static int
explain_target(struct explanation *e, struct slice one)
{
	struct address address;
	struct slice path;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (slice_starts(one, kinds[i].prefix))
			return explain_end(e, kinds[i].words,
			    slice_skip(one, strlen(kinds[i].prefix)), kinds[i].says, EXIT_DONE);
	if (slice_starts(one, "/"))
		return explain_end(
		    e, one.data[one.len - 1] == '/' ? "Maildir " : "mbox ", one, "", EXIT_DONE);
	if (include_path(one, &path))
		return explain_members(e, path);
	if (address_parse(one, ADDRESS_UTF8 | ADDRESS_BARE, &address) == ADDRESS_OK)
		return follow(e, "forwarded to ", one);
	return explain_end(e, "not understood: ", one, "", EXIT_TEMPORARY);
}

int
explain_targets(struct explanation *e, struct slice targets)
{
	struct slice rest = targets, one;
	int code = EXIT_DONE;

	while (slice_take(&rest, '\n', &one))
		code = explain_worse(code, explain_target(e, one));
	return explain_worse(code, explain_who(e, targets));
}
