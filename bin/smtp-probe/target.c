/* SPDX-License-Identifier: ISC */
#include "target.h"

#include <sys/un.h>

#include <stdio.h>
#include <string.h>

#include "net/endpoint.h"

#define PORT_SMTP 25
#define PORT_SMTPS 465
#define PORT_LMTP \
	24 /* RFC 2033 has none; that of IANA's "any private mail system", in use for it */

static bool
wrong(const char **problem, const char *what)
{
	*problem = what;
	return false;
}

static bool
take_prefix(struct slice *text, const char *prefix)
{
	if (!slice_starts_nocase(*text, prefix))
		return false;
	*text = slice_skip(*text, strlen(prefix));
	return true;
}

static bool
take_path(struct target *t, struct slice path, const char **problem)
{
	t->kind = TARGET_UNIX;
	t->place = path;
	if (path.len == 0)
		return wrong(problem, "a path is missing behind unix:");
	if (path.len >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return wrong(problem, "a path of a socket has 107 characters at the most");
	return true;
}

static bool
take_command(struct target *t, struct slice command, const char **problem)
{
	t->kind = TARGET_PIPE;
	t->place = command;
	return slice_trim(command).len > 0 || wrong(problem, "a command is missing behind pipe:");
}

static bool
is_address(struct slice text)
{
	struct sockaddr_storage address;
	socklen_t len;

	return endpoint_parse(text, 0, &address, &len);
}

static bool
take_name(struct target *t, struct slice name, const char **problem)
{
	char safe[sizeof t->name];

	if (name.len > 0 && name.len < sizeof safe && is_address(name)) {
		if (slice_starts_nocase(name, "IPv6:"))
			name = slice_skip(name, strlen("IPv6:"));
		(void)snprintf(t->name, sizeof t->name, "%.*s", (int)name.len, name.data);
		return true;
	}
	while (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || slice_has_control(name) || slice_find(name, ' ') < name.len ||
	    slice_find(name, '/') < name.len || slice_find(name, '@') < name.len ||
	    !idn_to_ascii(name, t->name) || t->name[0] == '-' || t->name[0] == '.')
		return wrong(problem, "it has no name of a host or domain, and no address");
	return true;
}

/*
 * HOST:PORT, [HOST], [HOST]:PORT, an address. What else there is is a domain, but for localhost,
 * which no domain is (RFC 6761, 6.3).
 */
static bool
take_host(
    struct target *t, struct slice text, uint16_t port, bool may_be_domain, const char **problem)
{
	struct endpoint_text parts;

	if (!endpoint_split(text, &parts))
		return wrong(problem, "HOST:PORT and [IPV6]:PORT have a port from 1 to 65535");
	if (!take_name(t, parts.host, problem))
		return false;
	t->port = parts.has_port ? parts.port : port;
	t->kind = TARGET_HOST;
	if (may_be_domain && !parts.bracketed && !parts.has_port && !is_address(parts.host) &&
	    !slice_is_nocase(slice_of(t->name), "localhost"))
		t->kind = TARGET_DOMAIN;
	return true;
}

static bool
take_submission(struct target *t, struct slice domain, const char **problem)
{
	t->kind = TARGET_SUBMISSION;
	if (!take_name(t, domain, problem))
		return false;
	if (is_address(domain) || slice_find(domain, ':') < domain.len)
		return wrong(problem, "submission: takes a domain, and finds host and port itself");
	return true;
}

bool
target_parse(struct target *t, struct slice text, const char **problem)
{
	struct slice rest = text;

	*t = (struct target){.text = text, .port = PORT_SMTP};
	if (take_prefix(&rest, "submission:"))
		return take_submission(t, rest, problem);
	if (take_prefix(&rest, "smtps:")) {
		t->is_implicit = true;
		return take_host(t, rest, PORT_SMTPS, false, problem);
	}
	t->is_lmtp = take_prefix(&rest, "lmtp:");
	if (take_prefix(&rest, "unix:"))
		return take_path(t, rest, problem);
	if (take_prefix(&rest, "pipe:"))
		return take_command(t, rest, problem);
	return take_host(t, rest, t->is_lmtp ? PORT_LMTP : PORT_SMTP, !t->is_lmtp, problem);
}

void
target_of_command(struct target *t, const char *command)
{
	*t = (struct target){
	    .kind = TARGET_PIPE, .text = slice_of(command), .place = slice_of(command)};
}
