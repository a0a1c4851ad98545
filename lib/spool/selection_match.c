/* SPDX-License-Identifier: ISC */
/* What selection.c was given, compared with what there is. */
#include "spool/selection_match.h"

#include "mail/address.h"
#include "mail/verp.h"
#include "spool/ask.h"
#include "spool/selection.h"

bool
selection_is_glob(struct slice pattern)
{
	return slice_find(pattern, '*') < pattern.len;
}

struct slice
selection_without_not(struct slice pattern)
{
	return slice_trim(slice_skip(pattern, slice_starts(pattern, "!") ? 1 : 0));
}

bool
selection_is_domain(struct slice pattern)
{
	bool has_mark = slice_starts(pattern, "@") || slice_starts(pattern, ".");
	struct slice name = slice_skip(pattern, has_mark ? 1 : 0);

	return address_is_domain(name, ADDRESS_UTF8) || address_is_literal(name);
}

bool
selection_is_partial(const struct selection *s)
{
	for (size_t i = 0; i < SELECTION_LISTS; i++)
		if (s->lists[i].len > 0)
			return true;
	return s->states != 0 || s->older >= 0 || s->newer >= 0 || s->larger >= 0;
}

bool
selection_wants_recipient(const struct selection *s)
{
	return s->lists[SELECTION_RECIPIENT].len > 0 || s->lists[SELECTION_DOMAIN].len > 0 ||
	       s->lists[SELECTION_REASON].len > 0;
}

/* Each piece between two * behind the one before, the last at the end. Linear but for pieces. */
static bool
matches_glob(struct slice pattern, struct slice text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.data[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < pattern.len &&
			   ascii_lower(pattern.data[p]) == ascii_lower(text.data[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++mark;
		} else
			return false;
	}
	while (p < pattern.len && pattern.data[p] == '*')
		p++;
	return p == pattern.len;
}

static struct slice
domain_of(struct slice address)
{
	return slice_skip(address, slice_find_last(address, '@') + 1);
}

static bool
covers_domain(struct slice pattern, struct slice domain)
{
	if (selection_is_glob(pattern))
		return matches_glob(pattern, domain);
	if (slice_starts(pattern, "."))
		return domain.len > pattern.len && slice_ends_nocase(domain, pattern);
	return ask_covers(pattern, domain);
}

/* A pattern without a local part is about all of its domain. */
static bool
covers_address(struct slice pattern, struct slice address)
{
	if (slice_is(pattern, "<>") || address.len == 0)
		return address.len == 0 && slice_is(pattern, "<>");
	if (selection_is_glob(pattern))
		return matches_glob(pattern, address);
	if (slice_equal_nocase(pattern, address))
		return true;
	return selection_is_domain(pattern) && covers_domain(pattern, domain_of(address));
}

static bool
has_text(struct slice text, struct slice wanted)
{
	for (; text.len >= wanted.len; text = slice_skip(text, 1))
		if (slice_equal_nocase(slice_make(text.data, wanted.len), wanted))
			return true;
	return false;
}

/* An enhanced status code (RFC 3463), or its beginning: "4.7", "5.1.1". */
static bool
is_code(struct slice text)
{
	if (text.len < 3 || text.data[1] != '.' ||
	    (text.data[0] != '2' && text.data[0] != '4' && text.data[0] != '5'))
		return false;
	for (size_t i = 2; i < text.len; i++)
		if (!ascii_is_digit(text.data[i]) && text.data[i] != '.')
			return false;
	return true;
}

/* The reply is "CODE RELAY TEXT" (spool(5)); 4.7 is no 4.70, and no part of an address. */
static bool
covers_reply(struct slice wanted, struct slice reply)
{
	struct slice rest = reply, code;

	if (!is_code(wanted))
		return has_text(reply, wanted);
	if (!slice_word(&rest, &code) || code.len < wanted.len ||
	    !slice_equal(slice_make(code.data, wanted.len), wanted))
		return false;
	return code.len == wanted.len || wanted.data[wanted.len - 1] == '.' ||
	       code.data[wanted.len] == '.';
}

/* True if one of LIST covers TEXT, or none of it says which do, and none that is negated does. */
static bool
has(const struct str *list, struct slice text, bool (*covers)(struct slice, struct slice))
{
	struct slice rest = str_slice(list), item;
	bool wants_one = false, found = false;

	while (slice_take(&rest, '\n', &item)) {
		bool is_not = slice_starts(item, "!");

		if (!is_not)
			wants_one = true;
		if ((is_not || !found) && covers(selection_without_not(item), text)) {
			if (is_not)
				return false;
			found = true;
		}
	}
	return found || !wants_one;
}

bool
selection_has_id(const struct selection *s, struct slice id)
{
	return has(&s->lists[SELECTION_ID], id, slice_equal);
}

bool
selection_has_message(const struct selection *s, const struct selection_message *m)
{
	if (!selection_has_id(s, m->id) || (s->older >= 0 && m->age < s->older) ||
	    (s->newer >= 0 && m->age > s->newer) ||
	    (s->states != 0 && m->state != 0 && (s->states & (unsigned)m->state) == 0))
		return false;
	if (!m->has_envelope)
		return s->larger < 0 && s->lists[SELECTION_SENDER].len == 0 &&
		       s->lists[SELECTION_SUBMITTER].len == 0 && !selection_wants_recipient(s);
	return (s->larger < 0 || m->size > (uint64_t)s->larger) &&
	       has(&s->lists[SELECTION_SUBMITTER], m->source, slice_equal) &&
	       has(&s->lists[SELECTION_SENDER], verp_base(m->reverse_path), covers_address);
}

bool
selection_has_recipient(const struct selection *s, struct slice address, struct slice reply)
{
	return has(&s->lists[SELECTION_RECIPIENT], address, covers_address) &&
	       has(&s->lists[SELECTION_DOMAIN], domain_of(address), covers_domain) &&
	       has(&s->lists[SELECTION_REASON], reply, covers_reply);
}

bool
selection_is_done(const struct recipient_state *state)
{
	return state->status == RECIPIENT_DELIVERED || state->status == RECIPIENT_BOUNCED;
}
