/* SPDX-License-Identifier: ISC */
/* tlsd -d PROGRAM: the program has the connection until it asks for TLS (UCSPI-TLS). */
#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "tlsd.h"

#define ANSWER_MS 10000

static int
export_descriptor(const char *name, int fd)
{
	char number[16];

	if (fd == -1)
		return -1;
	(void)snprintf(number, sizeof number, "%d", fd);
	return setenv(name, number, 1);
}

/* The program may close one of the two for the plaintext and keep the other. */
_Noreturn static void
become_server(struct program *p, int control, int plain, char **argv)
{
	if (export_descriptor("SSLCTLFD", fcntl(control, F_DUPFD, STDERR_FILENO + 1)) == -1 ||
	    export_descriptor("SSLREADFD", fcntl(plain, F_DUPFD, STDERR_FILENO + 1)) == -1 ||
	    export_descriptor("SSLWRITEFD", fcntl(plain, F_DUPFD, STDERR_FILENO + 1)) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start %s", argv[0]);
	chain_execute(p, NULL, argv);
}

/* The variables, and an empty one at the end; it is two NULs where there is none. */
static bool
answer(int control, const struct tls_info *info)
{
	struct str text;
	bool good;

	str_init(&text, 2 * TLS_INFO_MAX);
	good = tls_info_add_variables(&text, info) == 0 && str_add_char(&text, '\0') == 0 &&
	       io_write(control, text.data, text.len, deadline_in_ms(ANSWER_MS)) == 0;
	str_wipe(&text);
	return good;
}

/* Until the program says y or Y, or has ended without. */
static void
serve(struct program *p, int control, int plain)
{
	struct tls_stream *stream;
	struct tls_info info;
	char command = '\0';

	if (io_read(control, &command, 1, DEADLINE_NEVER) != 1 ||
	    (command != 'y' && command != 'Y'))
		return;
	stream = chain_accept(p, STDIN_FILENO, STDOUT_FILENO, &info);
	if (stream == NULL)
		return;
	if (command == 'Y' && !answer(control, &info)) {
		tls_stream_free(stream);
		return;
	}
	explicit_bzero(&info, sizeof info);
	chain_pump(p, stream, plain);
}

int
delayed_run(struct program *p, char **argv)
{
	int control[2], plain[2];
	pid_t pid;

	if (!program_open(p))
		die(PROGRAM, EXIT_TEMPORARY, "%s", p->problem.data);
	program_drop_rights(p);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, plain) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make a socket pair");
	pid = fork();
	if (pid == 0)
		become_server(p, control[1], plain[1], argv);
	if (pid == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to fork");
	io_close(control[1]);
	io_close(plain[1]);
	serve(p, control[0], plain[0]);
	io_close(control[0]);
	io_close(plain[0]);
	io_close(STDIN_FILENO);
	io_close(STDOUT_FILENO);
	return chain_wait(pid);
}
