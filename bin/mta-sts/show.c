/* SPDX-License-Identifier: ISC */
/* For people: what a domain has, and whether its mail exchangers are in it. */
#include <stdio.h>

#include "base/die.h"
#include "mail/date.h"
#include "mta_sts.h"

#define TEXT_MAX ((size_t)1 << 18)

static int
add_exchangers(struct str *out, const struct server *s, struct slice domain,
    const struct sts_policy *policy, deadline until)
{
	struct dns_exchangers found;
	enum dns_result result = dns_exchangers(s->dns, domain, until, &found);
	int added = 0;

	if (result != DNS_FOUND)
		return str_format(out, "exchangers: %s\n", dns_text(result));
	for (size_t i = 0; added == 0 && i < found.count; i++)
		added = str_format(out, "exchanger: %s (%s)\n", found.list[i].name,
		    sts_policy_matches(policy, slice_of(found.list[i].name)) ? "matches"
									     : "does not match");
	dns_exchangers_free(&found);
	return added;
}

static int
add_entry(struct str *out, const struct server *s, struct slice domain, const struct entry *e,
    deadline until)
{
	if (str_format(out, "domain: %.*s\n", (int)domain.len, domain.data) == -1)
		return -1;
	if (entry_is_valid(e, clock_wall_seconds()) || e->fetched != 0) {
		if (str_format(out, "id: %s\nexpires: ", e->policy.id) == -1 ||
		    date_add_utc(out, e->policy.expires) == -1 || str_add_char(out, '\n') == -1 ||
		    sts_policy_add_text(out, &e->policy) == -1)
			return -1;
		if (e->policy.mode != STS_MODE_NONE &&
		    add_exchangers(out, s, domain, &e->policy, until) == -1)
			return -1;
	}
	if (e->failure[0] != '\0' && str_format(out, "failure: %s\n", e->failure) == -1)
		return -1;
	return e->reason.len == 0 ? 0 : str_format(out, "reason: %s\n", e->reason.data);
}

static int
judge(const struct entry *e)
{
	if (e->fetched != 0)
		return EXIT_DONE;
	/* what may be otherwise in a moment: the network */
	return slice_is(slice_of(e->failure), "sts-policy-fetch-error") ||
		       e->check_at == CHECK_UNKNOWN
		   ? EXIT_TEMPORARY
		   : EXIT_PERMANENT;
}

int
show_domain(struct server *s, const char *text, bool cached)
{
	deadline until = deadline_in_seconds(s->settings.timeout);
	struct slice domain = slice_of(text);
	struct entry e;
	struct str out;
	int code;

	if (!sts_is_domain(domain)) {
		fprintf(stderr, PROGRAM ": not the name of a domain\n");
		return EXIT_PERMANENT;
	}
	entry_init(&e);
	str_init(&out, TEXT_MAX);
	if (cached)
		(void)cache_read(s, domain, &e);
	else
		lookup(s, domain, until, &e);
	code = judge(&e);
	if (add_entry(&out, s, domain, &e, until) == -1 ||
	    fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
	entry_free(&e);
	str_free(&out);
	return code;
}
