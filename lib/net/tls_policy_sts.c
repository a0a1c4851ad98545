/* SPDX-License-Identifier: ISC */
#include "net/tls_policy_sts.h"

#include <stdio.h>

#include "spool/spool.h"

#define KEEP_MS 60000 /* an answer */

int
tls_sts_open(struct tls_sts *s, const struct control *c, struct str *problem)
{
	*s = (struct tls_sts){.is_told = false};
	sts_answer_init(&s->answer);
	return sts_open(&s->sts, c, spool_path(), problem);
}

void
tls_sts_close(struct tls_sts *s)
{
	sts_answer_free(&s->answer);
	sts_close(&s->sts);
}

static bool
is_known(const struct tls_sts *s, struct slice domain)
{
	if (s->domain[0] == '\0' || !slice_is_nocase(domain, s->domain) ||
	    deadline_poll_ms(s->until) == 0)
		return false;
	return s->answer.result != STS_FOUND || s->answer.policy.expires > clock_wall_seconds();
}

static void
ask(struct tls_sts *s, struct slice domain, deadline until)
{
	deadline soon = deadline_in_ms(STS_ASK_MS);

	if (is_known(s, domain))
		return;
	(void)sts_ask(
	    &s->sts, domain, soon < until ? soon : until, &s->answer); /* the answer has it */
	snprintf(s->domain, sizeof s->domain, "%.*s", (int)domain.len, domain.data);
	s->until = deadline_in_ms(KEEP_MS);
}

/* Null: it is not known yet. */
static const struct sts_answer *
answer_for(struct tls_sts *s, struct slice domain, deadline until)
{
	if (s->is_told)
		return s->told;
	ask(s, domain, until);
	return &s->answer;
}

const struct sts_policy *
tls_sts_policy(const struct tls_sts *s)
{
	return s->is_told ? &s->told->policy : &s->answer.policy;
}

static bool
say_failure(const struct sts_answer *a, struct tls_requirement *r)
{
	return str_format(&r->reason, "no MTA-STS policy to be had: %.200s", a->reason.data) == 0;
}

static bool
say_unknown(const struct sts_answer *a, struct tls_requirement *r)
{
	return str_format(&r->reason, "whether there is an MTA-STS policy is not known: %.200s",
		   a->reason.data) == 0;
}

static enum tls_sts_result
apply(const struct sts_policy *p, struct slice domain, struct slice name, bool is_named,
    struct tls_requirement *r)
{
	char lower[STS_NAME_SIZE] = "";

	(void)sts_name(domain, lower);
	if (str_format(&r->reason, "%sMTA-STS policy of %s (%s)",
		is_named ? "" : "the server is not in the ", lower, sts_mode_text(p->mode)) == -1)
		return TLS_STS_NO_MEMORY;
	r->by = TLS_BY_STS;
	if (!is_named && p->mode == STS_MODE_ENFORCE)
		return TLS_STS_NOT_NAMED;
	if (tls_requirement_add_name(r, name) == -1)
		return TLS_STS_NO_MEMORY;
	r->level = TLS_LEVEL_VERIFY;
	r->is_testing = p->mode == STS_MODE_TESTING;
	r->is_named_surely = r->is_named_surely || !r->is_testing;
	return TLS_STS_VERIFY;
}

enum tls_sts_result
tls_sts_decide(struct tls_sts *s, const struct tls_destination *to, const struct tls_server *server,
    bool tests, deadline until, struct tls_requirement *r, const char **failure)
{
	const struct sts_answer *a;
	bool is_named;

	*failure = "";
	if (!to->is_mx || server->name.len == 0 || !sts_is_domain(to->domain))
		return TLS_STS_NONE;
	a = answer_for(s, to->domain, until);
	if (a == NULL)
		return TLS_STS_UNTOLD;
	*failure = a->failure;
	if (a->result == STS_UNKNOWN)
		return say_unknown(a, r) ? TLS_STS_UNKNOWN : TLS_STS_NO_MEMORY;
	if (a->result == STS_FAILED)
		return say_failure(a, r) ? TLS_STS_NONE : TLS_STS_NO_MEMORY;
	if (a->result != STS_FOUND || a->policy.mode == STS_MODE_NONE ||
	    (a->policy.mode == STS_MODE_TESTING && !tests))
		return TLS_STS_NONE;
	is_named = sts_policy_matches(&a->policy, server->name);
	if (!is_named)
		*failure = "validation-failure";
	return apply(&a->policy, to->domain, server->name, is_named, r);
}
