/* SPDX-License-Identifier: ISC */
#include "secret.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

#define SCRAM_PREFIX "{SCRAM-SHA-256}"
#define PLAIN_PREFIX "{PLAIN}"
#define CRYPT_PREFIX "{CRYPT}"
/* as accounts_samples has them */
#define SAMPLES_ANY ""
#define SAMPLES_KEY "{scram-sha-256}"
#define SAMPLES_PASSWORD "{plain}"

bool
secret_split(struct secret *secret, struct slice value)
{
	struct slice word;
	bool good = value.len > 0;

	*secret = (struct secret){.hash = {NULL, 0}};
	while (slice_word(&value, &word)) {
		if (slice_starts_nocase(word, SCRAM_PREFIX))
			secret->key = slice_skip(word, strlen(SCRAM_PREFIX));
		else if (slice_starts_nocase(word, PLAIN_PREFIX))
			secret->password = slice_skip(word, strlen(PLAIN_PREFIX));
		else if (slice_starts_nocase(word, CRYPT_PREFIX))
			secret->hash = slice_skip(word, strlen(CRYPT_PREFIX));
		else if (word.data[0] != '{')
			secret->hash = word;
		else
			good = false;
	}
	return good;
}

/* The key, too, where there is one. */
static bool
is_whole(const struct secret *secret)
{
	struct scram_key key;
	bool good = secret->key.len == 0 || scram_key_parse(&key, secret->key);

	explicit_bzero(&key, sizeof key);
	return good;
}

static void
complain(const char *what, const char *why)
{
	log_note(PROGRAM, "failed", "%s: %s", what, why);
}

int
secret_open(struct server *s, struct accounts *a)
{
	struct str problem;
	int result;

	str_init(&problem, PROBLEM_MAX);
	result = accounts_open_secrets(a, &s->settings.control, &problem);
	if (result == -1)
		complain(problem.len > 0 ? problem.data : "secrets",
		    errno == EPERM    ? "others may read it; chmod 600"
		    : errno == EINVAL ? "nobody can log in"
				      : strerror(errno));
	str_free(&problem);
	return result == -1 ? -1 : accounts_exist(a);
}

static bool
counts(struct slice value, bool needs_key, struct secret *secret)
{
	return secret_split(secret, value) && !slice_is_nocase(value, ACCOUNT_REMOVED) &&
	       (!needs_key || secret->key.len > 0);
}

bool
secret_has_any(const struct accounts *a, bool of_password)
{
	struct slice samples;
	struct secret secret;

	for (size_t i = 0; i < a->text.count; i++)
		if (secret_split(&secret, a->text.entries[i].value) &&
		    (of_password ? secret.password.len : secret.key.len) > 0)
			return true;
	/* of a base that is damaged, it may be: whoever tries will be told to come again */
	return accounts_samples(a, of_password ? SAMPLES_PASSWORD : SAMPLES_KEY, &samples) != 0;
}

/* A number from 0 to COUNT - 1 that stays the same for LOGIN. */
static size_t
pick(const struct server *s, struct slice login, size_t count)
{
	unsigned char mac[SCRAM_HASH];
	char lower[SASL_NAME_MAX];
	uint32_t value;

	for (size_t i = 0; i < login.len && i < sizeof lower; i++)
		lower[i] = ascii_lower(login.data[i]);
	if (count == 0 || login.len > sizeof lower ||
	    scram_hmac(s->salt, sizeof s->salt, slice_make(lower, login.len), mac) == -1)
		return 0;
	memcpy(&value, mac, sizeof value);
	return value % count;
}

static size_t
count_lines(struct slice lines)
{
	struct slice line;
	size_t count = 0;

	while (slice_take(&lines, '\n', &line))
		count++;
	return count;
}

/* The entry of the base that is NUMBER among SAMPLES. False where it is none. */
static bool
take_sample(const struct accounts *a, struct slice samples, size_t number, bool needs_key,
    struct secret *secret)
{
	struct table_entry entry;
	struct slice login;

	do
		if (!slice_take(&samples, '\n', &login))
			return false;
	while (number-- > 0);
	return table_get(&a->base, login, &entry) == 1 && counts(entry.value, needs_key, secret) &&
	       is_whole(secret);
}

/*
 * The entry of that number among those of the text that count; where it is none, the next one, or
 * else any. None of all leaves it empty.
 */
static void
take_of_text(const struct table *text, size_t number, bool needs_key, struct secret *secret)
{
	struct secret found;
	bool has_any = false;

	for (size_t i = 0; i < text->count; i++) {
		if (!counts(text->entries[i].value, needs_key, &found))
			continue;
		if ((number == 0 || !has_any) && is_whole(&found)) {
			*secret = found;
			has_any = true;
			if (number == 0)
				return;
		}
		number -= number > 0;
	}
}

/*
 * One of the entries of the text, or of some of the base, however large that is: always the same
 * for LOGIN. This is done for each login, so that it tells nothing.
 */
static void
take_decoy(const struct server *s, const struct accounts *a, struct slice login, bool needs_key,
    struct secret *secret)
{
	size_t in_text = 0, in_base, number;
	struct slice samples;

	*secret = (struct secret){.hash = {NULL, 0}};
	if (accounts_samples(a, needs_key ? SAMPLES_KEY : SAMPLES_ANY, &samples) != 1)
		samples = slice_of("");
	for (size_t i = 0; i < a->text.count; i++)
		in_text += counts(a->text.entries[i].value, needs_key, secret);
	*secret = (struct secret){.hash = {NULL, 0}};
	in_base = count_lines(samples);
	number = pick(s, login, in_text + in_base);
	if (number < in_base && take_sample(a, samples, number, needs_key, secret))
		return;
	*secret = (struct secret){.hash = {NULL, 0}};
	take_of_text(&a->text, number < in_base ? 0 : number - in_base, needs_key, secret);
}

enum sasl_result
secret_find(const struct server *s, const struct accounts *a, struct slice login, bool needs_key,
    struct secret *secret)
{
	struct table_entry own;
	struct secret found;
	int is_there = accounts_get(a, login, &own, NULL);

	take_decoy(s, a, login, needs_key, secret);
	if (is_there == -1) {
		complain("secrets.cdb", "it is damaged");
		return SASL_TEMPORARY;
	}
	if (is_there == 0)
		return SASL_REFUSED;
	if (!secret_split(&found, own.value) || !is_whole(&found)) {
		complain("secrets", "an entry is in no form that satchel-control(5) has");
		return SASL_TEMPORARY;
	}
	if (needs_key && found.key.len == 0)
		return SASL_REFUSED;
	*secret = found;
	return SASL_ACCEPTED;
}
