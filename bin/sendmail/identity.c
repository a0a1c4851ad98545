/* SPDX-License-Identifier: ISC */
#include "identity.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/die.h"
#include "base/escape.h"
#include "conf/control.h"
#include "mail/address.h"
#include "options.h"

#define NOTED_MAX ((size_t)65536)

void
identity_init(struct identity *who)
{
	who->knows_user = who->knows_rules = who->notes = false;
	who->is_noted_all = true;
	str_init(&who->noted, NOTED_MAX);
	str_init(&who->host, ADDRESS_DOMAIN_MAX);
	str_init(&who->user, ADDRESS_LOCAL_MAX);
	str_init(&who->full_name, 256);
}

void
identity_free(struct identity *who)
{
	str_free(&who->host);
	str_free(&who->user);
	str_free(&who->full_name);
	str_free(&who->noted);
	if (who->knows_rules)
		rewriting_free(&who->rules);
}

struct slice
identity_host(struct identity *who)
{
	struct control control;

	if (who->host.len > 0)
		return str_slice(&who->host);
	if (control_open(&control) == -1)
		die(PROGRAM, EX_CONFIG, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	if (control_me(&control, &who->host) == -1)
		die_errno(PROGRAM, EX_CONFIG, "unable to find the name of this host in %s/me",
		    control.path);
	if (!address_is_domain(str_slice(&who->host), 0))
		die(PROGRAM, EX_CONFIG, "put the name of this host into %s/me: this is none: %s",
		    control.path, who->host.data);
	control_close(&control);
	return str_slice(&who->host);
}

/* The name before the first comma, with & for the capitalized login name, as passwd(5) has it. */
static int
add_full_name(struct str *out, const char *gecos, const char *login)
{
	for (; *gecos != '\0' && *gecos != ','; gecos++) {
		size_t at = out->len;

		if ((*gecos == '&' ? str_add_text(out, login) : str_add_char(out, *gecos)) == -1)
			return -1;
		if (*gecos == '&' && out->len > at && out->data[at] >= 'a' && out->data[at] <= 'z')
			out->data[at] = (char)(out->data[at] - 'a' + 'A');
	}
	return 0;
}

static void
look_up_user(struct identity *who)
{
	uid_t uid = getuid();
	const struct passwd *entry = getpwuid(uid);
	struct address address;

	who->knows_user = true;
	if (entry != NULL &&
	    address_parse(slice_of(entry->pw_name), ADDRESS_BARE, &address) == ADDRESS_OK &&
	    address.domain.len == 0 && str_add_text(&who->user, entry->pw_name) == 0) {
		/* a name that is too long for us is none */
		if (entry->pw_gecos != NULL &&
		    add_full_name(&who->full_name, entry->pw_gecos, entry->pw_name) == -1)
			str_clear(&who->full_name);
	} else if (str_format(&who->user, "%lu", (unsigned long)uid) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to find out who is calling");
}

struct slice
identity_user(struct identity *who)
{
	if (!who->knows_user)
		look_up_user(who);
	return str_slice(&who->user);
}

struct slice
identity_full_name(struct identity *who)
{
	if (!who->knows_user)
		look_up_user(who);
	return str_slice(&who->full_name);
}

static const struct rewriting *
rules(struct identity *who)
{
	struct control control;
	struct str problem;

	if (who->knows_rules)
		return &who->rules;
	str_init(&problem, 4096);
	if (control_open(&control) == -1)
		die(PROGRAM, EX_CONFIG, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	if (rewriting_read(&who->rules, &control, &problem) == -1) {
		if (errno == EINVAL)
			die(PROGRAM, EX_CONFIG, "%s: %s", control.path, problem.data);
		die_errno(PROGRAM, EX_CONFIG, "unable to read %s/%s", control.path, problem.data);
	}
	who->knows_rules = true;
	control_close(&control);
	str_free(&problem);
	return &who->rules;
}

bool
identity_has_rules(struct identity *who)
{
	return !rewriting_is_empty(rules(who));
}

/* ADDRESS became OTHER: to be told once, if a rule did it, and not the name of this host alone. */
static void
note(struct identity *who, bool is_sender, struct slice address, struct slice other)
{
	size_t before = who->noted.len;
	bool is_completed =
	    other.len > address.len && other.data[address.len] == '@' &&
	    slice_equal(slice_make(other.data, address.len), address) &&
	    slice_equal_nocase(slice_skip(other, address.len + 1), str_slice(&who->host));
	struct slice line;

	if (is_completed || !who->is_noted_all)
		return;
	if (str_format(&who->noted, "%s ", is_sender ? "sender" : "recipient") == -1 ||
	    escape_text(&who->noted, address) == -1 ||
	    str_add_text(&who->noted, " is written as ") == -1 ||
	    escape_text(&who->noted, other) == -1) {
		str_truncate(&who->noted, before);
		who->is_noted_all = false;
		return;
	}
	line = slice_skip(str_slice(&who->noted), before);
	if (slice_has_line(slice_make(who->noted.data, before), line) ||
	    str_add_char(&who->noted, '\n') == -1)
		str_truncate(&who->noted, before);
}

int
identity_rewrite(struct identity *who, bool is_sender, struct slice address, struct str *out)
{
	const struct rewriting *r = rules(who);
	bool is_bare = slice_find(address, '@') == address.len;
	size_t before = out->len;
	struct slice host = slice_of("");
	int changed;

	if (is_bare || slice_find(address, '"') < address.len || !rewriting_is_empty(r))
		host = identity_host(who);
	changed = rewriting_apply(r, is_sender, address, host, out);
	if (changed == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to hold an address");
	if (changed == 1 && who->notes)
		note(who, is_sender, address, slice_skip(str_slice(out), before));
	return changed;
}
