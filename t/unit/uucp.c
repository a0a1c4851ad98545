/* SPDX-License-Identifier: ISC */
/* Paths of UUCP: what From_ lines tell, and what becomes of them as addresses. */
#include "mail/uucp.h"

#include "tap.h"

static const struct {
	const char *lines, *path, *host, *sender;
} senders[] = {
    {"", "", "", ""},
    {"From ann Sun Nov 22 01:02:03 2026 remote from near\r\n", "near!ann", "near", "ann@near"},
    {"From uucp Sun Nov 22 01:02:03 2026 remote from near\r\n"
     ">From ann Sun Nov 22 01:02:03 2026 remote from far\r\n",
	"near!far!ann", "near", "far!ann@near"},
    {"From far!ann Sun Nov 22 01:02:03 2026 remote from near\n", "near!far!ann", "near",
	"far!ann@near"},
    {"From far.example.org!x!ann Sun Nov 22 2026 remote from near\n", "near!far.example.org!x!ann",
	"near", "x!ann@far.example.org"},
    {"From ann@example.org Sun Nov 22 01:02:03 2026 remote from near\n", "near!ann@example.org",
	"near", "ann@example.org"},
    {"From near!ann Sun Nov 22 01:02:03 2026\n", "near!ann", "near", "ann@near"},
    {"From ann Sun Nov 22 01:02:03 2026\n", "ann", "", "ann"},
    {"From <> Sun Nov 22 01:02:03 2026 remote from near\n", "near!<>", "near", ""},
    {"From ann remote from x remote from  near \r\n", "near!ann", "near", "ann@near"},
    {"From ann remote from \n", "ann", "", "ann"},
    {"From \n", "", "", ""},
    {"From  remote from near\n", "remote", "", "remote"},
    {"From !! Sun remote from near\n", "near!!!", "near", "!!@near"},
    {"From x Sun remote from .\n", ".!x", ".", "x@."},
};

static const struct {
	const char *given, *address;
} recipients[] = {
    {"joe", "joe"},
    {"joe@example.org", "joe@example.org"},
    {"near!joe", "joe@near"},
    {"a.example!b.example!joe", "b.example!joe@a.example"},
    {"near!joe@example.org", "near!joe@example.org"},
    {"!", "@"},
    {"", ""},
};

int
main(void)
{
	struct str path, host, address;

	str_init(&path, 1000);
	str_init(&host, 1000);
	str_init(&address, 1000);
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		tap_is_int(uucp_read(slice_of(senders[i].lines), &path, &host), 0, "read");
		tap_is_text(path.data, senders[i].path, "path");
		tap_is_text(host.data, senders[i].host, "host");
		tap_is_int(uucp_sender(str_slice(&path), &address), 0, "sender");
		tap_is_text(address.data, senders[i].sender, "its address");
	}
	for (size_t i = 0; i < sizeof recipients / sizeof *recipients; i++) {
		tap_is_int(uucp_recipient(slice_of(recipients[i].given), &address), 0, "recipient");
		tap_is_text(address.data, recipients[i].address, "its address");
	}
	str_free(&path);
	str_free(&host);
	str_free(&address);
	return tap_done();
}
