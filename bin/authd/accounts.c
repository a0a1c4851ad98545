/* SPDX-License-Identifier: ISC */
/*
 * The tables users and secrets. For a login that there is not, the same is done as for one that
 * there is: a decoy, always the same entry of secrets for the same login, is checked in its place,
 * so that neither the time nor SCRAM's salt tells.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "authd.h"
#include "base/base64.h"
#include "base/log.h"
#include "net/password.h"

#define HASH_MAX ((size_t)512)
#define SCRAM_PREFIX "{SCRAM-SHA-256}"
#define PLAIN_PREFIX "{PLAIN}"
#define CRYPT_PREFIX "{CRYPT}"

/* An entry of secrets, in pieces that belong to the text of the file. */
struct secret {
	struct slice hash, password; /* empty where there is none */
	struct slice key;	     /* likewise, without the prefix */
};

/* False for what is in no form that satchel-control(5) has. */
static bool
parse_secret(struct secret *secret, struct slice value)
{
	struct scram_key key;
	struct slice word;
	bool good = value.len > 0;

	*secret = (struct secret){.hash = {NULL, 0}};
	while (slice_word(&value, &word)) {
		if (slice_starts_nocase(word, SCRAM_PREFIX)) {
			secret->key = slice_skip(word, strlen(SCRAM_PREFIX));
			good = good && scram_key_parse(&key, secret->key);
		} else if (slice_starts_nocase(word, PLAIN_PREFIX))
			secret->password = slice_skip(word, strlen(PLAIN_PREFIX));
		else if (slice_starts_nocase(word, CRYPT_PREFIX))
			secret->hash = slice_skip(word, strlen(CRYPT_PREFIX));
		else if (word.data[0] != '{')
			secret->hash = word;
		else
			good = false;
	}
	explicit_bzero(&key, sizeof key);
	return good;
}

/* Takes the next "key: value" off *rest. */
static bool
next_entry(struct slice *rest, struct slice *key, struct slice *value)
{
	struct slice line;

	while (control_next_line(rest, &line))
		if (control_pair(line, key, value))
			return true;
	return false;
}

static void
complain(const char *what, const char *why)
{
	log_note(PROGRAM, "failed", "%s: %s", what, why);
}

