/* SPDX-License-Identifier: ISC */
/* The client's side of SASL: the examples of RFC 4616, 2195, 7677 and 7628, servers that are wrong,
 * and our own server. */
#include "net/sasl_client.h"

#include <stdlib.h>

#include "base/base64.h"
#include "tap.h"

#define FIRST_BARE "n=user,r=rOprNGfwEbeRWgbNEkqO"
#define NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER_FIRST "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL "c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SERVER_FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
#define TOKEN "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

/* What the server says, and what comes of it. */
struct step {
	const char *challenge; /* null: nothing */
	enum sasl_client_result result;
	const char *out; /* SASL_CLIENT_SAY: with / for NUL and ^ for \x01 */
	bool is_done;
};

struct exchange {
	const char *what, *mechanism, *offered, *login, *secret, *nonce;
	bool has_exporter, has_end_point;
	struct step steps[4];
};

#define SAY SASL_CLIENT_SAY
#define CANCEL SASL_CLIENT_CANCEL
#define SCRAM(what) what, "SCRAM-SHA-256", "SCRAM-SHA-256", "user", "pencil", "rOprNGfwEbeRWgbNEkqO"

static const struct exchange exchanges[] = {
    {"RFC 4616, 4", "PLAIN", "PLAIN", "tim", "tanstaaftanstaaf", NULL, false, false,
	{{NULL, SAY, "/tim/tanstaaftanstaaf", true}, {"more", CANCEL, "", true}}},
    {"behind an empty challenge", "PLAIN", "PLAIN", "tim", "x", NULL, false, false,
	{{"", SAY, "/tim/x", true}}},
    {"behind a challenge", "PLAIN", "PLAIN", "tim", "x", NULL, false, false,
	{{"say", CANCEL, "", false}}},
    {"LOGIN", "LOGIN", "LOGIN", "tim", "tanstaaf", NULL, false, false,
	{{NULL, SASL_CLIENT_WAIT, "", false}, {"Username:", SAY, "tim", false},
	    {"Password:", SAY, "tanstaaf", true}, {"again", CANCEL, "", true}}},
    {"RFC 2195, 2", "CRAM-MD5", "CRAM-MD5", "tim", "tanstaaftanstaaf", NULL, false, false,
	{{NULL, SASL_CLIENT_WAIT, "", false}, {"<1896.697170952@postoffice.reston.mci.net>", SAY,
						  "tim b913a602c7eda7a495b4e6e7334d3890", true}}},
    {"no challenge", "CRAM-MD5", "CRAM-MD5", "tim", "x", NULL, false, false,
	{{"", CANCEL, "", false}}},
    {SCRAM("RFC 7677, 3"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false}, {SERVER_FIRST, SAY, FINAL, false},
	    {SERVER_FINAL, SAY, "", true}, {"more", CANCEL, "", false}}},
    {"RFC 5802, 5", "SCRAM-SHA-1", "SCRAM-SHA-1", "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL",
	false, false,
	{{NULL, SAY, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", false},
	    {"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096", SAY,
		"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
		"p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		false},
	    {"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", SAY, "", true}, {"more", CANCEL, "", false}}},
    {"too few iterations", "SCRAM-SHA-1", "SCRAM-SHA-1", "user", "pencil", "abc", false, false,
	{{NULL, SAY, "n,,n=user,r=abc", false},
	    {"r=abcd,s=QSXCR+Q6sek8bf92,i=1", CANCEL, "", false}}},
    {"a certificate", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1-PLUS", "user", "pencil", "abc", false, true,
	{{NULL, SAY, "p=tls-server-end-point,,n=user,r=abc", false}}},
    {"RFC 4422, A.4", "EXTERNAL", "EXTERNAL", "", "", NULL, false, false,
	{{NULL, SAY, "", true}, {"more", CANCEL, "", true}}},
    {"RFC 4422, A.4", "EXTERNAL", "EXTERNAL", "fred@example.com", "", NULL, false, false,
	{{"", SAY, "fred@example.com", true}}},
    {SCRAM("another signature"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false}, {SERVER_FIRST, SAY, FINAL, false},
	    {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", CANCEL, "", false}}},
    {SCRAM("a short signature"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false}, {SERVER_FIRST, SAY, FINAL, false},
	    {"v=6rri", CANCEL, "", false}}},
    {SCRAM("an error"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false}, {SERVER_FIRST, SAY, FINAL, false},
	    {"e=invalid-proof", SAY, "", false}, {SERVER_FINAL, CANCEL, "", false}}},
    {SCRAM("a nonce that is not ours"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false},
	    {"r=x" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", CANCEL, "", false}}},
    {SCRAM("a nonce that is ours alone"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false},
	    {"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", CANCEL, "", false}}},
    {SCRAM("too few iterations"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false},
	    {"r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", CANCEL, "", false}}},
    {SCRAM("too many iterations"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false},
	    {"r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001", CANCEL, "", false}}},
    {SCRAM("no salt"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false}, {"r=" NONCE ",s=,i=4096", CANCEL, "", false}}},
    {SCRAM("an extension that must be understood"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false}, {"m=x," SERVER_FIRST, CANCEL, "", false}}},
    {SCRAM("nothing"), false, false,
	{{NULL, SAY, "n,," FIRST_BARE, false}, {"", CANCEL, "", false}}},
    {SCRAM("we could bind, the server not"), true, false,
	{{NULL, SAY, "y,," FIRST_BARE, false},
	    {SERVER_FIRST, SAY,
		"c=eSws,r=" NONCE ",p=FoqiHTtQEDE8lz1CdaEe3tK4mS+iMDTl77SPyDS53DY=", false}}},
    {"both could", "SCRAM-SHA-256", "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "user", "pencil", "abc",
	true, false, {{NULL, SAY, "n,,n=user,r=abc", false}}},
    {"an exporter", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS", "user", "pencil", "abc", true, true,
	{{NULL, SAY, "p=tls-exporter,,n=user,r=abc", false}}},
    {"a certificate", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS", "user", "pencil", "abc", false,
	true, {{NULL, SAY, "p=tls-server-end-point,,n=user,r=abc", false}}},
    {"a login with = and ,", "SCRAM-SHA-256", "SCRAM-SHA-256", "u,s=r", "pencil", "abc", false,
	false, {{NULL, SAY, "n,,n=u=2Cs=3Dr,r=abc", false}}},
    {"RFC 7628, 4.1", "OAUTHBEARER", "OAUTHBEARER", "user@example.com", TOKEN, NULL, false, false,
	{{NULL, SAY,
	    "n,a=user@example.com,^host=server.example.com^port=587^auth=Bearer " TOKEN "^^",
	    true}}},
    {"RFC 7628, 4.3", "OAUTHBEARER", "OAUTHBEARER", "a,b", "x", NULL, false, false,
	{{NULL, SAY, "n,a=a=2Cb,^host=server.example.com^port=587^auth=Bearer x^^", true},
	    {"{\"status\":\"invalid_token\"}", SAY, "^", false}, {"", CANCEL, "", false}}},
    {"XOAUTH2", "XOAUTH2", "XOAUTH2", "user@example.com", TOKEN, NULL, false, false,
	{{NULL, SAY, "user=user@example.com^auth=Bearer " TOKEN "^^", true},
	    {"{\"status\":\"401\"}", SAY, "", false}}},
};

