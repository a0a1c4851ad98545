/* SPDX-License-Identifier: ISC */
#include "mail/complete.h"

#include "tap.h"

#define DATE "Date: D\r\n"
#define ID "Message-ID: I\r\n"

static const struct {
	const char *in, *out, *from;
} cases[] = {
    {"Date: x\r\nMessage-ID: y\r\n\r\nbody\r\n", "Date: x\r\nMessage-ID: y\r\n\r\nbody\r\n", ""},
    {"DATE : x\r\nmessage-id:\r\n y\r\n\r\n", "DATE : x\r\nmessage-id:\r\n y\r\n\r\n", ""},
    {"To: x\r\n\r\nDate: b\r\n", "To: x\r\n" DATE ID "\r\nDate: b\r\n", ""},
    {"To: x\r\n date: b\r\n\r\n", "To: x\r\n date: b\r\n" DATE ID "\r\n", ""},
    {"Date: x\r\n", "Date: x\r\n" ID, ""},
    {"", DATE ID, ""},
    {"\r\nbody\r\n", DATE ID "\r\nbody\r\n", ""},
    {"hello world\r\n", DATE ID "\r\nhello world\r\n", ""},
    {"hello wide world: x\r\n", DATE ID "\r\nhello wide world: x\r\n", ""},
    {" Date: x\r\n\r\n", DATE ID "\r\n Date: x\r\n\r\n", ""},
    {"To: x\r\nbody\r\n", "To: x\r\n" DATE ID "\r\nbody\r\n", ""},
    {"\xc3\xa4: x\r\n", DATE ID "\r\n\xc3\xa4: x\r\n", ""},
    {"From: a@b\r\nfrom: c@d,\r\n e@f\r\nX-From: y\r\n\r\nFrom: z\r\n",
	"From: a@b\r\nfrom: c@d,\r\n e@f\r\nX-From: y\r\n" DATE ID "\r\nFrom: z\r\n",
	", a@b\r\n, c@d,\r\n e@f\r\n"},
};

/* Where the fields stand that were added; their bodies differ each time. */
static void
shorten(struct str *text, const char *name, char body)
{
	size_t len = strlen(name);
	char *at = strstr(text->data, name);
	char *end = at == NULL ? NULL : strchr(at, '\n');

	if (end == NULL || end - at < 20)
		return;
	at[len] = body;
	memmove(at + len + 1, end - 1, strlen(end - 1) + 1);
	str_truncate(text, strlen(text->data));
}

static void
run(size_t i, size_t piece_size)
{
	struct complete c;
	struct str out;
	struct slice rest = slice_of(cases[i].in);
	bool done = true;

	str_init(&out, 4096);
	complete_init(&c, slice_of("here.test"), 1795000000);
	while (rest.len > 0 && done) {
		struct slice piece =
		    slice_make(rest.data, rest.len < piece_size ? rest.len : piece_size);

		rest = slice_skip(rest, piece.len);
		done = complete_take(&c, &piece, &out) == 0 && (c.is_over || piece.len == 0) &&
		       str_add_slice(&out, piece) == 0;
	}
	done = done && complete_end(&c, &out) == 0;
	shorten(&out, "Date: ", 'D');
	shorten(&out, "Message-ID: ", 'I');
	tap_ok(done, "case %zu, pieces of %zu", i, piece_size);
	tap_is_text(out.data, cases[i].out, "  the message");
	tap_is_text(c.from.data, cases[i].from, "  From");
	complete_free(&c);
	str_free(&out);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t size = 1; size < 64; size = size * 2 + 1)
			run(i, size);
	return tap_done();
}
