/* SPDX-License-Identifier: ISC */
/* The mail exchangers of a domain and their addresses, with what is odd about them. */
#include <string.h>
#include <strings.h>

#include "mxlookup.h"
#include "net/address_kind.h"
#include "net/endpoint.h"

#define ADDRESS_MAX ((size_t)64)

static bool
is_wanted(const struct look *l, const struct dns_address *one)
{
	return l->settings->family == 0 || one->address.ss_family == l->settings->family;
}

/* What keeps others from reaching it, and what would make mail go round in circles. */
static void
note_kind(
    struct look *l, json_t *host, json_t *made, const struct dns_address *one, const char *text)
{
	enum address_kind kind = address_kind(&one->address);
	bool is_own = endpoint_is_own(&one->address);

	put_text(l, made, "kind", slice_of(address_kind_text(kind)));
	put(l, made, "own", json_boolean(is_own));
	if (kind != ADDRESS_PUBLIC) {
		put_note(l, host, "%s is %s", text, address_kind_text(kind));
		why(l, "RFC 6890", "%s is %s: no other host can reach it by that address", text,
		    address_kind_text(kind));
	}
	if (is_own && kind != ADDRESS_LOOPBACK) {
		put_note(l, host, "%s is this host", text);
		why(l, "RFC 5321, 5.1",
		    "%s is an address of this host: where it is an exchanger without being told "
		    "so, mail would come back to itself",
		    text);
	}
}

static void
add_address(struct look *l, json_t *host, json_t *addresses, const struct dns_address *one)
{
	struct str text;
	const char *other;
	json_t *made;

	str_init(&text, ADDRESS_MAX);
	if (endpoint_add_text(&text, &one->address) == -1)
		l->has_failed = true;
	/* of hostile DNS there may be tens of thousands: none is looked for among all others */
	if (json_object_get(l->known, text.data) == NULL)
		put(l, l->known, text.data, json_incref(json_object_get(host, "name")));
	other = text_of(l->known, text.data);
	made = add_object(l, addresses);
	put_text(l, made, "address", str_slice(&text));
	put(l, made, "ttl", json_integer(one->ttl));
	if (strcasecmp(other, text_of(host, "name")) != 0) {
		put_text(l, made, "same_as", slice_of(other));
		put_note(l, host, "%s is %s, too", text.data, other);
		why(l, NULL, "%s is the address of %s, too: a second try at the same server",
		    text.data, other);
	}
	note_kind(l, host, made, one, text.data);
	if ((l->settings->parts & PART_PTR) != 0)
		look_reverse(l, made, one);
	str_free(&text);
}

static bool
is_twice(const struct look *l, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcasecmp(l->list.list[i].name, l->list.list[at].name) == 0)
			return true;
	return false;
}

static void
note_host(struct look *l, json_t *host, size_t at, const struct dns_addresses *found)
{
	const char *name = l->list.list[at].name;

	if (l->list.implicit)
		put_note(l, host, "no MX: the domain itself");
	if (at == 0 && l->list.expanded[0] != '\0')
		put_note(l, host, "the domain is an alias of %s", l->list.expanded);
	if (is_twice(l, at)) {
		put(l, host, "twice", json_true());
		put_note(l, host, "named twice");
		why(l, NULL, "%s is named twice: a second try at the same server", name);
	}
	if (found->expanded[0] != '\0' && !l->list.implicit) {
		put_text(l, host, "alias", slice_of(found->expanded));
		put_note(l, host, "an alias of %s", found->expanded);
		why(l, "RFC 2181, 10.3; RFC 5321, 5.1",
		    "the MX record names an alias (CNAME), which is wrong but works: %s is %s",
		    name, found->expanded);
	}
}

static void
note_absence(struct look *l, json_t *host, const char *name, enum dns_result result)
{
	const char *reason = result == DNS_NO_DATA ? "no address" : dns_text(result);

	put_text(l, host, "reason", slice_of(reason));
	put_note(l, host, "%s", reason);
	why(l, "RFC 5321, 5.1", "%s is passed over%s: %s", name,
	    result == DNS_TEMPORARY ? " for now" : "", reason);
}

static void
put_addresses(struct look *l, json_t *host, const char *name, const struct dns_addresses *found,
    enum dns_result result)
{
	json_t *addresses = put_array(l, host, "addresses");
	size_t count = 0;

	for (size_t i = 0; i < found->count; i++)
		if (is_wanted(l, &found->list[i])) {
			add_address(l, host, addresses, &found->list[i]);
			count++;
		}
	if (result == DNS_FOUND && count == 0)
		result = DNS_NO_DATA; /* none of the family that counts */
	if (result == DNS_FOUND)
		why(l, "RFC 5321, 5.1; RFC 3596",
		    "%s has %zu address%s, tried in turn, IPv6 before IPv4", name, count,
		    count == 1 ? "" : "es");
	else
		note_absence(l, host, name, result);
	put_result(l, host, result);
}

static void
put_tls(struct look *l, json_t *host, size_t at, const struct dns_addresses *found)
{
	struct tls_destination to = {.domain = slice_of(l->ascii),
	    .expanded = slice_of(l->list.expanded),
	    .is_mx = true,
	    .is_secure = l->list.is_secure && l->settings->is_believed};
	struct tls_server server = {.name = slice_of(l->list.list[at].name),
	    .expanded = slice_of(found->expanded),
	    .is_secure = found->is_secure && l->settings->is_believed};
	struct wish *wish = &l->wishes[WISH_KEPT];
	const char *text;

	/* one by one: mta-sts is asked only where it is known that its word counts */
	if (dns_sheet_lacks(l->sheet))
		return;
	if (!l->settings->is_believed)
		dns_trust(l->settings->dns, DNS_TRUST_NONE);
	text = tls_explain(&l->settings->tls, &to, &server,
	    wish->state == WISH_THERE ? &wish->answer : NULL, l->until);
	dns_trust(l->settings->dns, DNS_TRUST_ALL);
	if (text != NULL)
		put_text(l, host, "tls", slice_of(text));
	else if (wish->state == WISH_NONE)
		wish->state = WISH_WANTED;
}

static void
add_host(struct look *l, size_t at)
{
	const struct dns_exchanger *one = &l->list.list[at];
	struct dns_addresses found;
	enum dns_result result =
	    dns_addresses(l->settings->dns, slice_of(one->name), l->until, &found);
	json_t *host = json_object();

	put_text(l, host, "name", slice_of(one->name));
	put(l, host, "preference", json_integer(one->preference));
	put(l, host, "ttl", json_integer(one->ttl));
	put(l, host, "ad", json_boolean(found.is_secure));
	put(l, host, "secure", json_boolean(found.is_secure && l->settings->is_believed));
	put_array(l, host, "notes");
	why(l, NULL, "%s (preference %u): asked for its AAAA and A records", one->name,
	    (unsigned)one->preference);
	note_host(l, host, at, &found);
	put_addresses(l, host, one->name, &found, result);
	if ((l->settings->parts & PART_TLSA) != 0 && result != DNS_NO_NAME)
		look_tlsa(l, host, one->name, &found);
	if ((l->settings->parts & PART_TLS) != 0 && found.count > 0)
		put_tls(l, host, at, &found);
	if (json_array_append_new(l->hosts, host) == -1)
		l->has_failed = true;
	dns_addresses_free(&found);
}

void
look_hosts(struct look *l)
{
	for (size_t i = 0; i < l->list.count; i++)
		add_host(l, i);
}
