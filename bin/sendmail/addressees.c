/* SPDX-License-Identifier: ISC */
#include "addressees.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/die.h"
#include "base/escape.h"
#include "base/fields.h"
#include "mail/address.h"
#include "mail/encode.h"
#include "mail/header.h"
#include "mail/recipients.h"
#include "mail/resent.h"
#include "mail/verp.h"

#define LIST_MAX ((size_t)32 << 20) /* all addresses together */
#define ELEMENT_MAX ((size_t)1 << 20)
#define SHOWN_MAX 100
#define ENVELOPE_ID_MAX 100 /* RFC 3461, 4.4 */

void
addressees_init(struct addressees *a)
{
	/* a local part completed may be longer than a path: that is for enqueue to say */
	str_init(&a->sender, ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX);
	str_init(&a->recipients, LIST_MAX);
	a->count = 0;
	a->is_utf8 = a->keep = false;
}

void
addressees_free(struct addressees *a)
{
	str_free(&a->sender);
	str_free(&a->recipients);
}

_Noreturn static void
fail(void)
{
	if (errno == EMSGSIZE)
		die(PROGRAM, EX_DATAERR, "the addresses are longer than %zu octets", LIST_MAX);
	die_errno(PROGRAM, EX_OSERR, "unable to hold the addresses");
}

_Noreturn static void
refuse(struct slice where, struct slice text, const char *why)
{
	struct str shown;

	str_init(&shown, 8 * SHOWN_MAX);
	if (text.len > SHOWN_MAX)
		text.len = SHOWN_MAX;
	if (escape_text(&shown, text) == -1)
		str_clear(&shown);
	die(PROGRAM, EX_DATAERR, "%.*s'%s' %s", (int)where.len, where.data, shown.data, why);
}

/* Adds ADDRESS as it is, with the name of this host if it has no domain. */
static int
add_kept(struct str *out, struct slice address, bool is_bare, struct identity *who)
{
	if (str_add_slice(out, address) == -1)
		return -1;
	if (!is_bare)
		return 0;
	return str_add_char(out, '@') == -1 ? -1 : str_add_slice(out, identity_host(who));
}

/* Adds ADDRESS, complete and rewritten. */
static void
add_complete(struct addressees *a, struct str *out, struct slice address, struct slice where,
    struct identity *who)
{
	struct address parsed;
	size_t before = out->len;
	bool is_bare;

	switch (address_parse(address, ADDRESS_BARE | ADDRESS_UTF8, &parsed)) {
	case ADDRESS_OK:
		break;
	case ADDRESS_SYNTAX:
	case ADDRESS_8BIT:
		refuse(where, address, "is no mail address");
	case ADDRESS_TOO_LONG:
		refuse(where, address, "is too long for a mail address");
	}
	is_bare = parsed.domain.len == 0;
	if ((a->keep || identity_rewrite(who, out == &a->sender, address, out) == 0) &&
	    add_kept(out, address, is_bare, who) == -1)
		fail();
	a->is_utf8 = a->is_utf8 || !slice_is_ascii(slice_skip(str_slice(out), before));
}

void
addressees_set_sender(struct addressees *a, const char *given, struct identity *who)
{
	struct slice rest = slice_trim(slice_of(given)), where = slice_of("the sender ");
	struct str address, more;

	if (given == NULL) {
		add_complete(a, &a->sender, identity_user(who), where, who);
		return;
	}
	str_init(&address, ELEMENT_MAX);
	str_init(&more, ELEMENT_MAX);
	if (rest.len > 0 && recipients_next(&rest, &address) != RECIPIENTS_ONE)
		refuse(where, slice_of(given), "is no mail address");
	if (recipients_next(&rest, &more) != RECIPIENTS_END)
		refuse(where, slice_of(given), "is more than one address");
	if (address.len > 0)
		add_complete(a, &a->sender, str_slice(&address), where, who);
	str_free(&address);
	str_free(&more);
}

void
addressees_add(struct addressees *a, struct slice list, struct slice where, struct identity *who)
{
	enum recipients_result result;
	struct str address;

	str_init(&address, ELEMENT_MAX);
	while ((result = recipients_next(&list, &address)) == RECIPIENTS_ONE) {
		add_complete(a, &a->recipients, str_slice(&address), where, who);
		if (str_add_char(&a->recipients, '\0') == -1)
			fail();
		a->count++;
	}
	if (result == RECIPIENTS_FAILED)
		fail();
	if (result == RECIPIENTS_BAD)
		refuse(where, str_slice(&address), "is no mail address");
	str_free(&address);
}

/* True if NAME is one of WORDS; which one, in *index. */
static bool
is_one_of(struct slice name, const char *const *words, size_t count, size_t *index)
{
	for (*index = 0; *index < count; ++*index)
		if (slice_is_nocase(name, words[*index]))
			return true;
	return false;
}

static bool
was_resent(struct slice header)
{
	struct header_field field;

	while (header_next(&header, &field))
		if (slice_starts_nocase(field.name, "Resent-"))
			return true;
	return false;
}

