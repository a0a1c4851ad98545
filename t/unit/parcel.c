/* SPDX-License-Identifier: ISC */
/* Messages on their way to another machine (spool/parcel.h), and what makes one (spool/verify.h).
 */
#include "spool/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/str.h"
#include "spool/verify.h"
#include "tap.h"

#define ID "0123456789abcdefghij"
#define ORIGIN "00112233445566778899aabbccddeeff.4711"

/* A message's file of that BODY and MESSAGE. */
static void
add_file(struct str *out, const char *envelope, const char *message)
{
	struct message_header h = {.id = ID, .recipients = 1};
	struct recipient_state state = {.status = RECIPIENT_WAITING, .reply = slice_of("")};
	char header[MESSAGE_HEADER_SIZE], bytes[MESSAGE_STATE_SIZE];

	h.envelope_length = strlen(envelope);
	h.envelope_sum = crc32c(0, envelope, strlen(envelope));
	h.length = strlen(message);
	h.sum = crc32c(0, message, strlen(message));
	message_header_encode(&h, header);
	message_state_encode(&state, bytes);
	(void)str_add(out, header, sizeof header);
	(void)str_add_text(out, envelope);
	(void)str_add(out, bytes, sizeof bytes);
	(void)str_add_char(out, '\n');
	(void)str_add_text(out, message);
}

/* What is wrong with it, fed STEP octets at a time; null for nothing. */
static const char *
problem_of(const struct str *file, size_t step)
{
	static char text[128];
	struct verify v;
	const char *problem = NULL;

	verify_init(&v);
	for (size_t i = 0; i < file->len; i += step) {
		struct slice rest =
		    slice_make(file->data + i, file->len - i < step ? file->len - i : step);

		if (!verify_feed(&v, &rest))
			break;
	}
	if (!verify_end(&v)) {
		snprintf(text, sizeof text, "%s", v.is_empty ? "empty" : v.problem);
		problem = text;
	}
	verify_free(&v);
	return problem;
}

