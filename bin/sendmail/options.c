/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/die.h"

enum argument {
	ARGUMENT_NONE,
	ARGUMENT_NEEDED,   /* attached, or the next argument */
	ARGUMENT_ATTACHED, /* attached, or none */
};

struct flag {
	char letter;
	enum argument argument;
	void (*set)(struct options *o, const char *value); /* null: accepted and ignored */
};

_Noreturn static void
usage(const char *what, const char *value)
{
	die(PROGRAM, EX_USAGE, "%s: %s (see " PROGRAM " --help)", what, value);
}

static void
set_mode(struct options *o, const char *value)
{
	static const struct {
		char letter;
		enum mode mode;
	} modes[] = {{'m', MODE_SUBMIT}, {'s', MODE_SMTP}, {'p', MODE_LIST}, {'i', MODE_CHECK},
	    {'v', MODE_VERIFY}, {'t', MODE_EXPLAIN}, {'d', MODE_LISTEN}, {'D', MODE_LISTEN},
	    {'l', MODE_LISTEN}};

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (value[0] == modes[i].letter) {
			o->mode = modes[i].mode;
			return;
		}
	usage("there is no such mode", value);
}

static void
set_body(struct options *o, const char *value)
{
	if (slice_is_nocase(slice_of(value), "7BIT"))
		o->body = "7BIT";
	else if (slice_is_nocase(slice_of(value), "8BITMIME"))
		o->body = "8BITMIME";
	else
		usage("-B takes 7BIT or 8BITMIME", value);
}

static void
set_error_mode(struct options *o, const char *value)
{
	o->quiet = value[0] == 'q';
}

static void
set_full_name(struct options *o, const char *value)
{
	o->full_name = value;
}

static void
set_sender(struct options *o, const char *value)
{
	o->sender = value;
}

static void
set_gateway(struct options *o, const char *value)
{
	(void)value;
	o->gateway = true;
}

static void
set_check(struct options *o, const char *value)
{
	(void)value;
	o->mode = MODE_CHECK;
}

static void
set_dots(struct options *o, const char *value)
{
	(void)value;
	o->dots_are_data = true;
}