static const struct sasl_conditions with_tls = {
    .is_encrypted = true, .exporter = {"0123456789abcdef", 16}, .end_point = {"hash", 4}};

static void
show(struct str *shown, const struct str *out)
{
	str_clear(shown);
	for (size_t i = 0; i < out->len; i++) {
		char c = out->data[i];

		(void)str_add_char(shown, (char)(c == '\0' ? '/' : c == '\1' ? '^' : c));
	}
}

static const struct sasl_client_mechanism *
find(const struct sasl_client *s, const char *name)
{
	return sasl_client_choose(s, sasl_client_bit(slice_of(name)));
}

/* In memory of its own size, so that a sanitizer sees a read behind it. */
static enum sasl_client_result
say_step(struct sasl_client *s, const char *challenge)
{
	size_t len = challenge == NULL ? 0 : strlen(challenge);
	char *copy = malloc(len + (len == 0));
	struct slice octets = slice_make(copy, len);
	enum sasl_client_result result;

	if (len > 0)
		memcpy(copy, challenge, len);
	result = sasl_client_step(s, challenge == NULL ? NULL : &octets);
	free(copy);
	return result;
}

static void
try_exchange(const struct exchange *e)
{
	struct sasl_client_account account = {
	    slice_of(e->login), slice_of(e->secret), slice_of("server.example.com"), 587};
	struct sasl_conditions conditions = {.is_encrypted = e->has_exporter || e->has_end_point};
	struct sasl_client s;
	struct str shown;

	str_init(&shown, 10000);
	if (e->has_exporter)
		conditions.exporter = with_tls.exporter;
	if (e->has_end_point)
		conditions.end_point = with_tls.end_point;
	sasl_client_init(&s, &account, &conditions);
	s.nonce_for_tests = e->nonce;
	sasl_client_begin(&s, sasl_client_choose(&s, sasl_client_bit(slice_of(e->mechanism))),
	    sasl_client_bits(slice_of(e->offered)));
	for (size_t i = 0; i < 4 && e->steps[i].out != NULL; i++) {
		const struct step *step = &e->steps[i];
		char name[200];

		(void)snprintf(name, sizeof name, "%s: %s, step %zu", e->mechanism, e->what, i + 1);
		tap_is_int(say_step(&s, step->challenge), step->result, name);
		show(&shown, &s.out);
		if (step->result == SASL_CLIENT_SAY)
			tap_is_text(shown.data, step->out, "what is said");
		tap_is_int(sasl_client_is_done(&s), step->is_done, "done");
	}
	sasl_client_free(&s);
	str_free(&shown);
}

