/* SPDX-License-Identifier: ISC */
#include "net/sasl.h"

#include <string.h>

#include "base/utf8.h"
#include "net/sasl_mechanism.h"

enum needs {
	NEEDS_PASSWORD = 1, /* functions of the backend */
	NEEDS_KEY = 2,
	NEEDS_SECRET = 4,
	NEEDS_TOKEN = 8,
	NEEDS_NAME = 16,
	IS_CLEAR = 32,
	IS_BINDING = 64,
	IS_OFF = 128,
	IS_FIRST =
	    256, /* the server's challenge comes first: no initial response (RFC 4422, 3.1) */
};

struct sasl_mechanism {
	const char *name;
	unsigned needs;
	sasl_handler *step;
	const char *prompt; /* the challenge to a client that has said nothing yet */
};

/* The strongest first: some clients take the first that they know. */
static const struct sasl_mechanism table[] = {
    {"SCRAM-SHA-256-PLUS", NEEDS_KEY | IS_BINDING, sasl_scram, ""},
    {"SCRAM-SHA-256", NEEDS_KEY, sasl_scram, ""},
    {"EXTERNAL", NEEDS_NAME, sasl_external, ""},
    {"OAUTHBEARER", NEEDS_TOKEN | IS_CLEAR, sasl_oauthbearer, ""},
    {"XOAUTH2", NEEDS_TOKEN | IS_CLEAR, sasl_xoauth2, ""},
    {"PLAIN", NEEDS_PASSWORD | IS_CLEAR, sasl_plain, ""},
    {"LOGIN", NEEDS_PASSWORD | IS_CLEAR, sasl_login, "Username:"},
    {"CRAM-MD5", NEEDS_SECRET | IS_OFF | IS_FIRST, sasl_cram_md5, NULL},
};

void
sasl_init(
    struct sasl *s, const struct sasl_backend *backend, const struct sasl_conditions *conditions)
{
	*s = (struct sasl){.backend = backend, .conditions = *conditions};
	str_init(&s->out, SASL_MESSAGE_MAX);
	str_init(&s->login, SASL_NAME_MAX);
	str_init(&s->binding, SASL_MESSAGE_MAX);
	str_init(&s->message, 3 * SASL_MESSAGE_MAX);
	str_init(&s->nonce, SASL_MESSAGE_MAX);
}

void
sasl_free(struct sasl *s)
{
	str_wipe(&s->out);
	str_wipe(&s->login);
	str_wipe(&s->binding);
	str_wipe(&s->message);
	str_wipe(&s->nonce);
	explicit_bzero(&s->key, sizeof s->key);
}

const struct sasl_mechanism *
sasl_at(size_t index)
{
	return index < sizeof table / sizeof table[0] ? &table[index] : NULL;
}

const struct sasl_mechanism *
sasl_find(struct slice name)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (slice_is_nocase(name, table[i].name))
			return &table[i];
	return NULL;
}

const char *
sasl_name(const struct sasl_mechanism *m)
{
	return m->name;
}

bool
sasl_is_clear(const struct sasl_mechanism *m)
{
	return (m->needs & IS_CLEAR) != 0;
}

bool
sasl_is_binding(const struct sasl_mechanism *m)
{
	return (m->needs & IS_BINDING) != 0;
}

bool
sasl_is_off(const struct sasl_mechanism *m)
{
	return (m->needs & IS_OFF) != 0;
}

bool
sasl_can(const struct sasl *s, const struct sasl_mechanism *m)
{
	const struct sasl_backend *b = s->backend;
	const struct sasl_conditions *c = &s->conditions;
	unsigned has = 0;

	has |= b->check_password != NULL ? NEEDS_PASSWORD : 0U;
	has |= b->find_key != NULL ? NEEDS_KEY : 0U;
	has |= b->find_password != NULL ? NEEDS_SECRET : 0U;
	has |= b->check_token != NULL ? NEEDS_TOKEN : 0U;
	has |= b->check_name != NULL && c->certificate.len > 0 ? NEEDS_NAME : 0U;
	has |= c->is_encrypted && c->exporter.len + c->end_point.len > 0 ? IS_BINDING : 0U;
	return (m->needs & ~(has | IS_CLEAR | IS_OFF | IS_FIRST)) == 0;
}

void
sasl_begin(struct sasl *s, const struct sasl_mechanism *m)
{
	s->mechanism = m;
	s->step = 0;
	s->is_known = false;
	s->told = SASL_CHALLENGE;
	str_clear(&s->out);
	str_clear(&s->login);
	str_clear(&s->binding);
	str_clear(&s->message);
	str_clear(&s->nonce);
	explicit_bzero(&s->key, sizeof s->key);
}

enum sasl_result
sasl_step(struct sasl *s, const struct slice *response)
{
	const struct sasl_mechanism *m = s->mechanism;
	bool is_server_first = (m->needs & IS_FIRST) != 0;

	str_clear(&s->out);
	/* a client that speaks out of turn, or is silent out of turn */
	if (response == NULL ? s->step > 0 : s->step == 0 && is_server_first)
		return SASL_SYNTAX;
	if (response != NULL && response->len > SASL_MESSAGE_MAX)
		return SASL_SYNTAX;
	if (response == NULL && !is_server_first)
		return sasl_challenge(s, m->prompt); /* RFC 4422, 5: often an empty one */
	s->step++;
	return m->step(s, response == NULL ? slice_make(NULL, 0) : *response);
}

bool
sasl_is_name(struct slice name)
{
	if (name.len == 0 || name.len > SASL_NAME_MAX || slice_has_control(name))
		return false;
	while (name.len > 0) {
		size_t len = (unsigned char)name.data[0] < 0x80 ? 1 : utf8_sequence(name);

		if (len == 0)
			return false;
		name = slice_skip(name, len);
	}
	return true;
}

enum sasl_result
sasl_accept(struct sasl *s, const struct str *who)
{
	str_clear(&s->login);
	if (who->len == 0 || str_add_slice(&s->login, str_slice(who)) == -1)
		return SASL_TEMPORARY;
	return SASL_ACCEPTED;
}

enum sasl_result
sasl_challenge(struct sasl *s, const char *text)
{
	str_clear(&s->out);
	return str_add_text(&s->out, text) == 0 ? SASL_CHALLENGE : SASL_TEMPORARY;
}
