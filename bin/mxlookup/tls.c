/* SPDX-License-Identifier: ISC */
#include "tls.h"

#include <errno.h>
#include <string.h>

#include "base/die.h"
#include "conf/mx_port.h"

#define TEXT_MAX ((size_t)4096)

static void
read_port(struct tls *t)
{
	if (mx_port_read(&t->control, &t->port, &t->text) == 0)
		return;
	if (errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", t->control.path, t->text.data);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/mxport", t->control.path);
}

void
tls_open(struct tls *t, struct dns *d)
{
	enum dns_trust trust = DNS_TRUST_OWN;

	str_init(&t->text, TEXT_MAX);
	tls_requirement_init(&t->requirement);
	if (control_open(&t->control) == -1)
		die(PROGRAM, EXIT_TEMPORARY, CONTROL_UNOPENED, t->control.path, strerror(errno),
		    control_advice(errno));
	read_port(t);
	str_clear(&t->text);
	if (dns_trust_read(&t->control, &trust, &t->text) == 0) {
		dns_trust(d, trust);
		t->policy = tls_policy_open(&t->control, d, &t->text);
	}
	if (t->policy == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", t->control.path, t->text.data);
	if (t->policy == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read what TLS is required");
}

void
tls_close(struct tls *t)
{
	tls_policy_close(t->policy);
	tls_requirement_free(&t->requirement);
	control_close(&t->control);
	str_free(&t->text);
}

const char *
tls_explain(struct tls *t, const struct tls_destination *to, struct tls_server *server,
    const struct sts_answer *policy, deadline until)
{
	enum tls_verdict verdict;
	int added;

	server->port = t->port;
	tls_policy_tell(t->policy, policy);
	verdict = tls_policy_decide(t->policy, to, server, until, &t->requirement);
	if (verdict == TLS_STS_WANTED)
		return NULL;
	str_clear(&t->text);
	if (verdict == TLS_GO)
		added = tls_requirement_add_text(&t->requirement, &t->text);
	else
		added = str_format(&t->text, "refused (%s): %s", tls_verdict_code(verdict),
		    t->requirement.reason.data);
	return added == 0 ? t->text.data : "no memory";
}
