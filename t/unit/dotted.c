/* SPDX-License-Identifier: ISC */
/* Where a message after DATA ends, what of it is kept, and that it does not matter how it is cut.
 */
#include "smtp/dotted.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tap.h"

#define TEXT_MAX 1024

static const struct {
	const char *name;
	struct slice wire;
	struct slice message; /* what is kept, if nothing is wrong with it */
	size_t end;	      /* octets of wire up to the end of the message, 0: there is none */
	unsigned received;
	bool has_bare;
} table[] = {
#define TEXT(s) \
	{ \
		s, sizeof s - 1 \
	}
    {"empty", TEXT(".\r\n"), TEXT(""), 3, 0, false},
    {"one line", TEXT("a\r\n.\r\n"), TEXT("a\r\n"), 6, 0, false},
    {"stuffed", TEXT("..\r\n..a\r\na.\r\n.\r\n"), TEXT(".\r\n.a\r\na.\r\n"), 16, 0, false},
    {"a dot with text", TEXT(".a\r\n.\r\n"), TEXT("a\r\n"), 7, 0, false},
    {"commands behind", TEXT("a\r\n.\r\nQUIT\r\n"), TEXT("a\r\n"), 6, 0, false},
    {"no end", TEXT("a\r\n.\r"), TEXT("a\r\n"), 0, 0, false},
    {"a line without its end", TEXT("a"), TEXT(""), 0, 0, false},
    {"header and body", TEXT("Received: a\r\nX: b\r\nreceived : c\r\n\r\nReceived: d\r\n.\r\n"),
	TEXT("Received: a\r\nX: b\r\nreceived : c\r\n\r\nReceived: d\r\n"), 51, 2, false},
    {"not Received", TEXT("Received-SPF: a\r\nReceive\r\nReceived\r\n.\r\n"),
	TEXT("Received-SPF: a\r\nReceive\r\nReceived\r\n"), 39, 0, false},
    {"stuffed empty line", TEXT(".\rReceived: a\r\n.\r\n"), TEXT(""), 18, 0, true},
    {"LF.LF", TEXT("a\n.\nMAIL\r\n.\r\n"), TEXT(""), 13, 0, true},
    {"LF.CRLF", TEXT("a\n.\r\nMAIL\r\n.\r\n"), TEXT(""), 14, 0, true},
    {"CRLF.LF", TEXT("a\r\n.\nMAIL\r\n.\r\n"), TEXT(""), 14, 0, true},
    {"CRLF.CR", TEXT("a\r\n.\rMAIL\r\n.\r\n"), TEXT(""), 14, 0, true},
    {"CR.CR", TEXT("a\r.\rMAIL\r\n.\r\n"), TEXT(""), 13, 0, true},
    {"CR.CRLF", TEXT("a\r.\r\nMAIL\r\n.\r\n"), TEXT(""), 14, 0, true},
    {"LFCR.CRLF", TEXT("a\n\r.\r\nMAIL\r\n.\r\n"), TEXT(""), 15, 0, true},
    {"CRCRLF.CRLF", TEXT("a\r\r\n.\r\nMAIL"), TEXT(""), 7, 0, true},
    {"CRLF.CRCRLF", TEXT("a\r\n.\r\r\nMAIL\r\n.\r\n"), TEXT(""), 16, 0, true},
    {"NUL before the end", TEXT("a\r\n\0.\r\nb\r\n.\r\n"), TEXT(""), 13, 0, true},
    {"NUL in the end", TEXT("a\r\n.\0\r\nb\r\n.\r\n"), TEXT(""), 13, 0, true},
    {"8 bits", TEXT("\xff\xfe\r\n.\r\n"), TEXT("\xff\xfe\r\n"), 7, 0, false},
};

struct outcome {
	struct str message;
	size_t end;
	unsigned received;
	bool has_bare;
};

/* Feeds WIRE as reads that end at FIRST, at SECOND and at its end would. */
static void
feed(struct slice wire, size_t first, size_t second, struct outcome *o)
{
	const size_t stops[] = {first, second, wire.len};
	struct dotted d;
	size_t at = 0;

	dotted_init(&d);
	str_clear(&o->message);
	o->end = 0;
	for (size_t i = 0; i < 3 && o->end == 0; i++) {
		enum dotted_result result = DOTTED_RUN;

		while (result == DOTTED_RUN) {
			/* a copy of the right size, so that a sanitizer sees a step too far */
			size_t len = stops[i] - at, taken;
			char *input = malloc(len + (len == 0));
			struct slice run;

			if (input == NULL)
				abort();
			memcpy(input, wire.data + at, len);
			result = dotted_take(&d, slice_make(input, len), &run, &taken);
			if (str_add_slice(&o->message, run) == -1)
				abort();
			at += taken;
			free(input);
		}
		if (result == DOTTED_END)
			o->end = at;
	}
	o->received = (unsigned)d.received;
	o->has_bare = d.has_bare;
}

static bool
is_wanted(const struct outcome *o, size_t row)
{
	if (o->end != table[row].end || o->has_bare != table[row].has_bare)
		return false;
	if (o->has_bare)
		return true;
	return o->received == table[row].received &&
	       slice_equal(str_slice(&o->message), table[row].message);
}

/* A line that has not come whole may already be kept or not. */
static bool
is_wanted_unfinished(const struct outcome *o, size_t row)
{
	return o->end == 0 && o->has_bare == table[row].has_bare;
}

int
main(void)
{
	struct outcome o;

	str_init(&o.message, TEXT_MAX);
	for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
		struct slice wire = table[row].wire;
		bool good = true;

		for (size_t first = 0; first <= wire.len && good; first++)
			for (size_t second = first; second <= wire.len && good; second++) {
				feed(wire, first, second, &o);
				good = table[row].end == 0 ? is_wanted_unfinished(&o, row)
							   : is_wanted(&o, row);
				if (!good)
					tap_note("cut at %zu and %zu: end %zu bare %d received %u",
					    first, second, o.end, o.has_bare, o.received);
			}
		tap_ok(good, "%s, cut anywhere", table[row].name);
	}
	str_free(&o.message);
	return tap_done();
}
