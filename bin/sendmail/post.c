/* SPDX-License-Identifier: ISC */
#include "post.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "addressees.h"
#include "base/die.h"
#include "complete.h"
#include "identity.h"
#include "message.h"
#include "spool/submit.h"

/* The parts of one submission. */
struct submission {
	const struct options *options;
	struct identity who;
	struct message message;
	struct addressees addressees;
	struct submit submit;
};

static int
exit_code(enum submit_result result, int code)
{
	switch (code) { /* qmail-queue's exit codes, see enqueue(8) */
	case 51:
		return EX_OSERR;
	case 55:
		return EX_CONFIG;
	case 81:
	case 91:
		return EX_SOFTWARE;
	default:
		return result == SUBMIT_PERMANENT ? EX_DATAERR : EX_TEMPFAIL;
	}
}

/* Ends the program unless RESULT is good. */
static void
check(const struct submit *s, enum submit_result result)
{
	switch (result) {
	case SUBMIT_OK:
		return;
	case SUBMIT_UNKNOWN:
		die(PROGRAM, EX_TEMPFAIL,
		    "nobody can say whether the message was queued; sending it again may make two "
		    "of it: %s",
		    s->reason.data);
	case SUBMIT_TEMPORARY:
	case SUBMIT_PERMANENT:
		die(PROGRAM, exit_code(result, s->code), "the message was not queued: %s",
		    s->reason.data);
	}
}

static void
find_addressees(struct submission *s)
{
	const struct options *o = s->options;

	for (size_t i = 0; i < o->recipient_count; i++)
		addressees_add(&s->addressees, slice_of(o->recipients[i]),
		    slice_of("the recipient "), &s->who);
	if (o->from_header)
		addressees_add_header(&s->addressees, s->message.header, &s->who);
	if (s->addressees.count == 0)
		die(PROGRAM, EX_DATAERR, "there is no recipient in %s",
		    o->from_header ? "To, Cc and Bcc" : "the arguments");
	addressees_set_sender(&s->addressees, o->sender, &s->who);
}

static void
begin(struct submission *s)
{
	const char *body = s->options->body;
	struct str fields;

	if (body == NULL && message_may_be_8bit(&s->message))
		body = "8BITMIME";
	str_init(&fields, SIZE_MAX / 4);
	addressees_write(&s->addressees, s->options, body, &fields);
	check(&s->submit, submit_begin(&s->submit, str_slice(&fields)));
	str_free(&fields);
}

static void
send_part(struct submission *s, struct slice part)
{
	check(&s->submit, submit_write(&s->submit, part.data, part.len));
}

static void
send_message(struct submission *s)
{
	struct slice part = s->message.body;
	struct str header;

	str_init(&header, SIZE_MAX / 4);
	complete_header(
	    s->message.header, s->options, str_slice(&s->addressees.sender), &s->who, &header);
	send_part(s, str_slice(&header));
	str_free(&header);
	send_part(s, part);
	/* dying here gives the message up: enqueue knows that it was not whole */
	while (message_next(&s->message, &part))
		send_part(s, part);
	check(&s->submit, submit_commit(&s->submit));
}

static void
finish(struct submission *s)
{
	if (s->options->verbose) {
		const char *id = s->submit.id;

		printf(PROGRAM ": queued%s%s\n", id[0] == '\0' ? "" : " as ", id);
		/* queued it is, whether anybody reads that or not */
		(void)fflush(stdout);
	}
	submit_free(&s->submit);
	addressees_free(&s->addressees);
	message_free(&s->message);
	identity_free(&s->who);
}

void
post(const struct options *o)
{
	struct submission *s = malloc(sizeof *s);

	if (s == NULL)
		die_errno(PROGRAM, EX_OSERR, "unable to begin");
	/* a filter that ends early says why by its exit code; its pipe must not kill us */
	(void)signal(SIGPIPE, SIG_IGN);
	s->options = o;
	identity_init(&s->who);
	addressees_init(&s->addressees);
	submit_init(&s->submit);
	message_read(&s->message, o->dots_are_data);
	find_addressees(s);
	begin(s);
	send_message(s);
	finish(s);
	free(s);
}
