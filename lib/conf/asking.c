/* SPDX-License-Identifier: ISC */
#include "conf/asking.h"

#include "conf/cidr.h"
#include "mail/address.h"

static bool
is_pattern(struct slice key)
{
	return slice_is(key, "*") || address_is_literal(key) ||
	       address_is_domain(slice_skip(key, slice_starts(key, ".") ? 1 : 0), ADDRESS_UTF8);
}

static int
check_etrn(const struct asking *a, struct str *problem)
{
	for (size_t i = 0; i < a->etrn.count; i++) {
		const struct table_entry *entry = &a->etrn.entries[i];

		if (!is_pattern(entry->key) || entry->value.len == 0)
			return table_complain(problem, "etrn", slice_of(a->etrn.text), entry->key,
			    "\"domain: address or login, ...\" is expected");
	}
	return 0;
}

static int
check_turn(const struct asking *a, struct str *problem)
{
	for (size_t i = 0; i < a->turn.count; i++) {
		struct slice rest = a->turn.entries[i].value, domain;
		bool good = rest.len > 0;

		while (slice_take(&rest, ',', &domain))
			good = good && address_is_domain(slice_trim(domain), ADDRESS_UTF8);
		if (!good)
			return table_complain(problem, "turn", slice_of(a->turn.text),
			    a->turn.entries[i].key, "\"login: domain, ...\" is expected");
	}
	return 0;
}

int
asking_read(struct asking *a, const struct control *c, struct str *problem)
{
	*a = (struct asking){.etrn = {.text = NULL}};
	if (table_read(&a->etrn, c, "etrn", TABLE_PAIRS, problem) == -1 ||
	    table_read(&a->turn, c, "turn", TABLE_PAIRS, problem) == -1)
		return -1;
	return check_etrn(a, problem) == -1 || check_turn(a, problem) == -1 ? -1 : 0;
}

void
asking_free(struct asking *a)
{
	table_free(&a->etrn);
	table_free(&a->turn);
}

static bool
names(struct slice who, const char *address, const char *login)
{
	struct slice one;
	struct cidr range;

	while (slice_take(&who, ',', &one)) {
		one = slice_trim(one);
		if (cidr_parse(one, &range) ? cidr_contains(&range, address)
					    : *login != '\0' && slice_is_nocase(one, login))
			return true;
	}
	return false;
}

/* "@example.org": the table's word on all that is below it, and so on itself. */
static const struct table_entry *
find_below(const struct asking *a, struct slice domain)
{
	for (size_t i = 0; i < a->etrn.count; i++)
		if (slice_starts(a->etrn.entries[i].key, ".") &&
		    slice_equal_nocase(slice_skip(a->etrn.entries[i].key, 1), domain))
			return &a->etrn.entries[i];
	return NULL;
}

bool
asking_may_etrn(const struct asking *a, struct slice domain, const char *address, const char *login)
{
	const struct table_entry *entry = NULL;

	if (domain.len == 0) {
		for (size_t i = 0; i < a->etrn.count; i++)
			if (names(a->etrn.entries[i].value, address, login))
				return true;
		return false;
	}
	if (slice_starts(domain, "@"))
		entry = find_below(a, slice_skip(domain, 1));
	else
		entry = table_find_domain(&a->etrn, domain);
	if (entry == NULL)
		entry = table_find(&a->etrn, slice_of("*"));
	return entry != NULL && names(entry->value, address, login);
}

struct slice
asking_turn_domains(const struct asking *a, const char *login)
{
	const struct table_entry *entry =
	    *login == '\0' ? NULL : table_find(&a->turn, slice_of(login));

	return entry == NULL ? slice_of(NULL) : entry->value;
}

static bool
is_among(struct slice list, struct slice domain)
{
	struct slice one;

	while (slice_take(&list, ',', &one))
		if (slice_equal_nocase(slice_trim(one), domain))
			return true;
	return false;
}

bool
asking_may_turn(const struct asking *a, const char *login, struct slice domains)
{
	struct slice mine = asking_turn_domains(a, login), one;

	while (slice_take(&domains, ',', &one))
		if (!is_among(mine, one))
			return false;
	return mine.len > 0;
}
