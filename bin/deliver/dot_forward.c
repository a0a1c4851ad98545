/* SPDX-License-Identifier: ISC */
#include "dot_forward.h"

#include "conf/alias.h"
#include "list.h"

/* An extension that is part of one file's name, in lower case; false where it cannot be. */
static bool
add_extension(struct str *name, struct slice extension)
{
	if (extension.len == 0 || slice_find(extension, '/') < extension.len ||
	    slice_has_control(extension))
		return false;
	for (size_t i = 0; i < extension.len; i++)
		if (str_add_char(name, ascii_lower(extension.data[i])) == -1)
			return false;
	return true;
}

int
dot_forward_read(struct expansion *e, struct home_file *f)
{
	int found = 0;

	str_clear(&f->name);
	if (str_add_text(&f->name, ".forward+") == -1)
		return outcome_errno(e->outcome, "unable to name a file");
	if (add_extension(&f->name, str_slice(&e->plan->extension)))
		found = home_file_read(f, e->plan, e->outcome);
	str_clear(&f->name);
	if (found == 0 && str_add_text(&f->name, ".forward") == -1)
		return outcome_errno(e->outcome, "unable to name a file");
	return found != 0 ? found : home_file_read(f, e->plan, e->outcome);
}

/* The user himself, alone or at the domain that the mail came for: what would only come back. */
static bool
is_own_address(const struct expansion *e, struct slice address)
{
	size_t at = slice_find_last(address, '@');
	struct slice own = e->recipient->address, domain = slice_skip(address, at + 1);

	if (!slice_equal_nocase(slice_make(address.data, at), str_slice(&e->plan->user)))
		return false;
	return at == address.len || slice_equal_nocase(domain, str_slice(&e->courier->me)) ||
	       slice_equal_nocase(domain, slice_skip(own, slice_find_last(own, '@') + 1));
}

/* A file of addresses, read with the rights of the user. */
static int
add_include(struct expansion *e, struct slice path)
{
	struct str full;
	int result;

	if (path.data[0] == '/')
		return list_add_file(e, path);
	str_init(&full, DELIVER_PATH_MAX);
	result =
	    str_format(&full, "%s%.*s", e->plan->home_path.data, (int)path.len - 1, path.data + 1);
	result = result == 0 ? list_add_file(e, str_slice(&full))
			     : outcome_errno(e->outcome, "unable to name a file of addresses");
	str_free(&full);
	return result;
}

static int
add_unquoted(struct expansion *e, const struct alias_target *target)
{
	struct str text;
	int result;

	str_init(&text, HOME_FILE_MAX);
	if (alias_add_text(target, &text) == -1)
		result = outcome_errno(e->outcome, "unable to keep a target");
	else if (target->kind == ALIAS_PROGRAM)
		result = home_add_program(e, str_slice(&text), false);
	else if (target->kind == ALIAS_INCLUDE)
		result = add_include(e, str_slice(&text));
	else
		result = home_add_path(e, str_slice(&text));
	str_free(&text);
	return result;
}

static int
add_target(
    struct expansion *e, const struct home_file *f, size_t line, const struct alias_target *target)
{
	switch (target->kind) {
	case ALIAS_ADDRESS:
	case ALIAS_LOCAL:
		return is_own_address(e, target->text) ? home_add_mailbox(e)
						       : expand_add_address(e, target->text);
	case ALIAS_USER:
		return slice_equal_nocase(target->text, str_slice(&e->plan->user))
			   ? home_add_mailbox(e)
			   : home_add_other(e, target->text, false);
	case ALIAS_PATH:
	case ALIAS_HOME_PATH:
	case ALIAS_PROGRAM:
	case ALIAS_INCLUDE:
		return add_unquoted(e, target);
	case ALIAS_BAD:
		break;
	}
	return home_refuse(e, f->name.data, line,
	    "an address, \\user, /path, |program or :include:/path is expected");
}

int
dot_forward_expand(struct expansion *e, const struct home_file *f)
{
	struct slice rest = str_slice(&f->text), line;
	struct alias_target target;
	size_t before = e->plan->count;

	for (size_t number = 1; slice_take(&rest, '\n', &line); number++) {
		if (slice_starts(slice_trim(line), "#"))
			continue;
		while (alias_next_target(&line, &target))
			if (add_target(e, f, number, &target) == -1)
				return -1;
	}
	/* a file that says nothing says nothing against the mailbox */
	return e->plan->count == before ? home_add_mailbox(e) : 0;
}
