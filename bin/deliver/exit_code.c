/* SPDX-License-Identifier: ISC */
#include "exit_code.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "mail/enhanced_code.h"

#define REPLY_MAX ((size_t)2000)

/* Codes of programs that have a meaning; all others are temporary failures. */
static const struct meaning {
	int number;
	enum job_status status;
	const char *code; /* RFC 3463 */
	const char *text;
} meanings[] = {
    {0, JOB_DELIVERED, "2.0.0", "delivered to program"},
    {99, JOB_DELIVERED, "2.0.0", "delivered to program"}, /* qmail: no more instructions */
    {100, JOB_PERMANENT, "5.3.0", "the program refused it"},
    {111, JOB_TEMPORARY, "4.3.0", "the program wants to be tried again"},
    {112, JOB_PERMANENT, "5.3.0", "the program refused it"},
    {EX_USAGE, JOB_PERMANENT, "5.3.5", "the program was called wrongly"},
    {EX_DATAERR, JOB_PERMANENT, "5.6.0", "the program found the message wrong"},
    {EX_NOINPUT, JOB_PERMANENT, "5.3.0", "the program found no input"},
    {EX_NOUSER, JOB_PERMANENT, "5.1.1", "the program knows no such user"},
    {EX_NOHOST, JOB_PERMANENT, "5.1.2", "the program knows no such host"},
    {EX_UNAVAILABLE, JOB_PERMANENT, "5.3.0", "the program refused it"},
    {EX_SOFTWARE, JOB_PERMANENT, "5.3.0", "the program has an error"},
    {EX_OSERR, JOB_TEMPORARY, "4.3.0", "the program failed for want of the system"},
    {EX_OSFILE, JOB_PERMANENT, "5.3.0", "the program lacks a file of the system"},
    {EX_CANTCREAT, JOB_PERMANENT, "5.2.0", "the program could not make its output"},
    {EX_IOERR, JOB_TEMPORARY, "4.3.0", "the program failed to read or write"},
    {EX_TEMPFAIL, JOB_TEMPORARY, "4.3.0", "the program wants to be tried again"},
    {EX_PROTOCOL, JOB_PERMANENT, "5.5.0", "the program was talked to wrongly"},
    {EX_NOPERM, JOB_PERMANENT, "5.7.0", "the program may not do this"},
    {EX_CONFIG, JOB_PERMANENT, "5.3.5", "the program is not set up right"},
};

/* "D.DDD.DDD" of CLASS in front of TEXT goes to CODE. */
static void
take_code(struct slice *text, char class, struct outcome *o)
{
	struct slice rest = *text, word;

	if (!slice_word(&rest, &word) || word.len >= sizeof o->own_code || word.data[0] != class ||
	    !enhanced_code_is_failure(word))
		return;
	memcpy(o->own_code, word.data, word.len);
	o->own_code[word.len] = '\0';
	o->code = o->own_code;
	*text = slice_trim(rest);
}

/* Adds lines as one, " / " between; empty ones are left out. Who shows them escapes them. */
static void
add_lines(struct str *out, struct slice lines)
{
	struct slice line;
	const char *between = "";

	while (slice_take(&lines, '\n', &line)) {
		line = slice_trim(line);
		if (line.len == 0)
			continue;
		/* what does not fit is left out: it decides over nothing */
		(void)str_add_text(out, between);
		(void)str_add_slice(out, line);
		between = " / ";
	}
}

/* What the program said, else what is known without it. */
static void
tell(struct outcome *o, const struct meaning *m, struct slice said)
{
	struct str text;

	str_init(&text, REPLY_MAX);
	o->status = m->status;
	o->code = m->code;
	said = slice_trim(said);
	if (m->status != JOB_DELIVERED)
		take_code(&said, m->code[0], o);
	add_lines(&text, said);
	str_clear(&o->reply);
	if (m->status == JOB_DELIVERED && text.len > 0)
		outcome_say(o, "%s: %s", m->text, text.data);
	else
		outcome_say(o, "%s", text.len > 0 ? text.data : m->text);
	str_free(&text);
}

static void
judge_number(struct outcome *o, int number, struct slice output)
{
	struct meaning other = {.number = number, .status = JOB_TEMPORARY, .code = "4.3.0"};
	char text[64];

	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (meanings[i].number == number) {
			tell(o, &meanings[i], output);
			return;
		}
	snprintf(text, sizeof text, "the program ended with the code %d", number);
	other.text = text;
	tell(o, &other, output);
}

void
exit_code_judge(struct outcome *o, const char *program, enum handoff_result result, int number,
    struct slice output)
{
	switch (result) {
	case HANDOFF_EXITED:
		judge_number(o, number, output);
		break;
	case HANDOFF_KILLED:
		(void)outcome_fail(
		    o, JOB_TEMPORARY, "4.3.0", "%s was ended by the signal %d", program, number);
		break;
	case HANDOFF_TIMED_OUT:
		(void)outcome_fail(o, JOB_TEMPORARY, "4.3.0", "%s took too long", program);
		break;
	case HANDOFF_TOO_MUCH:
		(void)outcome_fail(o, JOB_TEMPORARY, "4.3.0", "%s said too much", program);
		break;
	case HANDOFF_NOT_BEGUN:
		(void)outcome_errno(o, "unable to run %s", program);
		o->code = "4.3.5";
		break;
	case HANDOFF_FAILED:
		(void)outcome_errno(o, "unable to hand the message to %s", program);
	}
}
