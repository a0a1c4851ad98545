/* SPDX-License-Identifier: ISC */
/*
 * What the mechanisms may ask, by what authentication says. Here, once for all, a login that failed
 * too often is not looked at, and one that is disabled never gets in.
 */
#include <errno.h>
#include <string.h>

#include "authd.h"
#include "base/log.h"

/* Every question about a login comes by here. */
static bool
is_limited(struct server *s, struct slice login)
{
	if (login.len < sizeof s->request.login) {
		memcpy(s->request.login, login.data, login.len);
		s->request.login[login.len] = '\0';
	}
	s->is_limited = failures_are_too_many(s, login);
	return s->is_limited;
}

/* For who was accepted by another than the tables. */
static enum sasl_result
check_disabled(struct server *s, enum sasl_result result, struct str *who)
{
	struct str login;

	if (result != SASL_ACCEPTED)
		return result;
	str_init(&login, SASL_NAME_MAX);
	result = str_add_slice(&login, str_slice(who)) == -1
		     ? SASL_TEMPORARY
		     : accounts_name(s, str_slice(&login), who);
	str_free(&login);
	return result;
}

static enum sasl_result
check_password(void *context, struct slice login, struct slice password, struct str *who)
{
	struct server *s = context;

	if (is_limited(s, login))
		return SASL_TEMPORARY;
	if (s->settings.dovecot.len > 0)
		return check_disabled(s, dovecot_ask(s, login, password, who), who);
	if (s->settings.checkpassword.len > 0)
		return check_disabled(s, checkpassword_ask(s, login, password, who), who);
	return accounts_check_password(s, login, password, who);
}

static enum sasl_result
find_key(void *context, struct slice login, struct scram_key *key, struct str *who)
{
	struct server *s = context;

	return is_limited(s, login) ? SASL_TEMPORARY : accounts_find_key(s, login, key, who);
}

static enum sasl_result
find_password(void *context, struct slice login, struct str *password, struct str *who)
{
	struct server *s = context;

	return is_limited(s, login) ? SASL_TEMPORARY
				    : accounts_find_password(s, login, password, who);
}

static enum sasl_result
check_token(
    void *context, struct slice mechanism, struct slice login, struct slice token, struct str *who)
{
	struct server *s = context;

	if (is_limited(s, login))
		return SASL_TEMPORARY;
	return check_disabled(s, verifier_ask(s, mechanism, login, token, who), who);
}

static enum sasl_result
check_name(void *context, struct slice login, struct str *who)
{
	struct server *s = context;

	return is_limited(s, login) ? SASL_TEMPORARY : accounts_name(s, login, who);
}

struct sasl_backend
backend_for(struct server *s)
{
	struct sasl_backend backend = {.context = s, .check_name = check_name};
	bool is_outside = s->settings.dovecot.len > 0 || s->settings.checkpassword.len > 0;
	struct accounts_kinds kinds = {.any = is_outside};

	if (!is_outside)
		kinds = accounts_kinds(s);
	if (kinds.any)
		backend.check_password = check_password;
	if (kinds.keys)
		backend.find_key = find_key;
	if (kinds.passwords)
		backend.find_password = find_password;
	if (s->settings.token_verifier.len > 0)
		backend.check_token = check_token;
	return backend;
}

void
backend_certificate(struct server *s, struct str *name)
{
	const struct tls_info *tls = &s->request.tls;
	const struct table_entry *entry;
	struct table table = {.text = NULL};
	struct str problem;

	str_clear(name);
	if (!tls->is_on || !tls->client_is_verified || tls->client_fingerprint[0] == '\0')
		return;
	str_init(&problem, PROBLEM_MAX);
	if (table_read(&table, &s->settings.control, "fingerprints", TABLE_PAIRS, &problem) == -1)
		log_note(PROGRAM, "failed", "unable to read fingerprints: %s",
		    problem.len > 0 ? problem.data : strerror(errno));
	entry = table_find(&table, slice_of(tls->client_fingerprint));
	if (entry != NULL && str_add_slice(name, entry->value) == -1)
		str_clear(name);
	table_free(&table);
	str_free(&problem);
}
