/* SPDX-License-Identifier: ISC */
#include "selection.h"

#include "mail/address.h"
#include "mail/verp.h"
#include "spool/ask.h"
#include "spool/id.h"

#define LIST_MAX ((size_t)1 << 20) /* octets of what can be written on a command line */

void
selection_init(struct selection *c)
{
	*c = (struct selection){.takes_all = false};
	str_init(&c->domains, LIST_MAX);
	str_init(&c->senders, LIST_MAX);
	str_init(&c->ids, LIST_MAX);
}

void
selection_free(struct selection *c)
{
	str_free(&c->domains);
	str_free(&c->senders);
	str_free(&c->ids);
}

static bool
is_domain(struct slice text)
{
	struct slice name = slice_skip(text, slice_starts(text, "@") ? 1 : 0);

	return address_is_domain(name, ADDRESS_UTF8) || address_is_literal(name);
}

static bool
is_sender(struct slice text)
{
	struct address address;

	return slice_is(text, "<>") || is_domain(text) ||
	       address_parse(text, ADDRESS_UTF8, &address) == ADDRESS_OK;
}

static bool
add(struct str *list, const char *text, bool (*is_good)(struct slice))
{
	struct slice rest = slice_of(text), one;
	bool found = false;

	while (slice_take(&rest, ',', &one)) {
		one = slice_trim(one);
		if (!is_good(one) || str_add_slice(list, one) == -1 ||
		    str_add_char(list, ',') == -1)
			return false;
		found = true;
	}
	return found;
}

bool
selection_add_domains(struct selection *c, const char *text)
{
	return add(&c->domains, text, is_domain);
}

bool
selection_add_senders(struct selection *c, const char *text)
{
	return add(&c->senders, text, is_sender);
}

bool
selection_add_ids(struct selection *c, const char *text)
{
	return add(&c->ids, text, id_is_valid);
}

bool
selection_is_partial(const struct selection *c)
{
	return c->domains.len > 0 || c->senders.len > 0 || c->ids.len > 0;
}

bool
selection_has_id(const struct selection *c, struct slice id)
{
	struct slice rest = str_slice(&c->ids), one;

	while (slice_take(&rest, ',', &one))
		if (slice_equal(one, id))
			return true;
	return c->ids.len == 0;
}

static struct slice
domain_of(struct slice address)
{
	return slice_skip(address, slice_find_last(address, '@') + 1);
}

/* PATTERN without a local part is about all of its domain. */
static bool
covers_sender(struct slice pattern, struct slice sender)
{
	if (sender.len == 0)
		return slice_is(pattern, "<>");
	if (is_domain(pattern))
		return ask_covers(pattern, domain_of(sender));
	return slice_equal_nocase(pattern, sender);
}

bool
selection_has_sender(const struct selection *c, struct slice reverse_path)
{
	struct slice rest = str_slice(&c->senders), one;

	while (slice_take(&rest, ',', &one))
		if (covers_sender(one, verp_base(reverse_path)))
			return true;
	return c->senders.len == 0;
}

bool
selection_has_recipient(const struct selection *c, struct slice address)
{
	struct slice rest = str_slice(&c->domains), one;

	while (slice_take(&rest, ',', &one))
		if (ask_covers(one, domain_of(address)))
			return true;
	return c->domains.len == 0;
}
