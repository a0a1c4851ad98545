/* SPDX-License-Identifier: ISC */
/* MTA-STS (RFC 8461) at one server: is it among those that the policy names, and would it pass? */
#include "tls_state.h"

/* What is not met keeps mail from a domain whose policy is in force. */
static enum weight
weigh(const struct sts_policy *policy)
{
	return policy->mode == STS_MODE_ENFORCE ? PROBLEM : WARNING;
}

static void
add_exchanger(const struct tls_look *k, const struct sts_policy *policy)
{
	bool is_named = sts_policy_matches(policy, k->its_server.name);
	struct result *res =
	    report_add(k->report, "mta-sts.mx", is_named ? YES : NO, weigh(policy));

	result_value(res, "%s", policy->patterns.data);
	result_source(res, "RFC 8461, 4.1");
	if (is_named) {
		result_text(res, "The MTA-STS policy names this server.");
		return;
	}
	result_text(res, "The MTA-STS policy (%s) does not name this server, but: %s",
	    sts_mode_text(policy->mode), policy->patterns.data);
	result_advice(res,
	    "Add the line 'mx: %s' to the policy and change the id of its TXT record, or take the "
	    "server out of the MX records.",
	    k->server->name);
}

static void
add_certificate(const struct tls_look *k, const struct sts_policy *policy)
{
	struct tls_requirement r;
	struct tls_finding v;
	struct result *res;
	unsigned faults;
	bool is_met;

	tls_requirement_init(&r);
	tls_finding_init(&v);
	is_met = tls_require_name(&r, k->its_server.name) &&
		 tls_chain_judge(probe_tls_client(k->probe), k->chain, &r, &v, &faults) && v.is_met;
	res = report_add(k->report, "mta-sts.certificate", is_met ? YES : NO, weigh(policy));
	result_source(res, "RFC 8461, 4.2");
	if (is_met) {
		result_value(res, "ok");
		result_text(res, "The certificate is one that MTA-STS wants.");
	} else {
		result_value(res, "%s", v.failure);
		result_text(res, "By MTA-STS (%s) this server %s: %s.", sts_mode_text(policy->mode),
		    policy->mode == STS_MODE_ENFORCE ? "gets no mail" : "fails", v.problem.data);
		result_advice(res, "Give it a certificate for its name of a public authority, with "
				   "the whole chain.");
	}
	tls_requirement_free(&r);
	tls_finding_free(&v);
}

static void
add_without(const struct tls_look *k, const struct sts_policy *policy)
{
	struct result *res =
	    report_add(k->report, "mta-sts.certificate", k->without, weigh(policy));

	result_value(res, "no-tls");
	result_text(res, "There is an MTA-STS policy (%s), but no TLS with this server.",
	    sts_mode_text(policy->mode));
	result_reply(res, str_slice(&k->link->words));
	result_advice(res, "Have STARTTLS work.");
	result_source(res, "RFC 8461, 4.2");
}

void
tls_add_sts(const struct tls_look *k)
{
	const struct sts_answer *sts = &tls_state(k->probe)->sts;

	if (!k->to.is_mx || sts->result != STS_FOUND || sts->policy.mode == STS_MODE_NONE)
		return;
	add_exchanger(k, &sts->policy);
	if (k->chain != NULL)
		add_certificate(k, &sts->policy);
	else
		add_without(k, &sts->policy);
}
