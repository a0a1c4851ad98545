/* SPDX-License-Identifier: ISC */
#include "post.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "addressees.h"
#include "base/die.h"
#include "complete.h"
#include "conf/control.h"
#include "conf/limits.h"
#include "identity.h"
#include "message.h"
#include "outcome.h"
#include "reshape.h"
#include "rmail.h"
#include "spool/submit.h"

/* The parts of one submission. */
struct submission {
	const struct options *options;
	struct identity who;
	struct message message;
	struct addressees addressees;
	struct str remote; /* the host that handed it over by UUCP; empty if none did */
	struct str fields; /* the envelope */
	struct submit submit;
	struct completed header;
	struct reshape reshape; /* of a body with lines that are too long */
};

static int
exit_code(enum submit_result result, int code)
{
	switch (code) { /* qmail-queue's exit codes, see enqueue(8) */
	case 51:
		return EX_OSERR;
	case 32:
		return EX_NOPERM;
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
find_sender(struct submission *s)
{
	const struct options *o = s->options;
	const char *given = o->sender;
	struct str sender;

	str_init(&sender, HEADER_MAX);
	if (o->is_rmail && rmail_sender(s->message.from_lines, &sender, &s->remote) &&
	    given == NULL)
		given = sender.data;
	addressees_set_sender(&s->addressees, given, &s->who);
	str_free(&sender);
}

static void
add_argument(struct submission *s, const char *recipient)
{
	struct str address;

	str_init(&address, HEADER_MAX);
	if (s->options->is_rmail) {
		rmail_recipient(recipient, &address);
		recipient = address.data;
	}
	addressees_add(&s->addressees, slice_of(recipient), slice_of("the recipient "), &s->who);
	str_free(&address);
}

static void
find_addressees(struct submission *s)
{
	const struct options *o = s->options;

	s->addressees.is_utf8 = o->is_utf8;
	for (size_t i = 0; i < o->recipient_count; i++)
		add_argument(s, o->recipients[i]);
	if (o->from_header)
		addressees_add_header(&s->addressees, s->message.header, &s->who);
	if (s->addressees.count == 0)
		die(PROGRAM, EX_DATAERR, "there is no recipient in %s",
		    o->from_header ? "To, Cc and Bcc" : "the arguments");
	find_sender(s);
}

/* What to say of the octets in it; null for nothing. */
static const char *
body_type(const struct submission *s)
{
	if (s->options->body != NULL)
		return s->options->body;
	if (s->reshape.is_needed)
		return reshape_leaves_8bit(&s->reshape) ? "8BITMIME" : NULL;
	if (message_may_be_8bit(&s->message) || !slice_is_ascii(str_slice(&s->header.text)))
		return "8BITMIME";
	return NULL;
}

static void
begin(struct submission *s)
{
	bool is_utf8 = s->addressees.is_utf8 || s->header.has_utf8_address;

	addressees_write(&s->addressees, s->options, body_type(s), is_utf8, &s->fields);
	/* what a filter does not know it would drop, and the message would go, or go twice */
	if (submit_is_plain(&s->submit) &&
	    (s->options->requires_tls || !terms_are_none(&s->options->terms)))
		die(PROGRAM, EX_CONFIG,
		    "the filters in ENQUEUE cannot carry -O requiretls, key, expires and "
		    "not-before");
	check(&s->submit, submit_begin(&s->submit, str_slice(&s->fields)));
}

static void
send_part(void *context, struct slice part)
{
	struct submission *s = context;

	check(&s->submit, submit_write(&s->submit, part.data, part.len));
}

/* Of -p, or of the From_ lines that rmail reads. */
static void
add_trace(struct submission *s, struct str *out)
{
	const struct options *o = s->options;
	struct slice rest = slice_of(o->protocol), protocol = slice_of("UUCP");

	if (o->protocol != NULL)
		(void)slice_take(&rest, ':', &protocol);
	rmail_trace(protocol, o->protocol != NULL ? slice_of(o->remote) : str_slice(&s->remote),
	    &s->who, out);
}

static void
make_header(struct submission *s)
{
	const struct message *m = &s->message;
	bool is_utf8 = m->is_known && body_is_utf8(&m->body);

	add_trace(s, &s->header.text);
	complete_header(
	    &s->header, m->header, is_utf8, s->options, str_slice(&s->addressees.sender), &s->who);
	if (m->is_known && m->body.has_long && !s->options->gateway && !s->header.is_signed)
		reshape_look(&s->reshape, str_slice(&s->header.text), &s->message);
}

static void
send_message(struct submission *s)
{
	struct slice header = str_slice(&s->header.text), part;

	if (s->reshape.is_needed) {
		reshape_send(&s->reshape, header, &s->message, send_part, s);
	} else {
		send_part(s, header);
		/* dying here gives the message up: enqueue knows that it was not whole */
		while (message_next(&s->message, &part))
			send_part(s, part);
	}
	check(&s->submit, submit_commit(&s->submit));
}

/* Beyond what the queue takes nothing need be known. */
static uint64_t
most_octets(void)
{
	struct limits limits;
	struct control control;
	struct str problem;

	str_init(&problem, 4096);
	limits_default(&limits);
	if (control_open(&control) == 0) {
		/* a file that is wrong is for enqueue to complain of */
		if (limits_read(&limits, &control, &problem) == -1)
			limits_default(&limits);
		control_close(&control);
	}
	str_free(&problem);
	return limits.message_size > 0 ? limits.message_size : UINT64_MAX;
}

static void
print_rewrites(const struct identity *who)
{
	struct slice rest = str_slice(&who->noted), line;

	while (slice_take(&rest, '\n', &line))
		if (line.len > 0)
			printf(PROGRAM ": %.*s\n", (int)line.len, line.data);
	if (!who->is_noted_all)
		printf(PROGRAM ": and others\n");
}

static void
finish(struct submission *s)
{
	if (s->options->verbose) {
		const char *id = s->submit.id;

		print_rewrites(&s->who);
		printf(PROGRAM ": queued%s%s\n", id[0] == '\0' ? "" : " as ", id);
		/* queued it is, whether anybody reads that or not */
		(void)fflush(stdout);
	}
	outcome_await(&s->submit, str_slice(&s->fields), s->options->verbose);
	reshape_free(&s->reshape);
	completed_free(&s->header);
	submit_free(&s->submit);
	str_free(&s->fields);
	addressees_free(&s->addressees);
	str_free(&s->remote);
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
	/* nor a limit that the file of a long body reaches: then there is none */
	(void)signal(SIGXFSZ, SIG_IGN);
	s->options = o;
	identity_init(&s->who);
	s->who.notes = o->verbose;
	addressees_init(&s->addressees);
	str_init(&s->remote, HEADER_MAX);
	submit_init(&s->submit);
	s->submit.when = o->when;
	/* who wants to see more waits for it */
	if (o->verbose && o->when == SUBMIT_AS_SET)
		s->submit.when = SUBMIT_WAIT;
	str_init(&s->fields, SIZE_MAX / 4);
	completed_init(&s->header);
	reshape_init(&s->reshape);
	s->addressees.keep = o->gateway;
	message_read(&s->message, o->dots_are_data, most_octets);
	find_addressees(s);
	make_header(s);
	begin(s);
	send_message(s);
	finish(s);
	free(s);
}
