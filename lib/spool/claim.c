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

#define SUM_BLOCK ((size_t)65536)

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
open_and_lock(struct claim *c, const char *id, struct stat *st)
{
	c->fd = openat(c->directory, id, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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
	if (!name_leads_to(c->directory, id, st))
		return CLAIM_GONE;
	return fstat(c->fd, st) == -1 ? CLAIM_ERROR : CLAIM_TAKEN;
}

static enum claim_result
read_header(struct claim *c, const char *id, const struct stat *st)
{
	char bytes[MESSAGE_HEADER_SIZE];

	if (st->st_size < (off_t)sizeof bytes)
		return CLAIM_INCOMPLETE;
	if (io_pread(c->fd, bytes, sizeof bytes, 0) == -1)
		return CLAIM_ERROR;
	switch (message_header_decode(&c->header, bytes)) {
	case MESSAGE_INCOMPLETE:
		return CLAIM_INCOMPLETE;
	case MESSAGE_CORRUPT:
		return CLAIM_CORRUPT;
	case MESSAGE_GOOD:
		break;
	}
	if (strcmp(c->header.id, id) != 0 || message_file_size(&c->header) != (uint64_t)st->st_size)
		return CLAIM_CORRUPT;
	return CLAIM_TAKEN;
}

static enum claim_result
read_envelope(struct claim *c)
{
	size_t len = c->header.envelope_length, states = c->header.recipients * MESSAGE_STATE_SIZE;

	c->states = malloc(states);
	if (c->states == NULL || str_reserve(&c->text, len) == -1 ||
	    io_pread(c->fd, c->text.data, len, MESSAGE_HEADER_SIZE) == -1 ||
	    io_pread(c->fd, c->states, states, message_state_offset(&c->header, 0)) == -1)
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

enum claim_result
claim_take(struct claim *c, int directory, const char *id, bool check_sum)
{
	enum claim_result result;
	struct stat st;

	*c = (struct claim){.fd = -1, .directory = directory};
	str_init(&c->text, MESSAGE_ENVELOPE_MAX);
	result = open_and_lock(c, id, &st);
	if (result == CLAIM_TAKEN)
		result = read_header(c, id, &st);
	if (result == CLAIM_TAKEN)
		result = read_envelope(c);
	if (result == CLAIM_TAKEN && check_sum)
		result = check_message_sum(c);
	if (result != CLAIM_TAKEN)
		claim_release(c);
	return result;
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
	/* memory follows the decision even where the disk fails: this process must not repeat it */
	claim_note(c, recipient, state);
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
	int fd = openat(c->directory, c->header.id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if (fstat(c->fd, &ours) == 0 && fstat(fd, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	    ours.st_ino == theirs.st_ino)
		return fd;
	io_close(fd);
	errno = ENOENT;
	return -1;
}

int
claim_remove(struct claim *c)
{
	int result = unlinkat(c->directory, c->header.id, 0), saved = errno;

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
	struct claim c = {.fd = -1, .directory = directory};
	struct stat st;
	enum claim_result result = open_and_lock(&c, id, &st);

	if (result == CLAIM_TAKEN)
		result = read_header(&c, id, &st);
	if (result == CLAIM_INCOMPLETE && unlinkat(directory, id, 0) == -1)
		result = CLAIM_ERROR;
	io_close(c.fd);
	return result;
}

int
claim_move(struct claim *c, int directory)
{
	int result =
	    renameat2(c->directory, c->header.id, directory, c->header.id, RENAME_NOREPLACE);

	claim_release(c);
	return result;
}
