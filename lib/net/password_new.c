/* SPDX-License-Identifier: ISC */
#include "net/password_new.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/prompt.h"
#include "base/random.h"
#include "net/password.h"
#include "net/scram.h"

#define ITERATIONS 100000U /* some 50 ms here, as a hash of crypt(3) */

const char *
password_given_text(enum password_given given)
{
	static const char *const texts[] = {
	    [PASSWORD_NONE] = "there is no password",
	    [PASSWORD_TOO_LONG] = "a password has at most 511 octets",
	    [PASSWORD_CONTROL] = "a password holds no control characters",
	    [PASSWORD_DIFFERS] = "that was another one",
	    [PASSWORD_FAILED] = NULL,
	};

	_Static_assert(PASSWORD_MAX == 511, "the text says so");
	return texts[given];
}

static enum password_given
given_of(enum prompt_result result)
{
	static const enum password_given given[] = {
	    [PROMPT_GIVEN] = PASSWORD_GIVEN,
	    [PROMPT_NONE] = PASSWORD_NONE,
	    [PROMPT_TOO_LONG] = PASSWORD_TOO_LONG,
	    [PROMPT_FAILED] = PASSWORD_FAILED,
	};

	return given[result];
}

static enum password_given
ask(int fd, const char *what, struct str *password)
{
	return given_of(prompt_secret(fd, STDERR_FILENO, what, password));
}

static enum password_given
ask_twice(int fd, struct str *password)
{
	enum password_given given = ask(fd, "Password: ", password);
	struct str again;

	if (given != PASSWORD_GIVEN || slice_has_control(str_slice(password)))
		return given;
	if (password_prepare(&again) == -1)
		return PASSWORD_FAILED;
	given = ask(fd, "Again: ", &again);
	if (given != PASSWORD_FAILED && !slice_equal(str_slice(&again), str_slice(password)))
		given = PASSWORD_DIFFERS;
	str_wipe(&again);
	return given;
}

enum password_given
password_get(int fd, struct str *password)
{
	enum password_given given = isatty(fd)
					? ask_twice(fd, password)
					: given_of(prompt_line(fd, password, DEADLINE_NEVER));

	if (given == PASSWORD_GIVEN && slice_has_control(str_slice(password)))
		given = PASSWORD_CONTROL;
	return given;
}

int
password_prepare(struct str *password)
{
	str_init(password, PASSWORD_MAX);
	return str_reserve(password, PASSWORD_MAX);
}

int
password_entry(struct str *out, struct slice password)
{
	struct scram_key key = {.iterations = ITERATIONS, .salt_length = SCRAM_SALT};
	int result = -1;

	random_bytes(key.salt, key.salt_length);
	if (password_hash(out, password, NULL) == 0 && scram_key_derive(&key, password) == 0 &&
	    str_add_text(out, " {SCRAM-SHA-256}") == 0)
		result = scram_key_format(&key, out);
	explicit_bzero(&key, sizeof key);
	return result;
}
