/* SPDX-License-Identifier: ISC */
/* Who may send anywhere through this host: a server that lets everybody is used by spammers. */
#include <string.h>

#include "check.h"
#include "conf/cidr.h"

#define MAPPED_BITS 96 /* what IPv4 has in front, as IPv6 */
#define WIDE_IPV4 8    /* a shorter prefix has more than any one network */
#define WIDE_IPV6 16
#define ADDRESSES_WIDE \
	(UINT64_C(1) << 26) /* IPv4 addresses in all, those of private networks \
			       aside */

static bool
is_ipv4(const struct cidr *range)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return range->prefix >= MAPPED_BITS && memcmp(range->address, mapped, 12) == 0;
}

/* Unique local (fc00::/7) and link-local (fe80::/10) addresses: nobody comes there from outside. */
static bool
is_private(const struct cidr *range)
{
	if (is_ipv4(range))
		return range->address[12] == 10 || range->address[12] == 127;
	return (range->prefix >= 7 && (range->address[0] & 0xfe) == 0xfc) ||
	       (range->prefix >= 10 && range->address[0] == 0xfe &&
		   (range->address[1] & 0xc0) == 0x80);
}

static bool
is_wide(const struct cidr *range)
{
	if (is_private(range))
		return false;
	return is_ipv4(range) ? range->prefix < MAPPED_BITS + WIDE_IPV4 : range->prefix < WIDE_IPV6;
}

static void
check_line(
    struct checks *k, const char *file, size_t number, struct slice line, const char *consequence)
{
	struct cidr range;

	if (cidr_parse(line, &range) && is_wide(&range))
		finding(k, FINDING_ERROR, file, number,
		    "%.*s is most of the internet: %s; name your own networks alone", (int)line.len,
		    line.data, consequence);
}

/* Many ranges may be wide together. */
static uint64_t
addresses_in(struct slice line)
{
	struct cidr range;

	if (!cidr_parse(line, &range) || is_private(&range) || !is_ipv4(&range) || is_wide(&range))
		return 0;
	return UINT64_C(1) << (128 - range.prefix);
}

static size_t
line_of(struct slice text, struct slice line)
{
	size_t number = 1;

	for (const char *at = text.data; at < line.data; at++)
		number += *at == '\n';
	return number;
}

static void
check_list(struct checks *k, const char *file, const char *consequence)
{
	struct str text;
	struct slice rest, line;
	uint64_t addresses = 0;

	str_init(&text, CONTROL_FILE_MAX);
	if (control_read(k->control, file, &text) == 1) {
		rest = str_slice(&text);
		while (control_next_line(&rest, &line)) {
			check_line(k, file, line_of(str_slice(&text), line), line, consequence);
			addresses += addresses_in(line);
		}
	}
	if (addresses > ADDRESSES_WIDE)
		finding(k, FINDING_ERROR, file, 0,
		    "its ranges together are a large part of the internet: %s; name your own "
		    "networks alone",
		    consequence);
	str_free(&text);
}

static void
check_relay_domains(struct checks *k)
{
	const struct check_table *relay = &k->tables.relay;

	for (size_t i = 0; i < relay->table.count; i++) {
		const struct table_entry *e = &relay->table.entries[i];
		struct slice name = slice_starts(e->key, ".") ? slice_skip(e->key, 1) : e->key;

		if (slice_find(name, '*') < name.len || slice_find(name, '.') == name.len)
			finding_entry(k, FINDING_ERROR, relay, e,
			    "%.*s is more than the domains that somebody has: everybody can send "
			    "there through this host (an open relay); name each domain",
			    (int)e->key.len, e->key.data);
	}
}

void
check_relay(struct checks *k)
{
	check_list(k, "relayhosts", "everybody there can send anywhere (an open relay)");
	check_list(k, "submissionhosts", "everybody there can submit without a login");
	check_list(k, "proxies", "everybody there can say to be any client, and so relay");
	check_list(k, "xclient", "everybody there can say to be any client and any login");
	check_relay_domains(k);
}
