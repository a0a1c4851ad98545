/* SPDX-License-Identifier: ISC */
/* What --out writes down. Trouble with the disk ends the program: a test must not go on without. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "literal.h"
#include "sink.h"

#define TEXT_MAX ((size_t)64 << 20)
#define NAME_OCTETS 40

static int
open_at(const struct sink *s, const char *name, int flags)
{
	int fd = openat(s->folder, name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);

	if (fd == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s/%s", s->settings.out, name);
	return fd;
}

static void
write_all(const struct sink *s, int fd, const char *name, struct slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n == -1 && errno != EINTR)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s/%s", s->settings.out,
			    name);
		bytes = slice_skip(bytes, n > 0 ? (size_t)n : 0);
	}
}

static void
append(const struct sink *s, const char *name, struct slice bytes)
{
	int fd = open_at(s, name, O_APPEND);

	write_all(s, fd, name, bytes);
	io_close(fd);
}

int
store_open(struct sink *s)
{
	s->folder = s->log = -1;
	if (s->settings.out == NULL)
		return 0;
	s->folder = open(s->settings.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->folder == -1 ? -1 : 0;
}

/* One file, whole before it has its name. */
static void
write_file(const struct sink *s, uint64_t number, const char *suffix, struct slice bytes)
{
	char name[NAME_OCTETS], draft[NAME_OCTETS];
	int fd;

	snprintf(name, sizeof name, "%llu.%s", (unsigned long long)number, suffix);
	snprintf(draft, sizeof draft, "%llu.tmp", (unsigned long long)number);
	fd = open_at(s, draft, O_TRUNC);
	write_all(s, fd, draft, bytes);
	io_close(fd);
	if (renameat(s->folder, draft, s->folder, name) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s/%s", s->settings.out, name);
}

static void
count(struct connection *c, size_t recipients)
{
	struct sink *s = c->sink;

	s->last_ms = clock_monotonic_ms();
	if (s->counts.messages++ == 0)
		s->first_ms = s->last_ms;
	s->counts.recipients += recipients;
	s->counts.octets += c->octets;
}

void
store_message(struct connection *c, struct slice recipients, size_t recipient_count)
{
	struct sink *s = c->sink;
	uint64_t number = ++s->stored;
	struct str text;

	count(c, recipient_count);
	check_taken(c, recipients);
	if (s->folder == -1)
		return;
	str_init(&text, TEXT_MAX);
	if (str_format(&text, "%s\n", c->mail.data) == -1 || str_add_slice(&text, recipients) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write an envelope");
	write_file(s, number, "env", str_slice(&text));
	write_file(s, number, "eml", str_slice(&c->message));
	str_free(&text);
}

void
store_end(struct connection *c)
{
	char name[NAME_OCTETS];

	if (c->sink->folder == -1)
		return;
	snprintf(name, sizeof name, "%llu.end", (unsigned long long)c->number);
	append(c->sink, name, slice_of(""));
}

void
store_peer(struct connection *c)
{
	char line[sizeof c->peer.address + 2];

	if (c->sink->folder == -1 || c->peer.address[0] == '\0')
		return;
	snprintf(line, sizeof line, "%s\n", c->peer.address);
	append(c->sink, "peers", slice_of(line));
}

/* Whoever reads the log may have taken it away: then it begins anew. */
static int
log_file(struct sink *s)
{
	struct stat st;

	if (s->log != -1 && fstat(s->log, &st) == 0 && st.st_nlink > 0)
		return s->log;
	if (s->log != -1)
		io_close(s->log);
	s->log = open_at(s, "log", O_APPEND);
	return s->log;
}

static void
log_line(struct connection *c, struct str *line)
{
	if (str_add_char(line, '\n') == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write the log");
	write_all(c->sink, log_file(c->sink), "log", str_slice(line));
	str_free(line);
}

void
store_log(struct connection *c, const char *what, struct slice bytes)
{
	struct str line;

	if (c->sink->folder == -1)
		return;
	str_init(&line, TEXT_MAX);
	if (str_format(&line, "%llu %s%sb", (unsigned long long)c->number, what,
		*what == '\0' ? "" : " ") == -1 ||
	    literal_add(&line, bytes) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write the log");
	log_line(c, &line);
}

void
store_log_tls(struct connection *c)
{
	const char *name = tls_channel_name(c->tls);
	struct str line;

	if (c->sink->folder == -1)
		return;
	str_init(&line, TEXT_MAX);
	if (str_format(&line, "%llu tls %s %s ", (unsigned long long)c->number,
		tls_channel_version(c->tls),
		tls_channel_is_resumed(c->tls) ? "resumed" : "new") == -1 ||
	    (name == NULL ? str_add_text(&line, "None") : literal_add(&line, slice_of(name))) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write the log");
	log_line(c, &line);
}
