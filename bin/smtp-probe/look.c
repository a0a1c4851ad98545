/* SPDX-License-Identifier: ISC */
#include "look.h"

#include <string.h>

#include "base/about.h"
#include "look_parts.h"
#include "sender.h"
#include "tls.h"

#define ADDRESS_MAX 320 /* octets; RFC 5321, 4.5.3.1 */

enum { OPTION_TO = LOOK_OPTIONS, OPTION_FROM, OPTION_SIZE };

const struct option_row look_rows[] = {
    {OPTION_TO, "to", "ADDRESS", "ask for this recipient; nothing is sent", TAKES_ADDRESS, NULL},
    {OPTION_FROM, "from", "ADDRESS", "as this sender (default: the null sender)", TAKES_ADDRESS,
	NULL},
    {OPTION_SIZE, "size", "OCTETS", "of a message of this size", TAKES_TEXT, NULL},
    {0},
};

/* What ends no command and is one path. */
static const char *
check_address(const struct option_scan *scan, const char *name)
{
	struct slice text = slice_of(scan->value);

	if (text.len > ADDRESS_MAX || slice_has_control(text) || !slice_is_ascii(text) ||
	    strpbrk(scan->value, "<> ") != NULL)
		about_wrong(scan, "--%s takes an address like joe@example.org, of ASCII", name);
	return scan->value;
}

/* "10240", "10k", "25M". */
static bool
parse_size(struct slice text, uint64_t *octets)
{
	uint64_t scale = 1;

	if (text.len > 1) {
		char unit = ascii_lower(text.data[text.len - 1]);

		scale = unit == 'k' ? 1000 : unit == 'm' ? 1000000 : unit == 'g' ? 1000000000 : 1;
		text.len -= scale > 1;
	}
	if (!slice_number(text, UINT64_MAX / scale, octets))
		return false;
	*octets *= scale;
	return *octets > 0;
}

void
look_take(struct probe *p, const struct option_scan *scan, int code)
{
	struct look_settings *s = &p->look;

	if (tls_take(p, code))
		return;
	if (code == OPTION_TO) {
		if (s->to_count == LOOK_RECIPIENTS_MAX)
			about_wrong(scan, "--to can be given %d times", LOOK_RECIPIENTS_MAX);
		if (*scan->value == '\0')
			about_wrong(scan, "--to takes an address like joe@example.org");
		s->to[s->to_count++] = check_address(scan, "to");
	} else if (code == OPTION_FROM) {
		s->from = check_address(scan, "from");
	} else if (!parse_size(slice_of(scan->value), &s->size)) {
		about_wrong(
		    scan, "--size takes octets, such as 10240, 500k or 25M, not '%s'", scan->value);
	}
}

static void
count_reach(struct look_family *family, enum look_reach reach)
{
	family->addresses++;
	family->reached[reach]++;
}

static void
look_all(struct probe *p, const struct servers *servers)
{
	struct look_family four = {.addresses = 0}, six = {.addresses = 0};

	for (size_t i = 0; i < servers->count; i++) {
		const struct server *server = &servers->list[i];
		enum look_reach reach = look_server(p, servers, server);

		if (p->tls_wishes.versions && reach == LOOK_CONNECTED)
			tls_report_versions(p, &p->report, server);

		if (server->len > 0 && server->address.ss_family == AF_INET)
			count_reach(&four, reach);
		else if (server->len > 0 && server->address.ss_family == AF_INET6)
			count_reach(&six, reach);
	}
	report_end_server(&p->report);
	look_families(p, &four, &six);
}

void
look_run(struct probe *p, const struct target *target, char **operands, int count)
{
	struct servers servers;

	(void)operands;
	(void)count;
	if (p->tls_wishes.as_sender) {
		sender_run(p, target);
		return;
	}
	servers_find(p, target, &servers);
	look_names(p, target, &servers);
	tls_report_domain(p, &p->report, target, &servers);
	if (servers.result == DNS_FOUND)
		look_all(p, &servers);
	servers_free(&servers);
}
