/* SPDX-License-Identifier: ISC */
/* authd --hash: what to write into secrets for a password. */
#include <stdio.h>
#include <unistd.h>

#include "authd.h"
#include "base/die.h"
#include "net/password_new.h"

int
hash_run(void)
{
	struct str password, line;
	enum password_given given;

	str_init(&line, 4096);
	if (password_prepare(&password) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	given = password_get(STDIN_FILENO, &password);
	if (given == PASSWORD_FAILED)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the password");
	if (given != PASSWORD_GIVEN)
		die(PROGRAM, EXIT_PERMANENT, "%s", password_given_text(given));
	if (password_entry(&line, str_slice(&password)) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to compute the hash");
	str_wipe(&password);
	if (printf("%s\n", line.data) < 0 || fflush(stdout) == EOF)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to print the hash");
	str_wipe(&line);
	return EXIT_DONE;
}
