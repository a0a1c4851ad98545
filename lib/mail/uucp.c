/* SPDX-License-Identifier: ISC */
#include "mail/uucp.h"

#include "mail/address.h"

#define REMOTE "remote from "

/* The host behind the last "remote from", or the empty slice. */
static struct slice
remote_host(struct slice line)
{
	struct slice found = slice_make(NULL, 0), word;

	for (; line.len > 0; line = slice_skip(line, 1))
		if (slice_starts(line, " " REMOTE))
			found = slice_skip(line, sizeof REMOTE);
	return slice_word(&found, &word) ? word : slice_make(NULL, 0);
}

/* Adds the host that one line tells of to PATH; who wrote there is *USER. */
static int
read_line(struct slice line, struct str *path, struct slice *user)
{
	struct slice host, rest;

	line = slice_trim(slice_skip(line, slice_starts(line, ">") ? 1 : 0));
	rest = slice_skip(line, sizeof "From " - 1);
	if (!slice_word(&rest, user))
		*user = slice_make(NULL, 0);
	host = remote_host(rest);
	if (host.len == 0)
		return 0;
	return str_add_slice(path, host) == -1 ? -1 : str_add_char(path, '!');
}

int
uucp_read(struct slice from_lines, struct str *path, struct str *host)
{
	struct slice line, user = slice_make(NULL, 0), nearest;

	str_clear(path);
	str_clear(host);
	while (slice_take(&from_lines, '\n', &line))
		if (read_line(line, path, &user) == -1)
			return -1;
	if (user.len == 0) {
		str_clear(path);
		return 0;
	}
	if (str_add_slice(path, user) == -1)
		return -1;
	nearest = slice_make(path->data, slice_find(str_slice(path), '!'));
	return nearest.len == path->len ? 0 : str_add_slice(host, nearest);
}

static int
add_at(struct str *address, struct slice local, struct slice domain)
{
	if (str_add_slice(address, local) == -1 || str_add_char(address, '@') == -1)
		return -1;
	return str_add_slice(address, domain);
}

/* How far from the start of PATH the last host begins whose name has a dot; 0 for none. */
static size_t
known_host(struct slice path)
{
	struct slice rest = path, host;
	size_t found = 0;

	while (slice_find(rest, '!') < rest.len) {
		size_t at = path.len - rest.len;

		(void)slice_take(&rest, '!', &host);
		if (slice_find(host, '.') < host.len && address_is_domain(host, 0))
			found = at;
	}
	return found;
}

int
uucp_sender(struct slice path, struct str *address)
{
	size_t bang = slice_find_last(path, '!');
	struct slice user = bang == path.len ? path : slice_skip(path, bang + 1);
	struct slice rest;

	str_clear(address);
	if (slice_is(user, "<>"))
		return 0;
	if (bang == path.len || slice_find(user, '@') < user.len)
		return str_add_slice(address, user);
	rest = slice_skip(path, known_host(path));
	bang = slice_find(rest, '!');
	return add_at(address, slice_skip(rest, bang + 1), slice_make(rest.data, bang));
}

int
uucp_recipient(struct slice path, struct str *address)
{
	size_t bang = slice_find(path, '!');

	str_clear(address);
	if (bang == path.len || slice_find(path, '@') < path.len)
		return str_add_slice(address, path);
	return add_at(address, slice_skip(path, bang + 1), slice_make(path.data, bang));
}
