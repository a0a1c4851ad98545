/* SPDX-License-Identifier: ISC */
#include "base/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

static const struct option_row standard_rows[] = {
    {OPTION_HELP, "help", NULL, NULL, TAKES_TEXT, NULL},
    {OPTION_VERSION, "version", NULL, NULL, TAKES_TEXT, NULL},
    {OPTION_LIST, "options", NULL, NULL, TAKES_TEXT, NULL},
    {0},
};

__attribute__((format(printf, 2, 3))) static int
wrong(struct option_scan *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vsnprintf(s->problem, sizeof s->problem, format, args) < 0)
		s->problem[0] = '\0';
	va_end(args);
	return OPTION_WRONG;
}

/* The tables in which an option of COMMAND may stand, the I-th; null behind the last. */
static const struct option_row *
table_at(const struct option_program *p, const struct option_command *command, size_t i)
{
	static const struct option_row none[] = {{0}};

	if (i == 0)
		return standard_rows;
	if (i == 1)
		return p->rows == NULL ? none : p->rows;
	if (command == NULL || i - 2 >= OPTION_TABLES)
		return NULL;
	return command->rows[i - 2];
}

/* What a name or the beginning of one leads to. */
struct match {
	const struct option_row *row;
	const struct option_row *other; /* of which it is the beginning as well */
	bool is_exact;
};

static void
match_row(struct match *m, const struct option_row *row, struct slice name)
{
	if (row->name == NULL || m->is_exact || strncmp(row->name, name.data, name.len) != 0)
		return;
	m->is_exact = row->name[name.len] == '\0';
	if (m->row == NULL || m->is_exact)
		m->row = row;
	else if (m->row->code != row->code && row->help != NULL)
		m->other = row;
}

static void
match_name(struct match *m, const struct option_scan *s, const struct option_command *command,
    struct slice name)
{
	const struct option_row *row;

	for (size_t i = 0; name.len > 0 && (row = table_at(s->program, command, i)) != NULL; i++)
		for (; row->code != 0; row++)
			match_row(m, row, name);
}

static const struct option_row *
find_letter(const struct option_scan *s, const struct option_command *command, char letter)
{
	const struct option_row *row;

	for (size_t i = 0; (row = table_at(s->program, command, i)) != NULL; i++)
		for (; row->code != 0; row++)
			if (row->code == (unsigned char)letter)
				return row;
	return NULL;
}

/* Of any command, before it is known which. */
static const struct option_row *
find_anywhere(const struct option_scan *s, const char *word)
{
	for (const struct option_command *c = s->program->commands; c->usage != NULL; c++) {
		struct match m = {.row = NULL};

		if (word[0] != '-')
			m.row = find_letter(s, c, word[0]);
		else
			match_name(&m, s, c, slice_make(word + 1, strcspn(word + 1, "=")));
		if (m.row != NULL)
			return m.row;
	}
	return NULL;
}

/* Whether the value of an option in WORD, which is without its first hyphen, is the next word. */
static bool
needs_next(const struct option_scan *s, const char *word)
{
	const struct option_row *row = NULL;

	if (word[0] == '-') {
		row = find_anywhere(s, word);
		return row != NULL && row->value != NULL && strchr(word, '=') == NULL;
	}
	for (; *word != '\0'; word++) {
		row = find_anywhere(s, word);
		if (row != NULL && row->value != NULL)
			return word[1] == '\0';
	}
	return false;
}

/* The first operand, wherever it stands among options of whatever command; or null. */
static const char *
first_operand(const struct option_scan *s)
{
	for (int i = 1; i < s->argc; i++) {
		const char *word = s->argv[i];

		if (word[0] != '-' || word[1] == '\0')
			return word;
		if (strcmp(word, "--") == 0)
			return s->argv[i + 1];
		if (needs_next(s, word + 1))
			i++;
	}
	return NULL;
}

