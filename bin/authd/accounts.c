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

static bool
is_disabled(struct slice value)
{
	struct slice word;

	while (slice_word(&value, &word))
		if (slice_is_nocase(word, "disabled"))
			return true;
	return false;
}

/* The entry of users: SASL_ACCEPTED; SASL_REFUSED where it is missing or disabled. */
static enum sasl_result
find_user(struct server *s, struct slice login, struct str *who, bool *exists)
{
	struct accounts users;
	struct table_entry entry;
	struct str problem;
	enum sasl_result result = SASL_REFUSED;
	int found;

	str_init(&problem, PROBLEM_MAX);
	found = accounts_open(&users, &s->settings.control, &problem);
	if (found == 0)
		found = accounts_get(&users, login, &entry, NULL);
	*exists = found == 1;
	if (found == -1) {
		log_note(PROGRAM, "failed", "%s: %s", problem.len > 0 ? problem.data : "users.cdb",
		    strerror(errno));
		result = SASL_TEMPORARY;
	} else if (found == 1 && !is_disabled(entry.value)) {
		str_clear(who);
		result = str_add_slice(who, entry.key) == 0 ? SASL_ACCEPTED : SASL_TEMPORARY;
	}
	accounts_close(&users);
	str_free(&problem);
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
	struct accounts secrets;
	struct secret secret = {.hash = {NULL, 0}};
	enum sasl_result found, user = SASL_TEMPORARY;
	bool good = false, exists;

	found = secret_open(s, &secrets) == -1 ? SASL_TEMPORARY
					       : secret_find(s, &secrets, login, false, &secret);
	if (found != SASL_TEMPORARY) {
		user = find_user(s, login, who, &exists);
		take_turn(s, F_WRLCK);
		good = is_password(&secret, password);
		take_turn(s, F_UNLCK);
	}
	accounts_close(&secrets);
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
	struct accounts secrets;
	struct secret secret = {.hash = {NULL, 0}};
	enum sasl_result found = SASL_TEMPORARY, user;
	bool exists;

	if (secret_open(s, &secrets) == 1)
		found = secret_find(s, &secrets, login, true, &secret);
	if (found != SASL_TEMPORARY && !scram_key_parse(key, secret.key))
		found = SASL_TEMPORARY;
	accounts_close(&secrets);
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
	struct accounts secrets;
	struct secret secret = {.hash = {NULL, 0}};
	enum sasl_result found = SASL_TEMPORARY, user;
	bool exists;

	if (secret_open(s, &secrets) == 1)
		found = secret_find(s, &secrets, login, false, &secret);
	if (found == SASL_ACCEPTED && secret.password.len == 0)
		found = SASL_REFUSED;
	if (found == SASL_ACCEPTED && str_add_slice(password, secret.password) == -1)
		found = SASL_TEMPORARY;
	accounts_close(&secrets);
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
	struct accounts secrets;
	int found = secret_open(s, &secrets);

	/* one that cannot be read is there all the same: 454, and not "no such mechanism" */
	kinds.any = found != 0;
	if (found == 1) {
		kinds.keys = secret_has_any(&secrets, false);
		kinds.passwords = needs_passwords && secret_has_any(&secrets, true);
	}
	accounts_close(&secrets);
	return kinds;
}
