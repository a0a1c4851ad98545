/* SPDX-License-Identifier: ISC */
#include "conf/cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "conf/table.h"

/* An address of either family as 16 octets; *bits is how many of them its own notation counts. */
static bool
parse_address(struct slice text, uint8_t address[16], unsigned *bits)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char copy[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof copy || slice_has_control(text))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	*bits = 128;
	if (inet_pton(AF_INET6, copy, address) == 1)
		return true;
	*bits = 32;
	memcpy(address, mapped, sizeof mapped);
	return inet_pton(AF_INET, copy, address + sizeof mapped) == 1;
}

/* True if A and B agree in their first BITS bits. */
static bool
same_prefix(const uint8_t a[16], const uint8_t b[16], unsigned bits)
{
	unsigned octets = bits / 8, rest = bits % 8;

	if (memcmp(a, b, octets) != 0)
		return false;
	return rest == 0 || ((a[octets] ^ b[octets]) >> (8 - rest)) == 0;
}

static bool
rest_is_zero(const struct cidr *range)
{
	for (unsigned bit = range->prefix; bit < 128; bit++)
		if (range->address[bit / 8] & (0x80u >> bit % 8))
			return false;
	return true;
}

static struct slice
without_brackets(struct slice text)
{
	if (text.len < 2 || text.data[0] != '[' || text.data[text.len - 1] != ']')
		return text;
	return slice_make(text.data + 1, text.len - 2);
}

bool
cidr_parse(struct slice text, struct cidr *range)
{
	size_t slash = slice_find(text, '/');
	struct slice address = without_brackets(slice_make(text.data, slash));
	uint64_t prefix;
	unsigned bits;

	if (!parse_address(address, range->address, &bits))
		return false;
	prefix = bits;
	if (slash < text.len && !slice_number(slice_skip(text, slash + 1), bits, &prefix))
		return false;
	range->prefix = 128 - bits + (unsigned)prefix;
	return rest_is_zero(range);
}

static bool
parse_peer(const char *ip_text, uint8_t address[16])
{
	struct slice text = slice_of(ip_text);
	unsigned bits;

	return parse_address(slice_make(text.data, slice_find(text, '%')), address, &bits);
}

bool
cidr_contains(const struct cidr *range, const char *ip_text)
{
	uint8_t address[16];

	return parse_peer(ip_text, address) && same_prefix(range->address, address, range->prefix);
}

static int
read_ranges(struct cidr_list *list, const char *name, struct slice text, struct str *problem)
{
	struct slice rest = text, line;
	size_t room = 0;

	while (control_next_line(&rest, &line)) {
		if (list->count == room) {
			size_t more = room == 0 ? 8 : room * 2;
			struct cidr *ranges = reallocarray(list->ranges, more, sizeof *ranges);

			if (ranges == NULL)
				return -1;
			list->ranges = ranges;
			room = more;
		}
		if (!cidr_parse(line, &list->ranges[list->count]))
			return table_complain(problem, name, text, line,
			    "an address or a range as 192.0.2.0/24, with no bit set behind its "
			    "prefix, is expected");
		list->count++;
	}
	return 0;
}

int
cidr_list_read(
    const struct control *c, const char *name, struct cidr_list *list, struct str *problem)
{
	struct str text;
	int result;

	*list = (struct cidr_list){0};
	str_init(&text, CONTROL_FILE_MAX);
	result = control_read(c, name, &text);
	if (result == 1 && read_ranges(list, name, str_slice(&text), problem) == -1)
		result = -1;
	str_free(&text);
	return result;
}

bool
cidr_list_contains(const struct cidr_list *list, const char *ip_text)
{
	uint8_t address[16];

	if (list->count == 0 || !parse_peer(ip_text, address))
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (same_prefix(list->ranges[i].address, address, list->ranges[i].prefix))
			return true;
	return false;
}

void
cidr_list_free(struct cidr_list *list)
{
	free(list->ranges);
	*list = (struct cidr_list){0};
}
