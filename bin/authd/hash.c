/* SPDX-License-Identifier: ISC */
/* authd --hash: what to write into secrets for a password. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "authd.h"
#include "base/die.h"
#include "base/random.h"
#include "net/password.h"

#define ITERATIONS 100000U /* some 50 ms here, as a hash of crypt(3) */

/* One line, without its end. */
static bool
read_password(struct str *password)
{
	char c;
	ssize_t n = 0;

	str_clear(password);
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		if (str_add_char(password, c) == -1)
			die(PROGRAM, EXIT_PERMANENT, "a password has at most %zu octets",
			    PASSWORD_MAX);
	if (n == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the password");
	if (password->len > 0 && password->data[password->len - 1] == '\r')
		str_truncate(password, password->len - 1);
	return password->len > 0;
}

/* The same, asked for by WHAT at a terminal, which shows nothing of it. */
static bool
ask_password(const char *what, struct str *password)
{
	struct termios before, quiet;
	bool is_terminal = tcgetattr(STDIN_FILENO, &before) == 0, given;

	if (!is_terminal)
		return read_password(password);
	quiet = before;
	/* an interrupt would leave the terminal without echo: it ends this as a control character
	 */
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	(void)fputs(what, stderr);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to turn off the terminal's echo");
	given = read_password(password);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to turn on the terminal's echo");
	(void)fputc('\n', stderr);
	return given;
}

static void
get_password(struct str *password)
{
	struct str again;

	if (!ask_password("Password: ", password))
		die(PROGRAM, EXIT_PERMANENT, "there is no password");
	if (slice_has_control(str_slice(password)))
		die(PROGRAM, EXIT_PERMANENT, "a password holds no control characters");
	if (!isatty(STDIN_FILENO))
		return;
	str_init(&again, PASSWORD_MAX);
	if (!ask_password("Again: ", &again) ||
	    !slice_equal(str_slice(&again), str_slice(password)))
		die(PROGRAM, EXIT_PERMANENT, "that was another one");
	str_wipe(&again);
}

int
hash_run(void)
{
	struct scram_key key = {.iterations = ITERATIONS, .salt_length = SCRAM_SALT};
	struct str password, line;

	str_init(&password, PASSWORD_MAX);
	str_init(&line, 4096);
	/* all at once: a string that grows leaves copies behind */
	if (str_reserve(&password, PASSWORD_MAX) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	get_password(&password);
	random_bytes(key.salt, key.salt_length);
	if (password_hash(&line, str_slice(&password), NULL) == -1 ||
	    scram_key_derive(&key, str_slice(&password)) == -1 ||
	    str_add_text(&line, " {SCRAM-SHA-256}") == -1 || scram_key_format(&key, &line) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to compute the hash");
	str_wipe(&password);
	if (printf("%s\n", line.data) < 0 || fflush(stdout) == EOF)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to print the hash");
	str_wipe(&line);
	return EXIT_DONE;
}
