/* SPDX-License-Identifier: ISC */
#include "secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"

#define SCRAM_PREFIX "{SCRAM-SHA-256}"
#define PLAIN_PREFIX "{PLAIN}"
#define CRYPT_PREFIX "{CRYPT}"

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

bool
secret_next_entry(struct slice *rest, struct slice *key, struct slice *value)
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

int
secret_read(struct server *s, struct str *text)
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

/*
 * The entry of that number among those that count; where it is none, the next one, or else any.
 * None of all leaves it empty.
 */
static void
take_decoy(struct slice text, size_t number, bool needs_key, struct secret *secret)
{
	struct slice key, value;
	struct secret found;
	bool has_any = false;

	*secret = (struct secret){.hash = {NULL, 0}};
	while (secret_next_entry(&text, &key, &value)) {
		bool counts = secret_split(&found, value) && (!needs_key || found.key.len > 0);

		if (!counts)
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

enum sasl_result
secret_find(const struct server *s, struct slice text, struct slice login, bool needs_key,
    struct secret *secret)
{
	struct slice rest = text, key, value, own = {NULL, 0};
	struct secret found;
	size_t count = 0;

	while (secret_next_entry(&rest, &key, &value)) {
		if (slice_equal_nocase(key, login))
			own = value;
		if (secret_split(&found, value) && (!needs_key || found.key.len > 0))
			count++;
	}
	take_decoy(text, pick(s, login, count), needs_key, secret);
	if (own.data == NULL)
		return SASL_REFUSED;
	if (!secret_split(&found, own) || !is_whole(&found)) {
		complain("secrets", "an entry is in no form that satchel-control(5) has");
		return SASL_TEMPORARY;
	}
	if (needs_key && found.key.len == 0)
		return SASL_REFUSED;
	*secret = found;
	return SASL_ACCEPTED;
}