/* The whole file secrets: 1, 0 if there is none, -1. Nobody else may be able to read it. */
static int
read_secrets(struct server *s, struct str *text)
{
	struct stat st;
	int found;

	if (s->settings.control.fd == -1)
		return 0;
	if (fstatat(s->settings.control.fd, "secrets", &st, 0) == 0 && (st.st_mode & 077) != 0) {
		complain("secrets", "others may read it; chmod 600");
		errno = EPERM;
		return -1;
	}
	found = control_read(&s->settings.control, "secrets", text);
	if (found == -1)
		complain("secrets", strerror(errno));
	return found;
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

static bool
is_eligible(struct slice value, bool needs_key, struct secret *secret)
{
	return parse_secret(secret, value) && (!needs_key || secret->key.len > 0);
}

/*
 * The entry of LOGIN in TEXT, or else its decoy: SASL_ACCEPTED, SASL_REFUSED, or SASL_TEMPORARY for
 * an entry that is none. With NEEDS_KEY only those with a key of SCRAM count.
 */
static enum sasl_result
find_secret(const struct server *s, struct slice text, struct slice login, bool needs_key,
    struct secret *secret)
{
	struct slice rest = text, key, value, own = {NULL, 0};
	struct secret decoy;
	size_t count = 0, left;

	while (next_entry(&rest, &key, &value)) {
		if (slice_equal_nocase(key, login))
			own = value;
		if (is_eligible(value, needs_key, &decoy))
			count++;
	}
	left = pick(s, login, count);
	*secret = (struct secret){.hash = {NULL, 0}};
	for (rest = text; next_entry(&rest, &key, &value);)
		if (is_eligible(value, needs_key, &decoy) && left-- == 0)
			*secret = decoy;
	if (own.data == NULL)
		return SASL_REFUSED;
	if (!parse_secret(&decoy, own)) {
		complain("secrets", "an entry is in no form that satchel-control(5) has");
		return SASL_TEMPORARY;
	}
	if (needs_key && decoy.key.len == 0)
		return SASL_REFUSED;
	*secret = decoy;
	return SASL_ACCEPTED;
}

/* The entry of users: SASL_ACCEPTED; SASL_REFUSED where it is missing or disabled. */
static enum sasl_result
find_user(struct server *s, struct slice login, struct str *who, bool *exists)
{
	struct str text;
	struct slice rest, key, value, word;
	enum sasl_result result = SASL_REFUSED;

	*exists = false;
	str_init(&text, CONTROL_FILE_MAX);
	if (control_read(&s->settings.control, "users", &text) == -1) {
		complain("users", strerror(errno));
		result = SASL_TEMPORARY;
	}
	rest = str_slice(&text);
	while (result != SASL_TEMPORARY && next_entry(&rest, &key, &value)) {
		if (!slice_equal_nocase(key, login))
			continue;
		*exists = true;
		str_clear(who);
		if (!slice_word(&value, &word) || !slice_is_nocase(word, "disabled"))
			result = str_add_slice(who, key) == 0 ? SASL_ACCEPTED : SASL_TEMPORARY;
	}
	str_free(&text);
	return result;
}

enum sasl_result
accounts_name(struct server *s, struct slice login, struct str *who)
{
	bool exists;
	enum sasl_result result = find_user(s, login, who, &exists);

	if (result != SASL_REFUSED || exists)
		return result;
	str_clear(who);
	return str_add_slice(who, login) == 0 ? SASL_ACCEPTED : SASL_TEMPORARY;
}

/* Waits for a turn: hashes are made to be slow, and all at once would stop the machine. */
static void
take_turn(const struct server *s, short type)
{
	struct flock turn = {.l_type = type,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)((unsigned)getpid() % s->turn_count),
	    .l_len = 1};

	while (s->turns != -1 && fcntl(s->turns, F_SETLKW, &turn) == -1 && errno == EINTR)
		;
}

/* Does the work that the secret asks for, whoever's it is. */
static bool
is_password(const struct secret *secret, struct slice password)
{
	struct scram_key key;
	struct str hash;
	bool good = false;

	str_init(&hash, HASH_MAX);
	if (secret->hash.len > 0)
		good =
		    str_add_slice(&hash, secret->hash) == 0 && password_is_of(hash.data, password);
	else if (secret->key.len > 0)
		good = scram_key_parse(&key, secret->key) && scram_key_is_of(&key, password);
	else if (secret->password.len == password.len)
		good = password.len > 0 &&
		       scram_same(secret->password.data, password.data, password.len);
	str_wipe(&hash);
	explicit_bzero(&key, sizeof key);
	return good;
}

enum sasl_result
accounts_check_password(
    struct server *s, struct slice login, struct slice password, struct str *who)
{
	struct str text;
	struct secret secret;
	enum sasl_result found, user = SASL_TEMPORARY;
	bool good = false, exists;

	str_init(&text, CONTROL_FILE_MAX);
	found = read_secrets(s, &text) == -1
		    ? SASL_TEMPORARY
		    : find_secret(s, str_slice(&text), login, false, &secret);
	if (found != SASL_TEMPORARY) {
		user = find_user(s, login, who, &exists);
		take_turn(s, F_WRLCK);
		good = is_password(&secret, password);
		take_turn(s, F_UNLCK);
	}
	str_wipe(&text);
	if (found == SASL_TEMPORARY || user == SASL_TEMPORARY)
		return SASL_TEMPORARY;
	return good && found == SASL_ACCEPTED && user == SASL_ACCEPTED ? SASL_ACCEPTED
								       : SASL_REFUSED;
}