static const struct option_command *
find_command(const struct option_program *p, const char *name)
{
	for (const struct option_command *c = p->commands; c->usage != NULL; c++)
		if (name == NULL ? c->name == NULL : c->name != NULL && strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static bool
has_names(const struct option_program *p)
{
	return p->commands[0].name != NULL || p->commands[1].usage != NULL;
}

void
options_begin(struct option_scan *s, const struct option_program *program, int argc, char **argv)
{
	*s = (struct option_scan){
	    .program = program, .argv = argv, .argc = argc, .at = 1, .operands = argv};
	if (argc > 0) /* or there is no room for operands behind the name */
		s->operands = argv + 1;
	s->first = first_operand(s);
	if (s->first != NULL)
		s->command = find_command(program, s->first);
	s->is_command_due = s->command != NULL;
	if (s->command == NULL)
		s->command = find_command(program, NULL);
	if (s->first != NULL && s->command != NULL && !s->is_command_due && s->command->most == 0 &&
	    has_names(program))
		s->command = NULL; /* it can only have been meant as a name */
}

static int
wrong_command(struct option_scan *s)
{
	const char *name = s->first;
	struct nearest near;

	if (name == NULL)
		return wrong(s, "no command was given");
	nearest_begin(&near, slice_of(name));
	for (const struct option_command *c = s->program->commands; c->usage != NULL; c++)
		if (c->name != NULL)
			nearest_offer(&near, slice_of(c->name));
	if (near.found.len == 0)
		return wrong(s, "there is no command %s", name);
	return wrong(s, "there is no command %s: did you mean %.*s?", name, (int)near.found.len,
	    near.found.data);
}

/* An option that is none of this command. */
static int
wrong_option(struct option_scan *s, const char *shown, const char *word)
{
	const char *name = s->command == NULL ? NULL : s->command->name;
	const struct option_row *row;
	struct nearest near;

	if (s->command == NULL && s->first != NULL)
		return wrong_command(s);
	if (find_anywhere(s, word) != NULL)
		return wrong(s, "%s is no option of %s%s%s", shown, s->program->name,
		    name == NULL ? " without a command" : " ", name == NULL ? "" : name);
	nearest_begin(&near, slice_make(word + 1, strcspn(word + 1, "=")));
	for (size_t i = 0; word[0] == '-' && (row = table_at(s->program, s->command, i)) != NULL;
	     i++)
		for (; row->code != 0; row++)
			if (row->name != NULL && row->code != OPTION_LIST)
				nearest_offer(&near, slice_of(row->name));
	if (word[0] != '-' || near.found.len == 0)
		return wrong(s, "there is no option %s", shown);
	return wrong(s, "there is no option %s: did you mean --%.*s?", shown, (int)near.found.len,
	    near.found.data);
}

/* The value that ROW takes: ATTACHED, or the next word. */
static int
take_value(struct option_scan *s, const struct option_row *row, char *attached, const char *shown)
{
	s->value = attached;
	if (row->value != NULL && attached == NULL) {
		if (s->at >= s->argc)
			return wrong(s, "%s takes a value: %s %s", shown, shown, row->value);
		s->value = s->argv[s->at++];
	}
	return row->code;
}

static int
take_letter(struct option_scan *s)
{
	char shown[3] = {'-', *s->letters, '\0'};
	const struct option_row *row = find_letter(s, s->command, *s->letters);
	char *rest = s->letters + 1;

	if (row == NULL)
		return wrong_option(s, shown, s->letters);
	s->letters = *rest == '\0' || row->value != NULL ? NULL : rest;
	if (row->value == NULL) {
		s->value = NULL;
		return row->code;
	}
	return take_value(s, row, *rest == '\0' ? NULL : rest, shown);
}

static int
take_name(struct option_scan *s, char *word)
{
	char *name = word + 2, *equals = strchr(name, '=');
	struct slice asked = slice_make(name, strcspn(name, "="));
	struct match m = {.row = NULL};
	char shown[64];

	(void)snprintf(shown, sizeof shown, "--%.*s", (int)asked.len, asked.data);
	match_name(&m, s, s->command, asked);
	if (m.row == NULL)
		return wrong_option(s, shown, word + 1);
	if (!m.is_exact && m.other != NULL)
		return wrong(s, "%s may be --%s or --%s", shown, m.row->name, m.other->name);
	(void)snprintf(shown, sizeof shown, "--%s", m.row->name);
	if (m.row->value == NULL && equals != NULL)
		return wrong(s, "%s takes no value", shown);
	return take_value(s, m.row, equals == NULL ? NULL : equals + 1, shown);
}

static void
keep_operand(struct option_scan *s, char *word)
{
	if (s->is_command_due)
		s->is_command_due = false;
	else
		s->operands[s->count++] = word;
}

/* The N-th word of "ADDRESS [QUOTA]" as a person would say it. */
static struct slice
operand_name(const char *operands, int n)
{
	struct slice rest = slice_of(operands), word = {.data = "an operand", .len = 10};

	for (int i = 0; i <= n && slice_word(&rest, &word); i++)
		;
	while (word.len > 1 && word.data[word.len - 1] == '.')
		word.len--;
	return word;
}

static int
end(struct option_scan *s)
{
	const struct option_command *c = s->command;
	struct slice name;

	if (s->argc > 0)
		s->operands[s->count] = NULL;
	if (c == NULL)
		return wrong_command(s);
	name = operand_name(c->operands, s->count);
	if (s->count < c->least)
		return wrong(s, "%.*s is missing behind %s%s%s", (int)name.len, name.data,
		    s->program->name, c->name == NULL ? "" : " ", c->name == NULL ? "" : c->name);
	if (s->count > c->most)
		return wrong(s, "unexpected operand: %s", s->operands[c->most]);
	return OPTION_END;
}

int
options_next(struct option_scan *s)
{
	if (s->letters != NULL)
		return take_letter(s);
	while (s->at < s->argc) {
		char *word = s->argv[s->at];

		if (word[0] != '-' || word[1] == '\0') {
			if (s->program->stops_at_operand && !s->is_command_due)
				break;
			keep_operand(s, word);
			s->at++;
			continue;
		}
		s->at++;
		if (strcmp(word, "--") == 0)
			break;
		if (word[1] == '-')
			return take_name(s, word);
		s->letters = word + 1;
		return take_letter(s);
	}
	for (; s->at < s->argc; s->at++)
		keep_operand(s, s->argv[s->at]);
	return end(s);
}
