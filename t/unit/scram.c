/* SPDX-License-Identifier: ISC */
/* SASL, with the examples of RFC 4616, 2195, 5802's successor 7677, and 7628; and what is wrong. */
#include <stdint.h>
#include <stdlib.h>

#include "base/base64.h"
#include "net/password.h"
#include "net/sasl.h"
#include "tap.h"

#define FIRST_BARE "n=user,r=rOprNGfwEbeRWgbNEkqO"
#define OURS "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define NONCE "rOprNGfwEbeRWgbNEkqO" OURS
#define SERVER_FIRST "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL "c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SERVER_FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

struct asked {
	unsigned passwords, keys, tokens;
};

static enum sasl_result
say(bool good, const char *name, struct str *who)
{
	return good && str_add_text(who, name) == 0 ? SASL_ACCEPTED : SASL_REFUSED;
}

static enum sasl_result
check_password(void *context, struct slice login, struct slice password, struct str *who)
{
	struct asked *a = context;

	a->passwords++;
	return say(
	    slice_is_nocase(login, "tim") && slice_is(password, "tanstaaftanstaaf"), "tim", who);
}

static enum sasl_result
find_key(void *context, struct slice login, struct scram_key *key, struct str *who)
{
	struct asked *a = context;
	struct str salt;

	a->keys++;
	str_init(&salt, 64);
	(void)base64_decode(&salt, slice_of("W22ZaJ0SNY7soEsUEjb6gQ=="));
	*key = (struct scram_key){.iterations = 4096, .salt_length = salt.len};
	memcpy(key->salt, salt.data, salt.len);
	str_free(&salt);
	(void)scram_key_derive(key, slice_of("pencil"));
	return say(slice_is(login, "user") || slice_is(login, "u,s=r"), "user", who);
}

static enum sasl_result
find_password(void *context, struct slice login, struct str *password, struct str *who)
{
	(void)context;
	(void)str_add_text(password, "tanstaaftanstaaf");
	return say(slice_is(login, "tim"), "tim", who);
}

