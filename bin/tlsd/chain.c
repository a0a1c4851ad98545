/* SPDX-License-Identifier: ISC */
/* tlsd PROGRAM: TLS from the first octet, and then the program. */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"
#include "base/io.h"
#include "base/log.h"
#include "net/tls_pump.h"
#include "tlsd.h"

void
chain_find_client(void)
{
	struct peer peer = {.address = ""};

	if (getenv("TCPREMOTEIP") == NULL && getenv("REMOTE_ADDR") == NULL &&
	    peer_of_descriptor(&peer, STDIN_FILENO) && setenv("TCPREMOTEIP", peer.address, 1) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
}

static void
add_client(struct event *e)
{
	const char *address = getenv("TCPREMOTEIP");

	if (address == NULL)
		address = getenv("REMOTE_ADDR");
	if (address != NULL)
		event_text(e, "client", address);
}

static void
log_failure(const char *reason)
{
	struct event e;

	event_start(&e, PROGRAM, "failed");
	add_client(&e);
	event_text(&e, "reason", reason);
	event_send(&e);
}

static void
log_success(const struct tls_info *info)
{
	struct event e;

	event_start(&e, PROGRAM, "connection");
	add_client(&e);
	event_text(&e, "tls", info->protocol);
	event_text(&e, "cipher", info->cipher);
	if (info->server_name[0] != '\0')
		event_text(&e, "name", info->server_name);
	event_send(&e);
}

struct tls_stream *
chain_accept(struct program *p, int in, int out, struct tls_info *info)
{
	struct tls_stream *stream = tls_stream_new(p->tls, in, out);
	struct str reason;
	bool good = false;

	str_init(&reason, PROBLEM_MAX);
	if (stream == NULL)
		(void)str_add_text(&reason, strerror(errno));
	else
		good = tls_stream_accept(
		    stream, -1, deadline_in_seconds((int64_t)p->limits.tlsd_handshake), &reason);
	if (good) {
		tls_stream_describe(stream, info);
		log_success(info);
	} else {
		log_failure(reason.data);
		tls_stream_free(stream);
		stream = NULL;
	}
	str_free(&reason);
	return stream;
}

void
chain_pump(struct program *p, struct tls_stream *stream, int plain)
{
	tls_stream_forget_keys(stream);
	tls_forget_keys(p->tls);
	confine_carrying(p, false);
	if (tls_pump(stream, plain, (int64_t)p->limits.tlsd_idle * 1000) == TLS_PUMP_IDLE)
		log_failure("nothing came for too long");
	tls_stream_free(stream);
}

/* What an outer program says about another connection must not pass for this one's. */
static int
set_environment(const struct tls_info *info)
{
	struct slice rest, variable, name;
	const char *old;
	struct str text;
	int result;

	for (size_t i = 0; (old = tls_info_variable(i)) != NULL; i++)
		if (unsetenv(old) == -1)
			return -1;
	str_init(&text, 2 * TLS_INFO_MAX);
	result = tls_info_add_variables(&text, info);
	rest = str_slice(&text);
	while (result == 0 && slice_take(&rest, '\0', &variable)) {
		const char *value = memchr(variable.data, '=', variable.len);
		char copy[64];

		if (value == NULL || !slice_take(&variable, '=', &name) || name.len >= sizeof copy)
			continue;
		memcpy(copy, name.data, name.len);
		copy[name.len] = '\0';
		result = setenv(copy, value + 1, 1);
	}
	str_wipe(&text);
	return result;
}

void
chain_execute(struct program *p, struct tls_stream *stream, char **argv)
{
	struct str own;
	int error;

	(void)signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	str_init(&own, 4096);
	if (errno == ENOENT && helper_program(&own, argv[0]) == 0) {
		execv(own.data, argv);
		str_free(&own);
	}
	error = errno;
	tls_stream_free(stream);
	program_close(p);
	errno = error;
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to run %s", argv[0]);
}

int
chain_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return EXIT_TEMPORARY;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TEMPORARY;
}

_Noreturn static void
become_server(struct program *p, struct tls_stream *stream, const struct tls_info *info, int plain,
    char **argv)
{
	if (set_environment(info) == -1 || dup2(plain, STDIN_FILENO) == -1 ||
	    dup2(plain, STDOUT_FILENO) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start %s", argv[0]);
	chain_execute(p, stream, argv);
}

int
chain_run(struct program *p, char **argv)
{
	struct tls_info info;
	struct tls_stream *stream;
	int ends[2];
	pid_t pid;

	if (!program_open(p))
		die(PROGRAM, EXIT_TEMPORARY, "%s", p->problem.data);
	program_drop_rights(p);
	stream = chain_accept(p, STDIN_FILENO, STDOUT_FILENO, &info);
	if (stream == NULL)
		return EXIT_DONE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make a socket pair");
	pid = fork();
	if (pid == 0)
		become_server(p, stream, &info, ends[1], argv);
	if (pid == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to fork");
	explicit_bzero(&info, sizeof info);
	io_close(ends[1]);
	chain_pump(p, stream, ends[0]);
	io_close(ends[0]);
	io_close(STDIN_FILENO);
	io_close(STDOUT_FILENO);
	return chain_wait(pid);
}
