/* SPDX-License-Identifier: ISC */
/*
 * Conversion to 7-bit and 8-bit: every table row whole, octet by octet, and cut in two at every
 * place; what comes out is in wire format, needs no more than its domain, and its bodies decode to
 * what went in.
 *
 * With arguments, a filter for t/convert.bats: "convert 7|8 <MESSAGE" prints what becomes of it, or
 * says why nothing does (exit code 100); "convert needs" prints what it needs.
 */
#include "mail/convert.h"

#include <stdlib.h>

#include "base/base64.h"
#include "mail/wire.h"
#include "tap.h"

#define OUT_MAX ((size_t)64 << 20)

#define TYPE_MIXED "Content-Type: multipart/mixed; boundary=b\r\n"
#define VERSION "MIME-Version: 1.0\r\n"
#define L10 "0123456789"
#define L100 L10 L10 L10 L10 L10 L10 L10 L10 L10 L10
#define L1000 L100 L100 L100 L100 L100 L100 L100 L100 L100 L100

struct row {
	const char *name;
	enum convert_domain domain;
	enum convert_result result;
	unsigned needs;
	struct slice input;
	const char *want; /* null: it may go as it is */
};

/* A literal with its NULs. */
#define BYTES(text) \
	{ \
		(text), sizeof(text) - 1 \
	}
#define GO7 CONVERT_TO_7BIT, CONVERT_POSSIBLE
#define GO8 CONVERT_TO_8BIT, CONVERT_POSSIBLE

