/* SPDX-License-Identifier: ISC */
#include "dot_qmail.h"

#include "mail/address.h"

#define NAME ".qmail"
#define NAME_LEN_MAX ((size_t)300)

/* The extension as qmail has it in names of files: lower case, a colon for each dot. */
static int
add_safe(struct str *name, struct slice extension)
{
	for (size_t i = 0; i < extension.len; i++) {
		char c = ascii_lower(extension.data[i]);

		if (str_add_char(name, c == '.' ? ':' : c) == -1)
			return -1;
	}
	return 0;
}

static int
read_named(struct expansion *e, struct home_file *f, struct slice part, const char *behind)
{
	str_clear(&f->name);
	if (str_add_text(&f->name, NAME "-") == -1 || add_safe(&f->name, part) == -1 ||
	    str_add_text(&f->name, behind) == -1)
		return 0; /* no name is that long */
	return home_file_read(f, e->plan, e->outcome);
}

/* "-default" for the part of the extension up to a hyphen, the longest first. */
static int
read_default(struct expansion *e, struct home_file *f, struct slice extension)
{
	for (size_t i = extension.len + 1; i-- > 0;) {
		int found;

		if (i > 0 && extension.data[i - 1] != '-')
			continue;
		found = read_named(e, f, slice_make(extension.data, i), "default");
		if (found == 0)
			continue;
		e->plan->has_rest = true;
		if (found == 1 && str_add_slice(&e->plan->rest, slice_skip(extension, i)) == -1)
			return outcome_errno(e->outcome, "unable to keep the extension");
		return found;
	}
	return 0;
}

int
dot_qmail_read(struct expansion *e, struct home_file *f)
{
	struct slice extension = str_slice(&e->plan->extension);
	int found;

	if (home_file_is_sticky(e->plan))
		return outcome_fail(e->outcome, JOB_TEMPORARY, "4.2.1",
		    "%s is sticky: its user is changing something", e->plan->home_path.data);
	if (extension.len == 0) {
		str_clear(&f->name);
		if (str_add_text(&f->name, NAME) == -1)
			return outcome_errno(e->outcome, "unable to name a file");
		return home_file_read(f, e->plan, e->outcome);
	}
	if (slice_find(extension, '/') < extension.len || slice_has_control(extension))
		return 0;
	found = read_named(e, f, extension, "");
	return found != 0 ? found : read_default(e, f, extension);
}

/*
 * Where a file of the same name with -owner is there, bounces of what is forwarded go to that
 * address; with -owner-default, each with the recipient in it (VERP).
 */
static int
set_sender(struct expansion *e, const struct home_file *f)
{
	struct slice own = e->recipient->address;
	size_t at = slice_find_last(own, '@');
	struct slice local = slice_make(own.data, at), domain = slice_skip(own, at + 1);
	struct str name, *sender = &e->plan->sender;
	bool has_owner, is_verp;
	int result = 0;

	if (sender->len == 0 || own.len == 0 || e->plan->extension.len == 0 || e->plan->has_rest)
		return 0;
	str_init(&name, NAME_LEN_MAX);
	has_owner = str_format(&name, "%s-owner", f->name.data) == 0 &&
		    home_file_exists(e->plan, name.data);
	is_verp = str_add_text(&name, "-default") == 0 && home_file_exists(e->plan, name.data);
	str_free(&name);
	if (!has_owner)
		return 0;
	str_clear(sender);
	result = str_format(sender, "%.*s-owner%s@%.*s%s", (int)local.len, local.data,
	    is_verp ? "-" : "", (int)domain.len, domain.data, is_verp ? "-@[]" : "");
	return result == 0 ? 0 : outcome_errno(e->outcome, "unable to name the owner");
}

static int
add_address(struct expansion *e, const struct home_file *f, size_t number, struct slice text)
{
	struct address address;

	if (address_parse(text, ADDRESS_UTF8 | ADDRESS_BARE, &address) != ADDRESS_OK)
		return home_refuse(e, f->name.data, number, "an address is expected");
	return expand_add_address(e, text);
}

/* ADDRESSES_ONLY: the file is executable, or a line "+list" was before. */
static int
add_line(struct expansion *e, const struct home_file *f, size_t number, struct slice line,
    bool addresses_only)
{
	char first = line.data[0];

	if (first == '&')
		return add_address(e, f, number, slice_skip(line, 1));
	if (ascii_is_alpha(first) || ascii_is_digit(first))
		return add_address(e, f, number, line);
	if (first != '|' && first != '/' && !slice_starts(line, "./"))
		return home_refuse(e, f->name.data, number,
		    "&address, |program, /path, ./path, # or +list is expected");
	if (addresses_only)
		return home_refuse(e, f->name.data, number,
		    "there may be addresses alone, as it is executable or says +list");
	if (first != '|')
		return home_add_path(e, line);
	if (slice_trim(slice_skip(line, 1)).len == 0)
		return home_refuse(e, f->name.data, number, "a program is expected");
	return home_add_program(e, slice_trim(slice_skip(line, 1)), true);
}

static struct slice
without_end(struct slice line)
{
	while (line.len > 0 && (line.data[line.len - 1] == ' ' || line.data[line.len - 1] == '\t'))
		line.len--;
	return line;
}

static int
add_lines(struct expansion *e, const struct home_file *f)
{
	struct slice rest = str_slice(&f->text), line;
	bool addresses_only = f->is_executable;

	for (size_t number = 1; slice_take(&rest, '\n', &line); number++) {
		line = without_end(line);
		if (line.len == 0 && number == 1)
			return home_refuse(e, f->name.data, 1, "the first line is empty");
		if (line.len == 0 || line.data[0] == '#')
			continue;
		if (line.data[0] == '+')
			addresses_only |= slice_is(line, "+list");
		else if (add_line(e, f, number, line, addresses_only) == -1)
			return -1;
	}
	return 0;
}

int
dot_qmail_expand(struct expansion *e, const struct home_file *f)
{
	size_t before = e->plan->count;

	if (f->text.len == 0)
		return home_add_mailbox(e);
	if (set_sender(e, f) == -1 || add_lines(e, f) == -1)
		return -1;
	if (e->plan->count > before)
		return 0;
	/* nothing but comments: that is what he wants done */
	return expand_add(e, &(struct plan_step){.kind = PLAN_NOTHING, .value = slice_of("")});
}
