/* SPDX-License-Identifier: ISC */
#include "net/sasl_client.h"

#include <string.h>

#include "net/sasl_client_mechanism.h"

enum traits {
	IS_BINDING = 1,	     /* needs channel binding */
	IS_SERVER_FIRST = 2, /* no initial response (RFC 4422, 3.1) */
	IS_TOLD = 4,	     /* only where somebody names it */
};

struct sasl_client_mechanism {
	const char *name;
	unsigned traits;
	sasl_client_handler *step;
};

/* The strongest first. Those for a token or a certificate do not compete: such an account names
 * them. */
static const struct sasl_client_mechanism table[] = {
    {"SCRAM-SHA-256-PLUS", IS_BINDING, sasl_client_scram_plus},
    {"SCRAM-SHA-256", 0, sasl_client_scram},
    {"SCRAM-SHA-1-PLUS", IS_TOLD | IS_BINDING, sasl_client_scram_sha_1_plus},
    {"SCRAM-SHA-1", IS_TOLD, sasl_client_scram_sha_1},
    {"OAUTHBEARER", IS_TOLD, sasl_client_oauthbearer},
    {"XOAUTH2", IS_TOLD, sasl_client_xoauth2},
    {"CRAM-MD5", IS_TOLD | IS_SERVER_FIRST, sasl_client_cram_md5},
    {"PLAIN", 0, sasl_client_plain},
    {"LOGIN", IS_SERVER_FIRST, sasl_client_login},
    {"EXTERNAL", IS_TOLD, sasl_client_external},
};

#define COUNT (sizeof table / sizeof table[0])

unsigned
sasl_client_bit(struct slice name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (slice_is_nocase(name, table[i].name))
			return 1U << i;
	return 0;
}

unsigned
sasl_client_bits(struct slice list)
{
	struct slice name;
	unsigned bits = 0;

	while (slice_word(&list, &name))
		bits |= sasl_client_bit(name);
	return bits;
}

unsigned
sasl_client_default(void)
{
	unsigned bits = 0;

	for (size_t i = 0; i < COUNT; i++)
		if ((table[i].traits & IS_TOLD) == 0)
			bits |= 1U << i;
	return bits;
}

const char *
sasl_client_name(const struct sasl_client_mechanism *m)
{
	return m->name;
}

unsigned
sasl_client_bit_of(const struct sasl_client_mechanism *m)
{
	return 1U << (m - table);
}

void
sasl_client_init(struct sasl_client *s, const struct sasl_client_account *account,
    const struct sasl_conditions *conditions)
{
	*s = (struct sasl_client){.account = *account, .conditions = *conditions};
	str_init(&s->out, SASL_MESSAGE_MAX);
	str_init(&s->complaint, SASL_CLIENT_COMPLAINT_MAX);
	str_init(&s->header, SASL_MESSAGE_MAX);
	str_init(&s->nonce, SASL_MESSAGE_MAX);
	str_init(&s->message, 3 * SASL_MESSAGE_MAX);
}

void
sasl_client_free(struct sasl_client *s)
{
	str_wipe(&s->out);
	str_free(&s->complaint);
	str_wipe(&s->header);
	str_wipe(&s->nonce);
	str_wipe(&s->message);
	explicit_bzero(s->signature, sizeof s->signature);
}

/* RFC 5929, 9266: only TLS gives it. */
static bool
can_bind(const struct sasl_client *s)
{
	const struct sasl_conditions *c = &s->conditions;

	return c->is_encrypted && c->exporter.len + c->end_point.len > 0;
}

const struct sasl_client_mechanism *
sasl_client_choose(const struct sasl_client *s, unsigned bits)
{
	for (size_t i = 0; i < COUNT; i++)
		if ((bits & 1U << i) != 0 && ((table[i].traits & IS_BINDING) == 0 || can_bind(s)))
			return &table[i];
	return NULL;
}

void
sasl_client_begin(struct sasl_client *s, const struct sasl_client_mechanism *m, unsigned offered)
{
	s->mechanism = m;
	s->server_binds = false;
	for (size_t i = 0; i < COUNT; i++)
		if ((offered & 1U << i) != 0 && (table[i].traits & IS_BINDING) != 0)
			s->server_binds = true;
	s->is_done = false;
	s->step = 0;
	str_clear(&s->out);
	str_clear(&s->complaint);
	str_clear(&s->header);
	str_clear(&s->nonce);
	str_clear(&s->message);
}

enum sasl_client_result
sasl_client_step(struct sasl_client *s, const struct slice *challenge)
{
	const struct sasl_client_mechanism *m = s->mechanism;
	bool is_server_first = (m->traits & IS_SERVER_FIRST) != 0;

	str_clear(&s->out);
	if (challenge == NULL && is_server_first)
		return SASL_CLIENT_WAIT;
	if (challenge != NULL && challenge->len > SASL_MESSAGE_MAX)
		return SASL_CLIENT_CANCEL;
	/* a server that is asked to let the client begin has nothing to say (RFC 4954, 4) */
	if (s->step == 0 && !is_server_first && challenge != NULL && challenge->len > 0)
		return SASL_CLIENT_CANCEL;
	s->step++;
	return m->step(s, challenge == NULL ? slice_make(NULL, 0) : *challenge);
}

bool
sasl_client_is_done(const struct sasl_client *s)
{
	return s->is_done;
}
