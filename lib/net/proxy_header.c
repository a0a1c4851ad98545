/* SPDX-License-Identifier: ISC */
/* "The PROXY protocol, versions 1 & 2", of 2020/03/05; sections are of that text. */
#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/io.h"

#define V1_PREFIX "PROXY "
#define V1_SHORTEST 15 /* PROXY UNKNOWN CR LF */
#define V1_LONGEST 107 /* with its CRLF; 2.1 */
#define V2_FIXED ((size_t)16)

static const char v2_signature[12] = {
    '\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* TEXT as an address of FAMILY, in the one way that inet_ntop and proxies write it or a like one.
 */
static bool
take_address(struct slice *rest, int family, struct peer *peer)
{
	unsigned char octets[16];
	char text[INET6_ADDRSTRLEN];
	struct slice word;

	if (!slice_take(rest, ' ', &word) || word.len == 0 || word.len >= sizeof text)
		return false;
	memcpy(text, word.data, word.len);
	text[word.len] = '\0';
	return strlen(text) == word.len && inet_pton(family, text, octets) == 1 &&
	       peer_from_text(peer, text);
}

static bool
take_port(struct slice *rest, uint16_t *port)
{
	struct slice word;
	uint64_t value;

	if (!slice_take(rest, ' ', &word) || !slice_number(word, UINT16_MAX, &value) ||
	    (word.len > 1 && word.data[0] == '0'))
		return false;
	*port = (uint16_t)value;
	return true;
}

/* LINE is without its CRLF. */
static enum proxy_result
parse_v1_line(struct slice line, struct proxy_header *h)
{
	struct slice rest = slice_skip(line, strlen(V1_PREFIX)), protocol;
	int family;

	if (!slice_take(&rest, ' ', &protocol))
		return PROXY_BAD;
	if (slice_is(protocol, "UNKNOWN")) /* whatever follows means nothing (2.1) */
		return PROXY_DONE;
	if (!slice_is(protocol, "TCP4") && !slice_is(protocol, "TCP6"))
		return PROXY_BAD;
	family = protocol.data[3] == '4' ? AF_INET : AF_INET6;
	if (!take_address(&rest, family, &h->client) || !take_address(&rest, family, &h->server) ||
	    !take_port(&rest, &h->client_port) || slice_find(rest, ' ') < rest.len ||
	    !take_port(&rest, &h->server_port))
		return PROXY_BAD;
	h->has_client = true;
	return PROXY_DONE;
}

static enum proxy_result
parse_v1(struct slice bytes, struct proxy_header *h)
{
	size_t end = slice_find(bytes, '\n');

	if (end < bytes.len) {
		h->length = end + 1;
		if (end == 0 || bytes.data[end - 1] != '\r' || end >= V1_LONGEST)
			return PROXY_BAD;
		return parse_v1_line(slice_make(bytes.data, end - 1), h);
	}
	if (bytes.len >= V1_LONGEST)
		return PROXY_BAD;
	h->length = bytes.len < V1_SHORTEST ? V1_SHORTEST : bytes.len + 1;
	return PROXY_MORE;
}

static uint16_t
number_at(const unsigned char *octets)
{
	return (uint16_t)(octets[0] << 8 | octets[1]);
}

static bool
set_peer(struct peer *peer, int family, const unsigned char *octets)
{
	char text[INET6_ADDRSTRLEN];

	return inet_ntop(family, octets, text, sizeof text) != NULL && peer_from_text(peer, text);
}

/* 2.2: the address block, of which SIZE octets are each address. */
static enum proxy_result
parse_v2_addresses(const unsigned char *block, int family, struct proxy_header *h)
{
	size_t size = family == AF_INET ? 4 : 16;

	if (!set_peer(&h->client, family, block) || !set_peer(&h->server, family, block + size))
		return PROXY_BAD;
	h->client_port = number_at(block + 2 * size);
	h->server_port = number_at(block + 2 * size + 2);
	h->has_client = true;
	return PROXY_DONE;
}

static enum proxy_result
parse_v2(struct slice bytes, struct proxy_header *h)
{
	const unsigned char *octets = (const unsigned char *)bytes.data;
	size_t needed;

	h->length = V2_FIXED;
	if (bytes.len < V2_FIXED)
		return PROXY_MORE;
	h->length += number_at(octets + 14);
	if (octets[12] == 0x20) /* LOCAL: the rest means nothing, whatever it is */
		return PROXY_DONE;
	if (octets[12] != 0x21)
		return PROXY_BAD;
	switch (octets[13]) {
	case 0x00: /* unspecified */
	case 0x31: /* a unix socket */
		return PROXY_DONE;
	case 0x11:
	case 0x21:
		needed = V2_FIXED + (octets[13] == 0x11 ? 12 : 36);
		break;
	default: /* no stream, or nothing that there is */
		return PROXY_BAD;
	}
	if (h->length < needed)
		return PROXY_BAD;
	if (bytes.len < needed)
		return PROXY_MORE;
	return parse_v2_addresses(octets + V2_FIXED, octets[13] == 0x11 ? AF_INET : AF_INET6, h);
}

static bool
begins_as(struct slice bytes, const char *what, size_t len)
{
	return memcmp(bytes.data, what, bytes.len < len ? bytes.len : len) == 0;
}

enum proxy_result
proxy_header_parse(struct slice bytes, struct proxy_header *h)
{
	*h = (struct proxy_header){.length = V1_SHORTEST};
	if (bytes.len == 0)
		return PROXY_MORE;
	if (begins_as(bytes, V1_PREFIX, strlen(V1_PREFIX)))
		return parse_v1(bytes, h);
	if (begins_as(bytes, v2_signature, sizeof v2_signature))
		return parse_v2(bytes, h);
	return PROXY_BAD;
}

static int
skip(int fd, size_t left, deadline until)
{
	char waste[512];
	ssize_t n;

	for (; left > 0; left -= (size_t)n) {
		n = io_read(fd, waste, left < sizeof waste ? left : sizeof waste, until);
		if (n == 0)
			errno = EPROTO;
		if (n <= 0)
			return -1;
	}
	return 1;
}

int
proxy_header_read(int fd, struct proxy_header *h, deadline until)
{
	char buf[PROXY_HEADER_MAX];
	enum proxy_result result;
	size_t len = 0;
	ssize_t n;

	while ((result = proxy_header_parse(slice_make(buf, len), h)) == PROXY_MORE) {
		size_t end = h->length < sizeof buf ? h->length : sizeof buf;

		n = io_read(fd, buf + len, end - len, until);
		if (len == 0 && (n == 0 || (n < 0 && errno == ECONNRESET)))
			return 0;
		if (n == 0)
			errno = EPROTO;
		if (n <= 0)
			return -1;
		len += (size_t)n;
	}
	if (result == PROXY_DONE)
		return skip(fd, h->length - len, until);
	errno = EPROTO;
	return -1;
}
