/* SPDX-License-Identifier: ISC */
/*
 * Logging in to relays: as whom, whether this server may be told the secret, and what becomes of
 * the mail if it does not work.
 */
#include <string.h>

#include "net/endpoint.h"
#include "send.h"
#include "smtp/client_auth.h"

#define PROBLEM_MAX ((size_t)500)
#define REFUSED_SECONDS 300 /* in which a login that was refused is not tried again */

/* What a session is made over. */
struct channel {
	struct tls_bindings bindings;
	struct sasl_conditions conditions;
	bool is_verified; /* the server has shown who it is */
};

struct credential *
login_find(const struct sender *s, const struct attempt *a, const struct hop *hop)
{
	struct slice to = a->destination, host = slice_of(hop->name);
	uint16_t port;

	if (s->credentials.count == 0 || hop->len == 0 || hop->address.ss_family == AF_UNIX ||
	    slice_starts(to, TURN))
		return NULL;
	port = endpoint_port(&hop->address);
	if (slice_starts(to, "mx:")) { /* the domain was chosen, whoever its servers are */
		host = slice_skip(to, strlen("mx:"));
		port = 0;
	}
	return credentials_find(&s->credentials, host, port, a->message.reverse_path);
}

bool
login_is_hopeful(const struct credential *one, struct client_outcome *outcome)
{
	if (one == NULL || one->is_optional || deadline_poll_ms(one->refused_until) == 0)
		return true;
	client_outcome_set(outcome, CLIENT_TEMPORARY, "4.7.8",
	    "the login %.*s was refused a moment ago, and is not tried yet", (int)one->login.len,
	    one->login.data);
	return false;
}

void
login_require(const struct credential *one, struct tls_requirement *tls)
{
	if (one == NULL || one->is_insecure || one->is_optional || !tls->is_named_surely ||
	    (tls->level >= TLS_LEVEL_FINGERPRINT && !tls->is_testing))
		return;
	tls->level = TLS_LEVEL_VERIFY;
	tls->by = TLS_BY_TABLE;
	tls->is_testing = false;
	str_clear(&tls->reason);
	/* without memory there is no reason to be read */
	(void)str_add_text(&tls->reason, "a login is for nobody else (credentials)");
}

void
login_judge(const struct attempt *a, struct client_outcome *outcome)
{
	if (outcome->status != CLIENT_PERMANENT || slice_starts(a->destination, "mx:") ||
	    !slice_starts(str_slice(&outcome->reply), "530"))
		return;
	outcome->status = CLIENT_TEMPORARY;
	outcome->code[0] = '4';
}

/* What the session is made over, as far as a login is concerned. */
static void
look_at_channel(const struct sender *s, struct channel *channel)
{
	const struct tls_finding *finding = &s->secure.finding;
	struct tls_bindings *b = &channel->bindings;

	*channel = (struct channel){.is_verified = false};
	if (!finding->is_on || s->client.layer == NULL)
		return;
	/* who is pinned, or vouched for by DNSSEC, needs no name */
	channel->is_verified = s->client.is_protected || finding->proof == TLS_PROOF_FINGERPRINT ||
			       finding->proof == TLS_PROOF_DANE;
	tls_client_bindings(s->client.layer, b);
	channel->conditions.is_encrypted = true;
	channel->conditions.exporter = slice_make((char *)b->exporter, b->exporter_length);
	channel->conditions.end_point = slice_make((char *)b->end_point, b->end_point_length);
}

static bool
may_tell(
    const struct credential *one, const struct channel *channel, struct client_outcome *outcome)
{
	if (one->is_insecure || channel->is_verified)
		return true;
	client_outcome_set(outcome, CLIENT_TEMPORARY,
	    channel->conditions.is_encrypted ? "4.7.5" : "4.7.11",
	    "no login: %s, and credentials does not say \"insecure\"",
	    channel->conditions.is_encrypted
		? "it is not sure who the server is (tlspolicy may say by what it is known)"
		: "there is no TLS");
	return false;
}

/* Once, with what the secret is now. */
static enum client_auth_result
try_secret(struct sender *s, struct attempt *a, const struct channel *channel, bool *is_fresh,
    struct client_outcome *outcome)
{
	struct credential *one = s->credential;
	enum client_auth_result result = CLIENT_AUTH_FAILED;
	struct client_login login = {
	    .conditions = channel->conditions, .mechanisms = one->mechanisms};
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	login.account = (struct sasl_client_account){.login = one->login,
	    .host = slice_of(s->connected.name),
	    .port = endpoint_port(&s->connected.address)};
	if (credential_secret(one, a->until, &login.account.secret, is_fresh, &problem) == 0)
		result = client_auth(&s->client, &login, outcome);
	else
		client_outcome_set(outcome, CLIENT_TEMPORARY, "4.7.0", "%s", problem.data);
	str_free(&problem);
	return result;
}

/* A token that was good for others may have lapsed: once more with a new one. */
static bool
log_in(struct sender *s, struct attempt *a, const struct channel *channel,
    struct client_outcome *outcome)
{
	struct credential *one = s->credential;
	bool is_fresh;
	enum client_auth_result result = try_secret(s, a, channel, &is_fresh, outcome);

	if (result == CLIENT_AUTH_REFUSED)
		credential_forget(one);
	if (result == CLIENT_AUTH_REFUSED && !is_fresh && client_is_open(&s->client)) {
		result = try_secret(s, a, channel, &is_fresh, outcome);
		if (result == CLIENT_AUTH_REFUSED)
			credential_forget(one);
	}
	if (result == CLIENT_AUTH_REFUSED)
		one->refused_until = deadline_in_seconds(REFUSED_SECONDS);
	return result == CLIENT_AUTH_DONE;
}

bool
login_run(struct sender *s, struct attempt *a, struct client_outcome *outcome)
{
	struct credential *one = login_find(s, a, &s->connected);
	struct channel channel;

	s->credential = one;
	if (one == NULL)
		return true;
	look_at_channel(s, &channel);
	if (one->is_optional && deadline_poll_ms(one->refused_until) > 0)
		return true;
	if (may_tell(one, &channel, outcome) && log_in(s, a, &channel, outcome))
		return true;
	if (one->is_optional && client_is_open(&s->client))
		return true;
	client_quit(&s->client);
	return false;
}
