/* SPDX-License-Identifier: ISC */
#include "spool/claim.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/io.h"
#include "spool/cell.h"
#include "spool/key.h"

#define SUM_BLOCK ((size_t)65536)
#define BEGINNING ((size_t)2048) /* octets read at once */

int
claim_lock(int fd, bool wait)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	while (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == -1) {
		if (errno == EACCES)
			errno = EAGAIN;
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* True if ID in DIRECTORY is the file that ST describes. */
static bool
name_leads_to(int directory, const char *id, const struct stat *st)
{
	struct stat named;

	return fstatat(directory, id, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_dev == st->st_dev && named.st_ino == st->st_ino;
}

static enum claim_result
open_and_lock(struct claim *c, struct stat *st)
{
	c->fd = openat(c->directory, c->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (c->fd == -1) {
		if (errno == ENOENT)
			return CLAIM_GONE;
		return errno == ELOOP || errno == EISDIR || errno == ENXIO ? CLAIM_CORRUPT
									   : CLAIM_ERROR;
	}
	if (fstat(c->fd, st) == -1)
		return CLAIM_ERROR;
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_nlink > 1)
		return CLAIM_CORRUPT;
	if (claim_lock(c->fd, false) == -1)
		return errno == EAGAIN ? CLAIM_BUSY : CLAIM_ERROR;
	/* its last holder may have removed, moved or completed it before we had the lock */
	if (!name_leads_to(c->directory, c->name, st))
		return CLAIM_GONE;
	return fstat(c->fd, st) == -1 ? CLAIM_ERROR : CLAIM_TAKEN;
}

/* The beginning of a file, which of most messages holds header, envelope and states. */
struct beginning {
	char bytes[BEGINNING];
	size_t len;
};

static enum claim_result
read_beginning(const struct claim *c, const struct stat *st, struct beginning *b)
{
	b->len = st->st_size < (off_t)sizeof b->bytes ? (size_t)st->st_size : sizeof b->bytes;
	if (b->len < MESSAGE_HEADER_SIZE)
		return CLAIM_INCOMPLETE;
	return io_pread(c->fd, b->bytes, b->len, 0) == -1 ? CLAIM_ERROR : CLAIM_TAKEN;
}

/*
 * What a cell holds behind its message is left of earlier ones; and of a cell that became a file of
 * its own a power cut may keep the new name and lose that it was cut.
 */
static bool
is_whole(const struct claim *c, const struct stat *st)
{
	return message_file_size(&c->header) <= (uint64_t)st->st_size;
}

static enum claim_result
decode_header(struct claim *c, const struct stat *st, const struct beginning *b)
{
	switch (message_header_decode(&c->header, b->bytes)) {
	case MESSAGE_INCOMPLETE:
		return CLAIM_INCOMPLETE;
	case MESSAGE_CORRUPT:
		return CLAIM_CORRUPT;
	case MESSAGE_GOOD:
		break;
	}
	/* before the other checks: what took the place of a finished message may be torn */
	if (c->cell != -1 && cell_is_finished(c->spool, c->cell, c->header.id))
		return cell_finish(c->spool, c->cell, c->fd, c->header.id) == -1 ? CLAIM_ERROR
										 : CLAIM_FINISHED;
	if ((c->cell == -1 && strcmp(c->header.id, c->name) != 0) || !is_whole(c, st))
		return CLAIM_CORRUPT;
	return CLAIM_TAKEN;
}

/* LEN bytes at OFFSET, of the beginning where it holds them. */
static int
read_part(const struct claim *c, const struct beginning *b, void *buf, size_t len, off_t offset)
{
	if ((uint64_t)offset + len > b->len)
		return io_pread(c->fd, buf, len, offset);
	memcpy(buf, b->bytes + offset, len);
	return 0;
}

static enum claim_result
read_envelope(struct claim *c, const struct beginning *b)
{
	size_t len = c->header.envelope_length, states = c->header.recipients * MESSAGE_STATE_SIZE;

	c->states = malloc(states);
	if (c->states == NULL || str_reserve(&c->text, len) == -1 ||
	    read_part(c, b, c->text.data, len, MESSAGE_HEADER_SIZE) == -1 ||
	    read_part(c, b, c->states, states, message_state_offset(&c->header, 0)) == -1)
		return CLAIM_ERROR;
	c->text.len = len;
	c->text.data[len] = '\0';
	if (crc32c(0, c->text.data, len) != c->header.envelope_sum ||
	    !envelope_parse(str_slice(&c->text), &c->envelope))
		return CLAIM_CORRUPT;
	return CLAIM_TAKEN;
}

static enum claim_result
check_message_sum(const struct claim *c)
{
	uint64_t left = c->header.length;
	off_t offset = message_offset(&c->header);
	char *block = malloc(SUM_BLOCK);
	uint32_t sum = 0;

	if (block == NULL)
		return CLAIM_ERROR;
	while (left > 0) {
		size_t len = left < SUM_BLOCK ? (size_t)left : SUM_BLOCK;

		if (io_pread(c->fd, block, len, offset) == -1) {
			free(block);
			return CLAIM_ERROR;
		}
		sum = crc32c(sum, block, len);
		offset += (off_t)len;
		left -= len;
	}
	free(block);
	return sum == c->header.sum ? CLAIM_TAKEN : CLAIM_CORRUPT;
}

/*
 * A message of a cell that nobody has been told of may not be on the disk, as its writer died: what
 * is there, then, is the one before it. Once the record says that this one is finished it says so
 * of the other no more, so the other has to be gone by then. Of what is written already this asks
 * nothing.
 */
static enum claim_result
replace_on_disk(const struct claim *c)
{
	const unsigned all =
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

	if (sync_file_range(c->fd, 0, 0, all) == 0 || errno == ENOSYS)
		return CLAIM_TAKEN;
	return CLAIM_ERROR;
}

static enum claim_result
take(struct claim *c, bool check_sum)
{
	enum claim_result result;
	struct beginning beginning;
	struct stat st;

	c->fd = -1;
	str_init(&c->text, MESSAGE_ENVELOPE_MAX);
	result = open_and_lock(c, &st);
	if (result == CLAIM_TAKEN)
		result = read_beginning(c, &st, &beginning);
	if (result == CLAIM_TAKEN)
		result = decode_header(c, &st, &beginning);
	if (result == CLAIM_TAKEN)
		result = read_envelope(c, &beginning);
	if (result == CLAIM_TAKEN && check_sum)
		result = check_message_sum(c);
	if (result == CLAIM_TAKEN && check_sum && c->cell != -1)
		result = replace_on_disk(c);
	/* what is damaged stays locked, so that its name leads to it while it is moved away */
	if (result != CLAIM_TAKEN && result != CLAIM_CORRUPT)
		claim_release(c);
	return result;
}

enum claim_result
claim_take(struct claim *c, int directory, const char *id, bool check_sum)
{
	*c = (struct claim){.directory = directory, .cell = -1};
	memcpy(c->name, id, strnlen(id, sizeof c->name - 1));
	return take(c, check_sum);
}

enum claim_result
claim_take_cell(struct claim *c, const struct spool *s, int cell, bool check_sum)
{
	*c = (struct claim){.directory = s->cells_fd, .cell = cell, .spool = s};
	cell_name(c->name, cell);
	return take(c, check_sum);
}

void
claim_release(struct claim *c)
{
	int saved = errno;

	io_close(c->fd);
	c->fd = -1;
	free(c->states);
	c->states = NULL;
	str_free(&c->text);
	errno = saved;
}

void
claim_state(const struct claim *c, size_t recipient, struct recipient_state *state)
{
	message_state_decode(state, c->states + recipient * MESSAGE_STATE_SIZE);
}

void
claim_note(struct claim *c, size_t recipient, const struct recipient_state *state)
{
	char bytes[MESSAGE_STATE_SIZE];

	message_state_encode(state, bytes);
	memcpy(c->states + recipient * MESSAGE_STATE_SIZE, bytes, sizeof bytes);
}

int
claim_mark(struct claim *c, size_t recipient, const struct recipient_state *state)
{
	const char *there = c->states + recipient * MESSAGE_STATE_SIZE;
	char before[MESSAGE_STATE_SIZE];

	memcpy(before, there, sizeof before);
	/* memory follows the decision even where the disk fails: this process must not repeat it */
	claim_note(c, recipient, state);
	/* many a time it is what was said of its destination before */
	if (!c->dirty && memcmp(before, there, sizeof before) == 0)
		return 0;
	c->dirty = true;
	return io_pwrite(c->fd, c->states + recipient * MESSAGE_STATE_SIZE, MESSAGE_STATE_SIZE,
	    message_state_offset(&c->header, recipient));
}

int
claim_sync(struct claim *c)
{
	if (!c->dirty)
		return 0;
	c->dirty = false;
	return fdatasync(c->fd);
}

int
claim_open_for_reading(const struct claim *c)
{
	struct stat ours, theirs;
	int fd = openat(c->directory, c->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if (fstat(c->fd, &ours) == 0 && fstat(fd, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	    ours.st_ino == theirs.st_ino)
		return fd;
	io_close(fd);
	errno = ENOENT;
	return -1;
}

/* Before it leaves new/, whoever asks by its key has to be told that it has come (spool(5)). */
static int
mark_key(const struct claim *c)
{
	return key_mark(c->directory, c->envelope.record, c->header.id);
}

static int
remove_file(struct claim *c)
{
	if (mark_key(c) == -1)
		return -1;
	if (c->cell != -1 && cell_finish(c->spool, c->cell, c->fd, c->header.id) == 0)
		return 0;
	return unlinkat(c->directory, c->name, 0);
}

int
claim_remove(struct claim *c)
{
	int result = remove_file(c), saved = errno;

	/* states noted in memory alone would be forgotten with it, and what they settle repeated */
	if (result == -1 && io_pwrite(c->fd, c->states, c->header.recipients * MESSAGE_STATE_SIZE,
				message_state_offset(&c->header, 0)) == -1)
		errno = 0;
	claim_release(c);
	if (result == -1)
		errno = saved;
	return result;
}

enum claim_result
claim_remove_incomplete(int directory, const char *id)
{
	struct claim c = {.fd = -1, .directory = directory, .cell = -1};
	struct beginning beginning;
	enum claim_result result;
	struct stat st;

	memcpy(c.name, id, strnlen(id, sizeof c.name - 1));
	result = open_and_lock(&c, &st);
	if (result == CLAIM_TAKEN)
		result = read_beginning(&c, &st, &beginning);
	if (result == CLAIM_TAKEN)
		result = decode_header(&c, &st, &beginning);
	if (result == CLAIM_INCOMPLETE && unlinkat(directory, id, 0) == -1)
		result = CLAIM_ERROR;
	io_close(c.fd);
	return result;
}

int
claim_move(struct claim *c, int directory)
{
	int result = mark_key(c);

	/* what is left of earlier messages does not belong to this one */
	if (result == 0 && c->cell != -1)
		result = ftruncate(c->fd, (off_t)message_file_size(&c->header));
	if (result == 0)
		result =
		    renameat2(c->directory, c->name, directory, c->header.id, RENAME_NOREPLACE);
	if (result == 0)
		claim_release(c);
	return result;
}
