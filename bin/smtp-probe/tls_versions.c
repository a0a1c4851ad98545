/* SPDX-License-Identifier: ISC */
/* Which versions of TLS a server takes: a connection for each (--tls-versions). */
#include "judge.h"
#include "tls_state.h"

static const struct {
	const char *name;
	bool is_wanted; /* RFC 9325, 3.1.1 */
} versions[] = {
    {"TLSv1", false},
    {"TLSv1.1", false},
    {"TLSv1.2", true},
    {"TLSv1.3", true},
};

/* What comes before the handshake. True: only that is left. */
static bool
come_to_it(struct link *l, const struct server *server)
{
	if (link_open(l, server) != ANSWERED)
		return false;
	if (server->is_implicit)
		return true;
	return link_greet(l) == ANSWERED && l->client.reply.code == 220 &&
	       link_hello(l) == ANSWERED && (l->client.extensions & CLIENT_STARTTLS) != 0;
}

/*
 * Only the server's own word, an alert in the handshake, is "no"; a connection that is lost there
 * may be of a server that had enough of us. TLS 1.0 and 1.1 are often refused just so, however.
 */
static enum verdict
try_version(struct link *l, const struct server *server)
{
	enum answer answer;

	if (!come_to_it(l, server))
		return UNKNOWN;
	answer = server->is_implicit ? link_secure(l, NULL) : link_starttls(l, NULL);
	if (answer == ANSWERED && l->tls != NULL)
		return YES;
	return answer == UNSECURED ? NO : UNKNOWN;
}

static void
add_version(struct report *r, const struct link *l, size_t i, enum verdict verdict)
{
	bool is_wanted = versions[i].is_wanted;
	bool is_old = !is_wanted && verdict == YES;
	/* a YES is never wrong: that it takes what is old is a fact */
	struct result *res = report_add(r, "tls.version", is_old ? FACT : verdict,
	    is_old || (is_wanted && verdict != YES) ? WARNING : PLAIN);

	result_about(res, "%s", versions[i].name);
	result_value(res, "%s", verdict == YES ? "yes" : verdict == NO ? "no" : "unknown");
	result_source(res, is_wanted ? "RFC 9325, 3.1.1" : "RFC 8996");
	result_took(res, l->ms);
	if (verdict == UNKNOWN) {
		result_text(res, "Whether it takes %s cannot be told.", versions[i].name);
		result_reply(res, str_slice(&l->words));
		return;
	}
	result_text(res, "It %s %s.", verdict == YES ? "takes" : "does not take", versions[i].name);
	if (is_old)
		result_advice(res,
		    "No mail needs it any more: turn it off, if others do so, too; for mail, TLS "
		    "that is weak is better than none.");
	else if (is_wanted && verdict == NO)
		result_advice(res, "Turn it on.");
}

void
tls_report_versions(struct probe *p, struct report *r, const struct server *server)
{
	struct tls_client *client = probe_tls_client(p);

	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		enum verdict verdict = UNKNOWN;
		struct link l;

		report_progress(r, "trying %s with %s", versions[i].name, server->where);
		link_init(&l, p);
		if (tls_client_only(client, versions[i].name))
			verdict = try_version(&l, server);
		add_version(r, &l, i, verdict);
		link_close(&l);
		link_free(&l);
	}
	(void)tls_client_only(client, NULL); /* if that fails, so does the next handshake */
}
