/* SPDX-License-Identifier: ISC */
#include "smtp/command.h"

#include <string.h>

struct command
command_split(struct slice line)
{
	struct command command = {.argument = line};

	if (!slice_word(&command.argument, &command.verb))
		command.verb = slice_make(NULL, 0);
	command.argument = slice_trim(command.argument);
	return command;
}

bool
command_is_host(struct slice argument)
{
	return address_is_domain(argument, 0) || address_is_literal(argument);
}

bool
command_is_postmaster(struct slice mailbox)
{
	return slice_is_nocase(mailbox, "postmaster");
}

/* The index of the '>' that ends a path; a quoted string may hold others. text.len if there is
 * none. */
static size_t
path_end(struct slice text)
{
	bool quoted = false;

	for (size_t at = 0; at < text.len; at++) {
		char c = text.data[at];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && quoted)
			at++;
		else if (c == '>' && !quoted)
			return at;
	}
	return text.len;
}

/* At-domains with commas between, each "@" Domain. */
static bool
is_source_route(struct slice route)
{
	struct slice hop;

	if (route.data[route.len - 1] == ',')
		return false;
	while (slice_take(&route, ',', &hop))
		if (!slice_starts(hop, "@") || !address_is_domain(slice_skip(hop, 1), 0))
			return false;
	return true;
}

/* Drops "@one.example,@two.example:" in front of a mailbox. */
static bool
drop_source_route(struct slice *path)
{
	size_t colon = slice_find(*path, ':');

	if (!slice_starts(*path, "@"))
		return true;
	if (colon == path->len || !is_source_route(slice_make(path->data, colon)))
		return false;
	*path = slice_skip(*path, colon + 1);
	return path->len > 0;
}

static enum command_result
parse_path(struct slice *argument, const char *keyword, struct command_path *path)
{
	size_t end;

	*path = (struct command_path){0};
	if (!slice_starts_nocase(*argument, keyword))
		return COMMAND_SYNTAX;
	*argument = slice_trim(slice_skip(*argument, strlen(keyword)));
	if (!slice_starts(*argument, "<"))
		return COMMAND_SYNTAX;
	*argument = slice_skip(*argument, 1);
	end = path_end(*argument);
	if (end == argument->len)
		return COMMAND_SYNTAX;
	path->mailbox = slice_make(argument->data, end);
	*argument = slice_skip(*argument, end + 1);
	if (argument->len > 0 && argument->data[0] != ' ' && argument->data[0] != '\t')
		return COMMAND_SYNTAX;
	return drop_source_route(&path->mailbox) ? COMMAND_OK : COMMAND_ADDRESS;
}

static enum command_result
parse_mailbox(struct command_path *path, unsigned flags)
{
	switch (address_parse(path->mailbox, flags, &path->address)) {
	case ADDRESS_OK:
		return COMMAND_OK;
	case ADDRESS_8BIT:
		return COMMAND_8BIT;
	case ADDRESS_SYNTAX:
	case ADDRESS_TOO_LONG:
		break;
	}
	return COMMAND_ADDRESS;
}

enum command_result
command_reverse_path(struct slice *argument, unsigned flags, struct command_path *path)
{
	enum command_result result = parse_path(argument, "FROM:", path);

	if (result != COMMAND_OK || path->mailbox.len == 0)
		return result;
	return parse_mailbox(path, flags);
}

enum command_result
command_forward_path(struct slice *argument, unsigned flags, struct command_path *path)
{
	enum command_result result = parse_path(argument, "TO:", path);

	if (result != COMMAND_OK)
		return result;
	if (command_is_postmaster(path->mailbox))
		flags |= ADDRESS_BARE;
	return parse_mailbox(path, flags);
}