static enum sasl_result
check_password(void *context, struct slice login, struct slice password, struct str *who)
{
	(void)context;
	(void)str_add_text(who, "user");
	return slice_is(login, "user") && slice_is(password, "pencil") ? SASL_ACCEPTED
								       : SASL_REFUSED;
}

static enum sasl_result
find_key(void *context, struct slice login, struct scram_key *key, struct str *who)
{
	(void)context;
	*key = (struct scram_key){.iterations = 4096, .salt_length = 4, .salt = "salt"};
	(void)scram_key_derive(key, slice_of("pencil"));
	(void)str_add_text(who, "user");
	return slice_is(login, "user") ? SASL_ACCEPTED : SASL_REFUSED;
}

static enum sasl_result
find_password(void *context, struct slice login, struct str *password, struct str *who)
{
	(void)context;
	(void)str_add_text(password, "pencil");
	(void)str_add_text(who, "user");
	return slice_is(login, "user") ? SASL_ACCEPTED : SASL_REFUSED;
}

static enum sasl_result
check_token(
    void *context, struct slice mechanism, struct slice login, struct slice token, struct str *who)
{
	(void)context;
	(void)mechanism;
	(void)str_add_slice(who, login);
	return slice_is(token, "pencil") ? SASL_ACCEPTED : SASL_REFUSED;
}

static const struct sasl_backend backend = {.check_password = check_password,
    .find_key = find_key,
    .find_password = find_password,
    .check_token = check_token};

