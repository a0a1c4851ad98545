/* SPDX-License-Identifier: ISC */
/* The messages of "smtp-probe send": header fields, encodings, files and templates. */
#include "../../bin/smtp-probe/send_message.c"

#include <stdlib.h>

#include "../../bin/smtp-probe/send_part.c"
#include "../../bin/smtp-probe/send_words.c"
#include "tap.h"

#define HEADER \
	"Date: Sun, 22 Nov 2026 01:28:53 +0000\r\nFrom: a@example.org\r\nTo: b@example.org\r\n" \
	"Subject: test\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"
#define TEXT "Content-Type: text/plain; charset="
#define AS "\r\nContent-Transfer-Encoding: "

static struct send_content
content(const char *body)
{
	return (struct send_content){.from = slice_of("a@example.org"),
	    .to = {slice_of("b@example.org")},
	    .to_count = 1,
	    .subject = slice_of("test"),
	    .body = slice_of(body),
	    .helo = slice_of("here.example.org"),
	    .target = slice_of("mx.example.org"),
	    .message_id = slice_of("<1@example.org>"),
	    .now = 1795310933,
	    .boundary = "=_b"};
}

static void
is(const struct send_content *c, const char *wanted, const char *name)
{
	const char *problem = NULL;
	struct str out;

	str_init(&out, SEND_MESSAGE_MAX);
	tap_is_int(send_message_compose(c, &out, &problem), 0, name);
	tap_is_text(out.data, wanted, name);
	str_free(&out);
}

static void
is_refused(const struct send_content *c, const char *part)
{
	const char *problem = NULL;
	struct str out;

	str_init(&out, SEND_MESSAGE_MAX);
	tap_ok(send_message_compose(c, &out, &problem) == -1 && problem != NULL &&
		   strstr(problem, part) != NULL,
	    "refused: %s", part);
	str_free(&out);
}

static void
test_text(void)
{
	static const struct {
		const char *name, *body;
		enum send_encoding encoding;
		const char *end;
	} rows[] = {
	    {"line ends", "a\nb\r\nc", SEND_AS_NEEDED,
		TEXT "us-ascii" AS "7bit\r\n\r\na\r\nb\r\nc\r\n"},
	    {"empty", "", SEND_AS_NEEDED, TEXT "us-ascii" AS "7bit\r\n\r\n"},
	    {"dots stay", ".\n..a", SEND_AS_NEEDED, TEXT "us-ascii" AS "7bit\r\n\r\n.\r\n..a\r\n"},
	    {"UTF-8", "gr\303\274n", SEND_AS_NEEDED,
		TEXT "utf-8" AS "quoted-printable\r\n\r\ngr=C3=BCn\r\n"},
	    {"no UTF-8", "gr\374n", SEND_AS_NEEDED,
		TEXT "unknown-8bit" AS "quoted-printable\r\n\r\ngr=FCn\r\n"},
	    {"8bit", "gr\303\274n", SEND_8BIT, TEXT "utf-8" AS "8bit\r\n\r\ngr\303\274n\r\n"},
	    {"base64", "gr\303\274n", SEND_BASE64,
		TEXT "utf-8" AS "base64\r\n\r\nZ3LDvG4NCg==\r\n"},
	};
	struct str wanted;

	str_init(&wanted, 10000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct send_content c = content(rows[i].body);

		c.encoding = rows[i].encoding;
		str_clear(&wanted);
		(void)str_format(&wanted, "%s%s", HEADER, rows[i].end);
		is(&c, wanted.data, rows[i].name);
	}
	str_free(&wanted);
}

