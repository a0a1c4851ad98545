/* SPDX-License-Identifier: ISC */
/* Waiting for the end of a first attempt, as it shows in the file of the message. */
#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "attempt.h"
#include "base/io.h"
#include "spool/background.h"
#include "spool/frame.h"

#define PAUSE_MS 4
#define PAUSE_MS_MAX 80
#define SEND_SECONDS 10

/* A message, and who waits for it. */
struct await {
	struct accept *accept;
	uid_t uid;
	int file; /* of the message */
	int fd;	  /* to who waits */
	bool is_gone;
};

/* Removed or moved: this attempt is over. */
static bool
has_left(const struct await *w)
{
	return faccessat(
		   w->accept->spool.new_fd, accept_id(w->accept), F_OK, AT_SYMLINK_NOFOLLOW) == -1;
}

static bool
is_claimed(const struct await *w)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(w->file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool
read_state(const struct await *w, size_t recipient, char bytes[MESSAGE_STATE_SIZE],
    struct recipient_state *state)
{
	const struct message_header *header = &w->accept->commit.header;

	if (io_pread(w->file, bytes, MESSAGE_STATE_SIZE, message_state_offset(header, recipient)) ==
	    -1)
		return false;
	message_state_decode(state, bytes);
	return true;
}

/* Everybody has been tried, or left out with a word on why. */
static bool
is_seen(const struct await *w)
{
	char bytes[MESSAGE_STATE_SIZE];
	struct recipient_state state;

	for (size_t i = 0; i < w->accept->commit.header.recipients; i++)
		if (!read_state(w, i, bytes, &state) ||
		    (state.status == RECIPIENT_WAITING && state.reply.len == 0))
			return false;
	return true;
}

/* In this order: a pass that has just begun has not claimed it, one that ends still may have. */
static bool
is_over(const struct await *w)
{
	bool runs =
	    w->accept->commit.is_watched || background_is_running(&w->accept->spool, w->uid);

	if (is_seen(w) || has_left(w))
		return !is_claimed(w);
	return !runs && !is_claimed(w);
}

/* False when who waits has gone. */
static bool
pause_for(const struct await *w, int ms)
{
	struct pollfd p = {.fd = w->fd, .events = POLLRDHUP};

	return poll(&p, 1, ms) <= 0;
}

static char
name_state(const struct await *w, const struct recipient_state *state, bool is_left)
{
	switch (state->status) {
	case RECIPIENT_WAITING:
		/* qrun -w leaves no mark where it removes the file */
		if (w->is_gone)
			return 'D';
		return is_left ? 'T' : '.';
	case RECIPIENT_FAILED:
	case RECIPIENT_BOUNCED:
		return 'F';
	default:
		return 'D';
	}
}

static bool
tell(struct await *w)
{
	deadline until = deadline_in_seconds(SEND_SECONDS);
	char bytes[MESSAGE_STATE_SIZE];
	struct recipient_state state;
	bool is_left = has_left(w);
	struct stat st;
	struct str text;
	bool good = true;

	w->is_gone = fstat(w->file, &st) == 0 && st.st_nlink == 0;
	str_init(&text, FRAME_ANSWER_MAX);
	for (size_t i = 0; good && i < w->accept->commit.header.recipients; i++) {
		if (!read_state(w, i, bytes, &state))
			break;
		str_clear(&text);
		good = str_format(&text, "%zu %c %.*s", i, name_state(w, &state, is_left),
			   (int)state.reply.len, state.reply.data) == 0 &&
		       frame_send(w->fd, FRAME_SEEN, str_slice(&text), until) == 0;
	}
	str_free(&text);
	return good;
}

bool
attempt_await(struct accept *a, uid_t uid, int fd)
{
	struct await w = {.accept = a, .uid = uid, .file = a->commit.kept_fd, .fd = fd};
	deadline until = deadline_in_seconds((int64_t)a->limits.deliver_wait);
	bool is_there = true, good = true;
	int pause = PAUSE_MS;

	a->commit.kept_fd = -1;
	while (w.file != -1 && is_there && deadline_poll_ms(until) > 0 && !is_over(&w)) {
		is_there = pause_for(&w, pause);
		if (pause < PAUSE_MS_MAX)
			pause += pause / 2;
	}
	if (w.file != -1 && is_there)
		good = tell(&w);
	io_close(w.file);
	return good && is_there;
}
