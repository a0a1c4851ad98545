/* SPDX-License-Identifier: ISC */
/* options.h: the text of --options. */
#include "base/options.h"

static const char *
or_hyphen(const char *text)
{
	return text == NULL || *text == '\0' ? "-" : text;
}

static const char *
kind_name(enum takes takes)
{
	static const char *const names[] = {
	    [TAKES_TEXT] = "text",
	    [TAKES_WORD] = "word",
	    [TAKES_WORDS] = "words",
	    [TAKES_FILE] = "file",
	    [TAKES_FOLDER] = "folder",
	    [TAKES_PROGRAM] = "program",
	    [TAKES_HOST] = "host",
	    [TAKES_USER] = "user",
	    [TAKES_ADDRESS] = "address",
	    [TAKES_ACCOUNT] = "account",
	    [TAKES_DOMAIN] = "domain",
	    [TAKES_HOSTED] = "hosted",
	    [TAKES_ID] = "id",
	    [TAKES_CONTROL] = "control",
	};

	return names[takes];
}

static int
list_rows(struct str *out, const char *command, const struct option_row *rows)
{
	for (; rows != NULL && rows->code != 0; rows++) {
		char letter[3] = {'-', rows->code < OPTION_LONG ? (char)rows->code : '\0', '\0'};

		if (rows->help == NULL)
			continue;
		if (str_format(out, "option\t%s\t%s\t%s%s\t%s\t%s\t%s\t%s\n", command, letter,
			rows->name == NULL ? "-" : "--", rows->name == NULL ? "" : rows->name,
			or_hyphen(rows->value), rows->value == NULL ? "-" : kind_name(rows->takes),
			or_hyphen(rows->words), rows->help) == -1)
			return -1;
	}
	return 0;
}

/* As "word,file", or as "address..." where the last is that of all that follow. */
static int
list_kinds(struct str *out, const struct option_command *c)
{
	int count = c->most < OPTION_OPERANDS ? c->most : OPTION_OPERANDS, given = count;

	while (given > 1 && c->takes[given - 1] == TAKES_TEXT)
		given--;
	if (c->most > OPTION_OPERANDS)
		count = given;
	for (int i = 0; i < count; i++)
		if (str_format(out, "%s%s", i == 0 ? "" : ",",
			kind_name(c->takes[i < given ? i : given - 1])) == -1)
			return -1;
	return str_add_text(out, c->most == 0 ? "-" : c->most > OPTION_OPERANDS ? "..." : "");
}

static int
list_command(struct str *out, const struct option_command *c)
{
	const char *name = or_hyphen(c->name);

	if (str_format(out, "command\t%s\t", name) == -1 || list_kinds(out, c) == -1 ||
	    str_format(out, "\t%s\t%s\t%s\n", or_hyphen(c->words), or_hyphen(c->operands),
		or_hyphen(c->help)) == -1)
		return -1;
	for (size_t i = 0; i < OPTION_TABLES; i++)
		if (list_rows(out, name, c->rows[i]) == -1)
			return -1;
	return 0;
}

int
options_list(struct str *out, const struct option_program *program)
{
	for (const struct option_command *c = program->commands; c->usage != NULL; c++)
		if (list_command(out, c) == -1)
			return -1;
	return list_rows(out, "*", program->rows);
}
