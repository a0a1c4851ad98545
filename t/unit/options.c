/* SPDX-License-Identifier: ISC */
#include "base/options.h"

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static const struct option_row plain_rows[] = {
    {'a', "all", NULL, "everything", TAKES_TEXT, NULL},
    {'f', "from", "SENDER", "the reverse-path", TAKES_ADDRESS, NULL},
    {'F', "format", "NAME", "how it looks: a text that is longer than what is left of one line",
	TAKES_WORD, "table tabs"},
    {OPTION_LONG, "from-file", "FILE", "as --from, out of FILE", TAKES_FILE, NULL},
    {OPTION_LONG + 1, "hidden", NULL, NULL, TAKES_TEXT, NULL},
    {'x', NULL, NULL, "a letter alone", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command plain_commands[] = {
    {.usage = "[-ax] [-f SENDER] HOST [PORT]\n-a",
	.operands = "HOST [PORT]",
	.rows = {plain_rows},
	.least = 0,
	.most = 2,
	.takes = {TAKES_HOST}},
    {.usage = NULL},
};

static const struct option_program plain = {
    .name = "plain", .about = "Does little.\n", .commands = plain_commands};
static const struct option_program chain = {
    .name = "chain", .about = "", .commands = plain_commands, .stops_at_operand = true};

static const struct option_row common_rows[] = {
    {'v', "verbose", NULL, "say more", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row add_rows[] = {
    {'n', "name", "NAME", "what it is called", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row remove_rows[] = {
    {'y', "yes", NULL, "do not ask", TAKES_TEXT, NULL},
    {0},
};
static const struct option_command many_commands[] = {
    {.name = "add",
	.usage = "[-n NAME] ADDRESS",
	.operands = "ADDRESS",
	.help = "Adds one.",
	.rows = {add_rows},
	.least = 1,
	.most = 1,
	.takes = {TAKES_ACCOUNT}},
    {.name = "remove",
	.usage = "[-y] ADDRESS...",
	.operands = "ADDRESS...",
	.help = "Removes some.",
	.rows = {remove_rows},
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_ACCOUNT}},
    {.usage = NULL},
};
static const struct option_program many = {.name = "many",
    .about = "Does much.\n",
    .after = "Good luck.\n",
    .rows = common_rows,
    .commands = many_commands};

static const struct parse_case {
	const struct option_program *program;
	const char *line; /* words behind the program's name */
	const char *want; /* codes with their values, "|", command, operands; or the problem */
} parse_cases[] = {
    {&plain, "", "|"},
    {&plain, "host 25", "| host 25"},
    {&plain, "-a host -x 25", "a x | host 25"},
    {&plain, "-axf me host", "a x f=me | host"},
    {&plain, "-afme host", "a f=me | host"},
    {&plain, "-f -a", "f=-a |"},
    {&plain, "--from me --all", "f=me a |"},
    {&plain, "--from=me", "f=me |"},
    {&plain, "--from=", "f= |"},
    {&plain, "--al host", "a | host"},
    {&plain, "--from-f=x", "256=x |"},
    {&plain, "--hidden", "257 |"},
    {&plain, "-- -a -b", "| -a -b"},
    {&plain, "host -- -a", "| host -a"},
    {&plain, "-", "| -"},
    {&plain, "-a - --help", "a help"},
    {&plain, "--version -q", "version"},
    {&plain, "--options", "list"},
    {&plain, "--fro", "wrong: --fro may be --from or --from-file"},
    {&plain, "--form x", "F=x |"},
    {&plain, "--frmo x", "wrong: there is no option --frmo: did you mean --from?"},
    {&plain, "--zzzzzz", "wrong: there is no option --zzzzzz"},
    {&plain, "-z", "wrong: there is no option -z"},
    {&plain, "-az", "a wrong: there is no option -z"},
    {&plain, "--all=yes", "wrong: --all takes no value"},
    {&plain, "-f", "wrong: -f takes a value: -f SENDER"},
    {&plain, "--fr", "wrong: --fr may be --from or --from-file"},
    {&plain, "--format", "wrong: --format takes a value: --format NAME"},
    {&plain, "a b c d", "wrong: unexpected operand: c"},
    {&plain, "--=x", "wrong: there is no option --"},
    {&chain, "-a host -x", "a | host -x"},
    {&chain, "-a -- -x", "a | -x"},
    {&chain, "host --help", "| host --help"},
    {&many, "", "wrong: no command was given"},
    {&many, "add a@b", "| add a@b"},
    {&many, "add -n x a@b -v", "n=x v | add a@b"},
    {&many, "-v -n add add add", "v n=add | add add"},
    {&many, "-v", "v wrong: no command was given"},
    {&many, "ad a@b", "wrong: there is no command ad: did you mean add?"},
    {&many, "ermove -y", "wrong: there is no command ermove: did you mean remove?"},
    {&many, "frobnicate", "wrong: there is no command frobnicate"},
    {&many, "-y", "wrong: -y is no option of many without a command"},
    {&many, "add -y a@b", "wrong: -y is no option of many add"},
    {&many, "add --yes a@b", "wrong: --yes is no option of many add"},
    {&many, "add", "wrong: ADDRESS is missing behind many add"},
    {&many, "remove", "wrong: ADDRESS is missing behind many remove"},
    {&many, "add a b", "wrong: unexpected operand: b"},
    {&many, "remove a b c", "| remove a b c"},
    {&many, "remove -- -y", "| remove -y"},
    {&many, "remove --help", "help"},
};

static void
say_code(struct str *out, const struct option_scan *s, int code)
{
	if (out->len > 0)
		(void)str_add_char(out, ' ');
	if (code == OPTION_HELP)
		(void)str_add_text(out, "help");
	else if (code == OPTION_VERSION)
		(void)str_add_text(out, "version");
	else if (code == OPTION_LIST)
		(void)str_add_text(out, "list");
	else if (code == OPTION_WRONG)
		(void)str_format(out, "wrong: %s", s->problem);
	else if (code < OPTION_LONG)
		(void)str_add_char(out, (char)code);
	else
		(void)str_format(out, "%d", code);
	if (code > 0 && s->value != NULL)
		(void)str_format(out, "=%s", s->value);
}

static void
parse_one(const struct parse_case *one)
{
	char line[200], *argv[20] = {(char[]){"program"}}, *rest = line, *word;
	struct option_scan s;
	struct str out;
	int argc = 1, code;

	(void)snprintf(line, sizeof line, "%s", one->line);
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			argv[argc++] = word;
	str_init(&out, 4096);
	options_begin(&s, one->program, argc, argv);
	while ((code = options_next(&s)) > OPTION_END)
		say_code(&out, &s, code);
	if (code != OPTION_END)
		say_code(&out, &s, code);
	else {
		(void)str_format(&out, "%s|%s%s", out.len > 0 ? " " : "",
		    s.command->name == NULL ? "" : " ",
		    s.command->name == NULL ? "" : s.command->name);
		for (int i = 0; i < s.count; i++)
			(void)str_format(&out, " %s", s.operands[i]);
		tap_ok(s.operands[s.count] == NULL, "%s: operands end", one->line);
	}
	tap_is_text(out.data, one->want, one->line);
	str_free(&out);
}

static void
test_no_name(void)
{
	char *argv[] = {NULL, (char[]){"HOME=/"}, NULL};
	struct option_scan s;

	options_begin(&s, &plain, 0, argv);
	tap_is_int(options_next(&s), OPTION_END, "a process without arguments");
	tap_is_int(s.count, 0, "has no operands");
	tap_is_text(argv[1], "HOME=/", "and keeps its environment");
}

static void
test_help(void)
{
	struct str out;

	str_init(&out, 8192);
	tap_is_int(options_help(&out, &plain, &plain_commands[0]), 0, "help");
	tap_is_text(out.data,
	    "usage: plain [-ax] [-f SENDER] HOST [PORT]\n"
	    "       plain -a\n"
	    "Does little.\n"
	    "  -a, --all             everything\n"
	    "  -f, --from SENDER     the reverse-path\n"
	    "  -F, --format NAME     how it looks: a text that is longer than what is left of\n"
	    "                        one line\n"
	    "      --from-file FILE  as --from, out of FILE\n"
	    "  -x                    a letter alone\n"
	    "      --help, --version\n",
	    "help of a program");
	str_clear(&out);
	(void)options_help(&out, &many, NULL);
	tap_is_text(out.data,
	    "usage: many COMMAND [OPTION...] [OPERAND...]\n"
	    "Does much.\n"
	    "  add ADDRESS        Adds one.\n"
	    "  remove ADDRESS...  Removes some.\n"
	    "  -v, --verbose  say more\n"
	    "      --help, --version\n"
	    "'many COMMAND --help' shows the options of a command.\n"
	    "Good luck.\n",
	    "help of a program with commands");
	str_clear(&out);
	(void)options_help(&out, &many, &many_commands[1]);
	tap_is_text(out.data,
	    "usage: many remove [-y] ADDRESS...\n"
	    "Removes some.\n"
	    "  -y, --yes      do not ask\n"
	    "  -v, --verbose  say more\n",
	    "help of a command");
	str_free(&out);
}

/* Of more rows than a screen has lines, the last are named. */
static void
test_help_screen(void)
{
	static char names[30][16];
	static struct option_row rows[31];
	static const struct option_command commands[] = {
	    {.usage = "", .rows = {rows}}, {.usage = NULL}};
	const struct option_program program = {.name = "wide", .about = "", .commands = commands};
	size_t lines = 0;
	struct str out;

	for (int i = 0; i < 30; i++) {
		(void)snprintf(names[i], sizeof names[i], "n%d", i);
		rows[i] = (struct option_row){
		    OPTION_LONG + i, names[i], NULL, "is one", TAKES_TEXT, NULL};
	}
	str_init(&out, 8192);
	tap_is_int(options_help(&out, &program, NULL), 0, "help of many options");
	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	tap_is_int((int)lines, 24, "it is a screen");
	tap_ok(strstr(out.data,
		   " --n19    is one\n  More, which the manual page explains: --n20 ") != NULL,
	    "the last are named");
	tap_ok(strstr(out.data, " --n29\n      --help, --version\n") != NULL, "all of them");
	str_free(&out);
}

static void
test_list(void)
{
	struct str out;

	str_init(&out, 8192);
	tap_is_int(options_list(&out, &plain), 0, "list");
	tap_is_text(out.data,
	    "command\t-\thost,host\t-\tHOST [PORT]\t-\n"
	    "option\t-\t-a\t--all\t-\t-\t-\teverything\n"
	    "option\t-\t-f\t--from\tSENDER\taddress\t-\tthe reverse-path\n"
	    "option\t-\t-F\t--format\tNAME\tword\ttable tabs\thow it looks: a text that is longer "
	    "than what is left of one line\n"
	    "option\t-\t-\t--from-file\tFILE\tfile\t-\tas --from, out of FILE\n"
	    "option\t-\t-x\t-\t-\t-\t-\ta letter alone\n",
	    "list of a program");
	str_clear(&out);
	(void)options_list(&out, &many);
	tap_is_text(out.data,
	    "command\tadd\taccount\t-\tADDRESS\tAdds one.\n"
	    "option\tadd\t-n\t--name\tNAME\ttext\t-\twhat it is called\n"
	    "command\tremove\taccount...\t-\tADDRESS...\tRemoves some.\n"
	    "option\tremove\t-y\t--yes\t-\t-\t-\tdo not ask\n"
	    "option\t*\t-v\t--verbose\t-\t-\t-\tsay more\n",
	    "list of a program with commands");
	str_free(&out);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof parse_cases / sizeof *parse_cases; i++)
		parse_one(&parse_cases[i]);
	test_no_name();
	test_help();
	test_help_screen();
	test_list();
	return tap_done();
}
