/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/io.h"

#define LOG_TIMEOUT_MS 5000
#define VALUE_MAX 1000
#define LOG_SOCKET "/dev/log"

void
event_start(struct event *e, const char *program, const char *name)
{
	str_init(&e->line, LOG_LINE_MAX);
	/* a line that cannot be built (no memory) is lost: a log may not stop the mail */
	(void)str_format(&e->line, "%s: %s", program, name);
}

/* 0, or -1 with str's errors and the line as it was. */
static int
add_field(struct event *e, const char *key, struct slice value, bool cut)
{
	size_t before = e->line.len;

	if (str_add_char(&e->line, ' ') == 0 && str_add_text(&e->line, key) == 0 &&
	    str_add_char(&e->line, '=') == 0 && escape_value(&e->line, value) == 0 &&
	    (!cut || str_add_text(&e->line, "...") == 0))
		return 0;
	str_truncate(&e->line, before);
	return -1;
}

void
event_slice(struct event *e, const char *key, struct slice value)
{
	bool cut = value.len > VALUE_MAX;

	if (cut)
		value.len = VALUE_MAX;
	/* nobody hides what he did by what he sent: octets that escape to many are cut sooner */
	while (add_field(e, key, value, cut) == -1 && errno == EMSGSIZE && value.len > 0) {
		value.len /= 2;
		cut = true;
	}
}

void
event_text(struct event *e, const char *key, const char *value)
{
	event_slice(e, key, slice_of(value));
}

void
event_number(struct event *e, const char *key, int64_t value)
{
	(void)str_format(&e->line, " %s=%lld", key, (long long)value);
}

void
event_ms(struct event *e, const char *key, int64_t ms)
{
	if (ms < 0)
		ms = 0;
	(void)str_format(
	    &e->line, " %s=%lld.%03lld", key, (long long)(ms / 1000), (long long)(ms % 1000));
}

/*
 * One write once there is room: a line is smaller than what a pipe or a socket that can be written
 * takes at once. What remains of a short write follows, with a deadline.
 */
static void
put_line(const struct str *line)
{
	deadline until = deadline_in_ms(LOG_TIMEOUT_MS);
	ssize_t n;

	if (io_wait_writable(STDERR_FILENO, until) == -1)
		return;
	n = write(STDERR_FILENO, line->data, line->len);
	if (n == -1 && errno != EINTR && errno != EAGAIN)
		return;
	if (n < 0)
		n = 0;
	(void)io_write(STDERR_FILENO, line->data + n, line->len - (size_t)n, until);
}

void
event_send(struct event *e)
{
	int saved = errno;

	e->line.cap++; /* room for the line end, whatever the fields took */
	if (str_add_char(&e->line, '\n') == 0)
		put_line(&e->line);
	str_wipe(&e->line); /* as the process may serve another session */
	errno = saved;
}

void
log_note(const char *program, const char *event, const char *format, ...)
{
	int saved = errno;
	struct str reason;
	struct event e;
	va_list args;

	str_init(&reason, LOG_LINE_MAX);
	va_start(args, format);
	(void)str_vformat(&reason, format, args);
	va_end(args);
	event_start(&e, program, event);
	event_slice(&e, "reason", str_slice(&reason));
	event_send(&e);
	str_free(&reason);
	errno = saved;
}

void
log_to_syslog(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOG_SOCKET};
	int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (log == -1 || connect(log, (struct sockaddr *)&address, sizeof address) == -1) {
		io_close(log);
		log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	if (log == -1 || dup2(log, STDERR_FILENO) == -1)
		(void)close(STDERR_FILENO);
	io_close(log);
}

void
log_keep_from(int fd)
{
	struct stat out, err;

	if (fstat(fd, &out) == -1 || fstat(STDERR_FILENO, &err) == -1 || !S_ISSOCK(out.st_mode) ||
	    out.st_dev != err.st_dev || out.st_ino != err.st_ino)
		return;
	log_to_syslog();
}
