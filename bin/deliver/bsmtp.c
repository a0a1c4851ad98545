/* SPDX-License-Identifier: ISC */
#include "bsmtp.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "mbox_lock.h"
#include "place.h"
#include "smtp/stuffed.h"

#define LOCK_SECONDS 30
#define PIECES_MAX 64

/* Where the next octets go. */
struct sink {
	int fd;
	off_t at;
};

/* Lines end with CRLF, and no line begins with a lone dot (RFC 5321, 4.5.2). */
static int
put_content(struct courier *c, struct stuffed *stuffed, struct sink *sink, struct slice block)
{
	struct iovec pieces[PIECES_MAX];

	str_clear(&c->scratch);
	if (content_add_wire(&c->scratch, block) == -1)
		return -1;
	block = str_slice(&c->scratch);
	while (block.len > 0) {
		int count;
		size_t taken = stuffed_take(stuffed, block, pieces, PIECES_MAX, &count);

		for (int i = 0; i < count; i++) {
			if (io_pwrite(sink->fd, pieces[i].iov_base, pieces[i].iov_len, sink->at) ==
			    -1)
				return -1;
			sink->at += (off_t)pieces[i].iov_len;
		}
		block = slice_skip(block, taken);
	}
	return 0;
}

static int
put(struct sink *sink, struct slice text)
{
	if (io_pwrite(sink->fd, text.data, text.len, sink->at) == -1)
		return -1;
	sink->at += (off_t)text.len;
	return 0;
}

static int
add_parameter(struct str *out, const char *name, struct slice value)
{
	if (value.len == 0)
		return 0;
	return str_format(out, " %s=%.*s", name, (int)value.len, value.data);
}

static int
add_recipient(const struct bsmtp_message *m, const struct job_recipient *r, struct str *out)
{
	bool is_plain = slice_is_ascii(r->original) || m->job->is_utf8;

	if (str_format(out, "RCPT TO:<%.*s>", (int)r->address.len, r->address.data) == -1)
		return -1;
	if (m->has_dsn && (add_parameter(out, "NOTIFY", r->notify) == -1 ||
			      (is_plain && add_parameter(out, "ORCPT", r->original) == -1)))
		return -1;
	return str_add_text(out, "\r\n");
}

/* Extensions are asked for only where the message needs them. */
static int
add_envelope(const struct courier *c, const struct bsmtp_message *m, struct str *out)
{
	const struct job *job = m->job;
	bool is_8bit = slice_is(job->body, "8BITMIME") || slice_is(job->body, "BINARYMIME");

	if (str_format(out, "%s %s\r\nMAIL FROM:<%.*s>%s%s",
		is_8bit || job->is_utf8 || m->has_dsn ? "EHLO" : "HELO", c->me.data,
		(int)job->reverse_path.len, job->reverse_path.data, is_8bit ? " BODY=8BITMIME" : "",
		job->is_utf8 ? " SMTPUTF8" : "") == -1 ||
	    (m->has_dsn && (add_parameter(out, "RET", job->return_part) == -1 ||
			       add_parameter(out, "ENVID", job->envelope_id) == -1)) ||
	    str_add_text(out, "\r\n") == -1)
		return -1;
	for (size_t i = 0; i < m->count; i++)
		if (add_recipient(m, &job->recipients[m->indices[i]], out) == -1)
			return -1;
	return str_add_text(out, "DATA\r\n");
}

/* One transaction; LAST is what stands behind its end. */
static int
write_message(struct courier *c, const struct bsmtp_message *m, struct sink *sink, const char *last)
{
	struct stuffed stuffed;
	struct slice block;
	struct str envelope;
	int next;

	str_init(&envelope, (size_t)1 << 20);
	next = add_envelope(c, m, &envelope);
	if (next == 0)
		next = put(sink, str_slice(&envelope));
	str_free(&envelope);
	if (next == -1)
		return -1;
	stuffed_init(&stuffed);
	content_rewind(&c->content);
	while ((next = content_next(&c->content, &block)) == 1)
		if (put_content(c, &stuffed, sink, block) == -1)
			return -1;
	if (next == 0 && !stuffed_is_whole(&stuffed)) {
		errno = EBADMSG; /* a bare CR or LF: it might be read as the end */
		return -1;
	}
	return next == -1 ? -1 : put(sink, slice_of(last));
}