static void
test_verify(void)
{
	static const struct {
		const char *name, *envelope, *message, *problem;
	} cases[] = {
	    {"a message", "Fa@b.test\nSuid 0\nTj@c.test\n", "A: b\r\n\r\nc\r\n", NULL},
	    {"nothing said", "F\nSx\nTj@c.test\nNNEVER\n", "\r\n", NULL},
	    {"a binary body", "F\nSx\nBBINARYMIME\nTj@c.test\n", "A: b\r\n\r\nc\nd\re", NULL},
	    {"a binary body is no excuse in the header", "F\nSx\nBBINARYMIME\nTj@c.test\n",
		"A: b\nB: c\r\n\r\nc", "the message has an LF alone"},
	    {"a key",
		"F\nSx\nK20000/1000-"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
		"Tj@c.test\n",
		"\r\n", NULL},
	    {"a key that leads elsewhere", "F\nSx\nK20000/../../etc\nTj@c.test\n", "\r\n",
		"the field K is no record of a key"},
	    {"no source", "F\nTj@c.test\n", "\r\n", "the envelope has no field S"},
	    {"two sources", "F\nSx\nSx\nTj@c.test\n", "\r\n", "the envelope has two fields S"},
	    {"no recipient", "F\nSx\n", "\r\n", "there is no recipient"},
	    {"two recipients", "F\nSx\nTj@c.test\nTj@c.test\n", "\r\n",
		"the envelope has another number of recipients than the header"},
	    {"an unknown field", "F\nSx\nZ\nTj@c.test\n", "\r\n", "there is an unknown field"},
	    {"no field", "F\nSx\n\nTj@c.test\n", "\r\n", "the envelope has a malformed line"},
	    {"a CR alone", "F\nSx\nTj@c.test\n", "a\rb\r\n", "the message has a CR alone"},
	    {"an LF alone", "F\nSx\nTj@c.test\n", "a\nb\r\n", "the message has an LF alone"},
	    {"no line end", "F\nSx\nTj@c.test\n", "a\r\nb", "the message ends within a line"},
	    {"half a line end", "F\nSx\nTj@c.test\n", "a\r", "the message ends within a line"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str file;
		const char *problem;

		str_init(&file, 65536);
		add_file(&file, cases[i].envelope, cases[i].message);
		for (size_t step = 1; step <= file.len; step = step * 7 + 1) {
			problem = problem_of(&file, step);
			tap_ok((problem == NULL) == (cases[i].problem == NULL) &&
				   (problem == NULL || strcmp(problem, cases[i].problem) == 0),
			    "%s, %zu at a time: %s", cases[i].name, step,
			    problem == NULL ? "good" : problem);
		}
		str_free(&file);
	}
}

/* Each octet but those of the state makes it no message, when it is another; so does each end. */
static void
test_damage(void)
{
	struct str file;
	size_t states, missed = 0, ends = 0;

	str_init(&file, 65536);
	add_file(&file, "Fa@b.test\nSx\nTj@c.test\n", "A: b\r\n\r\nc\r\n");
	states = MESSAGE_HEADER_SIZE + strlen("Fa@b.test\nSx\nTj@c.test\n");
	for (size_t i = 0; i < file.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			file.data[i] = (char)(file.data[i] ^ 1 << bit);
			if (problem_of(&file, file.len) == NULL &&
			    (i < states || i >= states + MESSAGE_STATE_SIZE))
				missed++;
			file.data[i] = (char)(file.data[i] ^ 1 << bit);
		}
	tap_is_int((long long)missed, 0, "each bit that is not of the states counts");
	for (size_t len = file.len; len > 0; len--) {
		file.len = len - 1;
		ends += problem_of(&file, 1000) == NULL;
	}
	tap_is_int((long long)ends, 0, "each octet that is missing at the end is missed");
	str_free(&file);
}

/* What comes of a stream, fed STEP octets at a time: a letter for each event but those of octets.
 */
static void
replay(struct slice stream, size_t step, char events[64], uint64_t *octets)
{
	struct parcel p;
	size_t count = 0;

	parcel_init(&p);
	*octets = 0;
	while (stream.len > 0 && count < 60) {
		struct slice piece = slice_make(stream.data, stream.len < step ? stream.len : step);
		enum parcel_event event;

		stream = slice_skip(stream, piece.len);
		while ((event = parcel_next(&p, &piece)) != PARCEL_MORE && count < 60) {
			if (event == PARCEL_OCTETS)
				*octets += p.octets.len;
			else
				events[count++] = "-OMoWEB"[event];
			if (event == PARCEL_BAD)
				stream.len = 0;
			if (event == PARCEL_BAD)
				break;
		}
	}
	events[count] = '\0';
}

static void
write_stream(struct str *out)
{
	static const char *const places[] = {"new", "deferred/001770000000", "hold/example.org"};
	static const char *const files[] = {
	    "one file\nof lines\n", "", "C 00000000\nE 0 00000000\n"};
	struct parcel_writer w;
	char line[PARCEL_LINE_MAX];

	(void)str_add(out, line, parcel_begin(&w, line, 1790000000, ORIGIN));
	for (size_t i = 0; i < 3; i++) {
		struct parcel_head head = {.id = ID, .length = strlen(files[i])};

		snprintf(head.place, sizeof head.place, "%s", places[i]);
		(void)str_add(out, line, parcel_message(&w, line, &head));
		parcel_octets(&w, slice_of(files[i]));
		(void)str_add_text(out, files[i]);
		(void)str_add(out, line, parcel_message_end(&w, line));
	}
	(void)str_add(out, line, parcel_end(&w, line));
}

static void
test_stream(void)
{
	struct str stream;
	char events[64];
	uint64_t octets;
	size_t ended = 0, missed = 0;

	str_init(&stream, 65536);
	write_stream(&stream);
	for (size_t step = 1; step <= stream.len; step = step * 3 + 1) {
		replay(str_slice(&stream), step, events, &octets);
		tap_is_text(events, "OMWMWMWE", "three messages come as they were sent");
		tap_is_int((long long)octets, 42, "with all their octets");
	}
	for (size_t len = 0; len < stream.len; len++) {
		replay(slice_make(stream.data, len), 1000, events, &octets);
		ended += strchr(events, 'E') != NULL;
	}
	tap_is_int((long long)ended, 0, "one that is cut has no end");
	for (size_t i = 0; i < stream.len; i++) {
		stream.data[i] ^= 1;
		replay(str_slice(&stream), 1000, events, &octets);
		missed += strchr(events, 'E') != NULL;
		stream.data[i] ^= 1;
	}
	tap_is_int((long long)missed, 0, "nor one in which an octet is another");
	(void)str_add_char(&stream, '\n');
	replay(str_slice(&stream), 1000, events, &octets);
	tap_is_text(events, "OMWMWMWEB", "nothing may stand behind the end");
	str_free(&stream);
}

static void
test_first_line(void)
{
	static const struct {
		const char *line, *events, *name;
	} cases[] = {
	    {"satchel-queue1 1 " ORIGIN "\n", "O", "a first line"},
	    {"satchel-queue1 1\n", "B", "no spool"},
	    {"satchel-queue1 1 a b\n", "B", "two spools"},
	    {"satchel-queue1 1 A\n", "B", "a spool of other letters"},
	    {"satchel-queue1 1 " ORIGIN ORIGIN "\n", "B", "a spool with a long name"},
	    {"satchel-queue1 x " ORIGIN "\n", "B", "no time"},
	    {"satchel-queue2 1 " ORIGIN "\n", "B", "another version"},
	};
	char events[64];
	uint64_t octets;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		replay(slice_of(cases[i].line), 1000, events, &octets);
		tap_is_text(events, cases[i].events, cases[i].name);
	}
}

static void
test_places(void)
{
	static const char *const good[] = {"new", "hold", "hold/example.org", "hold/+",
	    "hold/[127.0.0.1]", "deferred/001770000000"};
	static const char *const bad[] = {"", "cells", "corrupt", "hold/", "hold/.", "hold/..",
	    "hold/a/b", "hold/Example", "hold/" ID, "deferred", "deferred/", "deferred/soon",
	    "deferred/0017700000000", "deferred/../new", "../new", "new/", "hold/a\nb", "run"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		tap_ok(parcel_is_place(slice_of(good[i])), "a place: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tap_ok(!parcel_is_place(slice_of(bad[i])), "no place: %zu", i);
}

int
main(void)
{
	test_verify();
	test_damage();
	test_stream();
	test_first_line();
	test_places();
	return tap_done();
}
