/* SPDX-License-Identifier: ISC */
/* SRV records: the order of RFC 2782. */
#include "net/dns_srv.h"

#include "tap.h"

struct row {
	const char *name;
	struct dns_service list[4];
	size_t count;
	uint32_t picks[4];  /* what chance says; above the bound: the bound less one */
	const char *wanted; /* the letters of the hosts in order */
};

static const struct row rows[] = {
    {"by priority", {{"a", 1, 30, 0, 0}, {"b", 1, 10, 9, 0}, {"c", 1, 20, 0, 0}}, 3, {0}, "bca"},
    {"by priority, whatever the weight",
	{{"a", 1, 30, 65535, 0}, {"b", 1, 10, 0, 0}, {"c", 1, 10, 0, 0}}, 3, {1}, "cba"},
    {"the lowest number takes weight 0", {{"a", 1, 0, 10, 0}, {"b", 1, 0, 0, 0}}, 2, {0}, "ba"},
    {"any other number does not", {{"a", 1, 0, 10, 0}, {"b", 1, 0, 0, 0}}, 2, {1}, "ab"},
    {"at the edge of a sum", {{"a", 1, 0, 10, 0}, {"b", 1, 0, 20, 0}}, 2, {10}, "ab"},
    {"behind the edge", {{"a", 1, 0, 10, 0}, {"b", 1, 0, 20, 0}}, 2, {11}, "ba"},
    {"the highest weights do not overflow",
	{{"a", 1, 0, 65535, 0}, {"b", 1, 0, 65535, 0}, {"c", 1, 0, 65535, 0}}, 3,
	{UINT32_MAX, UINT32_MAX}, "cba"},
    {"no weights: evenly", {{"a", 1, 0, 0, 0}, {"b", 1, 0, 0, 0}, {"c", 1, 0, 0, 0}}, 3, {2, 1},
	"cba"},
    {"one", {{"a", 1, 0, 0, 0}}, 1, {0}, "a"},
    {"none", {{"", 0, 0, 0, 0}}, 0, {0}, ""},
};

static uint32_t
pick(void *context, uint32_t bound)
{
	const uint32_t **next = context;
	uint32_t number = *(*next)++;

	return number < bound ? number : bound - 1;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct row r = rows[i];
		const uint32_t *next = r.picks;
		char order[5] = "";

		dns_services_order(r.list, r.count, pick, &next);
		for (size_t at = 0; at < r.count; at++)
			order[at] = r.list[at].name[0];
		tap_is_text(order, r.wanted, r.name);
	}
	return tap_done();
}