static void
test_refused(void)
{
	char *line = malloc(1001);
	struct send_content c = content("gr\303\274n");

	c.encoding = SEND_7BIT;
	is_refused(&c, "7bit");
	memset(line, 'x', 1000);
	line[1000] = '\0';
	c = content(line);
	c.encoding = SEND_8BIT;
	is_refused(&c, "998");
	c = content("");
	c.fields[c.field_count++] = slice_of("content-type: text/html");
	is_refused(&c, "Content-Type");
	c = content("");
	c.attachments[c.attachment_count++] =
	    (struct send_attachment){slice_of("m.eml"), slice_of("message/rfc822"), slice_of(line)};
	is_refused(&c, "attached");
	free(line);
}

static void
test_fields(void)
{
	struct send_content c = content("");

	c.fields[c.field_count++] = slice_of("subject: gr\303\274n");
	c.fields[c.field_count++] = slice_of("Date:");
	c.fields[c.field_count++] = slice_of("Cc: \"J\303\266rg, X\" <j@example.org>");
	c.fields[c.field_count++] = slice_of("X-A: 1");
	c.fields[c.field_count++] = slice_of("X-A: 2");
	c.from = slice_of("");
	is(&c,
	    "From: MAILER-DAEMON@here.example.org\r\nTo: b@example.org\r\n"
	    "Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"
	    "subject: =?utf-8?q?gr=C3=BCn?=\r\n"
	    "Cc: =?utf-8?q?J=C3=B6rg=2C_X?= <j@example.org>\r\nX-A: 1\r\nX-A: 2\r\n" TEXT
	    "us-ascii" AS "7bit\r\n\r\n",
	    "fields of the command line");
	c = content("");
	c.is_utf8 = true;
	c.subject = slice_of("gr\303\274n");
	c.to[0] = slice_of("j\303\266rg@example.org");
	is(&c,
	    "Date: Sun, 22 Nov 2026 01:28:53 +0000\r\nFrom: a@example.org\r\n"
	    "To: j\303\266rg@example.org\r\nSubject: gr\303\274n\r\n"
	    "Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n" TEXT "us-ascii" AS
	    "7bit\r\n\r\n",
	    "a header of UTF-8");
	c = content("");
	for (c.to_count = 0; c.to_count < 4; c.to_count++)
		c.to[c.to_count] = slice_of("somebody@a.long.name.example.org");
	c.fields[c.field_count++] = slice_of("Subject:");
	is(&c,
	    "Date: Sun, 22 Nov 2026 01:28:53 +0000\r\nFrom: a@example.org\r\n"
	    "To: somebody@a.long.name.example.org, somebody@a.long.name.example.org,\r\n"
	    " somebody@a.long.name.example.org, somebody@a.long.name.example.org\r\n"
	    "Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n" TEXT "us-ascii" AS
	    "7bit\r\n\r\n",
	    "many recipients are folded");
	tap_ok(send_field_problem(slice_of("X-A: 1")) == NULL, "a field");
	tap_ok(send_field_problem(slice_of("X-A:")) == NULL, "one without value");
	tap_ok(send_field_problem(slice_of("X-A")) != NULL, "no colon");
	tap_ok(send_field_problem(slice_of(": x")) != NULL, "no name");
	tap_ok(send_field_problem(slice_of("X A: x")) != NULL, "a blank in the name");
	tap_ok(send_field_problem(slice_of("X: x\r\nBcc: y")) != NULL, "two lines");
}

static void
test_parts(void)
{
	struct send_content c = content("a");

	c.attachments[c.attachment_count++] =
	    (struct send_attachment){slice_of("a\"b.txt"), slice_of("text/plain"), slice_of("x\n")};
	c.attachments[c.attachment_count++] = (struct send_attachment){
	    slice_of("m.eml"), slice_of("message/rfc822"), slice_of("A: b\n\n\374\n")};
	is(&c,
	    HEADER
	    "Content-Type: multipart/mixed;\r\n boundary=\"=_b\"" AS "8bit\r\n\r\n"
	    "--=_b\r\n" TEXT "us-ascii" AS "7bit\r\n\r\na\r\n"
	    "\r\n--=_b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment;\r\n"
	    " filename=\"a\\\"b.txt\"" AS "base64\r\n\r\neAo=\r\n"
	    "\r\n--=_b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment;\r\n"
	    " filename=\"m.eml\"" AS "8bit\r\n\r\nA: b\r\n\r\n\374\r\n"
	    "\r\n--=_b--\r\n",
	    "files");
}

