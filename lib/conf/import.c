/* SPDX-License-Identifier: ISC */
#include "conf/import.h"

#include <stdarg.h>

#include "conf/account_words.h"
#include "conf/import_format.h"

#define ENTRY_MAX ((size_t)65536)
#define PROBLEM_MAX ((size_t)1024)

static const struct {
	const char *name;
	enum import_kind (*read)(struct import *i);
	bool has_comments; /* # begins a line that does not count */
	bool is_continued; /* a line that begins with a blank goes on with the one before */
} formats[] = {
    [IMPORT_DOVECOT] = {"dovecot", import_dovecot, true, false},
    [IMPORT_POSTFIX_MAILBOX] = {"postfix-mailbox", import_postfix_mailbox, true, true},
    [IMPORT_POSTFIX_VIRTUAL] = {"postfix-virtual", import_postfix_virtual, true, true},
    [IMPORT_VPOPMAIL] = {"vpopmail", import_vpopmail, false, false},
};

bool
import_find_format(struct slice name, enum import_format *format)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (slice_is(name, formats[i].name)) {
			*format = (enum import_format)i;
			return true;
		}
	return false;
}

void
import_start(struct import *i, enum import_format format, struct slice text, struct slice domain)
{
	*i = (struct import){.format = format, .domain = domain, .rest = text, .next = 1};
	str_init(&i->entry, ENTRY_MAX);
	str_init(&i->name, ACCOUNT_LOGIN_MAX);
	str_init(&i->mailbox, ACCOUNT_MAILBOX_MAX);
	str_init(&i->quota, PROBLEM_MAX);
	str_init(&i->targets, ENTRY_MAX);
	str_init(&i->problem, PROBLEM_MAX);
}

void
import_free(struct import *i)
{
	str_wipe(&i->entry);
	str_free(&i->name);
	str_free(&i->mailbox);
	str_free(&i->quota);
	str_free(&i->targets);
	str_free(&i->problem);
}

enum import_kind
import_refuse(struct import *i, const char *format, ...)
{
	va_list args;

	str_clear(&i->problem);
	va_start(args, format);
	/* a problem that is too long to say is one all the same */
	(void)str_vformat(&i->problem, format, args);
	va_end(args);
	return IMPORT_WRONG;
}

enum import_kind
import_take_name(struct import *i, struct slice name)
{
	struct str whole;
	const char *problem;
	bool needs_domain = slice_find(name, '@') == name.len;

	if (needs_domain && i->domain.len == 0)
		return import_refuse(i, "the name has no domain, and none was given");
	str_init(&whole, ENTRY_MAX);
	if (str_add_slice(&whole, name) == -1 ||
	    (needs_domain &&
		(str_add_char(&whole, '@') == -1 || str_add_slice(&whole, i->domain) == -1)))
		problem = "it is too long for an address";
	else
		problem = account_name(&i->name, str_slice(&whole));
	str_free(&whole);
	return problem == NULL ? IMPORT_ACCOUNT : import_refuse(i, "%s", problem);
}

enum import_kind
import_take_quota(struct import *i, struct slice text)
{
	const char *problem = account_quota(&i->quota, text);

	return problem == NULL ? IMPORT_ACCOUNT : import_refuse(i, "%s", problem);
}

struct slice
import_field(struct slice *rest)
{
	struct slice field = slice_of(NULL);

	(void)slice_take(rest, ':', &field);
	return field;
}

static bool
is_blank(struct slice line)
{
	return line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

/* True for a line that counts, TRIMMED at its ends. */
static bool
counts(const struct import *i, struct slice trimmed)
{
	return trimmed.len > 0 && !(formats[i->format].has_comments && trimmed.data[0] == '#');
}

/* Adds the lines that go on with the entry. 0 or -1. */
static int
take_more(struct import *i)
{
	struct slice ahead = i->rest, line;

	while (slice_take(&ahead, '\n', &line)) {
		struct slice trimmed = slice_trim(line);

		if (counts(i, trimmed)) {
			if (!is_blank(line))
				return 0;
			if (str_add_char(&i->entry, ' ') == -1 ||
			    str_add_slice(&i->entry, trimmed) == -1)
				return -1;
		}
		i->rest = ahead;
		i->next++;
	}
	return 0;
}

static void
reset(struct import *i)
{
	const struct slice none = {NULL, 0};

	str_clear(&i->entry);
	str_clear(&i->name);
	str_clear(&i->mailbox);
	str_clear(&i->quota);
	str_clear(&i->targets);
	str_clear(&i->problem);
	i->hash = i->key = i->password = i->home = none;
	i->is_disabled = false;
}

/* The next line that counts, and those that go on with it: 1, 0 at the end, -1 if it is too long.
 */
static int
take_entry(struct import *i)
{
	struct slice line;

	reset(i);
	while (slice_take(&i->rest, '\n', &line)) {
		i->line = i->next++;
		line = slice_trim(line);
		if (!counts(i, line))
			continue;
		if (str_add_slice(&i->entry, line) == -1 ||
		    (formats[i->format].is_continued && take_more(i) == -1))
			return -1;
		return 1;
	}
	return 0;
}

enum import_kind
import_next(struct import *i)
{
	int found = take_entry(i);

	if (found == 0)
		return IMPORT_END;
	if (found == -1)
		return import_refuse(i, "the line is too long");
	if (slice_find(str_slice(&i->entry), '\0') < i->entry.len)
		return import_refuse(i, "there is a NUL in it");
	return formats[i->format].read(i);
}

/* What C behind a % stands for; false for nothing. */
static bool
find_sign(char c, struct slice name, struct slice home, struct slice *sign)
{
	switch (c) {
	case '%':
		*sign = slice_of("%");
		return true;
	case 'u':
		*sign = name;
		return true;
	case 'n':
		*sign = account_local(name);
		return true;
	case 'd':
		*sign = account_domain(name);
		return true;
	case 'h':
		*sign = home;
		return home.len > 0;
	default:
		return false;
	}
}

bool
import_expand(struct str *out, struct slice template, struct slice name, struct slice home)
{
	while (template.len > 0) {
		size_t percent = slice_find(template, '%');
		struct slice sign;

		if (str_add(out, template.data, percent) == -1)
			return false;
		template = slice_skip(template, percent);
		if (template.len == 0)
			return true;
		if (!find_sign(template.len > 1 ? template.data[1] : '\0', name, home, &sign) ||
		    str_add_slice(out, sign) == -1)
			return false;
		template = slice_skip(template, 2);
	}
	return true;
}
