/* SPDX-License-Identifier: ISC */
#include "rmail.h"

#include <sysexits.h>

#include "base/clock.h"
#include "base/die.h"
#include "mail/address.h"
#include "mail/trace.h"
#include "mail/uucp.h"

#define PATH_MAX_OCTETS ((size_t)1 << 20)
#define PROTOCOL_MAX 32

_Noreturn static void
fail(void)
{
	die_errno(PROGRAM, EX_OSERR, "unable to hold a path of UUCP");
}

bool
rmail_sender(struct slice from_lines, struct str *sender, struct str *host)
{
	struct str path;
	bool is_told;

	str_init(&path, PATH_MAX_OCTETS);
	if (uucp_read(from_lines, &path, host) == -1 || uucp_sender(str_slice(&path), sender) == -1)
		fail();
	is_told = path.len > 0;
	str_free(&path);
	return is_told;
}

void
rmail_recipient(const char *path, struct str *address)
{
	if (uucp_recipient(slice_of(path), address) == -1)
		fail();
}

/* What a Received field may have behind "with" (RFC 5321, 4.4). */
static bool
is_protocol(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_alpha(text.data[i]) && !ascii_is_digit(text.data[i]) &&
		    text.data[i] != '-')
			return false;
	return text.len > 0 && text.len <= PROTOCOL_MAX;
}

void
rmail_trace(struct slice protocol, struct slice remote, struct identity *who, struct str *out)
{
	char word[PROTOCOL_MAX + 1] = "";
	struct trace t = {.helo = remote, .protocol = word, .date = clock_wall_seconds()};
	size_t id_at;

	if (!is_protocol(protocol) ||
	    (!address_is_domain(remote, 0) && !address_is_literal(remote)))
		return;
	for (size_t i = 0; i < protocol.len; i++)
		word[i] = protocol.data[i];
	t.me = identity_host(who);
	if (trace_add(out, &t, &id_at) == -1)
		fail();
}