/* RFC 3461, 4.1: NEVER stands alone, the others once each. */
static void
set_notify(struct options *o, const char *value)
{
	static const char *const words[] = {"SUCCESS", "FAILURE", "DELAY"};
	struct slice rest = slice_of(value), word;
	bool wanted[3] = {false};
	size_t len = 0;

	if (slice_is_nocase(rest, "NEVER")) {
		snprintf(o->notify, sizeof o->notify, "NEVER");
		return;
	}
	while (slice_take(&rest, ',', &word)) {
		size_t i = 0;

		while (i < 3 && !slice_is_nocase(slice_trim(word), words[i]))
			i++;
		if (i == 3)
			usage("-N takes never, or some of success,failure,delay", value);
		wanted[i] = true;
	}
	o->notify[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		if (wanted[i])
			len += (size_t)snprintf(o->notify + len, sizeof o->notify - len, "%s%s",
			    len > 0 ? "," : "", words[i]);
	if (len == 0)
		usage("-N takes never, or some of success,failure,delay", value);
}

static void
set_return(struct options *o, const char *value)
{
	if (slice_is_nocase(slice_of(value), "FULL"))
		o->return_part = "FULL";
	else if (slice_is_nocase(slice_of(value), "HDRS"))
		o->return_part = "HDRS";
	else
		usage("-R takes full or hdrs", value);
}

/* -o: the old way to set options of one letter; only these change what is done. */
static void
set_old(struct options *o, const char *value)
{
	if (strcmp(value, "i") == 0 || slice_is_nocase(slice_of(value), "itrue"))
		o->dots_are_data = true;
	else if (value[0] == 'e')
		set_error_mode(o, value + 1);
	else if (value[0] == 'v' && value[1] == '\0')
		o->verbose = true;
}

static void
set_queue(struct options *o, const char *value)
{
	(void)value;
	o->mode = MODE_QUEUE;
}

static void
set_from_header(struct options *o, const char *value)
{
	(void)value;
	o->from_header = true;
}

static void
set_envelope_id(struct options *o, const char *value)
{
	o->envelope_id = value[0] == '\0' ? NULL : value;
}

static void
set_verbose(struct options *o, const char *value)
{
	(void)value;
	o->verbose = true;
}

static const struct flag flags[] = {
    {'A', ARGUMENT_NEEDED, NULL},
    {'B', ARGUMENT_NEEDED, set_body},
    {'C', ARGUMENT_NEEDED, NULL},
    {'D', ARGUMENT_NEEDED, NULL},
    {'E', ARGUMENT_NONE, NULL},
    {'F', ARGUMENT_NEEDED, set_full_name},
    {'G', ARGUMENT_NONE, set_gateway},
    {'I', ARGUMENT_NONE, set_check},
    {'J', ARGUMENT_NONE, NULL},
    {'L', ARGUMENT_NEEDED, NULL},
    {'M', ARGUMENT_NEEDED, NULL},
    {'N', ARGUMENT_NEEDED, set_notify},
    {'O', ARGUMENT_NEEDED, NULL},
    {'R', ARGUMENT_NEEDED, set_return},
    {'T', ARGUMENT_NEEDED, NULL},
    {'U', ARGUMENT_NONE, NULL},
    {'V', ARGUMENT_NEEDED, set_envelope_id},
    {'X', ARGUMENT_NEEDED, NULL},
    {'b', ARGUMENT_NEEDED, set_mode},
    {'c', ARGUMENT_NONE, NULL},
    {'d', ARGUMENT_NEEDED, NULL},
    {'e', ARGUMENT_NEEDED, set_error_mode},
    {'f', ARGUMENT_NEEDED, set_sender},
    {'h', ARGUMENT_NEEDED, NULL},
    {'i', ARGUMENT_NONE, set_dots},
    {'m', ARGUMENT_NONE, NULL},
    {'n', ARGUMENT_NONE, NULL},
    {'o', ARGUMENT_NEEDED, set_old},
    {'p', ARGUMENT_NEEDED, NULL},
    {'q', ARGUMENT_ATTACHED, set_queue},
    {'r', ARGUMENT_NEEDED, set_sender},
    {'s', ARGUMENT_NONE, NULL},
    {'t', ARGUMENT_NONE, set_from_header},
    {'v', ARGUMENT_NONE, set_verbose},
    {'x', ARGUMENT_NONE, NULL},
};

static const struct flag *
find_flag(const char *letters)
{
	char text[2] = {letters[0], '\0'};

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (flags[i].letter == letters[0])
			return &flags[i];
	usage("there is no such option", text);
}

/* True for -q[!]I, R or S whose text is the next argument, as some write it. */
static bool
is_filter_without_text(const char *value)
{
	if (value[0] == '!')
		value++;
	return value[0] != '\0' && strchr("IRS", value[0]) != NULL && value[1] == '\0';
}

/* Sets the flags of one argument, LETTERS behind its hyphen. How many further arguments it took. */
static int
set_flags(struct options *o, const char *letters, const char *next)
{
	for (; *letters != '\0'; letters++) {
		const struct flag *flag = find_flag(letters);
		const char *value = letters + 1;
		int taken = 0;

		if (flag->argument == ARGUMENT_NEEDED && *value == '\0') {
			if (next == NULL)
				usage("there is no value for the option", letters);
			value = next;
			taken = 1;
		} else if (flag->argument == ARGUMENT_ATTACHED && next != NULL)
			taken = is_filter_without_text(value);
		if (flag->set != NULL)
			flag->set(o, value);
		if (flag->argument != ARGUMENT_NONE)
			return taken;
	}
	return 0;
}

static void
set_name(struct options *o, const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash == NULL ? name : slash + 1;
	if (strcmp(name, "mailq") == 0)
		o->mode = MODE_LIST;
	else if (strcmp(name, "newaliases") == 0)
		o->mode = MODE_CHECK;
}

void
options_read(struct options *o, int argc, char **argv)
{
	bool ended = false;

	*o = (struct options){.full_name = getenv("NAME")};
	o->recipients = calloc((size_t)argc + 1, sizeof *o->recipients);
	if (o->recipients == NULL)
		die_errno(PROGRAM, EX_OSERR, "unable to read the command line");
	if (argc > 0)
		set_name(o, argv[0]);
	for (int i = 1; i < argc; i++) {
		const char *text = argv[i];

		if (ended || text[0] != '-' || text[1] == '\0')
			o->recipients[o->recipient_count++] = argv[i];
		else if (strcmp(text, "--") == 0)
			ended = true;
		else if (strcmp(text, "--help") == 0)
			o->mode = MODE_HELP;
		else if (strcmp(text, "--version") == 0)
			o->mode = MODE_VERSION;
		else if (text[1] == '-')
			usage("there is no such option", text);
		else
			i += set_flags(o, text + 1, i + 1 < argc ? argv[i + 1] : NULL);
	}
}

void
options_free(struct options *o)
{
	free(o->recipients);
	o->recipients = NULL;
}
