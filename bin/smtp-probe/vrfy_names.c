/* SPDX-License-Identifier: ISC */
#include "vrfy_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "net/idn.h"
#include "probe.h"

#define NAME_MAX_OCTETS 500 /* RFC 5321, 4.5.3.1.4, with room for the verb */

_Noreturn static void
wrong(const char *what)
{
	die(PROGRAM, PROBE_USAGE, "%s. Try '%s --help'.", what, PROGRAM);
}

/* Nothing but us may end a command line; other scripts would need SMTPUTF8 (RFC 6531, 3.7.4). */
static void
check(struct slice name)
{
	if (name.len == 0 || name.len > NAME_MAX_OCTETS || slice_has_control(name) ||
	    !slice_is_ascii(name))
		wrong("an ADDRESS is 1 to 500 printable ASCII characters (its domain may be of any "
		      "script)");
}

static void
grow(struct vrfy_names *names)
{
	char **more = reallocarray(names->list, names->count + 1, sizeof *more);

	if (more == NULL)
		probe_no_memory();
	names->list = more;
}

static void
add(struct vrfy_names *names, struct slice text, bool is_own)
{
	struct str room;
	struct slice name;
	char *copy;

	if (!is_own && names->count >= VRFY_NAMES_MAX)
		wrong("more than 20 names are only for a server of your own: say so with --own");
	if (names->count >= VRFY_NAMES_MOST)
		wrong("there are more than 1000000 names");
	str_init(&room, 2 * NAME_MAX_OCTETS);
	name = idn_address(slice_trim(text), &room);
	check(name);
	copy = strndup(name.data, name.len);
	if (copy == NULL)
		probe_no_memory();
	grow(names);
	names->list[names->count++] = copy;
	str_free(&room);
}

static void
read_lines(struct vrfy_names *names, bool is_own)
{
	char line[NAME_MAX_OCTETS + 3];

	while (fgets(line, sizeof line, stdin) != NULL) {
		struct slice text = slice_of(line);

		if (slice_find(text, '\n') == text.len && !feof(stdin))
			wrong("a line of standard input is longer than 500 characters");
		if (slice_trim(text).len > 0)
			add(names, text, is_own);
	}
	if (ferror(stdin))
		die_errno(PROGRAM, UNKNOWN, "unable to read standard input");
}

void
vrfy_names_read(struct vrfy_names *names, char **operands, int count, bool is_own)
{
	*names = (struct vrfy_names){.list = NULL};
	for (int i = 0; i < count; i++)
		if (strcmp(operands[i], "-") == 0)
			read_lines(names, is_own);
		else
			add(names, slice_of(operands[i]), is_own);
}

void
vrfy_names_free(struct vrfy_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

struct slice
vrfy_domain(const char *name)
{
	struct slice text = slice_of(name);

	return slice_skip(text, slice_find_last(text, '@') + 1);
}
