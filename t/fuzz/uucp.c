/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS uucp: From_ lines and paths of UUCP become addresses that hold no more than
 * they did, and a path leads back through the host that it names first.
 */
#include "mail/uucp.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_make((const char *)data, size), given;
	struct str path, host, address;

	str_init(&path, 2 * size + 2);
	str_init(&host, 2 * size + 2);
	str_init(&address, 2 * size + 2);
	must(uucp_read(input, &path, &host) == 0);
	must(path.len <= size + 1 && host.len <= path.len);
	must(slice_starts(str_slice(&path), host.data));
	given = str_slice(&path);
	must(uucp_sender(given, &address) == 0 && address.len <= given.len);
	must(uucp_recipient(given, &address) == 0 && address.len == given.len);
	must(uucp_recipient(input, &address) == 0 && address.len == size);
	must(slice_find(str_slice(&address), '@') < address.len ||
	     slice_find(input, '!') == input.len);
	str_free(&path);
	str_free(&host);
	str_free(&address);
	return 0;
}
