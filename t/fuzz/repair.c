/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS repair: a header of anything. What becomes of it is a header, has each field
 * that a message needs, no line that could be shorter, no address more or less, and is repaired.
 */
#include "mail/repair.h"

#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "mail/address.h"
#include "mail/fold.h"
#include "mail/header.h"
#include "mail/lexical.h"
#include "mail/recipients.h"
#include "mail/wire.h"

#define OUT_MAX ((size_t)8 << 20)

static int
author(void *context, struct str *out)
{
	(void)context;
	return str_add_text(out, "me@here.test");
}

static int
host(void *context, struct str *out)
{
	(void)context;
	return str_add_text(out, "here.test");
}

static bool
is_bare(enum recipients_result result, struct slice address)
{
	struct address parsed;

	return result == RECIPIENTS_ONE &&
	       address_parse(address, ADDRESS_BARE | ADDRESS_UTF8, &parsed) == ADDRESS_OK &&
	       parsed.domain.len == 0;
}

static int
complete(void *context, enum repair_role role, struct slice address, struct str *out)
{
	(void)context;
	(void)role;
	if (!is_bare(RECIPIENTS_ONE, address))
		return 0;
	must(str_add_slice(out, address) == 0 && str_add_text(out, "@here.test") == 0);
	return 1;
}

/* What comes in is in wire format, and all of it are fields. */
static void
make_header(struct slice data, struct str *out)
{
	struct wire_convert wire = {.after_cr = false};
	struct slice rest;
	struct header_field f;
	struct str text;

	str_init(&text, OUT_MAX);
	must(wire_convert_piece(&wire, data, &text) == 0 && wire_convert_end(&wire, &text) == 0);
	rest = str_slice(&text);
	while (header_next(&rest, &f))
		must(str_add_slice(out, f.whole) == 0);
	str_free(&text);
}

static bool
has_name(struct slice name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (slice_is_nocase(name, *names))
			return true;
	return false;
}

/* All addresses of the fields NAMES, each with its domain, and a line end. */
static void
collect(struct slice header, const char *const *names, struct str *out)
{
	enum recipients_result result;
	struct header_field f;
	struct str address;

	str_init(&address, OUT_MAX);
	while (header_next(&header, &f)) {
		struct slice rest = f.body;

		if (!has_name(f.name, names))
			continue;
		while ((result = recipients_next(&rest, &address)) == RECIPIENTS_ONE ||
		       result == RECIPIENTS_BAD) {
			if (result == RECIPIENTS_ONE)
				must(str_add_slice(out, str_slice(&address)) == 0);
			if (is_bare(result, str_slice(&address)))
				must(str_add_text(out, "@here.test") == 0);
			must(str_add_char(out, '\n') == 0);
		}
	}
	str_free(&address);
}

/* A fold would not help: blanks stand in the line at its start alone. */
static void
check_lines(struct slice header)
{
	struct header_field f;

	while (header_next(&header, &f)) {
		struct slice rest = f.whole, line;

		while (slice_take(&rest, '\n', &line)) {
			bool has_text = false;

			if (line.len <= FOLD_LINE_MAX + 1)
				continue;
			for (size_t i = 0; i + 1 < line.len; i++) {
				must(!has_text || !lexical_is_blank(line.data[i]) ||
				     lexical_blanks(slice_skip(line, i)) + i == line.len);
				has_text = has_text || !lexical_is_blank(line.data[i]);
			}
		}
	}
}

static bool
is_made(struct slice header, const char *name)
{
	return header_count(header, name) > 0;
}

static void
check(const struct repair *r, struct slice in, struct slice out)
{
	static const char *const to[] = {"To", NULL}, *const cc[] = {"Cc", NULL},
				 *const others[] = {"Resent-To", "Errors-To", NULL};
	const char *const *const all[] = {to, cc, others};
	struct wire_check wire = {.malformed = false};
	struct slice rest = out;
	struct header_field f;

	must(wire_check_piece(&wire, out) && wire_check_end(&wire));
	while (header_next(&rest, &f))
		must(!slice_is_nocase(f.name, "Bcc"));
	must(rest.len == 0);
	must(is_made(out, "From") && is_made(out, "Date") && is_made(out, "Message-ID"));
	must(is_made(out, "To") || is_made(out, "Cc"));
	if (r->is_signed)
		return;
	check_lines(out);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct str before, after;

		str_init(&before, OUT_MAX);
		str_init(&after, OUT_MAX);
		collect(in, all[i], &before);
		collect(out, all[i], &after);
		must(slice_equal(str_slice(&before), str_slice(&after)));
		str_free(&before);
		str_free(&after);
	}
}

static void
repair(struct repair *r, struct slice header, struct str *out)
{
	static const struct repair_asked asked = {author, host, complete};

	*r = (struct repair){.asked = &asked, .keeps_utf8 = r->keeps_utf8};
	must(repair_header(r, header, out) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct repair r = {.keeps_utf8 = size % 5 == 4};
	struct str in, once, twice;

	if (size > 0 && memchr(data, '\0', size) != NULL)
		return 0;
	str_init(&in, OUT_MAX);
	str_init(&once, OUT_MAX);
	str_init(&twice, OUT_MAX);
	make_header(slice_make((const char *)data, size), &in);
	repair(&r, str_slice(&in), &once);
	check(&r, str_slice(&in), str_slice(&once));
	repair(&r, str_slice(&once), &twice);
	must(slice_equal(str_slice(&once), str_slice(&twice)));
	str_free(&in);
	str_free(&once);
	str_free(&twice);
	return 0;
}
