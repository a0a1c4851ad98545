/* SPDX-License-Identifier: ISC */
#include "send_secret.h"

#include "base/die.h"
#include "net/sasl_client.h"
#include "probe.h"

#define PROBLEM_MAX ((size_t)8192)

void
send_secret_read(struct probe *p, struct str *secret)
{
	const struct secret_source *from = &p->send.secret;
	enum secret_source_result result;
	struct str problem;

	str_init(secret, SASL_CLIENT_SECRET_MAX);
	result = secret_source_read(from, p->send.login, secret);
	if (result == SECRET_SOURCE_GIVEN)
		return;
	str_init(&problem, PROBLEM_MAX);
	if (secret_source_explain(&problem, result, from, secret) == -1)
		probe_no_memory();
	if (result == SECRET_SOURCE_UNABLE)
		die(PROGRAM, report_failure(&p->report), "%s", problem.data);
	die(PROGRAM, PROBE_USAGE, "%s. Try '%s --help'.", problem.data, PROGRAM);
}