/* True if both sides came to the end, and it was a good one. */
static bool
converse(struct sasl_client *client, struct sasl *server)
{
	enum sasl_client_result said = sasl_client_step(client, NULL);
	struct slice response = str_slice(&client->out);
	enum sasl_result result = sasl_step(server, said == SASL_CLIENT_WAIT ? NULL : &response);

	while (result == SASL_CHALLENGE) {
		struct slice challenge = str_slice(&server->out);

		if (sasl_client_step(client, &challenge) != SASL_CLIENT_SAY)
			return false;
		response = str_slice(&client->out);
		result = sasl_step(server, &response);
	}
	return result == SASL_ACCEPTED && sasl_client_is_done(client);
}

static bool
try_server(const char *mechanism, const char *secret, const struct sasl_conditions *of_client,
    const struct sasl_conditions *of_server)
{
	struct sasl_client_account account = {
	    slice_of("user"), slice_of(secret), slice_of("server.example.com"), 587};
	struct sasl_client client;
	struct sasl server;
	bool good;

	sasl_client_init(&client, &account, of_client);
	sasl_init(&server, &backend, of_server);
	sasl_client_begin(&client, find(&client, mechanism), sasl_client_bit(slice_of(mechanism)));
	sasl_begin(&server, sasl_find(slice_of(mechanism)));
	good = converse(&client, &server);
	sasl_client_free(&client);
	sasl_free(&server);
	return good;
}

static void
test_server(void)
{
	static const char *const names[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN",
	    "CRAM-MD5", "OAUTHBEARER", "XOAUTH2"};
	struct sasl_conditions other = with_tls, end_point = with_tls;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		tap_ok(try_server(names[i], "pencil", &with_tls, &with_tls), "%s", names[i]);
		tap_ok(!try_server(names[i], "pencils", &with_tls, &with_tls), "%s, wrong secret",
		    names[i]);
	}
	other.exporter = slice_of("fedcba9876543210");
	tap_ok(!try_server(names[0], "pencil", &with_tls, &other), "somebody is in between");
	end_point.exporter = slice_make(NULL, 0);
	tap_ok(try_server(names[0], "pencil", &end_point, &with_tls), "bound by the certificate");
}

static const char *
chosen(const struct sasl_conditions *conditions, const char *offered, unsigned allowed)
{
	struct sasl_client_account account = {.port = 0};
	const struct sasl_client_mechanism *m;
	struct sasl_client s;

	sasl_client_init(&s, &account, conditions);
	m = sasl_client_choose(&s, sasl_client_bits(slice_of(offered)) & allowed);
	sasl_client_free(&s);
	return m == NULL ? "none" : sasl_client_name(m);
}

static void
test_choice(void)
{
	static const struct sasl_conditions plain = {.is_encrypted = false};
	const char *all = "LOGIN PLAIN  CRAM-MD5 SCRAM-SHA-1 EXTERNAL scram-sha-256 XOAUTH2 NTLM "
			  "SCRAM-SHA-256-PLUS";
	unsigned usual = sasl_client_default();

	tap_is_text(chosen(&with_tls, all, usual), "SCRAM-SHA-256-PLUS", "bound");
	tap_is_text(chosen(&plain, all, usual), "SCRAM-SHA-256", "what cannot be bound");
	tap_is_text(chosen(&plain, "LOGIN PLAIN", usual), "PLAIN", "PLAIN before LOGIN");
	tap_is_text(chosen(&plain, "CRAM-MD5 XOAUTH2 OAUTHBEARER EXTERNAL SCRAM-SHA-1", usual),
	    "none", "if told");
	tap_is_text(
	    chosen(&plain, all, sasl_client_bits(slice_of("xoauth2 cram-md5"))), "XOAUTH2", "told");
	tap_is_text(chosen(&plain, "NTLM GSSAPI", usual), "none", "of others");
	tap_is_text(chosen(&plain, "", usual), "none", "nothing");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++)
		try_exchange(&exchanges[i]);
	test_server();
	test_choice();
	return tap_done();
}
