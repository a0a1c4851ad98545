/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/clock.h"
#include "base/fields.h"
#include "mail/when.h"
#include "spool/envelope.h"

#define SENDER_MAX 1024 /* of the one made here */

enum { KEY = OPTION_LONG, EXPIRES, NOT_BEFORE, EXPLAIN, QUOTA };

static const struct option_row rows[] = {
    {'f', NULL, "SENDER", "reverse-path; <> for the null one; default: you", TAKES_ADDRESS, NULL},
    {KEY, "key", "KEY", "the same key twice is one message", TAKES_TEXT, NULL},
    {EXPIRES, "expires", "WHEN", "return what is not delivered by then", TAKES_TEXT, NULL},
    {NOT_BEFORE, "not-before", "WHEN", "deliver nothing before then", TAKES_TEXT, NULL},
    {EXPLAIN, "explain", NULL, "show where each would go, and queue nothing", TAKES_TEXT, NULL},
    {QUOTA, "quota", NULL, "show what you, or these users, may still submit", TAKES_TEXT, NULL},
    {'i', NULL, NULL, "print the queue id", TAKES_TEXT, NULL},
    {'s', NULL, NULL, "speak the helper protocol on descriptor 0", TAKES_TEXT, NULL},
    {'w', NULL, NULL, "be a service on run/enqueue/socket in the spool", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[OPTION...] RECIPIENT... <MESSAGE\n--quota [USER...]\n-s | -w",
	.operands = "RECIPIENT...",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_ADDRESS}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Puts the message on standard input into the queue. Without arguments the\n"
	     "envelope is on descriptor 1, as for qmail-queue.\n",
    .after = "WHEN is " WHEN_FORMS ".\n"
	     "Exit codes: 0 queued, 100 refused or wrong usage, 111 try again later.\n"
	     "See enqueue(8).\n",
    .commands = commands,
    .stops_at_operand = true};

static int64_t
read_when(const struct option_scan *scan, const char *option)
{
	int64_t seconds;

	if (!when_read(slice_of(scan->value), clock_wall_seconds(), &seconds))
		about_wrong(
		    scan, "'%s' behind %s is no time: write " WHEN_FORMS, scan->value, option);
	if (seconds <= clock_wall_seconds())
		about_wrong(scan, "'%s' behind %s has passed", scan->value, option);
	return seconds;
}

static void
check_key(const struct option_scan *scan, const char *key)
{
	size_t len = strlen(key);

	if (len == 0 || len > ENVELOPE_KEY_MAX)
		about_wrong(
		    scan, "the key has %zu octets: it takes 1 to %d", len, ENVELOPE_KEY_MAX);
	if (slice_has_control(slice_of(key)))
		about_wrong(scan, "the key holds a control character: leave it out");
}

static void
check_options(const struct options *o, const struct option_scan *scan)
{
	bool is_helper = o->speak || o->serve;
	bool has_envelope = o->sender != NULL || o->key != NULL || o->expires > 0 ||
			    o->not_before > 0 || o->explain;

	if (o->speak && o->serve)
		about_wrong(scan, "-s and -w exclude each other");
	if (is_helper && (scan->count > 0 || has_envelope))
		about_wrong(scan,
		    "with -s and -w there is neither RECIPIENT nor what belongs to one message");
	if (o->show_quota && (is_helper || has_envelope || o->print_id))
		about_wrong(scan, "with --quota there is no other option");
	if (o->show_quota)
		return;
	if (o->explain && (o->key != NULL || o->expires > 0 || o->not_before > 0 || o->print_id))
		about_wrong(scan, "with --explain there is no other option but -f");
	if (o->expires > 0 && o->not_before >= o->expires)
		about_wrong(scan, "--not-before is no time before --expires");
	if (!is_helper && scan->count == 0 &&
	    (has_envelope || o->print_id || isatty(STDOUT_FILENO)))
		about_wrong(scan, "no recipients: RECIPIENT is missing behind enqueue");
}

void
options_read(struct options *o, int argc, char **argv)
{
	struct option_scan scan;
	int code;

	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		switch (code) {
		case 'f':
			o->sender = scan.value;
			break;
		case KEY:
			o->key = scan.value;
			check_key(&scan, o->key);
			break;
		case EXPIRES:
			o->expires = read_when(&scan, "--expires");
			break;
		case NOT_BEFORE:
			o->not_before = read_when(&scan, "--not-before");
			break;
		case QUOTA:
			o->show_quota = true;
			break;
		case EXPLAIN:
			o->explain = true;
			break;
		case 'i':
			o->print_id = true;
			break;
		case 's':
			o->speak = true;
			break;
		case 'w':
			o->serve = true;
			break;
		default:
			break;
		}
	check_options(o, &scan);
	o->recipients = scan.operands;
	o->recipient_count = scan.count;
}

static bool
add_text(struct accept *a, struct str *envelope, char letter, const char *text)
{
	if (fields_add(envelope, letter, slice_of(text), '\0') == 0)
		return true;
	switch (errno) {
	case EINVAL:
		return accept_fail(a, ACCEPT_ENVELOPE, "an address holds a control character");
	case EMSGSIZE:
		return accept_fail(a, ACCEPT_REFUSED, "the envelope is too large");
	default:
		return accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
	}
}

static bool
add_time(struct accept *a, struct str *envelope, char letter, int64_t seconds)
{
	if (seconds == 0 || fields_add_number(envelope, letter, seconds, '\0') == 0)
		return true;
	return accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
}

/* What holds for the message, not for one recipient. */
static bool
add_terms(const struct options *o, struct accept *a, struct str *envelope)
{
	return (o->key == NULL || add_text(a, envelope, 'K', o->key)) &&
	       add_time(a, envelope, 'X', o->expires) && add_time(a, envelope, 'H', o->not_before);
}

bool
options_envelope(const struct options *o, struct accept *a, uid_t uid, struct str *envelope)
{
	struct str sender;
	bool good;

	str_init(&sender, SENDER_MAX);
	if (o->sender == NULL && str_format(&sender, "%ld@%s", (long)uid, a->me.data) == -1)
		return accept_fail(a, ACCEPT_NO_MEMORY, "out of memory");
	if (o->sender == NULL || strcmp(o->sender, "<>") == 0)
		good = add_text(a, envelope, 'F', sender.data);
	else
		good = add_text(a, envelope, 'F', o->sender);
	good = good && add_terms(o, a, envelope);
	for (int i = 0; good && i < o->recipient_count; i++)
		good = add_text(a, envelope, 'T', o->recipients[i]);
	str_free(&sender);
	return good;
}
