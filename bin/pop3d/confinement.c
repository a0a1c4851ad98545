/* SPDX-License-Identifier: ISC */
/* What the two parts may still do once they hear a client (pop3d(8), SECURITY CONSIDERATIONS). */
#include <sys/wait.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/log.h"
#include "pop3d.h"

void
confine_front(const struct settings *s)
{
	struct confine policy = {.calls = CONFINE_CONNECT};
	struct confine_done done;

	if (s->is_confined)
		(void)confine_apply(&policy, &done); /* what is left out was said at the start */
}

void
confine_session(const struct settings *s, const char *path)
{
	struct confine policy = {.calls = CONFINE_FILES};
	struct confine_done done;

	confine_write(&policy, path);
	if (s->is_confined)
		(void)confine_apply(&policy, &done);
}

void
confine_report(const struct settings *s)
{
	struct confine policy = {.calls = CONFINE_CONNECT};
	struct confine_done done;
	pid_t pid;

	if (!s->is_confined)
		return;
	pid = fork();
	if (pid == 0) {
		if (confine_apply(&policy, &done) == -1)
			confine_log(PROGRAM, &done);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}
