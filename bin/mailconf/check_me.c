/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "net/dns.h"

#define SECONDS 5

/* Names that the DNS has not, by RFC 2606: those of test beds. */
static bool
is_reserved(struct slice name)
{
	static const char *const tops[] = {".test", ".example", ".invalid", ".localhost"};

	for (size_t i = 0; i < sizeof tops / sizeof tops[0]; i++)
		if (slice_ends_nocase(name, slice_of(tops[i])))
			return true;
	return false;
}

static void
check_address(struct checks *k, const char *file, struct slice name)
{
	struct str problem;
	struct dns_addresses found = {.list = NULL};
	struct dns *dns;

	str_init(&problem, 4096);
	dns = dns_open_configured(k->control, &problem);
	str_free(&problem);
	if (dns == NULL) /* which another check names */
		return;
	switch (dns_host_addresses(dns, name, deadline_in_seconds(SECONDS), &found)) {
	case DNS_NO_NAME:
	case DNS_NO_DATA:
	case DNS_NULL_MX:
		finding(k, FINDING_WARNING, file, 0,
		    "%.*s has no address in the DNS, and many servers refuse a host that calls "
		    "itself so",
		    (int)name.len, name.data);
		break;
	case DNS_TEMPORARY:
		finding(k, FINDING_WARNING, file, 0,
		    "the DNS does not say now whether %.*s has an address", (int)name.len,
		    name.data);
		break;
	case DNS_FOUND:
		break;
	}
	dns_addresses_free(&found);
	dns_close(dns);
}

static void
check_host_name(struct checks *k, const char *file, struct slice name)
{
	if (slice_find(name, '.') == name.len || slice_is_nocase(name, "localhost.localdomain"))
		finding(k, FINDING_WARNING, file, 0,
		    "%.*s is not the full name of a host; other servers may refuse it, and "
		    "this file may name another",
		    (int)name.len, name.data);
	else if (k->asks_dns && !is_reserved(name))
		check_address(k, file, name);
}

void
check_me(struct checks *k)
{
	struct str helo;

	str_init(&helo, 1024);
	check_host_name(k, "me", str_slice(&k->tables.me));
	if (control_line(k->control, "helo", &helo) == 1 &&
	    !slice_equal_nocase(str_slice(&helo), str_slice(&k->tables.me)))
		check_host_name(k, "helo", str_slice(&helo));
	str_free(&helo);
}
