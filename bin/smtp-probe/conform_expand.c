/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <time.h>

#include "conform_parts.h"
#include "mail/date.h"

#define REPEAT_MAX 100000
#define NO_LIMIT UINT64_C(1000000000000000) /* octets that no server takes */

static void
add(struct str *out, const char *data, size_t len)
{
	if (str_add(out, data, len) == -1)
		probe_no_memory();
}

static void
add_slice(struct str *out, struct slice text)
{
	add(out, text.data, text.len);
}

static void
add_text(struct str *out, const char *text)
{
	add_slice(out, slice_of(text));
}

static void
add_path(struct str *out, struct slice address)
{
	add_text(out, "<");
	add_slice(out, address);
	add_text(out, ">");
}

/* Says what it is, for who finds it in a mailbox. */
static void
add_header(const struct conform *c, const struct check *check, struct str *out)
{
	add_text(out, "Date: ");
	if (date_add(out, time(NULL)) == -1)
		probe_no_memory();
	add_text(out, "\r\nFrom: <smtp-probe@");
	add_slice(out, str_slice(&c->probe->helo));
	add_text(out, ">\r\nTo: ");
	add_path(out, c->to);
	add_text(out, "\r\nSubject: smtp-probe ");
	add_text(out, check->id);
	if (check->about != NULL) {
		add_text(out, " ");
		add_text(out, check->about);
	}
	add_text(out, "\r\n\r\n");
}

static void
add_times(struct str *out, struct slice count)
{
	uint64_t times = 0;

	(void)slice_number(count, REPEAT_MAX, &times);
	while (times-- > 0)
		add_text(out, "x");
}

static void
add_over(const struct conform *c, struct str *out)
{
	uint64_t limit = c->link.client.size_limit;

	if (str_format(out, "%" PRIu64, limit > 0 && limit < NO_LIMIT ? limit + 1 : NO_LIMIT) == -1)
		probe_no_memory();
}

static void
add_hello(const struct conform *c, struct str *out)
{
	add_text(out, c->server->is_lmtp ? "LHLO " : "EHLO ");
	add_slice(out, str_slice(&c->probe->helo));
}

static void
add_named(const struct conform *c, const struct check *check, struct slice name, struct str *out)
{
	size_t at = slice_find_last(c->to, '@');

	if (slice_is(name, "from"))
		add_path(out, c->from);
	else if (slice_is(name, "to"))
		add_path(out, c->to);
	else if (slice_is(name, "hello"))
		add_hello(c, out);
	else if (slice_is(name, "helo"))
		add_slice(out, str_slice(&c->probe->helo));
	else if (slice_is(name, "local"))
		add_slice(out, slice_make(c->to.data, at));
	else if (slice_is(name, "domain"))
		add_slice(out, slice_skip(c->to, at + 1));
	else if (slice_is(name, "header"))
		add_header(c, check, out);
	else if (slice_is(name, "over"))
		add_over(c, out);
	else if (slice_starts(name, "x"))
		add_times(out, slice_skip(name, 1));
}

void
conform_expand(
    const struct conform *c, const struct check *check, const char *send, struct str *out)
{
	struct slice rest = slice_of(send), piece;

	while (rest.len > 0) {
		size_t brace = slice_find(rest, '{');

		add(out, rest.data, brace);
		rest = slice_skip(rest, brace + 1);
		if (rest.len > 0 && slice_take(&rest, '}', &piece))
			add_named(c, check, piece, out);
	}
}
