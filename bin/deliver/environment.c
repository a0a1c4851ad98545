/* SPDX-License-Identifier: ISC */
#include "environment.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "mail/encode.h"
#include "mbox_quote.h"

#define TEXT_MAX ((size_t)96 << 10) /* below what one argument of execve may be */

static int
add(struct environment *e, const char *name, struct slice value)
{
	if (str_format(&e->text, "%s=", name) == -1 || str_add_slice(&e->text, value) == -1)
		return -1;
	return str_add_char(&e->text, '\0');
}

/* Whom it runs as, whoever started us. */
static int
add_user(struct environment *e)
{
	const struct passwd *user;
	const char *zone = getenv("TZ");

	errno = 0;
	user = getpwuid(geteuid());
	if (user == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	if (add(e, "PATH", slice_of("/usr/local/bin:/usr/bin:/bin")) == -1 ||
	    add(e, "SHELL", slice_of("/bin/sh")) == -1 ||
	    add(e, "HOME", slice_of(user->pw_dir)) == -1 ||
	    add(e, "USER", slice_of(user->pw_name)) == -1 ||
	    add(e, "LOGNAME", slice_of(user->pw_name)) == -1)
		return -1;
	return zone == NULL ? 0 : add(e, "TZ", slice_of(zone));
}

/* As the route cut it for a user; for others, from their first separator on. */
static struct slice
extension_for(const struct environment *e, struct slice local, const struct plan *plan)
{
	if (plan != NULL && plan->user.len > 0)
		return str_slice(&plan->extension);
	return extension_first(e->extensions, local);
}

/* The parts of one recipient, with the names that qmail-command(8) and Postfix's local(8) have. */
static int
add_recipient(struct environment *e, const struct job_recipient *r, const struct plan *plan)
{
	size_t at = slice_find_last(r->address, '@');
	struct slice local = slice_make(r->address.data, at),
		     domain = slice_skip(r->address, at + 1);
	struct slice extension = extension_for(e, local, plan);

	if (add(e, "RECIPIENT", r->address) == -1 || add(e, "LOCAL", local) == -1 ||
	    add(e, "DOMAIN", domain) == -1 || add(e, "HOST", domain) == -1 ||
	    add(e, "EXTENSION", extension) == -1 || add(e, "EXT", extension) == -1 ||
	    add(e, "ORCPT", r->original) == -1 || add(e, "NOTIFY", r->notify) == -1)
		return -1;
	if (str_format(&e->text, "DTLINE=Delivered-To: %.*s\n", (int)r->address.len,
		r->address.data) == -1)
		return -1;
	return str_add_char(&e->text, '\0');
}

static int
add_recipients(struct environment *e, const struct job *job, const size_t *indices, size_t count)
{
	if (count == 1 && add_recipient(e, &job->recipients[indices[0]], NULL) == -1)
		return -1;
	if (str_add_text(&e->text, "RECIPIENTS=") == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		if ((i > 0 && str_add_char(&e->text, '\n') == -1) ||
		    str_add_slice(&e->text, job->recipients[indices[i]].address) == -1)
			return -1;
	return str_add_char(&e->text, '\0');
}

static int
add_message(struct environment *e, const struct job *job)
{
	struct slice sender = job->reverse_path;

	if (add(e, "SENDER", sender) == -1 || add(e, "QUEUE_ID", job->id) == -1 ||
	    add(e, "ENVID", job->envelope_id) == -1 || add(e, "RET", job->return_part) == -1 ||
	    add(e, "BODY", job->body) == -1 ||
	    str_format(&e->text, "RPLINE=Return-Path: <%.*s>\n", (int)sender.len, sender.data) ==
		-1 ||
	    str_add_char(&e->text, '\0') == -1 || str_add_text(&e->text, "UFLINE=") == -1 ||
	    mbox_add_separator(&e->text, sender, clock_wall_seconds()) == -1)
		return -1;
	return str_add_char(&e->text, '\0');
}

/* EXT2 is what follows the first hyphen (or plus) of the extension, EXT3 the second. */
static int
add_later_extensions(struct environment *e, struct slice extension)
{
	static const char *const names[] = {"EXT2", "EXT3", "EXT4"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		while (extension.len > 0 && extension.data[0] != '-' && extension.data[0] != '+')
			extension = slice_skip(extension, 1);
		extension = slice_skip(extension, 1);
		if (add(e, names[i], extension) == -1)
			return -1;
	}
	return 0;
}

/* HOST2 is what precedes the last dot of the domain, HOST3 the one before. */
static int
add_earlier_hosts(struct environment *e, struct slice domain)
{
	static const char *const names[] = {"HOST2", "HOST3", "HOST4"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t dot = slice_find_last(domain, '.');

		if (dot < domain.len)
			domain.len = dot;
		if (add(e, names[i], domain) == -1)
			return -1;
	}
	return 0;
}

/* Whom the sender wrote to: ORCPT, which is in xtext (RFC 3461, 4), else the recipient. */
static int
add_original(struct environment *e, const struct job_recipient *r)
{
	struct slice original = r->original;
	struct str text;
	int result;

	if (!slice_starts_nocase(original, "rfc822;") && !slice_starts_nocase(original, "utf-8;"))
		return add(e, "ORIGINAL_RECIPIENT", r->address);
	original = slice_skip(original, slice_find(original, ';') + 1);
	str_init(&text, TEXT_MAX);
	result = encode_undo_xtext(&text, original);
	if (result == 0)
		result = add(e, "ORIGINAL_RECIPIENT", str_slice(&text));
	str_free(&text);
	return result;
}

/* What programs of users know from qmail, Postfix and procmail. */
static int
add_plan(struct environment *e, const struct job_recipient *r, const struct plan *plan)
{
	size_t at = slice_find_last(r->address, '@');
	struct slice local = slice_make(r->address.data, at);
	struct slice extension = extension_for(e, local, plan);

	if (plan->has_rest && add(e, "DEFAULT", str_slice(&plan->rest)) == -1)
		return -1;
	if (add(e, "NEWSENDER", str_slice(&plan->sender)) == -1 || add_original(e, r) == -1 ||
	    add_earlier_hosts(e, slice_skip(r->address, at + 1)) == -1)
		return -1;
	return add_later_extensions(e, extension);
}

static void
make_list(struct environment *e)
{
	size_t number = 0;

	for (size_t at = 0; at < e->text.len && number < ENVIRONMENT_MAX;
	     at += strlen(e->text.data + at) + 1)
		e->list[number++] = e->text.data + at;
	e->list[number] = NULL;
}

int
environment_make(struct environment *e, const struct extensions *extensions, const struct job *job,
    const size_t *indices, size_t count)
{
	*e = (struct environment){.extensions = extensions};
	str_init(&e->text, TEXT_MAX);
	if (add_user(e) == -1 || add_message(e, job) == -1 ||
	    add_recipients(e, job, indices, count) == -1)
		return -1;
	make_list(e);
	return 0;
}

int
environment_make_for(struct environment *e, const struct extensions *extensions,
    const struct job *job, const struct job_recipient *recipient, const struct plan *plan)
{
	*e = (struct environment){.extensions = extensions};
	str_init(&e->text, TEXT_MAX);
	if (add_user(e) == -1 || add_message(e, job) == -1 ||
	    add_recipient(e, recipient, plan) == -1 || add_plan(e, recipient, plan) == -1)
		return -1;
	make_list(e);
	return 0;
}

void
environment_free(struct environment *e)
{
	str_free(&e->text);
}
