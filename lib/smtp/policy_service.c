/* SPDX-License-Identifier: ISC */
/* Where policy services are, and the way there. */
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/io.h"
#include "conf/table.h"
#include "net/connect.h"
#include "net/endpoint.h"
#include "smtp/policy.h"

#define WORDS_MAX 32
#define END_MS 1000 /* for a program to end by itself */
#define LOOK_MS 5

void
policy_free(struct policy *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->services[i].path);
		free(p->services[i].words);
	}
	*p = (struct policy){0};
}

static char *
copy(struct slice text)
{
	char *new = malloc(text.len + 1);

	if (new != NULL) {
		memcpy(new, text.data, text.len);
		new[text.len] = '\0';
	}
	return new;
}

/* Words and the array of them in one block. */
static char **
split(struct slice command)
{
	size_t size = (WORDS_MAX + 1) * sizeof(char *), count = 0;
	char **words = calloc(1, size + command.len + 1), *at;
	struct slice word;

	if (words == NULL)
		return NULL;
	at = (char *)words + size;
	while (count < WORDS_MAX && slice_word(&command, &word)) {
		memcpy(at, word.data, word.len);
		words[count++] = at;
		at += word.len + 1;
	}
	return words;
}

/* "unix:/path", "inet:127.0.0.1:10023", or "/program word ..." */
static const char *
set_target(struct policy_service *service, struct slice text)
{
	struct endpoint_text parts;
	bool no_memory = false;

	if (slice_starts(text, "/")) {
		service->words = split(text);
		no_memory = service->words == NULL;
	} else if (slice_starts(text, "unix:/")) {
		service->path = copy(slice_skip(text, strlen("unix:")));
		no_memory = service->path == NULL;
	} else if (!slice_starts(text, "inet:") ||
		   !endpoint_split(slice_skip(text, strlen("inet:")), &parts) || !parts.has_port ||
		   !endpoint_parse(parts.host, parts.port, &service->address, &service->length)) {
		return "unix:/path, inet:address:port or /program is expected";
	}
	return no_memory ? "no memory" : NULL;
}

static void
take_words(struct policy_service *service, struct slice *line)
{
	struct slice rest = *line, word;

	while (slice_word(&rest, &word)) {
		if (slice_is(word, "rcpt"))
			service->stage = POLICY_RCPT;
		else if (slice_is(word, "data"))
			service->stage = POLICY_DATA;
		else if (slice_is(word, "end"))
			service->stage = POLICY_END;
		else if (slice_is(word, "all"))
			service->is_for_all = true;
		else
			break;
		*line = rest;
	}
	*line = slice_trim(*line);
}

static int
read_line(struct policy *p, struct slice text, struct slice line, struct str *problem)
{
	struct policy_service *service = &p->services[p->count];
	struct slice whole = line;
	const char *wrong;

	if (p->count == POLICY_SERVICES_MAX)
		return table_complain(
		    problem, "policy", text, whole, "at most %d services", POLICY_SERVICES_MAX);
	(void)snprintf(service->task, sizeof service->task, "policy %zu", p->count);
	p->count++;
	take_words(service, &line);
	wrong = set_target(service, line);
	return wrong == NULL ? 0 : table_complain(problem, "policy", text, whole, "%s", wrong);
}

int
policy_read(struct policy *p, const struct control *c, struct str *problem)
{
	struct str text;
	struct slice rest, line;
	int result;

	*p = (struct policy){0};
	str_init(&text, CONTROL_FILE_MAX);
	result = control_read(c, "policy", &text);
	rest = str_slice(&text);
	while (result == 1 && control_next_line(&rest, &line))
		if (read_line(p, str_slice(&text), line, problem) == -1)
			result = -1;
	str_free(&text);
	return result;
}

void
policy_run(const void *context, int fd)
{
	const struct policy_service *service = context;

	if (dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1 ||
	    io_set_close_on_exec(STDIN_FILENO, false) == -1 ||
	    io_set_close_on_exec(STDOUT_FILENO, false) == -1)
		return;
	(void)alarm(service->seconds); /* which goes on in what is executed */
	execv(service->words[0], service->words);
}

static int
execute(
    struct policy_link *l, const struct policy_service *service, const struct executor *executor)
{
	int ends[2], result = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	if (executor != NULL && executor->fd != -1) {
		result = executor_ask(executor, service->task, ends[1]);
	} else {
		l->pid = fork();
		if (l->pid == 0) {
			policy_run(service, ends[1]);
			_exit(127);
		}
		result = l->pid == -1 ? -1 : 0;
	}
	io_close(ends[1]);
	if (result == 0)
		l->fd = ends[0];
	else
		io_close(ends[0]);
	return result;
}

int
policy_open(struct policy_link *l, const struct policy_service *service,
    const struct executor *executor, deadline until)
{
	*l = (struct policy_link){.fd = -1};
	if (service->words != NULL)
		return execute(l, service, executor);
	l->fd = service->path != NULL ? helper_connect(service->path)
				      : connect_to(&service->address, service->length, until);
	return l->fd == -1 ? -1 : 0;
}

static bool
has_ended(pid_t pid)
{
	pid_t result = waitpid(pid, NULL, WNOHANG);

	return result == pid || (result == -1 && errno == ECHILD);
}

/* A program that does not see that its input has ended is stuck, and nobody waits for it. */
static void
end_program(pid_t pid)
{
	deadline until = deadline_in_ms(END_MS);

	while (!has_ended(pid) && deadline_poll_ms(until) > 0)
		(void)poll(NULL, 0, LOOK_MS);
	if (!has_ended(pid) && kill(pid, SIGKILL) == 0)
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
}

void
policy_close(struct policy_link *l)
{
	io_close(l->fd);
	if (l->pid > 0)
		end_program(l->pid);
	*l = (struct policy_link){.fd = -1};
}

/* An answer is over at its first empty line; a service that says more does not know the protocol.
 */
int
policy_ask(struct policy_link *l, struct slice request, struct str *answer, deadline until)
{
	char buf[1024];
	ssize_t n;

	str_clear(answer);
	if (io_write(l->fd, request.data, request.len, until) == -1)
		return -1;
	while (answer->len < 2 || memcmp(answer->data + answer->len - 2, "\n\n", 2) != 0) {
		n = io_read(l->fd, buf, sizeof buf, until);
		if (n == -1 || (n > 0 && str_add(answer, buf, (size_t)n) == -1))
			return -1;
		if (n == 0) {
			errno = EPROTO;
			return -1;
		}
	}
	return 0;
}
