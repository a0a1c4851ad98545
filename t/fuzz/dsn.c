/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS dsn: reports with anything in them that an envelope or a reply may hold. LF
 * stands between the parts.
 */
#include "mail/dsn.h"

#include "fuzz.h"
#include "mail/wire.h"

#define LINE_MAX_OCTETS 998 /* RFC 5322, 2.1.1 */

static void
check_lines(struct slice text)
{
	struct wire_check wire = {0};

	must(wire_check_piece(&wire, text) && wire_check_end(&wire));
	while (text.len > 0)
		must(part(&text, '\n').len <= LINE_MAX_OCTETS + 1);
}

/* RFC 3464, 2.1: the fields for programs are ASCII. */
static void
check_status(struct slice text)
{
	while (text.len > 0 && !slice_starts(text, "Content-Type: message/delivery-status"))
		(void)part(&text, '\n');
	must(slice_is_ascii(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);
	struct slice parts[6];
	struct dsn_recipient recipient;
	struct dsn d = {.me = slice_of("here.test"), .id = slice_of("0"), .count = 1};
	struct str out;

	for (size_t i = 0; i < 6; i++) {
		parts[i] = part(&rest, '\n');
		if (slice_has_control(parts[i]) || parts[i].len > 240)
			return 0;
	}
	/* ORCPT and ENVID are xtext, or they did not come in */
	if (!slice_is_ascii(parts[0]) || !slice_is_ascii(parts[4]))
		return 0;
	recipient = (struct dsn_recipient){.address = slice_of("joe@example.org"),
	    .original = parts[0],
	    .code = slice_of("5.1.1"),
	    .relay = parts[1],
	    .reply = parts[2],
	    .expired = parts[3].len % 2 == 1};
	d.sender = slice_of("ann@example.org");
	d.envelope_id = parts[4];
	d.kind = parts[5].len % 2 == 1 ? DSN_DELAYED : DSN_FAILED;
	d.recipients = &recipient;
	str_init(&out, 65536);
	must(dsn_begin(&d, &out) == 0);
	check_lines(str_slice(&out));
	check_status(str_slice(&out));
	str_free(&out);
	return 0;
}
