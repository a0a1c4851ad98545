/* SPDX-License-Identifier: ISC */
/*
 * The tables users and secrets, as the mechanisms ask for them. For a login that there is not, the
 * same is done as for one that there is (secret.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "authd.h"
#include "base/log.h"
#include "net/password.h"
#include "secret.h"

#define HASH_MAX ((size_t)512)

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
		log_note(PROGRAM, "failed", "users: %s", strerror(errno));
		result = SASL_TEMPORARY;
	}
	rest = str_slice(&text);
	while (result != SASL_TEMPORARY && secret_next_entry(&rest, &key, &value)) {
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
	struct secret secret = {.hash = {NULL, 0}};
	enum sasl_result found, user = SASL_TEMPORARY;
	bool good = false, exists;

	str_init(&text, CONTROL_FILE_MAX);
	found = secret_read(s, &text) == -1
		    ? SASL_TEMPORARY
		    : secret_find(s, str_slice(&text), login, false, &secret);
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
	struct secret secret = {.hash = {NULL, 0}};
	enum sasl_result found = SASL_TEMPORARY, user;
	bool exists;

	str_init(&text, CONTROL_FILE_MAX);
	if (secret_read(s, &text) == 1)
		found = secret_find(s, str_slice(&text), login, true, &secret);
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
	struct secret secret = {.hash = {NULL, 0}};
	enum sasl_result found = SASL_TEMPORARY, user;
	bool exists;

	str_init(&text, CONTROL_FILE_MAX);
	if (secret_read(s, &text) == 1)
		found = secret_find(s, str_slice(&text), login, false, &secret);
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
	bool needs_passwords = settings_allow(&s->settings, sasl_find(slice_of("CRAM-MD5")));
	struct accounts_kinds kinds = {.any = false};
	struct slice rest, key, value;
	struct secret secret = {.hash = {NULL, 0}};
	struct str text;

	str_init(&text, CONTROL_FILE_MAX);
	/* one that cannot be read is there all the same: 454, and not "no such mechanism" */
	kinds.any = secret_read(s, &text) != 0;
	rest = str_slice(&text);
	/* EHLO asks for this, so it ends as soon as all is known that it could show */
	while (!(kinds.keys && (kinds.passwords || !needs_passwords)) &&
	       secret_next_entry(&rest, &key, &value)) {
		if (!secret_split(&secret, value))
			continue;
		kinds.keys = kinds.keys || secret.key.len > 0;
		kinds.passwords = kinds.passwords || secret.password.len > 0;
	}
	str_wipe(&text);
	return kinds;
}