/* A transaction half there would swallow the next one; nothing more can be done if this fails. */
static void
cut_back(int fd, off_t size)
{
	int saved = errno;

	if (ftruncate(fd, size) == 0)
		(void)fsync(fd);
	errno = saved;
}

/* What a killed writer left would swallow the next transaction. */
static bool
ends_whole(int fd, off_t size)
{
	static const char end[] = "\r\n.\r\n";
	char last[sizeof end - 1];

	return size == 0 || (size >= (off_t)sizeof last &&
				io_pread(fd, last, sizeof last, size - (off_t)sizeof last) == 0 &&
				memcmp(last, end, sizeof last) == 0);
}

static int
append_locked(struct courier *c, const struct bsmtp_message *m, const struct mbox_lock *l)
{
	struct sink sink = {.fd = l->fd};
	struct stat st;

	if (fstat(l->fd, &st) == -1)
		return -1;
	if (!ends_whole(l->fd, st.st_size)) {
		errno = ENOMSG;
		return -1;
	}
	sink.at = st.st_size;
	/* a file that was empty may be new: its name must be durable, too */
	if (write_message(c, m, &sink, ".\r\n") == 0 && fsync(l->fd) == 0 &&
	    (st.st_size > 0 || fsync(l->folder) == 0))
		return 0;
	cut_back(l->fd, st.st_size);
	return -1;
}

static int
append_to_file(
    struct courier *c, const struct bsmtp_message *m, const struct place *p, struct outcome *o)
{
	deadline until = deadline_in_seconds(LOCK_SECONDS);
	struct mbox_lock lock;
	int result;

	if (mbox_lock_take(c, &lock, p, m->until < until ? m->until : until, o) == -1)
		return -1;
	result = append_locked(c, m, &lock);
	if (result == -1 && errno == ENOMSG)
		(void)outcome_fail(o, JOB_TEMPORARY, "4.3.5",
		    "%s does not end with a whole transaction", p->path.data);
	else if (result == -1)
		(void)outcome_errno(o, "unable to add to %s", p->path.data);
	mbox_lock_release(&lock);
	return result;
}

/* Who looks for files in the folder passes over names with a dot in front. */
static int
make_file(struct courier *c, const struct bsmtp_message *m, int folder, const char *name)
{
	struct sink sink = {
	    .fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		S_IRUSR | S_IWUSR)};

	if (sink.fd == -1)
		return -1;
	if (write_message(c, m, &sink, ".\r\nQUIT\r\n") == 0 && fsync(sink.fd) == 0 &&
	    renameat(folder, name, folder, name + 1) == 0) {
		if (close(sink.fd) == 0 && fsync(folder) == 0)
			return 0;
		(void)unlinkat(folder, name + 1, 0); /* it is tried again, and would come twice */
		return -1;
	}
	io_close(sink.fd);
	(void)unlinkat(folder, name, 0);
	return -1;
}

static int
add_to_folder(
    struct courier *c, const struct bsmtp_message *m, const struct place *p, struct outcome *o)
{
	int folder = openat(p->base, p->path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = -1;
	struct str name;

	if (folder == -1)
		return outcome_errno(o, "unable to open the folder %s", p->path.data);
	str_init(&name, DELIVER_PATH_MAX);
	if (place_check_folder(folder, p->path.data, o) == 0) {
		if (str_add_char(&name, '.') == 0 && courier_unique_name(c, &name) == 0)
			result = make_file(c, m, folder, name.data);
		if (result == -1)
			(void)outcome_errno(o, "unable to make a file in %s", p->path.data);
	}
	str_free(&name);
	io_close(folder);
	return result;
}

int
bsmtp_append(struct courier *c, const struct bsmtp_message *m, struct outcome *o)
{
	bool is_folder = m->path.data[m->path.len - 1] == '/';
	struct place p = {.base = AT_FDCWD};
	int result;

	str_init(&p.path, DELIVER_PATH_MAX);
	if (str_add_slice(&p.path, m->path) == -1)
		result = outcome_errno(o, "unable to name the file");
	else
		result = is_folder ? add_to_folder(c, m, &p, o) : append_to_file(c, m, &p, o);
	place_close(&p);
	return result;
}
