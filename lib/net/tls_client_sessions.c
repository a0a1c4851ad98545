/* SPDX-License-Identifier: ISC */
/* Sessions to be resumed: a few servers' last ones, by server and requirement. */
#include <openssl/evp.h>
#include <string.h>

#include "base/clock.h"
#include "net/tls_client_private.h"

#define KEPT_SECONDS 3600 /* then a certificate is looked at again */
#define NAME_MAX_OCTETS ((size_t)256 << 10)

static int
take_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct tls_client_stream *s = SSL_get_app_data(ssl);

	SSL_SESSION_free(s->ticket);
	s->ticket = session;
	return 1;
}

void
tls_client_sessions_set(SSL_CTX *context)
{
	(void)SSL_CTX_set_session_cache_mode(
	    context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, take_ticket);
}

static void
clear(struct tls_session *one)
{
	SSL_SESSION_free(one->session);
	one->session = NULL;
}

void
tls_client_sessions_free(struct tls_client *t)
{
	for (size_t i = 0; i < TLS_SESSIONS_MAX; i++) {
		clear(&t->sessions[i]);
		str_free(&t->sessions[i].problem);
	}
}

/* All that the server must be, each part with its length, so that no two read the same. */
static int
spell(struct str *out, struct slice server, const struct tls_requirement *r)
{
	if (str_format(out, "%zu:%.*s %d %d %zu:%s %zu:%s", server.len, (int)server.len,
		server.data, (int)r->level, r->is_testing, r->fingerprints.len,
		r->fingerprints.data, strlen(r->sni), r->sni) == -1)
		return -1;
	for (size_t i = 0; i < r->name_count; i++)
		if (str_format(out, " %zu:%s", strlen(r->names[i]), r->names[i]) == -1)
			return -1;
	for (size_t i = 0; i < r->tlsa_count; i++) {
		const struct tls_tlsa *one = &r->tlsa[i];

		if (str_format(out, " %u %u %u %zu:", one->usage, one->selector, one->matching,
			one->length) == -1 ||
		    str_add(out, one->data, one->length) == -1)
			return -1;
	}
	return 0;
}

static bool
make_key(unsigned char *key, struct slice server, const struct tls_requirement *r)
{
	struct str text;
	bool made;

	str_init(&text, NAME_MAX_OCTETS);
	made = spell(&text, server, r) == 0 &&
	       EVP_Digest(text.data, text.len, key, NULL, EVP_sha256(), NULL) == 1;
	str_free(&text);
	return made;
}

static struct tls_session *
find(struct tls_client *t, const unsigned char *key)
{
	for (size_t i = 0; i < TLS_SESSIONS_MAX; i++)
		if (t->sessions[i].session != NULL &&
		    memcmp(t->sessions[i].key, key, TLS_SESSION_KEY_OCTETS) == 0)
			return &t->sessions[i];
	return NULL;
}

/* Out of the cache: it comes back at the end of the connection, if it may be used again. */
static void
take_up(struct tls_client_stream *s, struct tls_session *one)
{
	int64_t age = clock_wall_seconds() - one->made;

	if (age >= 0 && age < KEPT_SECONDS && SSL_SESSION_is_resumable(one->session) &&
	    SSL_set_session(s->ssl, one->session) == 1) {
		s->kept.made = one->made;
		s->kept.is_met = one->is_met;
		s->kept.proof = one->proof;
		s->kept.failure = one->failure;
		str_clear(&s->kept.problem);
		(void)str_add_slice(&s->kept.problem, str_slice(&one->problem));
	}
	clear(one);
}

bool
tls_client_session_find(struct tls_client_stream *s, struct slice server)
{
	struct tls_session *one;

	if (!make_key(s->kept.key, server, s->requirement))
		return false;
	one = s->client->is_looking ? NULL : find(s->client, s->kept.key);
	if (one != NULL)
		take_up(s, one);
	return true;
}

static struct tls_session *
free_place(struct tls_client *t)
{
	struct tls_session *one;

	for (size_t i = 0; i < TLS_SESSIONS_MAX; i++)
		if (t->sessions[i].session == NULL)
			return &t->sessions[i];
	one = &t->sessions[t->oldest];
	t->oldest = (t->oldest + 1) % TLS_SESSIONS_MAX;
	clear(one);
	return one;
}

void
tls_client_session_keep(struct tls_client_stream *s)
{
	SSL_SESSION *session = s->ticket;
	struct tls_session *place = find(s->client, s->kept.key);

	s->ticket = NULL;
	if (session == NULL && SSL_version(s->ssl) < TLS1_3_VERSION)
		session = SSL_get1_session(s->ssl);
	if (session == NULL || !SSL_SESSION_is_resumable(session)) {
		SSL_SESSION_free(session);
		return;
	}
	if (place == NULL)
		place = free_place(s->client);
	clear(place);
	str_free(&place->problem);
	*place = s->kept;
	place->session = session;
	str_init(&s->kept.problem, TLS_REASON_MAX);
}
