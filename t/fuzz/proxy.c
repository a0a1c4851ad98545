/* SPDX-License-Identifier: ISC */
/* t/fuzz/run SECONDS proxy: headers of the PROXY protocol, whole and octet by octet. */
#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "net/proxy_header.h"

static void
check_peer(const struct peer *p)
{
	unsigned char octets[16];

	must(inet_pton(AF_INET, p->address, octets) == 1 ||
	     inet_pton(AF_INET6, p->address, octets) == 1);
}

/* What was begun is not taken for anything else before it is whole. */
static void
check_prefixes(struct slice header, size_t whole)
{
	struct proxy_header h;

	for (size_t len = 0; len < whole && len <= header.len; len++) {
		enum proxy_result result = proxy_header_parse(slice_make(header.data, len), &h);

		must(result != PROXY_BAD);
		must(result != PROXY_DONE || h.length > len || h.length == whole);
		must(result != PROXY_MORE || h.length <= whole);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct proxy_header h = {0};

	switch (proxy_header_parse(text, &h)) {
	case PROXY_DONE:
		check_prefixes(text, h.length);
		if (h.has_client) {
			check_peer(&h.client);
			check_peer(&h.server);
		}
		break;
	case PROXY_MORE:
		must(size < PROXY_HEADER_MAX && h.length > size);
		break;
	case PROXY_BAD:
		break;
	}
	return 0;
}
