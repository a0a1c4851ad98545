/* SPDX-License-Identifier: ISC */
#include "net/password_new.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/io.h"
#include "base/random.h"
#include "net/password.h"
#include "net/scram.h"

#define ITERATIONS 100000U /* some 50 ms here, as a hash of crypt(3) */
#define PROMPT_SECONDS 30

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

/* One line, without its end; what is too long is read to its end, lest the rest is an answer. */
static enum password_given
read_line(int fd, struct str *password)
{
	enum password_given given = PASSWORD_GIVEN;
	ssize_t n = 0;
	char c = '\0';

	str_clear(password);
	do {
		n = read(fd, &c, 1);
		if (n == 1 && c != '\n' && str_add_char(password, c) == -1)
			given = PASSWORD_TOO_LONG;
	} while ((n == 1 && c != '\n') || (n == -1 && errno == EINTR));
	explicit_bzero(&c, sizeof c);
	if (n == -1)
		return PASSWORD_FAILED;
	if (password->len > 0 && password->data[password->len - 1] == '\r')
		str_truncate(password, password->len - 1);
	return password->len > 0 ? given : PASSWORD_NONE;
}

static void
show(const char *text)
{
	/* who does not see the prompt can answer all the same */
	(void)io_write(STDERR_FILENO, text, strlen(text), deadline_in_seconds(PROMPT_SECONDS));
}

/* The same, asked for by WHAT, at a terminal whose settings are BEFORE. */
static enum password_given
ask(int fd, const struct termios *before, const char *what, struct str *password)
{
	struct termios quiet = *before;
	enum password_given given;

	/* an interrupt would leave the terminal without echo: it is a control character here */
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == -1)
		return PASSWORD_FAILED;
	show(what); /* last: what is typed before the echo is off is thrown away */
	given = read_line(fd, password);
	if (tcsetattr(fd, TCSAFLUSH, before) == -1)
		return PASSWORD_FAILED;
	show("\n");
	return given;
}

static enum password_given
ask_twice(int fd, const struct termios *before, struct str *password)
{
	enum password_given given = ask(fd, before, "Password: ", password);
	struct str again;

	if (given != PASSWORD_GIVEN || slice_has_control(str_slice(password)))
		return given;
	if (password_prepare(&again) == -1)
		return PASSWORD_FAILED;
	given = ask(fd, before, "Again: ", &again);
	if (given != PASSWORD_FAILED && !slice_equal(str_slice(&again), str_slice(password)))
		given = PASSWORD_DIFFERS;
	str_wipe(&again);
	return given;
}

enum password_given
password_get(int fd, struct str *password)
{
	struct termios before;
	enum password_given given = tcgetattr(fd, &before) == 0 ? ask_twice(fd, &before, password)
								: read_line(fd, password);

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
