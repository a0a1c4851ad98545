/* SPDX-License-Identifier: ISC */
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define PORT_MAX 65535

static bool
take_port(struct slice text, struct endpoint_text *parts)
{
	uint64_t port;

	if (!slice_number(text, PORT_MAX, &port) || port == 0)
		return false;
	parts->has_port = true;
	parts->port = (uint16_t)port;
	return true;
}

bool
endpoint_split(struct slice text, struct endpoint_text *parts)
{
	size_t colon = slice_find(text, ':'), close = slice_find(text, ']');

	*parts = (struct endpoint_text){.host = text};
	if (text.len > 0 && text.data[0] == '[') {
		struct slice rest = slice_skip(text, close + 1);

		parts->bracketed = true;
		parts->host = slice_make(text.data + 1, close - 1);
		if (close == text.len || close == 1)
			return false;
		return rest.len == 0 ||
		       (rest.data[0] == ':' && take_port(slice_skip(rest, 1), parts));
	}
	if (colon < text.len && slice_find_last(text, ':') == colon) {
		parts->host = slice_make(text.data, colon);
		if (!take_port(slice_skip(text, colon + 1), parts))
			return false;
	}
	return parts->host.len > 0;
}

bool
endpoint_parse(struct slice text, uint16_t port, struct sockaddr_storage *address, socklen_t *len)
{
	char copy[INET6_ADDRSTRLEN];
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (slice_starts_nocase(text, "IPv6:"))
		text = slice_skip(text, strlen("IPv6:"));
	if (text.len >= sizeof copy || slice_find(text, '\0') < text.len)
		return false;
	snprintf(copy, sizeof copy, "%.*s", (int)text.len, text.data);
	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, copy, &four.sin_addr) == 1) {
		memcpy(address, &four, sizeof four);
		*len = sizeof four;
		return true;
	}
	if (inet_pton(AF_INET6, copy, &six.sin6_addr) == 1) {
		memcpy(address, &six, sizeof six);
		*len = sizeof six;
		return true;
	}
	return false;
}

void
endpoint_set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

uint16_t
endpoint_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

int
endpoint_add_text(struct str *out, const struct sockaddr_storage *address)
{
	char text[INET6_ADDRSTRLEN] = "?";
	const void *bytes = &((const struct sockaddr_in *)address)->sin_addr;

	if (address->ss_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)address)->sin6_addr;
	(void)inet_ntop(address->ss_family, bytes, text, sizeof text);
	return str_add_text(out, text);
}

/* ::ffff:192.0.2.1 is 192.0.2.1 to the kernel, too (RFC 4291, 2.5.5.2). */
static struct sockaddr_storage
unmapped(const struct sockaddr_storage *address)
{
	struct sockaddr_storage plain = *address;
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six;

	if (address->ss_family != AF_INET6)
		return plain;
	memcpy(&six, address, sizeof six);
	if (!IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		return plain;
	memcpy(&four.sin_addr, six.sin6_addr.s6_addr + 12, sizeof four.sin_addr);
	memset(&plain, 0, sizeof plain);
	memcpy(&plain, &four, sizeof four);
	return plain;
}

static bool
same_host(const struct sockaddr_storage *address, const struct sockaddr *other)
{
	if (other == NULL || other->sa_family != address->ss_family)
		return false;
	if (other->sa_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)address)->sin6_addr,
			   &((const struct sockaddr_in6 *)(const void *)other)->sin6_addr,
			   sizeof(struct in6_addr)) == 0;
	return ((const struct sockaddr_in *)address)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)(const void *)other)->sin_addr.s_addr;
}

static bool
is_loopback(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6) {
		const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;

		return IN6_IS_ADDR_LOOPBACK(six) || IN6_IS_ADDR_UNSPECIFIED(six);
	}
	uint32_t four = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);

	return four >> 24 == IN_LOOPBACKNET || four >> 24 == 0;
}

bool
endpoint_is_own(const struct sockaddr_storage *address)
{
	struct sockaddr_storage plain = unmapped(address);
	struct ifaddrs *list;
	bool found = false;

	if (is_loopback(&plain))
		return true;
	if (getifaddrs(&list) == -1)
		return false;
	for (struct ifaddrs *at = list; at != NULL && !found; at = at->ifa_next)
		found = same_host(&plain, at->ifa_addr);
	freeifaddrs(list);
	return found;
}