static const struct row rows[] = {
    {"an empty message", GO7, 0, BYTES(""), NULL},
    {"plain text", GO7, 0, BYTES("Subject: a\r\n\r\nb\r\n"), NULL},
    {"8-bit where that may be", GO8, CONVERT_8BIT, BYTES("Subject: a\r\n\r\n\xe9t\xe9\r\n"), NULL},
    {"unlabelled text", GO7, CONVERT_8BIT, BYTES("Subject: a\r\n\r\nun bel \xe9t\xe9\r\n"),
	"Subject: a\r\n" VERSION "Content-Type: text/plain; charset=unknown-8bit\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =E9t=E9\r\n"},
    {"a message without fields", GO7, CONVERT_8BIT, BYTES("\r\nun bel \xe9t\xe9\r\n"),
	VERSION "Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =E9t=E9\r\n"},
    {"labelled text", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: 8bit\r\nSubject: a\r\n\r\nun bel \xc3\xa9\r\n"),
	VERSION "Content-Type: text/plain; charset=utf-8\r\nSubject: a\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =C3=A9\r\n"},
    {"a label that is folded", GO7, CONVERT_8BIT,
	BYTES(VERSION "content-transfer-encoding :\r\n (or) 8BIT\r\n"
		      "Content-Type: text/html\r\n\r\nun bel \xc3\xa9\r\n"),
	VERSION "Content-Type: text/html\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =C3=A9\r\n"},
    {"a charset where others were told", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: text/plain; format=flowed;\r\n\r\nun bel \xc3\xa9\r\n"),
	VERSION "Content-Type: text/plain; format=flowed;\r\n\tcharset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =C3=A9\r\n"},
    {"text that is mostly 8-bit", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: text/plain; charset=utf-8\r\n\r\n"
		      "\xd0\x9f\xd0\x9f\xd0\x9f\xd0\x9f\r\n"),
	VERSION "Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n0J/Qn9Cf0J8NCg==\r\n"},
    {"what is no text", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: image/png\r\n\r\nabcdefgh\x89\r\n"),
	VERSION "Content-Type: image/png\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nYWJjZGVmZ2iJDQo=\r\n"},
    {"blanks at line ends, and what looks like more", GO7, CONVERT_8BIT,
	BYTES("\r\n" L10 L10 L10 "-a \r\n-b\t\r\n. =\xe9 \t \r\n--c\r\n \r\n"),
	VERSION "Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n" L10 L10 L10
		"-a=20\r\n=2Db=09\r\n. =3D=E9 \t=20\r\n=2D-c\r\n=20\r\n"},
    {"NUL, CR and LF in text", GO8, CONVERT_BINARY,
	BYTES(VERSION "Content-Type: text/plain; charset=x\r\n\r\n" L10 L10 L10
		      "a\nb\rc\0d\r\r\n.\n.\r\n"),
	VERSION "Content-Type: text/plain; charset=x\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n" L10 L10 L10
		"a=0Ab=0Dc=00d=0D\r\n.=0A.\r\n"},
    {"a last line without end", GO8, CONVERT_BINARY, BYTES("\r\nabc \r\ndef"),
	VERSION "Content-Transfer-Encoding: quoted-printable\r\n\r\nabc=20\r\ndef=\r\n"},
    {"a last blank without end", GO8, CONVERT_BINARY, BYTES("\r\n" L10 L10 L10 "def "),
	VERSION "Content-Transfer-Encoding: quoted-printable\r\n\r\n" L10 L10 L10 "def=20=\r\n"},
    {"a last delimiter without end", GO8, CONVERT_BINARY,
	BYTES(VERSION TYPE_MIXED "\r\n--b\r\n\r\na\r\n--b--"),
	VERSION TYPE_MIXED "\r\n--b\r\n\r\na\r\n--b--\r\n"},
    {"a last CR", GO8, CONVERT_BINARY, BYTES("\r\n" L10 L10 L10 "def\r"),
	VERSION "Content-Transfer-Encoding: quoted-printable\r\n\r\n" L10 L10 L10 "def=0D=\r\n"},
    {"binary that is 8-bit", GO8, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: binary\r\n\r\n\xff\r\n"),
	VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xff\r\n"},
    {"binary that is 7-bit", GO8, 0,
	BYTES(VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: binary\r\n\r\na\r\n"),
	VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: 7bit\r\n\r\na\r\n"},
    {"binary", GO8, CONVERT_8BIT | CONVERT_BINARY,
	BYTES(VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: BINARY\r\n\r\n\xff\0\n"),
	VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n/wAK\r\n"},
    {"lines as long as may be", GO7, 0,
	BYTES(
	    "\r\n" L100 L100 L100 L100 L100 L100 L100 L100 L100 L10 L10 L10 L10 L10 L10 L10 L10 L10
	    "01234567\r\n"),
	NULL},
    {"lines too long", GO8, CONVERT_LONG,
	BYTES(VERSION "Content-Type: x/y\r\n\r\n" L1000 L100 "\r\n"),
	VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n*"},
    {"base64 in lines too long", GO8, CONVERT_LONG,
	BYTES(VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n" L1000 L100
		      "\r\n"),
	VERSION "Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n*"},
    {"one part of three, between text that means nothing", GO7, CONVERT_8BIT,
	BYTES(
	    VERSION TYPE_MIXED "Content-Transfer-Encoding: 8bit\r\n\r\npr\xe9"
			       "amble\r\n--b\r\n"
			       "\r\nplain\r\n--b \t\r\nContent-Type: text/x; charset=\"a\"\r\n\r\n"
			       "un bel \xe9t\xe9\r\n--b\r\nA: b\r\n--b--\r\nthe \xe9nd\r\n"),
	VERSION TYPE_MIXED "Content-Transfer-Encoding: 7bit\r\n\r\n\r\n--b\r\n\r\nplain\r\n"
			   "--b \t\r\nContent-Type: text/x; charset=\"a\"\r\n"
			   "Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =E9t=E9"
			   "\r\n--b\r\nA: b\r\n--b--\r\n"},
    {"no MIME-Version", GO7, CONVERT_8BIT,
	BYTES(TYPE_MIXED "\r\n--b\r\n\r\nun bel \xe9t\xe9\r\n\r\n--b--\r\n"),
	TYPE_MIXED VERSION "\r\n--b\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
			   "Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =E9t=E9"
			   "\r\n\r\n--b--\r\n"},
    {"a multipart in a multipart, without end", GO7, CONVERT_8BIT | CONVERT_BINARY,
	BYTES(VERSION TYPE_MIXED
	    "\r\n--b\r\nContent-Type: multipart/alternative; boundary=\"c b\"\r\n\r\n--c b\r\n\r\n"
	    "one\r\n--b\r\nContent-Type: x/y\r\n\r\n\xff\r\n--b--"),
	VERSION TYPE_MIXED
	"\r\n--b\r\nContent-Type: multipart/alternative; boundary=\"c b\"\r\n\r\n--c b\r\n\r\n"
	"one\r\n--b\r\nContent-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n/w=="
	"\r\n--b--\r\n"},
    {"a message in a message", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
		      "Subject: b\r\n\r\nun bel \xe9t\xe9\r\n"),
	VERSION "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
		"Subject: b\r\n" VERSION "Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =E9t=E9\r\n"},
    {"a digest", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"
		      "Subject: b\r\n\r\nun bel \xe9t\xe9\r\n--b--\r\n"),
	VERSION "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"
		"Subject: b\r\n" VERSION "Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nun bel =E9t=E9\r\n--b--\r\n"},
    {"message/global, which may be encoded (RFC 6532, 3.7)", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: message/global\r\n\r\nSubject: un bel \xc3\xa9t\xc3\xa9\r\n"),
	VERSION
	"Content-Type: message/global\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	"Subject: un bel =C3=A9t=C3=A9\r\n"},
    {"a header section alone", GO7, 0, BYTES("Subject: a\r\n"), NULL},
    {"a line of quoted-printable that is full", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: text/x\r\n\r\n\xe9" L10 L10 L10 L10 L10 L10 L10
		      "01\r\n\xe9" L10 L10 L10 L10 L10 L10 L10 "012--b\r\n"),
	VERSION
	"Content-Type: text/x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E9" L10 L10 L10
	    L10 L10 L10 L10 "01\r\n=E9" L10 L10 L10 L10 L10 L10 L10 "01=\r\n2--b\r\n"},
    {"a hyphen behind a soft line break", GO7, CONVERT_8BIT,
	BYTES(VERSION "Content-Type: text/x\r\n\r\n\xe9" L10 L10 L10 L10 L10 L10 L10 "01--b\r\n"),
	VERSION
	"Content-Type: text/x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E9" L10 L10 L10
	    L10 L10 L10 L10 "01=\r\n=2D-b\r\n"},
    /* what is refused */
    {"a signed part", CONVERT_TO_7BIT, CONVERT_PROTECTED, CONVERT_8BIT,
	BYTES(VERSION TYPE_MIXED "\r\n--b\r\nContent-Type: Multipart/Signed; "
				 "boundary=c\r\n\r\n--c\r\n\r\n\xe9\r\n--c--\r\n"
				 "--b--\r\n"),
	NULL},
    {"an encrypted part", CONVERT_TO_8BIT, CONVERT_PROTECTED, CONVERT_BINARY,
	BYTES(
	    VERSION "Content-Type: multipart/encrypted; boundary=c\r\n\r\n--c\r\n\r\n\n--c--\r\n"),
	NULL},
    {"a signed part that is 7-bit, beside another", GO7, CONVERT_8BIT,
	BYTES(VERSION TYPE_MIXED
	    "\r\n--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\na\r\n--c--\r\n--b\r\nContent-Type: x/y\r\n\r\n"
	    "\xff\r\n--b--\r\n"),
	VERSION TYPE_MIXED
	"\r\n--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n"
	"Content-Transfer-Encoding: 8bit\r\n\r\na\r\n--c--\r\n--b\r\nContent-Type: x/y\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\n/w==\r\n--b--\r\n"},
    {"8-bit fields", CONVERT_TO_7BIT, CONVERT_HEADER, CONVERT_UTF8,
	BYTES("Subject: \xc3\xa9\r\n\r\na\r\n"), NULL},
    {"8-bit fields of a part", CONVERT_TO_7BIT, CONVERT_HEADER, CONVERT_UTF8,
	BYTES(VERSION TYPE_MIXED
	    "\r\n--b\r\nContent-Disposition: attachment; filename=\"\xc3\xa9\"\r\n"
	    "\r\na\r\n--b--\r\n"),
	NULL},
    {"8-bit fields where they may be", GO8, CONVERT_UTF8, BYTES("Subject: \xc3\xa9\r\n\r\na\r\n"),
	NULL},
    {"a part that is encoded and is not", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES("Content-Transfer-Encoding: quoted-printable\r\n\r\n\xe9\r\n"), NULL},
    {"two types", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES("Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n\xe9\r\n"), NULL},
    {"two encodings", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES("Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe9\r\n"),
	NULL},
    {"no header section", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT | CONVERT_UTF8,
	BYTES("un bel \xe9t\xe9\r\n\r\n\xe9\r\n"), NULL},
    {"a multipart that is encoded", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES(TYPE_MIXED "Content-Transfer-Encoding: base64\r\n\r\n--b\r\n\r\n\xe9\r\n--b--\r\n"),
	NULL},
    {"no boundary", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\n\xe9\r\n--b--\r\n"), NULL},
    {"two boundaries", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES("Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--b\r\n\r\n\xe9\r\n"),
	NULL},
    {"a boundary in pieces", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\r\n\r\n\xe9\r\n"), NULL},
    {"a boundary in use already", CONVERT_TO_7BIT, CONVERT_MALFORMED, 0,
	BYTES(TYPE_MIXED "\r\n--b\r\n" TYPE_MIXED "\r\n--b\r\n\r\n\xe9\r\n--b--\r\n"), NULL},
    {"what begins like a delimiter", CONVERT_TO_7BIT, CONVERT_MALFORMED, 0,
	BYTES(TYPE_MIXED "\r\n--b\r\n\r\n\xe9\r\n--bb\r\n--b--\r\n"), NULL},
    {"a NUL in a field", CONVERT_TO_8BIT, CONVERT_MALFORMED, 0, BYTES(VERSION "A: \0\r\n\r\n\r\n"),
	NULL},
    {"message/partial", CONVERT_TO_7BIT, CONVERT_MALFORMED, CONVERT_8BIT,
	BYTES("Content-Type: message/partial; id=a; number=1\r\n\r\n\r\n\xe9\r\n"), NULL},
};

/* Feeds INPUT in pieces: the first FIRST octets, then pieces of SIZE. */
static int
convert(struct convert *c, const struct row *row, size_t first, size_t size, struct str *out)
{
	for (int pass = 0; pass < 2; pass++) {
		struct slice rest = row->input;
		size_t len = first;

		if (pass == 1 && (c->result != CONVERT_POSSIBLE || !c->is_needed))
			return 0;
		while (rest.len > 0) {
			len = len < rest.len ? len : rest.len;
			if (pass == 0)
				(void)convert_look(c, slice_make(rest.data, len));
			else if (convert_take(c, slice_make(rest.data, len), out) == -1)
				return -1;
			rest = slice_skip(rest, len);
			len = size;
		}
		if (pass == 0)
			(void)convert_look_end(c);
		else if (convert_take_end(c, out) == -1)
			return -1;
	}
	return 0;
}

/* As text where * stands for whatever follows. */
static bool
matches(struct slice got, const char *want)
{
	size_t len = strlen(want);

	if (len > 0 && want[len - 1] == '*')
		return got.len >= len - 1 && memcmp(got.data, want, len - 1) == 0;
	return slice_is(got, want);
}

/* Cut like that, a row gives what it must. */
static bool
agrees(const struct row *row, size_t first, size_t size, struct str *out)
{
	struct convert c;
	bool good;

	str_clear(out);
	convert_init(&c, row->domain);
	good = convert(&c, row, first, size, out) == 0 && c.result == row->result &&
	       (row->result == CONVERT_MALFORMED || c.needs == row->needs);
	if (good && row->result == CONVERT_POSSIBLE)
		good = c.is_needed == (row->want != NULL) &&
		       (row->want == NULL || matches(str_slice(out), row->want));
	if (!good)
		tap_note("%s: result %d, needs %u, cut at %zu: %s", row->name, (int)c.result,
		    c.needs, first, out->data);
	convert_free(&c);
	return good;
}

static bool
is_wire(struct slice message)
{
	struct wire_check check = {.malformed = false};

	return wire_check_piece(&check, message) && wire_check_end(&check);
}

/* What came out needs nothing beyond its domain, and conversion finds nothing left to do. */
static bool
is_settled(const struct row *row, struct slice converted)
{
	struct row again = *row;
	struct convert c;
	struct str out;
	bool good;

	again.input = converted;
	str_init(&out, OUT_MAX);
	convert_init(&c, row->domain);
	good = convert(&c, &again, 1, 1, &out) == 0 && c.result == CONVERT_POSSIBLE &&
	       !c.is_needed && (c.needs & (CONVERT_BINARY | CONVERT_LONG)) == 0 &&
	       (row->domain == CONVERT_TO_8BIT || c.needs == 0);
	convert_free(&c);
	str_free(&out);
	return good;
}

/* Decoded bodies one behind the other, for comparison. */
struct bodies {
	struct str all, raw;
	enum entity_encoding encoding;
	bool counts;
};

static int
hex(char c)
{
	return ascii_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

static void
undo_quoted(struct slice s, struct str *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] != '=')
			(void)str_add_char(out, s.data[i]);
		else if (s.len - i > 2 && s.data[i + 1] == '\r')
			i += 2;
		else if (s.len - i > 2) {
			(void)str_add_char(
			    out, (char)(16 * hex(s.data[i + 1]) + hex(s.data[i + 2])));
			i += 2;
		}
	}
}

static void
undo_base64(struct slice s, struct str *out)
{
	struct str text;

	str_init(&text, OUT_MAX);
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] != '\r' && s.data[i] != '\n')
			(void)str_add_char(&text, s.data[i]);
	if (base64_decode(out, str_slice(&text)) == -1)
		(void)str_add_text(out, "(no base64)");
	str_free(&text);
}

static int
body_header(void *context, const struct entity *e, struct slice header)
{
	struct bodies *b = context;

	(void)header;
	b->encoding = e->encoding;
	b->counts = e->kind != ENTITY_MULTIPART;
	return 0;
}

static int
body_epilogue(void *context)
{
	((struct bodies *)context)->counts = false;
	return 0;
}

static int
body_data(void *context, struct slice data)
{
	return str_add_slice(&((struct bodies *)context)->raw, data);
}

static int
body_end(void *context, bool is_last)
{
	struct bodies *b = context;

	(void)is_last;
	if (b->counts) {
		if (b->encoding == ENTITY_QUOTED_PRINTABLE)
			undo_quoted(str_slice(&b->raw), &b->all);
		else if (b->encoding == ENTITY_BASE64)
			undo_base64(str_slice(&b->raw), &b->all);
		else
			(void)str_add_slice(&b->all, str_slice(&b->raw));
		(void)str_add_text(&b->all, "\n|\n");
	}
	str_clear(&b->raw);
	return 0;
}

static int
body_delimiter(void *context, struct slice text)
{
	(void)context;
	(void)text;
	return 0;
}

static void
collect(struct bodies *b, struct slice message)
{
	static const struct mime_visitor visitor = {
	    body_header, body_epilogue, body_data, body_end, body_delimiter};
	struct mime m;

	str_init(&b->all, OUT_MAX);
	str_init(&b->raw, OUT_MAX);
	mime_init(&m, &visitor, b);
	(void)mime_take(&m, message);
	(void)mime_end(&m);
	mime_free(&m);
	str_free(&b->raw);
}

static bool
comes_round(struct slice before, struct slice after)
{
	struct bodies a, b;
	bool same;

	collect(&a, before);
	collect(&b, after);
	same = slice_equal(str_slice(&a.all), str_slice(&b.all));
	if (!same)
		tap_note("bodies: %s; %s", a.all.data, b.all.data);
	str_free(&a.all);
	str_free(&b.all);
	return same;
}

static void
test_row(const struct row *row)
{
	struct str out;
	bool good;

	str_init(&out, OUT_MAX);
	good = agrees(row, 1, 1, &out);
	for (size_t at = 0; good && at <= row->input.len; at++)
		good = agrees(row, at, row->input.len, &out);
	if (good && row->want != NULL)
		good = is_wire(str_slice(&out)) && is_settled(row, str_slice(&out)) &&
		       comes_round(row->input, str_slice(&out));
	tap_ok(good, "%s", row->name);
	if (!good)
		tap_show("got", out.data);
	str_free(&out);
}

/* Multiparts in each other, DEPTH of them, around one 8-bit line. */
static void
test_depth(size_t depth, enum convert_result want)
{
	struct row row = {"depth", CONVERT_TO_7BIT, want, CONVERT_8BIT, {NULL, 0}, "*"};
	struct str text, out;

	str_init(&text, OUT_MAX);
	str_init(&out, OUT_MAX);
	for (size_t i = 0; i < depth; i++)
		(void)str_format(
		    &text, "Content-Type: multipart/x; boundary=%zu-\r\n\r\n--%zu-\r\n", i, i);
	(void)str_add_text(&text, "\r\n\xff\r\n");
	row.input = str_slice(&text);
	row.needs = want == CONVERT_POSSIBLE ? CONVERT_8BIT : 0;
	tap_ok(agrees(&row, text.len, 1, &out), "%zu multiparts in each other", depth);
	str_free(&text);
	str_free(&out);
}

static void
test_header_length(size_t octets, enum convert_result want)
{
	struct row row = {"header", CONVERT_TO_7BIT, want, 0, {NULL, 0}, "*"};
	struct str text, out;

	str_init(&text, OUT_MAX);
	str_init(&out, OUT_MAX);
	while (text.len + 100 < octets)
		(void)str_add_text(&text, "A: b\r\n");
	(void)str_add_text(&text, "\r\n\xff\r\n");
	row.input = str_slice(&text);
	row.needs = want == CONVERT_POSSIBLE ? CONVERT_8BIT : 0;
	tap_ok(agrees(&row, text.len, 1, &out), "a header section of %zu octets", octets);
	str_free(&text);
	str_free(&out);
}

static int
filter(const char *how)
{
	struct row row = {.domain = *how == '7' ? CONVERT_TO_7BIT : CONVERT_TO_8BIT};
	struct convert c;
	struct str in, out;
	int code = 0, byte;

	str_init(&in, OUT_MAX);
	str_init(&out, OUT_MAX);
	while ((byte = getchar()) != EOF)
		(void)str_add_char(&in, (char)byte);
	row.input = str_slice(&in);
	convert_init(&c, row.domain);
	if (convert(&c, &row, 4096, 4096, &out) == -1)
		code = 111;
	else if (*how == 'n')
		printf("%s%s%s%s\n", (c.needs & CONVERT_8BIT) != 0 ? " 8bit" : "",
		    (c.needs & CONVERT_BINARY) != 0 ? " binary" : "",
		    (c.needs & CONVERT_LONG) != 0 ? " long" : "",
		    (c.needs & CONVERT_UTF8) != 0 ? " utf8" : "");
	else if (c.result != CONVERT_POSSIBLE) {
		printf("%s %s\n", convert_code(c.result), convert_reason(c.result));
		code = 100;
	} else
		(void)fwrite(
		    c.is_needed ? out.data : in.data, 1, c.is_needed ? out.len : in.len, stdout);
	convert_free(&c);
	str_free(&in);
	str_free(&out);
	return fflush(stdout) == 0 ? code : 111;
}

int
main(int argc, char **argv)
{
	if (argc == 2)
		return filter(argv[1]);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		test_row(&rows[i]);
	test_depth(MIME_DEPTH_MAX, CONVERT_POSSIBLE);
	test_depth(MIME_DEPTH_MAX + 1, CONVERT_TOO_COMPLEX);
	test_header_length(MIME_HEADER_MAX, CONVERT_POSSIBLE);
	test_header_length(MIME_HEADER_MAX + 1000, CONVERT_TOO_COMPLEX);
	return tap_done();
}