/* A salt of the length that others have, the same for each login, and keys that nobody has. */
static enum sasl_result
make_decoy(const struct server *s, struct slice login, struct scram_key *key)
{
	unsigned char mac[SCRAM_HASH];
	char text[SASL_NAME_MAX + 5] = "salt:";
	size_t len = login.len < SASL_NAME_MAX ? login.len : SASL_NAME_MAX;

	for (size_t i = 0; i < len; i++)
		text[5 + i] = ascii_lower(login.data[i]);
	for (size_t at = 0; at < key->salt_length; at += SCRAM_HASH) {
		size_t left = key->salt_length - at;

		text[0] = (char)('s' + at / SCRAM_HASH);
		if (scram_hmac(s->salt, sizeof s->salt, slice_make(text, 5 + len), mac) == -1)
			return SASL_TEMPORARY;
		memcpy(key->salt + at, mac, left < SCRAM_HASH ? left : SCRAM_HASH);
	}
	return scram_hmac(mac, sizeof mac, slice_of("stored"), key->stored) == -1 ||
		       scram_hmac(mac, sizeof mac, slice_of("server"), key->server) == -1
		   ? SASL_TEMPORARY
		   : SASL_REFUSED;
}

enum sasl_result
accounts_find_key(struct server *s, struct slice login, struct scram_key *key, struct str *who)
{
	struct str text;
	struct secret secret;
	enum sasl_result found = SASL_TEMPORARY, user;
	bool exists;

	str_init(&text, CONTROL_FILE_MAX);
	if (read_secrets(s, &text) == 1)
		found = find_secret(s, str_slice(&text), login, true, &secret);
	if (found != SASL_TEMPORARY && !scram_key_parse(key, secret.key))
		found = SASL_TEMPORARY;
	str_wipe(&text);
	user = find_user(s, login, who, &exists);
	if (found == SASL_TEMPORARY || user == SASL_TEMPORARY)
		return SASL_TEMPORARY;
	/* one that is disabled keeps his own salt: he knew it before */
	if (found == SASL_REFUSED || user == SASL_REFUSED)
		return found == SASL_REFUSED ? make_decoy(s, login, key) : SASL_REFUSED;
	return SASL_ACCEPTED;
}

enum sasl_result
accounts_find_password(struct server *s, struct slice login, struct str *password, struct str *who)
{
	struct str text;
	struct secret secret;
	enum sasl_result found = SASL_TEMPORARY, user;
	bool exists;

	str_init(&text, CONTROL_FILE_MAX);
	if (read_secrets(s, &text) == 1)
		found = find_secret(s, str_slice(&text), login, false, &secret);
	if (found == SASL_ACCEPTED && secret.password.len == 0)
		found = SASL_REFUSED;
	if (found == SASL_ACCEPTED && str_add_slice(password, secret.password) == -1)
		found = SASL_TEMPORARY;
	str_wipe(&text);
	user = find_user(s, login, who, &exists);
	if (found == SASL_TEMPORARY || user == SASL_TEMPORARY)
		return SASL_TEMPORARY;
	return user == SASL_ACCEPTED ? found : SASL_REFUSED;
}

struct accounts_kinds
accounts_kinds(struct server *s)
{
	struct accounts_kinds kinds = {.any = false};
	struct slice rest, key, value;
	struct secret secret;
	struct str text;

	str_init(&text, CONTROL_FILE_MAX);
	/* one that cannot be read is there all the same: 454, and not "no such mechanism" */
	kinds.any = read_secrets(s, &text) != 0;
	rest = str_slice(&text);
	while (next_entry(&rest, &key, &value)) {
		if (!parse_secret(&secret, value))
			continue;
		kinds.keys = kinds.keys || secret.key.len > 0;
		kinds.passwords = kinds.passwords || secret.password.len > 0;
	}
	str_wipe(&text);
	return kinds;
}
