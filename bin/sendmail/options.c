/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/die.h"
#include "values.h"

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
	values_refuse("there is no such mode", value);
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

/* -od: i waits for the first attempt, b does not, q and d leave it to who runs the queue. */
static void
set_delivery(struct options *o, const char *value)
{
	if (value[0] == 'i')
		o->when = SUBMIT_WAIT;
	else if (value[0] == 'b')
		o->when = SUBMIT_NOW;
	else if (value[0] == 'q' || value[0] == 'd')
		o->when = SUBMIT_QUEUE;
}

/* -o: the old way to set options of one letter; only these change what is done. */
static void
set_old(struct options *o, const char *value)
{
	if (strcmp(value, "i") == 0 || slice_is_nocase(slice_of(value), "itrue"))
		o->dots_are_data = true;
	else if (value[0] == 'e')
		set_error_mode(o, value + 1);
	else if (value[0] == 'd')
		set_delivery(o, value + 1);
	else if (value[0] == 'v' && value[1] == '\0')
		o->verbose = true;
}

static void
set_from_header(struct options *o, const char *value)
{
	(void)value;
	o->from_header = true;
}

static void
set_verbose(struct options *o, const char *value)
{
	(void)value;
	o->verbose = true;
}

static const struct flag flags[] = {
    {'A', ARGUMENT_NEEDED, NULL},
    {'B', ARGUMENT_NEEDED, values_body},
    {'C', ARGUMENT_NEEDED, NULL},
    {'D', ARGUMENT_NEEDED, NULL},
    {'E', ARGUMENT_NONE, NULL},
    {'F', ARGUMENT_NEEDED, set_full_name},
    {'G', ARGUMENT_NONE, set_gateway},
    {'I', ARGUMENT_NONE, set_check},
    {'J', ARGUMENT_NONE, NULL},
    {'L', ARGUMENT_NEEDED, NULL},
    {'M', ARGUMENT_NEEDED, NULL},
    {'N', ARGUMENT_NEEDED, values_notify},
    {'O', ARGUMENT_NEEDED, values_extended},
    {'R', ARGUMENT_NEEDED, values_return},
    {'T', ARGUMENT_NEEDED, NULL},
    {'U', ARGUMENT_NONE, NULL},
    {'V', ARGUMENT_NEEDED, values_envelope_id},
    {'X', ARGUMENT_NEEDED, values_verp},
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
    {'p', ARGUMENT_NEEDED, values_protocol},
    {'q', ARGUMENT_ATTACHED, values_queue},
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
	values_refuse("there is no such option", text);
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
				values_refuse("there is no value for the option", letters);
			value = next;
			taken = 1;
		} else if (flag->argument == ARGUMENT_ATTACHED && next != NULL &&
			   values_queue_filter(o, value, next))
			return 1;
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
	else if (strcmp(name, "runq") == 0)
		o->mode = MODE_QUEUE;
	else if (strcmp(name, "rmail") == 0)
		/* uuxqt's input is the message to its end, as another host has sent it */
		o->is_rmail = o->gateway = o->dots_are_data = true;
}

void
options_read(struct options *o, int argc, char **argv)
{
	bool ended = false;

	*o = (struct options){.full_name = getenv("NAME")};
	o->recipients = calloc((size_t)argc + 1, sizeof *o->recipients);
	o->filters = calloc((size_t)argc + 1, sizeof *o->filters);
	if (o->recipients == NULL || o->filters == NULL)
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
		else if (strcmp(text, "--options") == 0)
			o->mode = MODE_LIST_OPTIONS;
		else if (text[1] == '-')
			values_refuse("there is no such option", text);
		else
			i += set_flags(o, text + 1, i + 1 < argc ? argv[i + 1] : NULL);
	}
}

void
options_free(struct options *o)
{
	free(o->recipients);
	free(o->filters);
	o->recipients = NULL;
	o->filters = NULL;
}