static enum sasl_result
check_token(
    void *context, struct slice mechanism, struct slice login, struct slice token, struct str *who)
{
	struct asked *a = context;

	a->tokens++;
	(void)mechanism;
	(void)login;
	return say(
	    slice_is(token, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="), "user@example.com", who);
}

static enum sasl_result
check_name(void *context, struct slice login, struct str *who)
{
	(void)context;
	return say(slice_is_nocase(login, "tim"), "tim", who);
}

/* What a client says, and what comes of it: out for a challenge, else the login. */
struct step {
	const char *said; /* null: nothing */
	size_t len;	  /* of what holds NULs; 0: to its end */
	enum sasl_result result;
	const char *out;
};

struct exchange {
	const char *what, *mechanism, *nonce;
	bool is_binding_offered;
	struct step steps[4];
};

#define BINDING "p=tls-exporter,,"
#define BOUND "c=cD10bHMtZXhwb3J0ZXIsLA=="

static const struct exchange exchanges[] = {
    {"RFC 4616, 4", "PLAIN", NULL, false, {{"\0tim\0tanstaaftanstaaf", 21, SASL_ACCEPTED, "tim"}}},
    {"after an empty challenge", "PLAIN", NULL, false,
	{{NULL, 0, SASL_CHALLENGE, ""}, {"\0Tim\0tanstaaftanstaaf", 21, SASL_ACCEPTED, "tim"}}},
    {"authzid, the same", "PLAIN", NULL, false,
	{{"tim\0tim\0tanstaaftanstaaf", 24, SASL_ACCEPTED, "tim"}}},
    {"authzid, another", "PLAIN", NULL, false,
	{{"kurt\0tim\0tanstaaftanstaaf", 25, SASL_REFUSED, "tim"}}},
    {"wrong password", "PLAIN", NULL, false, {{"\0tim\0tanstaaf", 13, SASL_REFUSED, "tim"}}},
    {"no password", "PLAIN", NULL, false, {{"\0tim\0", 5, SASL_REFUSED, "tim"}}},
    {"no login", "PLAIN", NULL, false, {{"\0\0tanstaaf", 10, SASL_REFUSED, ""}}},
    {"control character", "PLAIN", NULL, false, {{"\0tim\0a\nb", 8, SASL_REFUSED, "tim"}}},
    {"one NUL", "PLAIN", NULL, false, {{"tim\0tanstaaf", 12, SASL_SYNTAX, ""}}},
    {"three NULs", "PLAIN", NULL, false, {{"\0tim\0a\0b", 8, SASL_SYNTAX, ""}}},
    {"nothing", "PLAIN", NULL, false, {{"", 0, SASL_SYNTAX, ""}}},
    {"LOGIN", "LOGIN", NULL, false,
	{{NULL, 0, SASL_CHALLENGE, "Username:"}, {"tim", 0, SASL_CHALLENGE, "Password:"},
	    {"tanstaaftanstaaf", 0, SASL_ACCEPTED, "tim"}}},
    {"LOGIN, name at once", "LOGIN", NULL, false,
	{{"tim", 0, SASL_CHALLENGE, "Password:"}, {"wrong", 0, SASL_REFUSED, "tim"}}},
    {"RFC 2195, 2", "CRAM-MD5", "<1896.697170952@postoffice.reston.mci.net>", false,
	{{NULL, 0, SASL_CHALLENGE, "<1896.697170952@postoffice.reston.mci.net>"},
	    {"tim b913a602c7eda7a495b4e6e7334d3890", 0, SASL_ACCEPTED, "tim"}}},
    {"wrong digest", "CRAM-MD5", "<1@x>", false,
	{{NULL, 0, SASL_CHALLENGE, "<1@x>"},
	    {"tim b913a602c7eda7a495b4e6e7334d3890", 0, SASL_REFUSED, "tim"}}},
    {"speaks first", "CRAM-MD5", "<1@x>", false, {{"tim", 0, SASL_SYNTAX, ""}}},
    {"RFC 7677, 3", "SCRAM-SHA-256", OURS, false,
	{{"n,," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {FINAL, 0, SASL_CHALLENGE, SERVER_FINAL}, {"", 0, SASL_ACCEPTED, "user"}}},
    {"with authzid", "SCRAM-SHA-256", OURS, false,
	{{"n,a=user," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    /* "c=" is part of what the proof is about, so the one of the RFC does not do */
	    {"c=bixhPXVzZXIs,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", 0,
		SASL_REFUSED, "user"}}},
    {"something behind the end", "SCRAM-SHA-256", OURS, false,
	{{"n,," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {FINAL, 0, SASL_CHALLENGE, SERVER_FINAL}, {"x", 0, SASL_SYNTAX, "user"}}},
    {"nobody's login gets a challenge", "SCRAM-SHA-256", OURS, false,
	{{"n,,n=nobody,r=rOprNGfwEbeRWgbNEkqO", 0, SASL_CHALLENGE, SERVER_FIRST},
	    {FINAL, 0, SASL_REFUSED, "nobody"}}},
    {"authzid of another", "SCRAM-SHA-256", OURS, false,
	{{"n,a=root," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {FINAL, 0, SASL_REFUSED, "user"}}},
    {"a login with = and ,", "SCRAM-SHA-256", OURS, false,
	{{"n,,n=u=2Cs=3Dr,r=rOprNGfwEbeRWgbNEkqO", 0, SASL_CHALLENGE, SERVER_FIRST}}},
    {"a login with another =", "SCRAM-SHA-256", OURS, false,
	{{"n,,n=u=2cr,r=abc", 0, SASL_SYNTAX, "u"}}},
    {"another nonce", "SCRAM-SHA-256", OURS, false,
	{{"n,," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {"c=biws,r=x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", 0, SASL_REFUSED,
		"user"}}},
    {"a short proof", "SCRAM-SHA-256", OURS, false,
	{{"n,," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {"c=biws,r=" NONCE ",p=dHzb", 0, SASL_REFUSED, "user"}}},
    {"no proof", "SCRAM-SHA-256", OURS, false,
	{{"n,," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {"c=biws,r=" NONCE, 0, SASL_SYNTAX, "user"}}},
    {"no base 64", "SCRAM-SHA-256", OURS, false,
	{{"n,," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {"c=biws,r=" NONCE ",p=!", 0, SASL_SYNTAX, "user"}}},
    {"a mandatory extension", "SCRAM-SHA-256", OURS, false,
	{{"n,,m=x," FIRST_BARE, 0, SASL_SYNTAX, ""}}},
    {"an empty login", "SCRAM-SHA-256", OURS, false, {{"n,,n=,r=abc", 0, SASL_SYNTAX, ""}}},
    {"no nonce", "SCRAM-SHA-256", OURS, false, {{"n,,n=user", 0, SASL_SYNTAX, ""}}},
    {"an empty nonce", "SCRAM-SHA-256", OURS, false, {{"n,,n=user,r=", 0, SASL_SYNTAX, ""}}},
    {"no header", "SCRAM-SHA-256", OURS, false, {{FIRST_BARE, 0, SASL_SYNTAX, ""}}},
    {"nothing", "SCRAM-SHA-256", OURS, false, {{"", 0, SASL_SYNTAX, ""}}},
    {"binds without -PLUS", "SCRAM-SHA-256", OURS, true,
	{{BINDING FIRST_BARE, 0, SASL_SYNTAX, ""}}},
    {"was told that we cannot bind", "SCRAM-SHA-256", OURS, true,
	{{"y,," FIRST_BARE, 0, SASL_REFUSED, ""}}},
    {"knows that we cannot bind", "SCRAM-SHA-256", OURS, false,
	{{"y,," FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST}}},
    {"-PLUS without binding", "SCRAM-SHA-256-PLUS", OURS, true,
	{{"n,," FIRST_BARE, 0, SASL_SYNTAX, ""}}},
    {"an unknown binding", "SCRAM-SHA-256-PLUS", OURS, true,
	{{"p=tls-unique,," FIRST_BARE, 0, SASL_REFUSED, ""}}},
    {"a binding that is not known here", "SCRAM-SHA-256-PLUS", OURS, true,
	{{"p=tls-server-end-point,," FIRST_BARE, 0, SASL_REFUSED, ""}}},
    {"the header without the binding", "SCRAM-SHA-256-PLUS", OURS, true,
	{{BINDING FIRST_BARE, 0, SASL_CHALLENGE, SERVER_FIRST},
	    {BOUND ",r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", 0, SASL_REFUSED,
		"user"}}},
    {"RFC 7628, 4.1", "OAUTHBEARER", NULL, false,
	{{"n,a=user@example.com,\1host=server.example.com\1port=143\1"
	  "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1",
	    0, SASL_ACCEPTED, "user@example.com"}}},
    {"RFC 7628, 4.3", "OAUTHBEARER", NULL, false,
	{{"n,,\1auth=Bearer wrong\1\1", 0, SASL_CHALLENGE, "{\"status\":\"invalid_token\"}"},
	    {"\1", 0, SASL_REFUSED, ""}}},
    {"no end", "OAUTHBEARER", NULL, false, {{"n,,\1auth=Bearer x\1", 0, SASL_SYNTAX, ""}}},
    {"no token", "OAUTHBEARER", NULL, false, {{"n,,\1auth=Bearer \1\1", 0, SASL_SYNTAX, ""}}},
    {"no comma behind a=", "OAUTHBEARER", NULL, false, {{"n,a=\1\1", 0, SASL_SYNTAX, ""}}},
    {"XOAUTH2", "XOAUTH2", NULL, false,
	{{"user=user@example.com\1auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1", 0,
	    SASL_ACCEPTED, "user@example.com"}}},
    {"EXTERNAL", "EXTERNAL", NULL, false, {{"", 0, SASL_ACCEPTED, "tim"}}},
    {"EXTERNAL for another", "EXTERNAL", NULL, false, {{"kurt", 0, SASL_REFUSED, "tim"}}},
};

static struct asked asked;
static const struct sasl_backend backend = {
    &asked, check_password, find_key, find_password, check_token, check_name};
static const struct sasl_conditions conditions = {
    .is_encrypted = true, .exporter = {"0123456789abcdef", 16}, .certificate = {"tim", 3}};

/* In memory of its own size, so that a sanitizer sees a read behind it. */
static enum sasl_result
say_step(struct sasl *s, const struct step *step)
{
	size_t len = step->said == NULL ? 0 : step->len > 0 ? step->len : strlen(step->said);
	char *copy = malloc(len + (len == 0));
	struct slice response = slice_make(copy, len);
	enum sasl_result result;

	if (len > 0)
		memcpy(copy, step->said, len);
	result = sasl_step(s, step->said == NULL ? NULL : &response);
	free(copy);
	return result;
}

static void
try_exchange(const struct exchange *e)
{
	struct sasl s;

	sasl_init(&s, &backend, &conditions);
	s.nonce_for_tests = e->nonce;
	s.is_binding_offered = e->is_binding_offered;
	sasl_begin(&s, sasl_find(slice_of(e->mechanism)));
	for (size_t i = 0; i < 4 && e->steps[i].out != NULL; i++) {
		const struct step *step = &e->steps[i];
		char name[200];

		(void)snprintf(name, sizeof name, "%s: %s, step %zu", e->mechanism, e->what, i + 1);
		tap_is_int(say_step(&s, step), step->result, name);
		tap_is_text(step->result == SASL_CHALLENGE ? s.out.data : s.login.data, step->out,
		    "what comes of it");
	}
	sasl_free(&s);
}

/* The same key and nonce, bound to the connection. */
static void
try_binding(void)
{
	static const struct slice none = {NULL, 0};
	struct slice first = slice_of(BINDING FIRST_BARE), final;
	struct str text, message, client, who;
	struct scram_key key;
	unsigned char mac[SCRAM_HASH], proof[SCRAM_HASH];
	struct sasl s;

	str_init(&who, 64);
	(void)find_key(&asked, none, &key, &who);
	str_free(&who);
	str_init(&text, 4096);
	str_init(&message, 4096);
	(void)str_add_text(&text, "c=");
	(void)base64_encode(&text, slice_of(BINDING "0123456789abcdef"));
	(void)str_add_text(&text, ",r=" NONCE);
	(void)str_format(&message, "%s,%s,%s", FIRST_BARE, SERVER_FIRST, text.data);
	/* ClientKey, which a client computes from the password */
	str_init(&client, 64);
	(void)base64_decode(&client, slice_of("pg/JI9Z+hkSpLRa5btpe9GVrDHJcSEN0viVTVXaZbos="));
	(void)scram_hmac(key.stored, SCRAM_HASH, str_slice(&message), mac);
	for (size_t i = 0; i < SCRAM_HASH; i++)
		proof[i] = (unsigned char)client.data[i] ^ mac[i];
	str_free(&client);
	(void)str_add_text(&text, ",p=");
	(void)base64_encode(&text, slice_make((char *)proof, sizeof proof));
	final = str_slice(&text);
	sasl_init(&s, &backend, &conditions);
	s.nonce_for_tests = OURS;
	sasl_begin(&s, sasl_find(slice_of("SCRAM-SHA-256-PLUS")));
	tap_is_int(sasl_step(&s, &first), SASL_CHALLENGE, "bound: first");
	tap_is_int(sasl_step(&s, &final), SASL_CHALLENGE, "bound: final");
	tap_is_int(sasl_step(&s, &none), SASL_ACCEPTED, "bound: accepted");
	sasl_free(&s);
	str_free(&text);
	str_free(&message);
}

static void
try_keys(void)
{
	static const char *const wrong[] = {"", "4096", "4096,c2FsdA==", "0,c2FsdA==,a,b",
	    "4096,c2FsdA==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
	    "4096,c2FsdA==,WG5d,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
	    "4096,,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
	    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
	    "99999999999,c2FsdA==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
	    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="};
	/* RFC 7677's example, as PostgreSQL and Dovecot write it */
	static const char *const pencil =
	    "4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
	    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
	struct scram_key key;
	struct str text;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		tap_ok(!scram_key_parse(&key, slice_of(wrong[i])), "no key: %s", wrong[i]);
	tap_ok(scram_key_parse(&key, slice_of(pencil)), "a key");
	tap_ok(scram_key_is_of(&key, slice_of("pencil")), "its password");
	tap_ok(!scram_key_is_of(&key, slice_of("pencils")), "no other");
	str_init(&text, 4096);
	tap_ok(scram_key_format(&key, &text) == 0, "as text");
	tap_is_text(text.data, pencil, "the same");
	str_free(&text);
}

static void
try_hashes(void)
{
	struct str hash;

	str_init(&hash, 4096);
	tap_ok(password_hash(&hash, slice_of("secret"), "$5$") == 0, "a hash");
	tap_ok(password_is_of(hash.data, slice_of("secret")), "its password");
	tap_ok(!password_is_of(hash.data, slice_of("Secret")), "no other");
	tap_ok(!password_is_of(hash.data, slice_make("secret\0x", 8)), "no NUL");
	tap_ok(!password_is_of("", slice_of("")), "no hash, no password");
	tap_ok(!password_is_of("*0", slice_of("")), "what fails matches nothing");
	tap_ok(!password_is_of("*1", slice_of("x")), "nor does the other failure");
	str_free(&hash);
}

static void
try_table(void)
{
	static const struct sasl_backend nothing = {.context = NULL};
	struct sasl_conditions in_the_clear = {.is_encrypted = false, .exporter = {"x", 1}};
	struct sasl s;

	sasl_init(&s, &nothing, &conditions);
	for (size_t i = 0; sasl_at(i) != NULL; i++)
		tap_ok(!sasl_can(&s, sasl_at(i)), "%s needs a backend", sasl_name(sasl_at(i)));
	sasl_free(&s);
	sasl_init(&s, &backend, &in_the_clear);
	tap_ok(!sasl_can(&s, sasl_find(slice_of("scram-sha-256-plus"))), "-PLUS needs TLS");
	tap_ok(!sasl_can(&s, sasl_find(slice_of("EXTERNAL"))), "EXTERNAL needs a certificate");
	tap_ok(sasl_find(slice_of("SCRAM-SHA-1")) == NULL, "unknown");
	sasl_free(&s);
	tap_ok(sasl_is_name(slice_of("\xc3\xa4@example.org")), "UTF-8 is a name");
	tap_ok(!sasl_is_name(slice_of("\xe4@example.org")), "Latin 1 is none");
	tap_ok(!sasl_is_name(slice_of("a\x7f")), "nor is a control character");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++)
		try_exchange(&exchanges[i]);
	try_binding();
	try_keys();
	try_hashes();
	try_table();
	tap_ok(asked.passwords > 0 && asked.keys > 0 && asked.tokens > 0, "the backend was asked");
	return tap_done();
}
