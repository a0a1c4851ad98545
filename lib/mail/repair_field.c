/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/fold.h"
#include "mail/recipients.h"
#include "mail/repair_parts.h"
#include "mail/words.h"

/* Fields that nobody knows are text (RFC 5322, 3.6.8). */
static const struct {
	const char *name;
	enum repair_kind kind;
} kinds[] = {
    {"From", REPAIR_AUTHORS},
    {"Sender", REPAIR_AUTHORS},
    {"Reply-To", REPAIR_AUTHORS},
    {"Resent-From", REPAIR_AUTHORS},
    {"Resent-Sender", REPAIR_AUTHORS},
    {"Resent-Reply-To", REPAIR_AUTHORS},
    {"Disposition-Notification-To", REPAIR_AUTHORS},
    {"Errors-To", REPAIR_AUTHORS},
    {"Mail-Followup-To", REPAIR_AUTHORS},
    {"Mail-Reply-To", REPAIR_AUTHORS},
    {"Return-Receipt-To", REPAIR_AUTHORS},
    {"To", REPAIR_RECIPIENTS},
    {"Cc", REPAIR_RECIPIENTS},
    {"Bcc", REPAIR_RECIPIENTS},
    {"Resent-To", REPAIR_RECIPIENTS},
    {"Resent-Cc", REPAIR_RECIPIENTS},
    {"Resent-Bcc", REPAIR_RECIPIENTS},
    {"Apparently-To", REPAIR_RECIPIENTS},
    {"Date", REPAIR_STRUCTURED},
    {"Message-ID", REPAIR_STRUCTURED},
    {"In-Reply-To", REPAIR_STRUCTURED},
    {"References", REPAIR_STRUCTURED},
    {"Keywords", REPAIR_STRUCTURED},
    {"Received", REPAIR_STRUCTURED},
    {"Return-Path", REPAIR_STRUCTURED},
    {"Resent-Date", REPAIR_STRUCTURED},
    {"Resent-Message-ID", REPAIR_STRUCTURED},
    {"MIME-Version", REPAIR_STRUCTURED},
    {"Content-Transfer-Encoding", REPAIR_STRUCTURED},
    {"Content-ID", REPAIR_STRUCTURED},
    {"Auto-Submitted", REPAIR_STRUCTURED},
    {"Content-Type", REPAIR_PARAMETERS},
    {"Content-Disposition", REPAIR_PARAMETERS},
    {"Authentication-Results", REPAIR_SEALED},
    {"DKIM-Signature", REPAIR_SEALED},
    {"DomainKey-Signature", REPAIR_SEALED},
};

enum repair_kind
repair_kind_of(struct slice name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_is_nocase(name, kinds[i].name))
			return kinds[i].kind;
	if (slice_starts_nocase(name, "ARC-"))
		return REPAIR_SEALED;
	return slice_starts_nocase(name, "List-") ? REPAIR_STRUCTURED : REPAIR_TEXT;
}

/* True if TEXT needs no encoded-words. */
static bool
is_plain(const struct repair *r, struct slice text)
{
	return slice_is_ascii(text) || (r->keeps_utf8 && utf8_is_text(text));
}

/* What stands around addresses. */
static int
add_around(const struct repair *r, struct slice text, struct str *out)
{
	return is_plain(r, text) ? str_add_slice(out, text)
				 : words_add_structured(out, text, r->charset);
}

/* ADDRESS stands at PLACE, perhaps with comments and folds within. */
static int
add_address(struct repair *r, enum repair_role role, struct slice address, struct slice place,
    struct str *out)
{
	struct address parsed;
	struct str other;
	int changed = 0;

	if (address_parse(address, ADDRESS_BARE | ADDRESS_UTF8, &parsed) != ADDRESS_OK)
		return str_add_slice(out, place);
	str_init(&other, REPAIR_ADDRESS_MAX);
	if (r->asked->address != NULL)
		changed = r->asked->address(r->context, role, address, &other);
	if (changed == 1)
		address = place = str_slice(&other);
	r->has_utf8_address = r->has_utf8_address || !slice_is_ascii(address);
	if (changed != -1 && str_add_slice(out, place) == -1)
		changed = -1;
	str_free(&other);
	return changed == -1 ? -1 : 0;
}

/* One element of an address list, as far as its separator. */
static int
add_element(struct repair *r, enum repair_role role, enum recipients_result found,
    struct slice element, struct slice address, struct slice place, struct str *out)
{
	size_t before = (size_t)(place.data - element.data);

	/* with its words in encoded-words, what is no address could be taken for one */
	if (found == RECIPIENTS_BAD)
		return str_add_slice(out, element);
	if (found != RECIPIENTS_ONE || place.len == 0)
		return add_around(r, element, out);
	if (add_around(r, slice_make(element.data, before), out) == -1 ||
	    add_address(r, role, address, place, out) == -1)
		return -1;
	return add_around(r, slice_skip(element, before + place.len), out);
}

static int
add_addresses(struct repair *r, enum repair_role role, struct slice rest, struct str *out)
{
	enum recipients_result found = RECIPIENTS_ONE;
	struct str address;
	int result = 0;

	str_init(&address, REPAIR_ADDRESS_MAX);
	while (result == 0 && rest.len > 0) {
		struct slice element = rest, place;

		found = recipients_next_place(&rest, &address, &place);
		element.len -= rest.len;
		result = found == RECIPIENTS_FAILED ? -1
						    : add_element(r, role, found, element,
							  str_slice(&address), place, out);
	}
	str_free(&address);
	return result;
}

static int
add_body(struct repair *r, enum repair_kind kind, struct slice body, struct str *out)
{
	switch (kind) {
	case REPAIR_AUTHORS:
		return add_addresses(r, REPAIR_SENDER, body, out);
	case REPAIR_RECIPIENTS:
		return add_addresses(r, REPAIR_RECIPIENT, body, out);
	case REPAIR_PARAMETERS:
		if (is_plain(r, body))
			return str_add_slice(out, body);
		return repair_parameters(body, r->charset, out);
	case REPAIR_STRUCTURED:
		return add_around(r, body, out);
	case REPAIR_TEXT:
	case REPAIR_SEALED:
		break;
	}
	return words_add_text(out, body, r->charset);
}

static int
add_repaired(struct repair *r, enum repair_kind kind, const struct header_field *f, struct str *out)
{
	size_t before = (size_t)(f->body.data - f->whole.data);
	struct str made;
	int result;

	str_init(&made, out->cap);
	result = str_add(&made, f->whole.data, before);
	if (result == 0)
		result = add_body(r, kind, f->body, &made);
	if (result == 0)
		result = str_add_slice(&made, slice_skip(f->whole, before + f->body.len));
	if (result == 0)
		result = fold_add(out, str_slice(&made), kind != REPAIR_TEXT);
	str_free(&made);
	return result;
}

int
repair_field(struct repair *r, const struct header_field *f, struct str *out)
{
	enum repair_kind kind = repair_kind_of(f->name);
	bool is_list = kind == REPAIR_AUTHORS || kind == REPAIR_RECIPIENTS;

	if (kind == REPAIR_SEALED || r->is_signed ||
	    (!is_list && is_plain(r, f->whole) && !fold_is_needed(f->whole)))
		return str_add_slice(out, f->whole);
	return add_repaired(r, kind, f, out);
}