void
addressees_add_header(struct addressees *a, struct slice header, struct identity *who)
{
	static const char *const first[] = {"To", "Cc", "Bcc"};
	static const char *const again[] = {"Resent-To", "Resent-Cc", "Resent-Bcc"};
	bool resent = was_resent(header);
	struct header_field field;
	struct resent block = {.seen = 0};
	size_t i;

	while (header_next(&header, &field)) {
		if (resent && !resent_take(&block, field.name))
			continue;
		if (is_one_of(field.name, resent ? again : first, 3, &i)) {
			char where[16] = "";

			memcpy(where, field.name.data, field.name.len);
			where[field.name.len] = ':';
			where[field.name.len + 1] = ' ';
			addressees_add(a, field.body, slice_of(where), who);
		}
	}
}

struct entry {
	struct slice address;
	bool is_duplicate;
};

/* Local parts may differ in case, domains do not; of equals the one that was given first leads. */
static int
compare(const void *left, const void *right)
{
	const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;
	size_t at = slice_find_last(a->address, '@');

	if (a->address.len != b->address.len)
		return a->address.len < b->address.len ? -1 : 1;
	for (size_t i = 0; i < a->address.len; i++) {
		char c = a->address.data[i], d = b->address.data[i];

		if (i > at) {
			c = ascii_lower(c);
			d = ascii_lower(d);
		}
		if (c != d)
			return (unsigned char)c < (unsigned char)d ? -1 : 1;
	}
	return 0;
}

static int
compare_with_place(const void *left, const void *right)
{
	const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;
	int order = compare(left, right);

	return order != 0 ? order : a < b ? -1 : a > b;
}

static void
mark_duplicates(struct entry *entries, size_t count)
{
	struct entry **sorted;

	if (count < 2)
		return;
	sorted = calloc(count, sizeof *sorted);
	if (sorted == NULL)
		fail();
	for (size_t i = 0; i < count; i++)
		sorted[i] = &entries[i];
	qsort(sorted, count, sizeof *sorted, compare_with_place);
	for (size_t i = 1; i < count; i++)
		sorted[i]->is_duplicate = compare(&sorted[i - 1], &sorted[i]) == 0;
	free(sorted);
}

static void
add_field(struct str *fields, char letter, struct slice value)
{
	if (fields_add(fields, letter, value, '\0') == -1)
		fail();
}

static void
write_recipients(const struct addressees *a, const char *notify, struct str *fields)
{
	struct entry *entries = calloc(a->count + 1, sizeof *entries);
	struct slice rest = str_slice(&a->recipients);

	if (entries == NULL)
		fail();
	for (size_t i = 0; i < a->count; i++)
		(void)slice_take(&rest, '\0', &entries[i].address);
	mark_duplicates(entries, a->count);
	for (size_t i = 0; i < a->count; i++) {
		if (entries[i].is_duplicate)
			continue;
		add_field(fields, 'T', entries[i].address);
		if (notify[0] != '\0')
			add_field(fields, 'N', slice_of(notify));
	}
	free(entries);
}

static void
write_envelope_id(const char *given, struct str *fields)
{
	struct str xtext;

	str_init(&xtext, ENVELOPE_ID_MAX);
	if (encode_xtext(&xtext, slice_of(given)) == -1)
		die(PROGRAM, EX_USAGE, "the value of -V is longer than %d octets as xtext",
		    ENVELOPE_ID_MAX);
	add_field(fields, 'V', str_slice(&xtext));
	str_free(&xtext);
}

/* A reverse-path that is another for each recipient, in the convention of qmail (spool(5), VERP).
 */
static void
write_sender(const struct addressees *a, const struct options *o, struct str *fields)
{
	struct slice sender = str_slice(&a->sender);
	size_t at = slice_find_last(sender, '@');
	size_t local = at > 0 && sender.data[at - 1] == '"' ? at - 1 : at;
	struct str path;

	if (o->verp == '\0' || sender.len == 0) {
		add_field(fields, 'F', sender);
		return;
	}
	str_init(&path, LIST_MAX);
	if (str_format(
		&path, "%.*s%c%s-@[]", (int)local, sender.data, o->verp, sender.data + local) == -1)
		fail();
	if (!verp_is(str_slice(&path)))
		refuse(slice_of("the sender "), sender, "is too long for -XV");
	add_field(fields, 'F', str_slice(&path));
	str_free(&path);
}

void
addressees_write(const struct addressees *a, const struct options *o, const char *body,
    bool is_utf8, struct str *fields)
{
	write_sender(a, o, fields);
	if (is_utf8)
		add_field(fields, 'U', slice_of("1"));
	if (o->requires_tls)
		add_field(fields, 'Q', slice_of("1"));
	if (body != NULL)
		add_field(fields, 'B', slice_of(body));
	if (o->envelope_id != NULL)
		write_envelope_id(o->envelope_id, fields);
	if (terms_add(&o->terms, fields) == -1)
		fail();
	if (o->return_part != NULL)
		add_field(fields, 'R', slice_of(o->return_part));
	write_recipients(a, o->notify, fields);
}
