/* SPDX-License-Identifier: ISC */
#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "net/endpoint.h"

/* HAProxy's proxy-protocol.txt, 2.2 */
static const unsigned char signature[12] = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

#define VERSION_2 0x20
#define COMMAND_LOCAL 0
#define COMMAND_PROXY 1
#define STREAM_4 0x11
#define STREAM_6 0x21

struct ends {
	struct sockaddr_storage client, server;
};

static bool
take_end(struct slice *rest, struct sockaddr_storage *address)
{
	struct endpoint_text parts;
	struct slice word;
	socklen_t len;

	return slice_word(rest, &word) && endpoint_split(word, &parts) &&
	       endpoint_parse(parts.host, parts.has_port ? parts.port : 0, address, &len);
}

static bool
take_ends(struct slice rest, struct ends *e)
{
	struct slice none = {.len = 0};

	if (!take_end(&rest, &e->client))
		return false;
	memset(&e->server, 0, sizeof e->server);
	e->server.ss_family = e->client.ss_family;
	if (slice_trim(rest).len > 0 && !take_end(&rest, &e->server))
		return false;
	return !slice_word(&rest, &none) && e->client.ss_family == e->server.ss_family;
}

static bool
make_text(struct proxy_line *line, const struct ends *e)
{
	struct str text;
	bool made;

	str_init(&text, sizeof line->octets);
	made =
	    str_format(&text, "PROXY TCP%c ", e->client.ss_family == AF_INET6 ? '6' : '4') == 0 &&
	    endpoint_add_text(&text, &e->client) == 0 && str_add_char(&text, ' ') == 0 &&
	    endpoint_add_text(&text, &e->server) == 0 &&
	    str_format(&text, " %u %u\r\n", (unsigned)endpoint_port(&e->client),
		(unsigned)endpoint_port(&e->server)) == 0;
	if (made) {
		memcpy(line->octets, text.data, text.len);
		line->len = text.len;
	}
	str_free(&text);
	return made;
}

static void
add(struct proxy_line *line, const void *octets, size_t len)
{
	memcpy(line->octets + line->len, octets, len);
	line->len += len;
}

static void
add_port(struct proxy_line *line, const struct sockaddr_storage *address)
{
	uint16_t port = htons(endpoint_port(address));

	add(line, &port, sizeof port);
}

static void
add_address(struct proxy_line *line, const struct sockaddr_storage *address)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (address->ss_family == AF_INET6) {
		memcpy(&six, address, sizeof six);
		add(line, &six.sin6_addr, sizeof six.sin6_addr);
	} else {
		memcpy(&four, address, sizeof four);
		add(line, &four.sin_addr, sizeof four.sin_addr);
	}
}

/* E null: LOCAL. */
static void
make_binary(struct proxy_line *line, const struct ends *e)
{
	bool is_six = e != NULL && e->client.ss_family == AF_INET6;
	unsigned char head[4] = {VERSION_2 | COMMAND_LOCAL};

	if (e != NULL) {
		head[0] = VERSION_2 | COMMAND_PROXY;
		head[1] = is_six ? STREAM_6 : STREAM_4;
		head[3] = is_six ? 36 : 12;
	}
	line->len = 0;
	add(line, signature, sizeof signature);
	add(line, head, sizeof head);
	if (e == NULL)
		return;
	add_address(line, &e->client);
	add_address(line, &e->server);
	add_port(line, &e->client);
	add_port(line, &e->server);
}

bool
proxy_make(struct proxy_line *line, struct slice text)
{
	struct slice rest = text, word;
	struct ends e;
	bool is_binary;

	if (!slice_word(&rest, &word))
		return false;
	is_binary = slice_is_nocase(word, "v2");
	if (is_binary || slice_is_nocase(word, "v1"))
		text = rest;
	if (slice_is_nocase(slice_trim(text), "unknown")) {
		make_binary(line, NULL);
		if (!is_binary)
			line->len = (size_t)snprintf(
			    line->octets, sizeof line->octets, "PROXY UNKNOWN\r\n");
		return true;
	}
	if (!take_ends(text, &e))
		return false;
	if (!is_binary)
		return make_text(line, &e);
	make_binary(line, &e);
	return true;
}
