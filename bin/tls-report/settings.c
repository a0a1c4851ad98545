/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "conf/table.h"
#include "mail/address.h"
#include "tls_report.h"

#define VALUE_MAX ((size_t)1000)

static int
take_entry(
    struct settings *s, const struct table *t, const struct table_entry *entry, struct str *problem)
{
	if (slice_is_nocase(entry->key, "organization")) {
		if (entry->value.len > 0 && utf8_is_text(entry->value))
			return str_add_slice(&s->organization, entry->value);
		return table_complain(
		    problem, PROGRAM, slice_of(t->text), entry->key, "a name is expected");
	}
	if (slice_is_nocase(entry->key, "contact"))
		return str_add_slice(&s->contact, entry->value);
	return table_complain(
	    problem, PROGRAM, slice_of(t->text), entry->key, "organization or contact is expected");
}

static int
read_table(struct settings *s, const struct control *control, struct str *problem)
{
	struct table table;
	int result = 0;

	if (table_read(&table, control, PROGRAM, TABLE_PAIRS, problem) == -1)
		return -1;
	for (size_t i = 0; result == 0 && i < table.count; i++)
		result = take_entry(s, &table, &table.entries[i], problem);
	table_free(&table);
	return result;
}

/* What is not said, and whether the contact is an address. */
static int
complete(struct settings *s, struct str *problem)
{
	struct address address;

	if (s->organization.len == 0 && str_add_slice(&s->organization, str_slice(&s->me)) == -1)
		return -1;
	if (s->contact.len == 0 && str_format(&s->contact, "postmaster@%s", s->me.data) == -1)
		return -1;
	if (address_parse(str_slice(&s->contact), 0, &address) != ADDRESS_OK ||
	    address_is_literal(address.domain)) {
		(void)str_format(
		    problem, PROGRAM ": contact is no address with a domain: %s", s->contact.data);
		errno = EINVAL;
		return -1;
	}
	s->contact_domain = address.domain;
	return 0;
}

int
settings_read(struct settings *s, struct str *problem)
{
	struct control control;
	int result = -1;

	str_init(&s->me, VALUE_MAX);
	str_init(&s->organization, VALUE_MAX);
	str_init(&s->contact, VALUE_MAX);
	str_init(&s->resolvers, PROBLEM_MAX);
	if (control_open(&control) == 0) {
		if (control_me(&control, &s->me) == 0 &&
		    control_line(&control, "resolvers", &s->resolvers) != -1 &&
		    read_table(s, &control, problem) == 0)
			result = complete(s, problem);
		control_close(&control);
	}
	if (result == -1 && problem->len == 0)
		(void)str_format(problem, "unable to read %s: %s", control.path, strerror(errno));
	return result;
}

void
settings_free(struct settings *s)
{
	str_free(&s->me);
	str_free(&s->organization);
	str_free(&s->contact);
	str_free(&s->resolvers);
}