static void
test_names(void)
{
	static const struct {
		const char *name, *wanted;
	} rows[] = {
	    {"a b.txt", ";\r\n filename=\"a b.txt\""},
	    {"gr\303\274n 1.txt", ";\r\n filename*0*=utf-8''gr%C3%BCn%201.txt"},
	    {"a\nb", ";\r\n filename*0*=utf-8''a%0Ab"},
	    {"0123456789012345678901234567890123456789012345678901234567890",
		";\r\n filename*0*=utf-8''01234567890123456789;\r\n "
		"filename*1*=01234567890123456789;"
		"\r\n filename*2*=01234567890123456789;\r\n filename*3*=0"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str out;

		str_init(&out, 1000);
		tap_is_int(
		    send_add_parameter(&out, "filename", slice_of(rows[i].name)), 0, "added");
		tap_is_text(out.data, rows[i].wanted, "a name");
		str_free(&out);
	}
	tap_ok(slice_is(send_type_of(slice_of("A.PDF")), "application/pdf"), "a type");
	tap_ok(slice_is(send_type_of(slice_of("pdf")), "application/octet-stream"), "no type");
}

static void
test_template(void)
{
	static const struct {
		const char *template, *wanted;
	} rows[] = {
	    {"%FROM% %TO% %SUBJECT% %BODY% %HELO% %TARGET% %MESSAGE-ID%",
		"a@example.org b@example.org test text here.example.org mx.example.org "
		"<1@example.org>\r\n"},
	    {"%DATE%\n", "Sun, 22 Nov 2026 01:28:53 +0000\r\n"},
	    {"100% %% %a% %from% %%FROM% %", "100% % %a% %from% %FROM% %\r\n"},
	    {"%NOWORD%", NULL},
	    {"%%NOWORD%", "%NOWORD%\r\n"},
	};
	struct send_content c = content("text");

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str out, problem;
		int result;

		str_init(&out, 10000);
		str_init(&problem, 1000);
		result = send_message_fill(&c, slice_of(rows[i].template), &out, &problem);
		tap_is_int(result, rows[i].wanted == NULL ? -1 : 0, "a template");
		if (rows[i].wanted != NULL)
			tap_is_text(out.data, rows[i].wanted, "filled in");
		else
			tap_ok(strstr(problem.data, "%MESSAGE-ID%") != NULL, "what there is");
		str_free(&out);
		str_free(&problem);
	}
}

static void
test_needs(void)
{
	static const struct {
		const char *message;
		size_t len;
		bool has_8bit, is_binary, is_utf8;
	} rows[] = {
	    {"A: b\r\n\r\nc\r\n", 0, false, false, false},
	    {"A: b\r\n\r\n\303\274\r\n", 0, true, false, false},
	    {"A: \303\274\r\n\r\nc\r\n", 0, true, false, true},
	    {"A: b\r\n\r\nc\nd\r\n", 0, false, true, false},
	    {"A: b\r\n\r\nc", 0, false, true, false},
	    {"A: b\r\n\r\n\0\r\n", 11, false, true, false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].message);
		struct send_needs needs = send_message_needs(slice_make(rows[i].message, len));

		tap_ok(needs.has_8bit == rows[i].has_8bit && needs.is_binary == rows[i].is_binary &&
			   needs.is_utf8 == rows[i].is_utf8,
		    "needs of %zu", i);
	}
}

int
main(void)
{
	(void)setenv("TZ", "UTC0", 1);
	test_text();
	test_refused();
	test_fields();
	test_parts();
	test_names();
	test_template();
	test_needs();
	return tap_done();
}
