/* SPDX-License-Identifier: ISC */
/* Whom the load is for: this machine and private networks, unless one says that it is one's own. */
#include <sys/un.h>

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/die.h"
#include "load.h"
#include "net/endpoint.h"

#define HOST_MAX ((size_t)255)
#define SMTP_PORT 25
#define SMTPS_PORT 465

static bool
is_private_four(uint32_t address)
{
	/* RFC 1918, 3927, 6598 */
	return address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8 ||
	       address >> 16 == 0xa9fe || address >> 22 == 0x191;
}

static bool
is_private(const struct sockaddr_storage *address)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (address->ss_family == AF_INET) {
		memcpy(&four, address, sizeof four);
		return is_private_four(ntohl(four.sin_addr.s_addr));
	}
	memcpy(&six, address, sizeof six);
	/* RFC 4193, 4291 */
	return (six.sin6_addr.s6_addr[0] & 0xfe) == 0xfc ||
	       (six.sin6_addr.s6_addr[0] == 0xfe && (six.sin6_addr.s6_addr[1] & 0xc0) == 0x80);
}

static void
find_path(struct load *l, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (*path == '\0' || strlen(path) >= sizeof address.sun_path)
		die(PROGRAM, EXIT_PERMANENT, "%s is no path of a socket", path);
	memcpy(address.sun_path, path, strlen(path));
	memcpy(&l->address, &address, sizeof address);
	l->address_len = sizeof address;
}

static void
look_up(struct load *l, uint16_t port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *found;
	int error = getaddrinfo(l->host.data, NULL, &hints, &found);

	if (error != 0)
		die(PROGRAM, EXIT_PERMANENT, "unable to look up %s: %s", l->host.data,
		    gai_strerror(error));
	memcpy(&l->address, found->ai_addr, found->ai_addrlen);
	l->address_len = found->ai_addrlen;
	endpoint_set_port(&l->address, port);
	freeaddrinfo(found);
}

void
target_find(struct load *l)
{
	struct slice text = slice_of(l->settings.target);
	struct endpoint_text parts;
	uint16_t port;

	str_init(&l->host, HOST_MAX);
	if (slice_starts(text, "unix:")) {
		find_path(l, l->settings.target + strlen("unix:"));
		return;
	}
	if (!endpoint_split(text, &parts) || str_add_slice(&l->host, parts.host) == -1)
		die(PROGRAM, EXIT_PERMANENT,
		    "a target is HOST:PORT, [IPV6]:PORT or unix:PATH, not %s", l->settings.target);
	port = l->settings.tls == TLS_FIRST ? SMTPS_PORT : SMTP_PORT;
	if (parts.has_port)
		port = parts.port;
	if (!endpoint_parse(parts.host, port, &l->address, &l->address_len))
		look_up(l, port);
	if (!l->settings.is_own && !endpoint_is_own(&l->address) && !is_private(&l->address))
		die(PROGRAM, EXIT_PERMANENT,
		    "%s is neither this machine nor in a private network; if the server is yours, "
		    "say so with --own",
		    l->settings.target);
	/* no certificate is looked at, so that it is not sure who else answers */
	if (l->settings.login != NULL && !l->settings.is_insecure && !endpoint_is_own(&l->address))
		die(PROGRAM, EXIT_PERMANENT,
		    "%s is not this machine, and nothing shows who answers there; to tell it the "
		    "password all the same, say --insecure",
		    l->settings.target);
}
