/* SPDX-License-Identifier: ISC */
#include "complain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/str.h"
#include "qrun.h"

/* Of the whole process, as standard error is; that one unless they were parted. */
static int people_fd = STDERR_FILENO;

void
complain_alone(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (fd == -1)
		return;
	people_fd = fd;
	log_to_syslog();
}

int
complain_fd(void)
{
	return people_fd;
}

static void
tell_people(struct slice reason)
{
	struct str text;

	str_init(&text, LOG_LINE_MAX);
	if (escape_text(&text, reason) == -1)
		str_clear(&text);
	dprintf(people_fd, "%s: warning: %s\n", PROGRAM, text.data);
	str_free(&text);
}

void
complain(const char *format, ...)
{
	int saved = errno;
	struct str reason;
	va_list args;

	str_init(&reason, LOG_LINE_MAX);
	va_start(args, format);
	(void)str_vformat(&reason, format, args);
	va_end(args);
	log_note(PROGRAM, "warning", "%s", reason.data);
	if (people_fd != STDERR_FILENO)
		tell_people(str_slice(&reason));
	str_free(&reason);
	errno = saved;
}
