/* SPDX-License-Identifier: ISC */
/* A submission server's envelopes have whole domains alone (RFC 6409, 4.2). */
#include "smtp/session_command.h"

int
session_qualify(const struct session *s, struct command_path *path, struct str *full)
{
	struct slice me = routes_me(s->settings->routes);
	size_t len = path->mailbox.len;

	if (s->settings->mode != SESSION_SUBMISSION || len == 0 || path->address.domain.len > 0 ||
	    command_is_postmaster(path->mailbox))
		return 0;
	if (str_add_slice(full, path->mailbox) == -1 || str_add_char(full, '@') == -1 ||
	    str_add_slice(full, me) == -1)
		return -1;
	path->mailbox = str_slice(full);
	path->address.local = slice_make(full->data, len);
	path->address.domain = slice_skip(path->mailbox, len + 1);
	return 0;
}

bool
session_is_qualified(const struct session *s, const struct command_path *path)
{
	struct slice domain = path->address.domain;

	return s->settings->mode != SESSION_SUBMISSION || domain.len == 0 ||
	       slice_find(domain, '.') < domain.len || address_is_literal(domain) ||
	       routes_is_ours(s->settings->routes, domain);
}
